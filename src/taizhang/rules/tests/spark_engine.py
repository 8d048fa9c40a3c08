"""Spark's answers, where PySpark and a Java runtime are installed."""

from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from taizhang.rules import Type

from .cast import PLAIN
from .engines import Case, asked, days_before, distinct, tidy

TYPES = {
    Type.BOOL: T.BooleanType(), Type.NUMBER: T.DecimalType(24, 8), Type.TEXT: T.StringType(), Type.DATE: T.DateType(),
    Type.CODE: T.StringType(), Type.CODES: T.ArrayType(T.StringType()), Type.MONTHS: T.ArrayType(T.DateType()),
    Type.REGION: T.StringType(),
}  # fmt: skip


def by_spark(cases: Sequence[Case]) -> list[Any]:
    """One expression per rule over a local session in ANSI mode, in which any overflow or bad cast would raise."""
    rows, places = distinct(cases)
    schema = T.StructType(
        [T.StructField("row_no", T.IntegerType())] + [T.StructField(i.id, TYPES[i.type]) for i in PLAIN]
    )
    builder = SparkSession.builder.master("local[1]").config("spark.sql.ansi.enabled", "true")
    spark = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "1").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    spark.createDataFrame(rows, schema).coalesce(1).cache().createOrReplaceTempView("people")
    then = T.StructType([schema.fields[0], T.StructField("then_day", T.StringType()), *schema.fields[1:]])
    spark.createDataFrame(days_before(cases), then).coalesce(1).cache().createOrReplaceTempView("people_then")
    answers: dict[int, Any] = {}
    try:
        for numbers, sql, people in asked(cases, "spark"):
            wanted = ", ".join(str(places[n]) for n in numbers)
            query = f"select row_no, {sql.text} from {people.text} where row_no in ({wanted})"
            args = [*sql.params, *people.params]
            found = {row[0]: row[1] for row in spark.sql(query, args=args).collect()}
            answers.update({n: tidy(_plain(found[places[n]])) for n in numbers})
    finally:
        spark.stop()
    return [answers[n] for n in range(len(cases))]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value
