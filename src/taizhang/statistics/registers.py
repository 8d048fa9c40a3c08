"""A register (登记册): the people of a division who meet its rule, one line each, or the changes of a month, one line
each (`changelists`), read from the ledger in the reader's scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection

from taizhang import catalogue
from taizhang.catalogue.schema import Programme, Table, TableColumn
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import NotFound
from taizhang.rules.sql import Sql, join
from taizhang.statistics import changelists, definitions, sources, versions
from taizhang.statistics.compiling import POSTGRES, Compiler, Sources, inside, quoted
from taizhang.statistics.printing import SEALED, Printed, Printer
from taizhang.statistics.tables import table_of

PAGE = 50
# A line's order must be total, or a page could repeat or skip somebody.
LAST = ("division", "full_name", "worker_id")


@dataclass(frozen=True)
class Line:
    """One person, or change, of a register: `number` counts from 1 in the whole register, `cells` are as printed, column by
    column."""

    worker_id: str
    number: int
    cells: tuple[Printed, ...]


@dataclass(frozen=True)
class Register:
    """A page of a register, or all of it. `total` counts the people of the whole register."""

    programme: Programme
    table: Table
    division: str
    place: str
    as_of: dt.date
    total: int
    lines: tuple[Line, ...]

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        return self.table.leaves


def read(
    programme: str, table: str, division: str, as_of: dt.date, *, limit: int | None = PAGE, offset: int = 0
) -> Register:
    """Lines `offset` to `offset + limit` (None: all) of a register on a day, within the connection's divisions.

    Identity numbers and phones are masked. Raises NotFound for an unknown programme, register or division.
    """
    settings = definitions.programme_of(programme)
    chosen = table_of(settings, table)
    if chosen.kind != "register":
        raise NotFound("table")
    place = divisions.get(division)
    query = _query(settings, chosen, division, as_of)
    total = query.count()
    rows = query.rows(limit, offset)
    printer = (changelists.Printer if chosen.rows == "changes" else Printer)(settings, chosen, rows)
    lines = (
        Line(str(row["worker_id"]), offset + i + 1, printer.cells(row, offset + i + 1)) for i, row in enumerate(rows)
    )
    return Register(settings, chosen, division, place.full_name, as_of, total, tuple(lines))


def count(programme: str, table: str, division: str, as_of: dt.date) -> int:
    """How many lines a register has on a day. Raises as `read`."""
    settings = definitions.programme_of(programme)
    chosen = table_of(settings, table)
    if chosen.kind != "register":
        raise NotFound("table")
    divisions.get(division)
    return _query(settings, chosen, division, as_of).count()


def _query(settings: Programme, chosen: Table, division: str, as_of: dt.date) -> _Query | changelists.Query:
    return (changelists.Query if chosen.rows == "changes" else _Query)(settings, chosen, division, as_of)


@dataclass(frozen=True)
class _Query:
    """A register's SQL over the ledger."""

    programme: Programme
    table: Table
    division: str
    as_of: dt.date

    @cached_property
    def compiler(self) -> Compiler:
        return versions.compiler(self.programme, self.division, self.as_of, POSTGRES, self.sources)

    @cached_property
    def sources(self) -> Sources:
        return sources.ledger(self.as_of, live=sources.is_live(self.as_of))

    @cached_property
    def relation(self) -> Sql:
        rules = (self.table.where, *(leaf.value for leaf in self.table.leaves))
        return self.compiler.relation("worker", [rule for rule in rules if rule])

    @cached_property
    def condition(self) -> Sql:
        rules = (self.compiler.scope("worker"), self.compiler.rule(self.table.where))
        return join(" AND ", [inside(self.division, POSTGRES), *(Sql(f"({r.text})", r.params) for r in rules)])

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {self.relation.text} WHERE {self.condition.text}",
                (*self.relation.params, *self.condition.params),
            )
            return int(cursor.fetchone()[0])

    def rows(self, limit: int | None, offset: int) -> list[dict[str, Any]]:
        """Each line's values, c0, c1, ... column by column, with the person's id and sealed numbers."""
        values = [(f"c{i}", self._value(leaf)) for i, leaf in enumerate(self.table.leaves)]
        chosen = [Sql(f"{sql.text} AS {name}", sql.params) for name, sql in values if sql]
        columns = join(", ", [Sql("worker_id"), Sql("division"), *chosen])
        order = ", ".join(dict.fromkeys((*map(quoted, self._sort()), *LAST)))
        page = f" LIMIT {int(limit)} OFFSET {int(offset)}" if limit is not None else ""
        inner = (
            f"SELECT {columns.text}, row_number() OVER (ORDER BY {order}) AS line "
            f"FROM {self.relation.text} WHERE {self.condition.text}"
        )
        sealed = ", ".join(f"w.{prefix}_sealed" for prefix in SEALED.values())
        text = (
            f"SELECT found.*, w.id_token, {sealed} FROM ({inner} ORDER BY {order}{page}) AS found "
            "JOIN ledger_worker w ON w.id = found.worker_id ORDER BY line"
        )
        with connection.cursor() as cursor:
            cursor.execute(text, (*columns.params, *self.relation.params, *self.condition.params))
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _sort(self) -> list[str]:
        known = catalogue.load().items
        return [item for item in self.table.sort if known[item].table and not known[item].sealed]

    def _value(self, leaf: TableColumn) -> Sql | None:
        """A column's expression; None for what is not read from the flat row (running number, sealed numbers)."""
        if leaf.value:
            return self.compiler.rule(leaf.value)
        if leaf.item is None or leaf.item in SEALED:
            return None
        rule = (
            self.programme.derived[leaf.item].value
            if leaf.item in self.programme.derived
            else catalogue.load().values.get(leaf.item)
        )
        return self.compiler.rule(rule) if rule else Sql(quoted(leaf.item))


@dataclass(frozen=True)
class Partition:
    """How two registers share a pool, in people."""

    pool: int
    first: int
    second: int
    both: int
    neither: int

    @property
    def holds(self) -> bool:
        return self.both == 0 and self.neither == 0 and self.first + self.second == self.pool


def partitions(programme: Programme, division: str, as_of: dt.date, digits: int = 9) -> dict[str, Partition]:
    """R-10 unit by unit (towns: 9 digits): a programme's two registers together are the pool, and nobody stands in
    both.

    Counted in the ledger, as far as the connection's divisions reach. Units without anybody in scope are absent.
    """
    people = sources.ledger(as_of, live=sources.is_live(as_of))
    compiler = versions.compiler(programme, division, as_of, POSTGRES, people)
    rules = [table_of(programme, name).where for name in programme.registers]
    relation = compiler.relation("worker", [rule for rule in rules if rule])
    a, b = map(compiler.rule, rules)
    scope = compiler.scope("worker")
    where = join(" AND ", [inside(division, POSTGRES), Sql(f"({scope.text})", scope.params)])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left(division, %s), count(*), count(*) FILTER (WHERE a), count(*) FILTER (WHERE b), "
            "count(*) FILTER (WHERE a AND b), count(*) FILTER (WHERE a IS NOT TRUE AND b IS NOT TRUE) "
            f"FROM (SELECT division, ({a.text}) AS a, ({b.text}) AS b FROM {relation.text} "
            f"WHERE {where.text}) AS person GROUP BY 1",
            (digits, *a.params, *b.params, *relation.params, *where.params),
        )
        return {code: Partition(*counts) for code, *counts in cursor.fetchall()}


def partition_of(programme: Programme, division: str, as_of: dt.date) -> Partition | None:
    """R-10 for a division as a whole; None for a programme without a pair of registers."""
    if len(programme.registers) != 2:
        return None
    return partitions(programme, division, as_of, len(division)).get(division, Partition(0, 0, 0, 0, 0))
