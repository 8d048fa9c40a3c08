"""The same (rule, row) pairs answered by every engine, in the same plain shapes."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from taizhang.rules import Rule, Sql, Type
from taizhang.rules.earlier import joined
from taizhang.rules.wire import plain

from .cast import AS_OF, PLAIN

BROWSER = Path(__file__).parents[1] / "browser"
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


def then(row: Row, day: str) -> Row | None:
    """The row of the same person on another day: it stands under `@年初` and so on."""
    found: Row | None = row.get(f"@{day}")
    return found


def earlier(row: Row) -> dict[str, Row | None]:
    return {key[1:]: value for key, value in row.items() if key.startswith("@")}


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


def days_before(cases: Sequence[Case]) -> list[list[Any]]:
    """The rows of other days to load: number of the row, name of the day, values."""
    found, places = {}, distinct(cases)[1]
    for (_, row, _), place in zip(cases, places, strict=True):
        for day, known in earlier(row).items():
            if known is not None:
                found[place, day] = [place, day, *typed(known)]
    return list(found.values())


def asked(cases: Sequence[Case], engine: str) -> Iterator[tuple[list[int], Sql, Sql]]:
    """One query for each rule with its parameters: the cases it answers, its SQL and the relation it reads."""
    groups: dict[tuple[int, str], list[int]] = {}
    for number, (rule, _, params) in enumerate(cases):
        groups.setdefault((id(rule), repr(params)), []).append(number)
    for numbers in groups.values():
        rule, _, params = cases[numbers[0]]
        quote = backticked if engine == "spark" else quoted
        mark = "%s" if engine == "postgres" else "?"
        names = {day: name for name, day in AS_OF.items()}

        def compiled(rule: Rule, params: Params, quote: Callable[[str], str] = quote) -> Sql:
            return getattr(rule, f"to_{engine}")(params, quote)  # type: ignore[no-any-return]

        def on(day: date, mark: str = mark, names: dict[date, str] = names) -> Sql:
            return Sql(f"(SELECT * FROM people_then WHERE then_day = {mark}) AS people_of_day", (names[day],))

        relation = joined([rule], Sql("people"), on, params, compiled, key="row_no", quote=quote)
        yield numbers, compiled(rule, params), relation


def by_duckdb(cases: Sequence[Case]) -> list[Any]:
    rows, places = distinct(cases)
    answers: dict[int, Any] = {}
    with duckdb.connect() as connection:
        columns = ", ".join(f"{quoted(item.id)} {DUCKDB_TYPES[item.type]}" for item in PLAIN)
        connection.execute(f"create table people (row_no integer, {columns})")
        connection.executemany(f"insert into people values ({', '.join('?' * (len(PLAIN) + 1))})", rows)
        connection.execute(f"create table people_then (row_no integer, then_day varchar, {columns})")
        if others := days_before(cases):
            connection.executemany(f"insert into people_then values ({', '.join('?' * (len(PLAIN) + 2))})", others)
        for numbers, sql, people in asked(cases, "duckdb"):
            wanted = [places[n] for n in numbers]
            query = f"select row_no, {sql.text} from {people.text} where row_no = any(?)"
            found = dict(connection.execute(query, [*sql.params, *people.params, wanted]).fetchall())
            answers.update({n: tidy(found[places[n]]) for n in numbers})
    return [answers[n] for n in range(len(cases))]


def by_postgres(cases: Sequence[Case], url: str) -> list[Any]:
    rows, places = distinct(cases)
    answers: dict[int, Any] = {}
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        columns = ", ".join(f"{quoted(item.id)} {POSTGRES_TYPES[item.type]}" for item in PLAIN)
        cursor.execute(f"create temporary table people (row_no integer, {columns}) on commit drop")
        cursor.executemany(f"insert into people values ({', '.join(['%s'] * (len(PLAIN) + 1))})", rows)
        cursor.execute(f"create temporary table people_then (row_no integer, then_day text, {columns}) on commit drop")
        marks = ", ".join(["%s"] * (len(PLAIN) + 2))
        cursor.executemany(f"insert into people_then values ({marks})", days_before(cases))
        for numbers, sql, people in asked(cases, "postgres"):
            wanted = [places[n] for n in numbers]
            query = f"select row_no, {sql.text} from {people.text} where row_no = any(%s)"
            cursor.execute(query, [*sql.params, *people.params, wanted])
            found = dict(cursor.fetchall())
            answers.update({n: tidy(found[places[n]]) for n in numbers})
    return [answers[n] for n in range(len(cases))]


def by_python(cases: Sequence[Case]) -> list[Any]:
    return [tidy(rule.evaluate(row, params, earlier(row))) for rule, row, params in cases]


def for_browser(cases: Sequence[Case]) -> dict[str, Any]:
    """All cases as one JSON argument; a rule stands once, however many rows it has."""
    rules = {id(rule): rule for rule, _, _ in cases}
    places = {key: n for n, key in enumerate(rules)}
    texts = [{k: tidy(v) for k, v in params.items()} for _, _, params in cases]
    return {
        "rules": [rule.to_json() for rule in rules.values()],
        "cases": [
            [places[id(rule)], plain(row), params, earlier(row)]
            for (rule, row, _), params in zip(cases, texts, strict=True)
        ],
    }


def by_browser(cases: Sequence[Case], page: Any, function: str = "evaluate") -> list[Any]:
    return page.evaluate(
        "({rules, cases, wanted}) => cases.map(([n, row, params, earlier]) => wanted === 'explain' ? "
        "language.explain(rules[n], row, params, {}, earlier) : language.evaluate(rules[n], row, params, earlier))",
        {**for_browser(cases), "wanted": function},
    )
