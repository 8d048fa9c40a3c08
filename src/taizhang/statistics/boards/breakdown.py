"""People counted by one or two dimensions at once, and who stands behind each number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from taizhang import catalogue
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.rules.sql import Sql, join
from taizhang.statistics import definitions, indicators, snapshots, versions
from taizhang.statistics.boards import dimensions
from taizhang.statistics.boards.dimensions import UNKNOWN, Choice, Dimension
from taizhang.statistics.compiling import inside
from taizhang.statistics.indicators import EngineName, Runner
from taizhang.statistics.knowing import Known
from taizhang.statistics.pages import marks

ANY = "*"  # any group: a total


@dataclass(frozen=True)
class Cut:
    """A question: the people of an indicator inside a division on a day, by `first` and, for a cross table, `second`."""

    programme: str
    indicator: str
    division: str
    as_of: dt.date
    first: str
    second: str = ""
    known: Known = "now"

    def key(self, first: str = ANY, second: str = ANY) -> str:
        """How the ledger's list names the people of a cell."""
        return "cut:" + "/".join(
            [
                self.programme, self.indicator, self.division, self.as_of.isoformat(), self.first, self.second or ANY,
                first, second, *(["then"] if self.known == "then" else []),
            ]
        )  # fmt: skip


@lru_cache(maxsize=1)
def choice() -> Choice:
    return Choice(snapshots.columns, _provinces)


def _provinces() -> Mapping[str, str]:
    return {one.code: one.name for one in divisions.children(None)}


def dimension(name: str) -> Dimension:
    """Raises DomainError "sensitive_item" for an item nobody may be grouped by, NotFound for one there is not."""
    found = choice().all.get(name)
    if found:
        return found
    item = catalogue.load().items.get(name)
    if item and not dimensions.may_group(item):
        raise DomainError("sensitive_item", f"“{item.name}”是敏感个人信息，不作交叉表。请换一项。")
    raise NotFound("dimension")


def subject(cut: Cut) -> tuple[Programme, Indicator]:
    """Raises NotFound; DomainError "not_people" for an indicator that counts facts instead of people."""
    settings = definitions.programme_of(cut.programme)
    indicator = settings.indicators.get(cut.indicator)
    if indicator is None:
        raise NotFound("indicator")
    if indicator.of != "worker":
        raise DomainError("not_people", f"“{indicator.name}”数的不是人，不能分组。请换一个。")
    return settings, indicator


def count(cut: Cut, *, engine: EngineName = "snapshot") -> dict[tuple[str, str], int]:
    """(key, key) -> people; without a second dimension the second key is "*". Groups of nobody are absent."""
    return dict(_counted(cut, engine, marks(cut.division)))


@lru_cache(maxsize=256)
def _counted(
    cut: Cut, engine: EngineName, marks: tuple[tuple[str, str], ...]
) -> tuple[tuple[tuple[str, str], int], ...]:
    """Kept per snapshot (`marks`) and scope. Holds numbers, no people."""
    with indicators.runner(engine, cut.division, cut.as_of, programme=cut.programme, known=cut.known) as run:
        lines = _lines(run, cut)
        text = f"SELECT a, b, count(*) FROM ({lines.text}) AS lines GROUP BY a, b"
        return tuple(((a, b), int(n)) for a, b, n in run.rows(Sql(text, lines.params)))


def _lines(run: Runner, cut: Cut) -> Sql:
    """One row per person: worker_id, division, a, b (keys)."""
    settings, indicator = subject(cut)
    compiler = versions.compiler(settings, cut.division, cut.as_of, run.dialect, run.sources)
    keys = [dimension(cut.first).key(compiler)]
    keys.append(dimension(cut.second).key(compiler) if cut.second else Sql(f"'{ANY}'"))
    chosen = join(", ", [Sql(f"{sql.text} AS {name}", sql.params) for sql, name in zip(keys, "ab", strict=True)])
    conditions = [inside(cut.division, run.dialect)]
    conditions += [Sql(f"({sql.text})", sql.params) for sql in (compiler.scope("worker"), compiler.behind(indicator))]
    where, relation = join(" AND ", conditions), compiler.relation("worker", compiler.rules(indicator))
    return Sql(
        f"SELECT worker_id, division, {chosen.text} FROM {relation.text} WHERE {where.text}",
        (*chosen.params, *relation.params, *where.params),
    )


def people(cut: Cut, first: str = ANY, second: str = ANY, *, engine: EngineName = "snapshot") -> list[str]:
    """Ids of the people of a cell, by village, then id; "*" is any group."""
    with indicators.runner(engine, cut.division, cut.as_of, programme=cut.programme, known=cut.known) as run:
        lines, place = _lines(run, cut), run.dialect.place
        wanted = [(column, key) for column, key in (("a", first), ("b", second)) if key != ANY]
        where = " AND ".join(f"{column} = {place}" for column, _ in wanted) or "true"
        text = f"SELECT worker_id FROM ({lines.text}) AS lines WHERE {where} ORDER BY division, worker_id"
        rows = run.rows(Sql(text, (*lines.params, *(key for _, key in wanted))))
        return [str(worker) for (worker,) in rows]


def groups(found: Mapping[tuple[str, str], int], chosen: Dimension, side: int) -> list[str]:
    """The keys that occur on one side, in printing order, 不明 last."""
    there = {pair[side] for pair in found}
    known = [key for key in chosen.groups if key in there]
    return known + sorted(there - set(known) - {UNKNOWN}) + ([UNKNOWN] if UNKNOWN in there else [])
