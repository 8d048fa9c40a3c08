"""The same (rule, row) pairs answered by every engine, in the same plain shapes."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from taizhang.rules import Rule, Sql, Type
from taizhang.rules.wire import plain

from .cast import PLAIN

BROWSER = Path(__file__).parents[1] / "browser" / "rules.js"
Row = dict[str, Any]
Params = dict[str, Any]
Case = tuple[Rule, Row, Params]
DUCKDB_TYPES = {
    Type.BOOL: "BOOLEAN", Type.NUMBER: "DECIMAL(24,8)", Type.TEXT: "VARCHAR", Type.DATE: "DATE", Type.CODE: "VARCHAR",
    Type.CODES: "VARCHAR[]", Type.MONTHS: "DATE[]", Type.REGION: "VARCHAR",
}  # fmt: skip
POSTGRES_TYPES = {
    Type.BOOL: "boolean", Type.NUMBER: "numeric", Type.TEXT: "text", Type.DATE: "date", Type.CODE: "text",
    Type.CODES: "text[]", Type.MONTHS: "date[]", Type.REGION: "text",
}  # fmt: skip


def quoted(name: str) -> str:
    return f'"{name}"'


def backticked(name: str) -> str:
    return f"`{name}`"


def tidy(value: Any) -> Any:
    """One spelling per value: numbers without trailing zeros, days in ISO form."""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        text = f"{Decimal(value).normalize():f}"
        return "0" if text == "-0" else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [tidy(v) for v in value]
    return value


def typed(row: Row) -> list[Any]:
    """A row in JSON shapes as values for a driver, in the order of the items."""
    return [_typed(row.get(item.id), item.type) for item in PLAIN]


def _typed(value: Any, kind: Type) -> Any:
    if value is None:
        return None
    if kind is Type.NUMBER:
        return Decimal(str(value))
    if kind is Type.DATE:
        return date.fromisoformat(value)
    if kind is Type.MONTHS:
        return [None if month is None else date.fromisoformat(month) for month in value]
    return value


def distinct(cases: Sequence[Case]) -> tuple[list[list[Any]], list[int]]:
    """The rows to load, numbered, and for each case the number of its row."""
    places: dict[int, int] = {}
    rows = []
    for _, row, _ in cases:
        if id(row) not in places:
            places[id(row)] = len(rows)
            rows.append([len(rows), *typed(row)])
    return rows, [places[id(row)] for _, row, _ in cases]


def asked(cases: Sequence[Case], engine: str) -> Iterator[tuple[list[int], Sql]]:
    """One query for each rule with its parameters: the cases it answers, and its SQL."""
    groups: dict[tuple[int, str], list[int]] = {}
    for number, (rule, _, params) in enumerate(cases):
        groups.setdefault((id(rule), repr(params)), []).append(number)
    for numbers in groups.values():
        rule, _, params = cases[numbers[0]]
        quote = backticked if engine == "spark" else quoted
        yield numbers, getattr(rule, f"to_{engine}")(params, quote)


def by_duckdb(cases: Sequence[Case]) -> list[Any]:
    rows, places = distinct(cases)
    answers: dict[int, Any] = {}
    with duckdb.connect() as connection:
        columns = ", ".join(f"{quoted(item.id)} {DUCKDB_TYPES[item.type]}" for item in PLAIN)
        connection.execute(f"create table people (row_no integer, {columns})")
        connection.executemany(f"insert into people values ({', '.join('?' * (len(PLAIN) + 1))})", rows)
        for numbers, sql in asked(cases, "duckdb"):
            wanted = [places[n] for n in numbers]
            query = f"select row_no, {sql.text} from people where row_no = any(?)"
            found = dict(connection.execute(query, [*sql.params, wanted]).fetchall())
            answers.update({n: tidy(found[places[n]]) for n in numbers})
    return [answers[n] for n in range(len(cases))]


def by_postgres(cases: Sequence[Case], url: str) -> list[Any]:
    rows, places = distinct(cases)
    answers: dict[int, Any] = {}
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"{quoted(item.id)} {POSTGRES_TYPES[item.type]}" for item in PLAIN)
        cursor.execute(f"create temporary table people (row_no integer, {columns}) on commit drop")
        cursor.executemany(f"insert into people values ({', '.join(['%s'] * (len(PLAIN) + 1))})", rows)
        for numbers, sql in asked(cases, "postgres"):
            wanted = [places[n] for n in numbers]
            cursor.execute(f"select row_no, {sql.text} from people where row_no = any(%s)", [*sql.params, wanted])
            found = dict(cursor.fetchall())
            answers.update({n: tidy(found[places[n]]) for n in numbers})
    return [answers[n] for n in range(len(cases))]


def by_python(cases: Sequence[Case]) -> list[Any]:
    return [tidy(rule.evaluate(row, params)) for rule, row, params in cases]


def for_browser(cases: Sequence[Case]) -> dict[str, Any]:
    """All cases as one JSON argument; a rule stands once, however many rows it has."""
    rules = {id(rule): rule for rule, _, _ in cases}
    places = {key: n for n, key in enumerate(rules)}
    texts = [{k: tidy(v) for k, v in params.items()} for _, _, params in cases]
    return {
        "rules": [rule.to_json() for rule in rules.values()],
        "cases": [[places[id(rule)], plain(row), params] for (rule, row, _), params in zip(cases, texts, strict=True)],
    }


def by_browser(cases: Sequence[Case], page: Any, function: str = "evaluate") -> list[Any]:
    return page.evaluate(
        "({rules, cases}) => cases.map(([n, row, params]) => language." + function + "(rules[n], row, params))",
        for_browser(cases),
    )
