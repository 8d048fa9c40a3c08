"""The same people under two indicators: who counts in both, in one, in the other, in neither.

Both sides are yes/no columns of one query over one pool, so the four parts always add up to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.catalogue.types import SUBJECTS
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import peoplesets
from taizhang.ledger.peoplesets import PeopleSet
from taizhang.rules.sql import Sql, join
from taizhang.statistics import actions, definitions, indicators, versions
from taizhang.statistics.compiling import inside
from taizhang.statistics.indicators import EngineName, Runner

Part = Literal["both", "first", "second", "neither"]
Pool = Literal["first", "second", "ledger"]
PARTS: tuple[Part, ...] = get_args(Part)
CONDITIONS: dict[Part, str] = {
    "both": "a AND b",
    "first": "a AND NOT b",
    "second": "b AND NOT a",
    "neither": "NOT a AND NOT b",
}


@dataclass(frozen=True)
class Side:
    programme: Programme
    indicator: Indicator
    values: Mapping[str, Any] = field(default_factory=dict)  # thresholds tried out

    @property
    def name(self) -> str:
        return f"{self.programme.short_name}“{self.indicator.name}”"

    @property
    def key(self) -> str:
        return f"{self.programme.id}.{self.indicator.id}"


@dataclass(frozen=True)
class Sides:
    """Two indicators over one pool: the scope of the first's or the second's programme, or everybody in the ledger,
    each indicator then within its own programme's scope."""

    first: Side
    second: Side
    pool: Pool = "first"

    def saying(self, part: Part) -> str:
        return {
            "both": "两边都算",
            "first": f"只有{self.first.name}算",
            "second": f"只有{self.second.name}算",
            "neither": "两边都不算",
        }[part]

    def words(self) -> list[tuple[str, str]]:
        return [("first", self.first.key), ("second", self.second.key), ("pool", self.pool)]


def sides(first: str, second: str, pool: str) -> Sides:
    """What an address names ("mouding-2017.transferred"). Raises NotFound; DomainError "not_alike" for two indicators
    that do not count the same kind of thing."""
    if pool not in get_args(Pool):
        raise NotFound("pool")
    one, other = definitions.named(first), definitions.named(second)
    kinds = [SUBJECTS[chosen.indicator.of] for chosen in (one, other)]
    if kinds[0] != kinds[1]:
        raise DomainError(
            "not_alike",
            f"“{one.indicator.name}”数的是{kinds[0]}，“{other.indicator.name}”数的是{kinds[1]}，不能逐个比较，请换一个。",
        )
    return Sides(
        Side(one.programme, one.indicator),
        Side(other.programme, other.indicator),
        pool,  # type: ignore[arg-type]
    )


def _judged(run: Runner, chosen: Sides, division: str, as_of: dt.date) -> Sql:
    """One row per person (or fact) of the pool: worker_id, division, fact (null for people), a, b (never null)."""
    subject = chosen.first.indicator.of
    fact = "NULL" if subject == "worker" else "fact_id"
    both = (chosen.first, chosen.second)
    first, second = (
        versions.compiler(side.programme, division, as_of, run.dialect, run.sources, side.values) for side in both
    )
    conditions = [first.behind(chosen.first.indicator), second.behind(chosen.second.indicator)]
    within = [inside(division, run.dialect)]
    if chosen.pool == "ledger":
        scopes = (first.scope(subject), second.scope(subject))
        conditions = [
            join(" AND ", [Sql(f"({scope.text})", scope.params), Sql(f"({one.text})", one.params)])
            for scope, one in zip(scopes, conditions, strict=True)
        ]
    else:
        pool = (first if chosen.pool == "first" else second).scope(subject)
        within.append(Sql(f"({pool.text})", pool.params))
    a, b = conditions
    where = join(" AND ", within)
    relation = first.relation(subject, [*first.rules(chosen.first.indicator), *second.rules(chosen.second.indicator)])
    return Sql(
        f"SELECT worker_id, division, {fact} AS fact, coalesce(({a.text}), false) AS a, coalesce(({b.text}), false) AS b "
        f"FROM {relation.text} WHERE {where.text}",
        (*a.params, *b.params, *relation.params, *where.params),
    )


def counts(
    chosen: Sides, division: str, as_of: dt.date, *, digits: int | None = None, engine: EngineName = "snapshot"
) -> dict[str, Mapping[Part, int]]:
    """Unit -> people (or facts) in each part; units of `digits` digits (6 counties, 9 towns, 12 villages), else the division
    as one. Units without anybody in the pool are absent, but for the division itself."""
    size = digits or len(division)
    with indicators.runner(engine, division, as_of) as run:
        judged = _judged(run, chosen, division, as_of)
        numbers = ", ".join(f"count(*) FILTER (WHERE {CONDITIONS[part]})" for part in PARTS)
        text = f"SELECT left(division, {int(size)}), {numbers} FROM ({judged.text}) AS judged GROUP BY 1 ORDER BY 1"
        found: dict[str, Mapping[Part, int]] = {
            code: dict(zip(PARTS, values, strict=True)) for code, *values in run.rows(Sql(text, judged.params))
        }
    return found or ({} if digits else {division: dict.fromkeys(PARTS, 0)})


def members(
    chosen: Sides,
    part: Part,
    division: str,
    as_of: dt.date,
    *,
    engine: EngineName = "snapshot",
    limit: int | None = None,
    offset: int = 0,
) -> list[tuple[str, str]]:
    """(person's id, fact's id or "") of a part, by village, then person."""
    with indicators.runner(engine, division, as_of) as run:
        judged = _judged(run, chosen, division, as_of)
        order = "ORDER BY division, worker_id, fact"
        text = f"SELECT worker_id, fact FROM ({judged.text}) AS judged WHERE {CONDITIONS[part]} {order}"
        if limit is not None:
            text += f" LIMIT {int(limit)} OFFSET {int(offset)}"
        return [(str(worker), fact or "") for worker, fact in run.rows(Sql(text, judged.params))]


def people(chosen: Sides, part: Part, division: str, as_of: dt.date, *, engine: EngineName = "snapshot") -> list[str]:
    """Ids of the people of a part (of facts: of those whose they are), each once, by village, then id."""
    return list(dict.fromkeys(worker for worker, _ in members(chosen, part, division, as_of, engine=engine)))


def list_key(chosen: Sides, part: Part, division: str, as_of: dt.date) -> str:
    """The key under which the ledger's list shows a part."""
    return "compare:" + "/".join([chosen.first.key, chosen.second.key, chosen.pool, division, as_of.isoformat(), part])


@peoplesets.provider("compare")
def people_of_part(actor: User, key: str) -> PeopleSet:
    """The whole list of a part, for the ledger's list page; `key` as in `list_key`. Raises NotFound."""
    try:
        first, second, pool, division, day, wanted = key.split("/")
        as_of = dt.date.fromisoformat(day)
        part = next(one for one in PARTS if one == wanted)
    except (ValueError, StopIteration):
        raise NotFound("part") from None
    actions.check_covers(actor, division)
    chosen = sides(first, second, pool)
    ids = [UUID(worker) for worker in people(chosen, part, division, as_of)]
    words = [*chosen.words(), ("division", division), ("as_of", day), ("part", part)]
    name = divisions.get(division).name
    return PeopleSet(
        f"{name}，{chosen.saying(part)}，截至{as_of.year}年{as_of.month}月{as_of.day}日",
        ids,
        f"{chosen.first.name}对{chosen.second.name}",
        f"{reverse('statistics:compare')}?{urlencode(words)}",
    )
