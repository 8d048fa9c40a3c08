"""After a rule has been checked it cannot fail on any row: values no form would let through are asked everything."""

import duckdb
import psycopg
import pytest

from taizhang.rules import parse

from .cast import AS_OF, PLAIN, VOCABULARY
from .engines import DUCKDB_TYPES, POSTGRES_TYPES, quoted
from .test_golden import GOLDEN

WILD_TEXT = [
    "''",
    "' '",
    "'99000020190229001X'",
    "'9900002019x2290010'",
    "'５３'",
    "'%'",
    "'中文😀'",
    "'-1'",
    "repeat('9', 1000)",
]
WILD = {
    "bool": ["null", "true"],
    "number": ["null", "0", "-0.00000001", "999999999999.99999999", "-1000000000000", "9999999999999999"],
    "date": ["null", "date '0001-01-01'", "date '9999-12-31'", "date 'infinity'", "date '-infinity'"],
    "text": ["null", *WILD_TEXT],
}
ONLY = {
    "duckdb": {
        "date": ["date '5000-01-01 (BC)'", "date '200000-02-03'"],
        "codes": ["null", "[]", "[null]", "[null, '1']", "['x']"],
        "months": ["null", "[]", "[null]", "[null, date '2020-03-01']", "[date 'infinity']"],
    },
    "postgres": {
        "number": ["'NaN'", "'Infinity'", "'-Infinity'", "1e300", "1e-300"],
        "date": ["date '4000-01-01 BC'", "date '200000-02-03'"],
        "codes": ["null", "'{}'", "'{NULL}'", "'{NULL,1}'", "'{{1,2},{3,4}}'"],
        "months": ["null", "'{}'", "'{NULL}'", "'{NULL,2020-03-01}'", "'{infinity}'"],
    },
}
ROWS = 40
# What `at(...)` asks of another day is a rule of its own there, and a yes/no column here.
RULES = [group["rule"] for group in GOLDEN if not group.get("params") and "at(:" not in group["rule"]]


def insertion(engine: str) -> str:
    """Rows in which every item takes every wild value in turn, at its own pace."""

    def value(number: int, place: int, kind: str) -> str:
        known = WILD.get(kind, []) + ONLY[engine].get(kind, []) or WILD["text"]
        return known[(number * (place % 3 + 1) + place) % len(known)]

    rows = (
        "(" + ", ".join(value(number, place, item.type.value) for place, item in enumerate(PLAIN)) + ")"
        for number in range(ROWS)
    )
    return "insert into people values " + ", ".join(rows)


def test_duckdb_answers_on_every_wild_row() -> None:
    with duckdb.connect() as connection:
        columns = ", ".join(f"{quoted(item.id)} {DUCKDB_TYPES[item.type]}" for item in PLAIN)
        connection.execute(f"create table people ({columns})")
        connection.execute(insertion("duckdb"))
        for text in RULES:
            sql = parse(text, VOCABULARY).to_duckdb(AS_OF, quoted)
            found = connection.execute(f"select count(*), count({sql.text}) from people", list(sql.params)).fetchall()
            assert found[0][0] == ROWS, text


def test_postgresql_answers_on_every_wild_row(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"{quoted(item.id)} {POSTGRES_TYPES[item.type]}" for item in PLAIN)
        cursor.execute(f"create temporary table people ({columns}) on commit drop")
        cursor.execute(insertion("postgres"))
        for text in RULES:
            sql = parse(text, VOCABULARY).to_postgres(AS_OF, quoted)
            cursor.execute(f"select count(*), count({sql.text}) from people", sql.params)
            assert cursor.fetchall()[0][0] == ROWS, text


@pytest.mark.parametrize("kind", ["BIGINT", "HUGEINT", "DOUBLE", "INTEGER", "DECIMAL(38,10)", "DECIMAL(4,1)"])
def test_duckdb_reads_a_number_of_any_column_type(kind: str) -> None:
    rule = parse("年度务工收入 * 2 + 1 > 年度务工收入 / 3", VOCABULARY).to_duckdb({}, lambda item: "n")
    with duckdb.connect() as connection:
        low = {"BIGINT": "-9223372036854775808", "INTEGER": "-2147483648", "DOUBLE": "'-inf'"}.get(kind, "0")
        connection.execute(f"create table numbers (n {kind})")
        connection.execute(f"insert into numbers values (7), (null), ({low})")
        found = connection.execute(f"select {rule.text} from numbers order by rowid", list(rule.params)).fetchall()
    assert found[:2] == [(True,), (None,)]
