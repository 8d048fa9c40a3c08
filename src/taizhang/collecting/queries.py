"""Reads of rounds: which are open, how far they are, who is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import tasks as sql
from taizhang.collecting.models import Attempt, PointVillage, Round, RoundNumber
from taizhang.collecting.tasks import Relation
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import NotFound
from taizhang.engine.planning import MANY, planned_for
from taizhang.ledger import queries as ledger

MOST_SHOWN = 24  # rounds on the list


@dataclass(frozen=True)
class Line:
    """A unit's numbers in a round. `point_id`: of a collection point; `code` then is its town."""

    code: str
    name: str
    people: int = 0
    verified: int = 0
    waiting: int = 0
    unreached: int = 0
    point_id: UUID | None = None

    @property
    def left(self) -> int:
        """未核实, those who could not be reached not counted."""
        return self.people - self.verified - self.waiting - self.unreached

    @property
    def share(self) -> float | None:
        return self.verified / self.people if self.people else None


def rounds(actor: User) -> QuerySet[Round]:
    """Rounds of the actor's counties, newest first. Row-level security says the same."""
    if not actor.sees_people:
        return Round.objects.none()
    mine = Q(pk__in=[])
    for scope in actor.scopes:
        mine |= Q(division=scope[:6]) if len(scope) >= 6 else Q(division__startswith=scope)
    return Round.objects.filter(mine).order_by("-first", "division", "programme")


def get_round(actor: User, round_id: UUID, *, lock: bool = False) -> Round:
    """Raises NotFound, also outside the actor's counties."""
    found = rounds(actor).filter(pk=round_id)
    row = (found.select_for_update() if lock else found).first()
    if row is None:
        raise NotFound("round")
    return row


def open_rounds(actor: User) -> list[Round]:
    """The open rounds of the actor's own programme, the current one first."""
    return list(rounds(actor).filter(closed_at=None, programme=actor.programme))


def tasks(actor: User, found: Round, villages: Sequence[str]) -> Relation:
    """The people of a round in these divisions of the actor's, with their state (`tasks.STATES`): worker_id, division,
    full_name, version, state, verified_on, collect_method, tried_at, channel, result, next_on, attempts.

    Raises NotFound for a division that is not the actor's.
    """
    if not actor.sees_people or not all(actor.covers(code) for code in villages):
        raise NotFound("division")
    return sql.of(found, villages)


def numbers(found: Round, under: Sequence[str]) -> list[Line]:
    """Per village: as kept at closing, or counted now."""
    if found.closed_at:
        kept = RoundNumber.objects.filter(round=found).filter(ledger.inside(under)).order_by("division")
        rows: list[dict[str, Any]] = [
            dict(one) for one in kept.values("division", "people", "verified", "waiting", "unreached")
        ]
    else:
        relation = sql.of(found, under, sql.MANY)
        with planned_for(MANY):
            rows = ledger.fetch(relation.sql, relation.params)
    return [Line(code=row.pop("division"), name="", **row) for row in rows]


def progress(actor: User, found: Round, division: str, point_id: UUID | None = None) -> list[Line]:
    """A county's towns, a town's points, a point's villages; villages without a point stand for themselves.

    Raises NotFound outside the actor's divisions.
    """
    if not actor.sees_people or not actor.covers(division) or not division.startswith(found.division):
        raise NotFound("division")
    villages = numbers(found, [division])
    names = {one.code: one.name for one in divisions.valid().filter(code__startswith=division)}
    if len(division) < 9:
        return [_sum(code, names.get(code, code), group) for code, group in _grouped(villages, 9).items()]
    at = PointVillage.objects.filter(division__startswith=division, to_date=None).select_related("point")
    points = {one.division: one.point for one in at}
    if point_id or len(division) == 12:
        mine = [one for one in villages if not point_id or _is_at(points.get(one.code), point_id)]
        return [_sum(one.code, names.get(one.code, one.code), [one]) for one in mine]
    lines: dict[Any, list[Line]] = {}
    for one in villages:
        lines.setdefault(points.get(one.code, one.code), []).append(one)
    return [
        _sum(key, f"{names.get(key, key)}（没有设点）", group)
        if isinstance(key, str)
        else _sum(division, key.name, group, key.pk)
        for key, group in lines.items()
    ]


def own_villages(actor: User, found: Round) -> list[Line]:
    """The villages of a collector, each by itself."""
    lines = numbers(found, actor.scopes)
    names = dict(divisions.valid().filter(code__in=[one.code for one in lines]).values_list("code", "name"))
    return [_sum(one.code, names.get(one.code, one.code), [one]) for one in lines]


def by_county(actor: User, most: int = MOST_SHOWN) -> list[tuple[Round, Line | None]]:
    """For a city or province: rounds of its counties, newest first, with the sums of those that are closed."""
    found = list(rounds(actor)[:most])
    kept = RoundNumber.objects.filter(round__in=found).values("round_id").order_by()
    summed = {
        row["round_id"]: Line("", "", row["p"], row["v"], row["w"], row["u"])
        for row in kept.annotate(p=Sum("people"), v=Sum("verified"), w=Sum("waiting"), u=Sum("unreached"))
    }
    return [(one, summed.get(one.pk)) for one in found]


def people(
    actor: User, found: Round, villages: Sequence[str], state: str, page: int, size: int
) -> tuple[int, list[ledger.Row]]:
    """How many people of a round are in a state (any when empty) in these villages, and one page of them by village and
    name. Raises NotFound outside the actor's divisions."""
    relation = tasks(actor, found, villages)
    params = {**relation.params, "state": state, "size": size, "skip": (page - 1) * size}
    chosen = f"FROM ({relation.sql}) t WHERE %(state)s IN ('', t.state)"
    (counted,) = ledger.fetch(f"SELECT count(*) AS n {chosen}", params)
    rows = ledger.fetch(
        f"SELECT t.* {chosen} ORDER BY t.division, t.full_name, t.worker_id LIMIT %(size)s OFFSET %(skip)s", params
    )
    return int(counted["n"]), rows


def _is_at(point: Any, point_id: UUID) -> bool:
    return point is not None and point.pk == point_id


def _grouped(lines: Sequence[Line], digits: int) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for one in lines:
        found.setdefault(one.code[:digits], []).append(one)
    return found


def _sum(code: str, name: str, lines: Sequence[Line], point_id: UUID | None = None) -> Line:
    return Line(
        code,
        name,
        sum(one.people for one in lines),
        sum(one.verified for one in lines),
        sum(one.waiting for one in lines),
        sum(one.unreached for one in lines),
        point_id,
    )


def total(lines: Sequence[Line]) -> Line:
    return _sum("", "合计", lines)


def left(actor: User, found: Round) -> int:
    """How many of the actor's people are still to be verified."""
    relation = tasks(actor, found, actor.scopes)
    (row,) = ledger.fetch(
        f"SELECT count(*) AS n FROM ({relation.sql}) t WHERE state IN ('open', 'unreached')", relation.params
    )
    return int(row["n"])


def attempts(actor: User, worker_id: UUID) -> QuerySet[Attempt]:
    """What was tried to reach a person, newest first. Raises NotFound, also out of scope."""
    ledger.get_worker(actor, worker_id)
    return Attempt.objects.filter(worker_id=worker_id).select_related("by", "round").order_by("-at", "-id")


def over(found: Round) -> bool:
    """The last day on which a verification counts has passed; the hourly job will close the round."""
    return found.until < timezone.localdate()


def days_left(found: Round, today: dt.date | None = None) -> int:
    """Until the last day in time; negative when overdue."""
    return (found.due - (today or timezone.localdate())).days
