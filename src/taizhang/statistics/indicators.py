"""Indicators counted, and the people behind each number, over the snapshot (DuckDB) or over the ledger itself
(PostgreSQL)."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

import duckdb
from django.db import connection

from taizhang.catalogue.schema import Indicator, Programme
from taizhang.engine import duck
from taizhang.engine.errors import DomainError
from taizhang.engine.planning import MANY, planned_for
from taizhang.rules import Rule
from taizhang.rules.sql import Sql
from taizhang.statistics import knowing, snapshots, versions
from taizhang.statistics.compiling import DUCKDB, POSTGRES, Dialect, Sources
from taizhang.statistics.definitions import programme_of
from taizhang.statistics.knowing import Known
from taizhang.statistics.layout import Number, rounded

EngineName = Literal["snapshot", "ledger"]
Cells = dict[str, dict[str, Number]]


class Runner(Protocol):
    """An engine with the people of a division on a day in it."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def sources(self) -> Sources: ...

    def rows(self, sql: Sql) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True)
class SnapshotRunner:
    connection: Any
    sources: Sources
    dialect: Dialect = DUCKDB

    def rows(self, sql: Sql) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(sql.text, list(sql.params)).fetchall()  # type: ignore[no-any-return]
        except duckdb.BinderException as error:
            column = re.search(r'column "(\w+)" not found', str(error))
            if column is None:
                raise
            raise DomainError(
                "older_rules",
                f"封账以后口径改过，现在要读“{snapshots.said(column[1])}”，封账时没有存这一项，不能照现在的口径重数。",
            ) from None


@dataclass(frozen=True)
class LedgerRunner:
    """Sees what the connection's divisions allow, no more."""

    sources: Sources
    dialect: Dialect = POSTGRES

    def rows(self, sql: Sql) -> list[tuple[Any, ...]]:
        with planned_for(MANY), connection.cursor() as cursor:
            cursor.execute(sql.text, sql.params)
            return list(cursor.fetchall())


@contextmanager
def runner(
    engine: EngineName, division: str, as_of: dt.date, *, programme: str = "", known: Known = "now"
) -> Iterator[Runner]:
    """The engine to count with; building the snapshot first where it is missing or stale.

    Where nobody was ever registered there is no snapshot: the ledger says so itself. `known="then"`: the programme's
    seal of that day, or what was recorded by its end (`knowing`).
    """
    found = knowing.bases(programme, division, as_of, known)
    if engine == "ledger" or not found:
        yield LedgerRunner(knowing.ledger_sources(found, as_of))
    elif known == "now":
        rows = snapshots.relations([basis.county for basis in found], as_of)
        with duck.session([snapshots.root()]) as session:
            yield SnapshotRunner(session, rows)
    else:
        rows, directories = knowing.snapshot_sources(found, as_of)
        with duck.session(directories) as session:
            yield SnapshotRunner(session, rows)


def count(
    programme: str,
    indicators: Sequence[str],
    division: str,
    as_of: dt.date,
    *,
    engine: EngineName = "snapshot",
    known: Known = "now",
) -> Cells:
    """Division code -> indicator -> number, for `division` and every unit below it where somebody in scope lives.

    Counts are int; sums and means are rounded half up to the indicator's decimals; a mean of nobody is None. A unit
    without people is absent.
    """
    settings = programme_of(programme)
    with runner(engine, division, as_of, programme=programme, known=known) as run:
        return count_with(run, settings, indicators, division, as_of)


def count_with(run: Runner, settings: Programme, indicators: Sequence[str], division: str, as_of: dt.date) -> Cells:
    """`count` over the rows of a runner."""
    wanted = [settings.indicators[name] for name in indicators]
    cells: Cells = defaultdict(dict)
    compiler = versions.compiler(settings, division, as_of, run.dialect, run.sources)
    for subject in dict.fromkeys(indicator.of for indicator in wanted):
        group = [indicator for indicator in wanted if indicator.of == subject]
        for code, *values in run.rows(compiler.counts(group, division)):
            cells[code].update(_numbers(group, values))
    return dict(cells)


def _numbers(indicators: Iterable[Indicator], values: Sequence[Any]) -> Iterator[tuple[str, Number]]:
    at = iter(values)
    for indicator in indicators:
        if indicator.measure.value is None or indicator.measure.kind == "distinct":
            yield indicator.id, int(next(at))
            continue
        total, n = next(at), int(next(at))
        if indicator.measure.kind == "sum":
            yield indicator.id, rounded(Decimal(total or 0), indicator.decimals)
        else:
            yield indicator.id, rounded(Decimal(total) / n, indicator.decimals) if n else None


def none_of(indicator: Indicator) -> Number:
    """What an indicator is where nobody lives."""
    return None if indicator.measure.kind == "mean" else 0


def people(
    programme: str,
    indicator: str,
    division: str,
    as_of: dt.date,
    *,
    engine: EngineName = "snapshot",
    known: Known = "now",
    limit: int | None = None,
    offset: int = 0,
) -> list[str]:
    """Ids of the people an indicator's number is made of (of a mean: those who have a value), by village, then id."""
    settings = programme_of(programme)
    chosen = settings.indicators[indicator]
    with runner(engine, division, as_of, programme=programme, known=known) as run:
        compiler = versions.compiler(settings, division, as_of, run.dialect, run.sources)
        return _ids(run, compiler.people(chosen, division), limit, offset)


def people_where(
    programme: str,
    rule: Rule | None,
    division: str,
    as_of: dt.date,
    *,
    engine: EngineName = "snapshot",
    known: Known = "now",
    limit: int | None = None,
    offset: int = 0,
) -> list[str]:
    """Ids of the people in scope who meet a rule: the lines of a register, by village, then id."""
    settings = programme_of(programme)
    with runner(engine, division, as_of, programme=programme, known=known) as run:
        compiler = versions.compiler(settings, division, as_of, run.dialect, run.sources)
        return _ids(run, compiler.people_where(rule, division), limit, offset)


def _ids(run: Runner, sql: Sql, limit: int | None, offset: int) -> list[str]:
    text = f"SELECT worker_id FROM ({sql.text}) AS found ORDER BY division, worker_id"
    if limit is not None:
        text += f" LIMIT {int(limit)} OFFSET {int(offset)}"
    return [str(worker) for (worker,) in run.rows(Sql(text, sql.params))]
