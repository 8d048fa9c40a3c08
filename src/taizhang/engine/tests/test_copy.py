"""Arrow tables arrive in PostgreSQL cell by cell as they were."""

import datetime as dt
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest

from taizhang.engine.copy import copy_arrow


@pytest.fixture
def cursor(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        yield connection.cursor()
        connection.rollback()


def test_every_type_of_the_flat_row_survives(cursor):
    cursor.execute(
        "CREATE TEMP TABLE t"
        " (s text, i bigint, n numeric(10,1), d date, b boolean, m text[], months date[], x bytea, e text)"
    )
    months = [dt.date(2020, 1, 1), dt.date(2020, 2, 1)]
    table = pa.table(
        {
            "s": pa.array(["王芳", "", None, 'a"b,c\n\\N']),
            "i": pa.array([1, None, -5, 2**53 + 1]),
            "n": pa.array([Decimal("3.5"), None, Decimal("0.0"), Decimal("-1.2")], pa.decimal128(10, 1)),
            "d": pa.array([dt.date(1959, 9, 10), None, dt.date(2020, 2, 29), dt.date(1900, 1, 1)]),
            "b": pa.array([True, None, False, True]),
            "m": pa.array([["1", "2"], None, [], ['q"', "b\\s", "c,d", "{x}", "NULL", ""]], pa.list_(pa.string())),
            "months": pa.array([months, None, [], months[:1]], pa.list_(pa.date32())),
            "x": pa.array([b"\x00\xff", None, b"", b"\\x41"], pa.binary()),
            "e": pa.array(["10", None, "20", "10"]).dictionary_encode(),
        }
    )
    assert copy_arrow(cursor, "t", table) == 4
    cursor.execute("SELECT * FROM t")
    assert cursor.fetchall() == [
        ("王芳", 1, Decimal("3.5"), dt.date(1959, 9, 10), True, ["1", "2"], months, b"\x00\xff", "10"),
        ("", None, None, None, None, None, None, None, None),
        (None, -5, Decimal("0.0"), dt.date(2020, 2, 29), False, [], [], b"", "20"),
        (
            'a"b,c\n\\N',
            2**53 + 1,
            Decimal("-1.2"),
            dt.date(1900, 1, 1),
            True,
            ['q"', "b\\s", "c,d", "{x}", "NULL", ""],
            months[:1],
            b"\\x41",
            "10",
        ),
    ]


def test_a_slice_of_a_larger_table_copies_only_its_own_rows(cursor):
    cursor.execute("CREATE TEMP TABLE t (x bytea, m text[])")
    table = pa.table({"x": [bytes([n]) * n for n in range(9)], "m": [[str(n)] * (n % 3) for n in range(9)]})
    copy_arrow(cursor, "t", table.slice(4, 2))
    cursor.execute("SELECT x, m FROM t")
    assert cursor.fetchall() == [(b"\x04\x04\x04\x04", ["4"]), (b"\x05\x05\x05\x05\x05", ["5", "5"])]


def test_columns_may_be_renamed_and_an_empty_table_adds_nothing(cursor):
    cursor.execute("CREATE TEMP TABLE t (a int, b int)")
    copy_arrow(cursor, "t", pa.table({"x": [1], "y": [2]}), columns=["b", "a"])
    copy_arrow(cursor, "t", pa.table({"a": pa.array([], pa.int64())}))
    cursor.execute("SELECT a, b FROM t")
    assert cursor.fetchall() == [(2, 1)]


def test_a_null_inside_a_list_and_a_wrong_number_of_names_are_refused(cursor):
    cursor.execute("CREATE TEMP TABLE t (m text[])")
    with pytest.raises(ValueError, match="null"):
        copy_arrow(cursor, "t", pa.table({"m": [["a", None]]}))
    cursor.connection.rollback()
    with pytest.raises(ValueError, match="2 names"):
        copy_arrow(cursor, "t", pa.table({"m": [["a"]]}), columns=["m", "n"])


def test_a_name_is_never_read_as_sql(cursor):
    with pytest.raises(psycopg.errors.UndefinedTable):
        copy_arrow(cursor, 't"; DROP TABLE x; --', pa.table({"m": ["a"]}))
