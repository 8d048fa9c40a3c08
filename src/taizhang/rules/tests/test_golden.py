"""The golden table: rules, rows and the answers worked out by hand. Four engines must give exactly these."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from taizhang.rules import parse

from .cast import AS_OF, VOCABULARY
from .engines import Case, by_browser, by_duckdb, by_postgres, by_python

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
READ = {"基准日": date.fromisoformat, "县外收入": Decimal}


def cases() -> tuple[list[Case], list[Any]]:
    found, answers = [], []
    for group in GOLDEN:
        given = {name: READ.get(name, str)(value) for name, value in group.get("params", {}).items()}
        rule = parse(group["rule"], VOCABULARY)
        for row, answer in group["cases"]:
            found.append((rule, row, {**AS_OF, **given}))
            answers.append(answer)
    return found, answers


CASES, EXPECTED = cases()


def check(answers: Sequence[Any]) -> None:
    assert len(answers) == len(EXPECTED)
    wrong = [
        f"{rule.text} | {row} -> {answer!r}, expected {expected!r}"
        for (rule, row, _), answer, expected in zip(CASES, answers, EXPECTED, strict=True)
        if (answer, type(answer)) != (expected, type(expected))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_table_holds_at_least_three_hundred_cases() -> None:
    assert len(EXPECTED) >= 300


def test_duckdb_gives_the_golden_answers() -> None:
    check(by_duckdb(CASES))


def test_postgresql_gives_the_golden_answers(postgres_url: str) -> None:
    check(by_postgres(CASES, postgres_url))


def test_the_python_evaluator_gives_the_golden_answers() -> None:
    check(by_python(CASES))


@pytest.mark.browser
def test_chromium_gives_the_golden_answers(language_page: Any) -> None:
    check(by_browser(CASES, language_page))
