"""Spark SQL text: always parsed back, and run where PySpark is installed."""

import importlib.util

import pytest
import sqlglot
from sqlglot import exp

from .test_golden import CASES, check

HAS_SPARK = importlib.util.find_spec("pyspark") is not None


def test_every_golden_rule_is_one_expression_of_sparks_grammar() -> None:
    seen = set()
    for rule, _, params in CASES:
        if id(rule) in seen:
            continue
        seen.add(id(rule))
        sql = rule.to_spark(params)
        tree = sqlglot.parse_one(f"select {sql.text} as answer", dialect="spark")
        (answer,) = tree.selects
        assert isinstance(tree, exp.Select)
        assert answer.alias == "answer"
        assert len(list(tree.find_all(exp.Placeholder))) == len(sql.params)
        assert {column.name for column in tree.find_all(exp.Column)} - {"_month"} == rule.columns
    assert len(seen) > 200


@pytest.mark.skipif(not HAS_SPARK, reason="PySpark is an extra; without it only the text is checked")
def test_spark_gives_the_golden_answers() -> None:
    from .spark_engine import by_spark

    check(by_spark(CASES))
