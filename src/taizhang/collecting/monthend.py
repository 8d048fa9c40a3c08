"""月末报送: a collection point (or a village that has none) hands its month in, the town checks it against the numbers and
approves or returns it, the county checks again. It comes before the town's own period (`review.periods`).

Here: the units and where each stands. The numbers are `monthnumbers`, the steps `monthmoves`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import Role, User
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme
from taizhang.collecting import monthnumbers, monthstates, points
from taizhang.collecting.models import MonthMove, Point, PointCollector
from taizhang.collecting.monthnumbers import Asked, Limits, Numbers
from taizhang.collecting.monthstates import Stage, Verb
from taizhang.engine.errors import NotAllowed, NotFound
from taizhang.ledger import queries as ledger
from taizhang.ledger.models import Submission
from taizhang.review import queries as review

SHOWN = 13  # periods offered


@dataclass(frozen=True)
class Unit:
    """A point with its villages, or a village without one. `key` names it in addresses."""

    key: str
    name: str
    villages: tuple[str, ...]
    point: Point | None

    @property
    def division(self) -> str:
        return self.villages[0]

    @property
    def town(self) -> str:
        return self.division[:9]


@dataclass(frozen=True)
class Line:
    """A unit on the table."""

    unit: Unit
    numbers: Numbers
    moves: tuple[MonthMove, ...]
    standing: duedates.Standing
    odd: tuple[str, ...] = ()  # what is an exception about the numbers, in words

    @property
    def stage(self) -> Stage:
        return Stage(self.moves[-1].target) if self.moves else Stage.DRAFT

    @property
    def last(self) -> MonthMove | None:
        return self.moves[-1] if self.moves else None

    @property
    def submitted(self) -> MonthMove | None:
        """The last handing in that stands."""
        found = [one for one in self.moves if one.verb == Verb.SUBMIT]
        return found[-1] if found and self.stage is not Stage.RETURNED else None

    @property
    def changed(self) -> bool:
        """The numbers are others now than when they were handed in."""
        kept = self.submitted
        return kept is not None and any(
            kept.numbers.get(key) != self.numbers.plain()[key] for key in ("opening", "more", "fewer", "closing")
        )

    @property
    def exceptions(self) -> list[str]:
        """What somebody should look at before approving; none where all is as usual."""
        return [*self.odd, "报送以后数字变了"] if self.changed else list(self.odd)

    @property
    def concerned(self) -> set[UUID]:
        return concerned(self.moves)


def concerned(moves: Sequence[MonthMove]) -> set[UUID]:
    """Who handed a month in last, and who has approved it since."""
    start = max((n for n, one in enumerate(moves) if one.verb == Verb.SUBMIT), default=0)
    return {one.by_id for one in moves[start:] if one.verb != Verb.RETURN}


def programme_of(actor: User) -> Programme:
    """The actor's programme. Raises NotAllowed for an office with none, or whose programme closes no periods."""
    found = catalogue.load().programmes.get(actor.programme)
    if found is None or found.sealing is None:
        raise NotAllowed("no_programme", "您的账号没有对应的采集方案，或者方案没有定期报送。请安全管理员选定方案。")
    return found


def ask(actor: User, period: str = "", today: dt.date | None = None) -> Asked:
    """The period asked for, else the one in hand. Raises NotFound for one the programme has not; as `programme_of`."""
    programme, today = programme_of(actor), today or timezone.localdate()
    found = duedates.find(programme, period) if period else duedates.current(programme, today)
    if found is None or found.first > today:
        raise NotFound("period")
    return Asked(programme, found, today)


def periods(asked: Asked) -> list[Period]:
    """Those a page offers, newest first."""
    return duedates.recent(asked.programme, asked.today, SHOWN)


def units(actor: User, division: str) -> list[Unit]:
    """The points whose villages lie under a division of the actor's, and its villages without a point that have people. A
    collector has the points they are named for: of another one they may see some villages and not know of the rest.

    Raises NotFound out of scope.
    """
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    every = points.villages(division[:9])  # a point whole, also where a village of it is asked for
    inside: dict[UUID, list[str]] = {}
    for one in every:
        if one.point_id:
            inside.setdefault(one.point_id, []).append(one.code)
    open_points = Point.objects.filter(pk__in=list(inside), to_date=None)
    if actor.role == Role.COLLECTOR:
        named = PointCollector.objects.filter(user=actor, to_date=None).values("point")
        open_points = open_points.filter(pk__in=named)
    known = {one.pk: one for one in open_points}
    found = [
        Unit(str(pk), known[pk].name, tuple(codes), known[pk])
        for pk, codes in inside.items()
        if pk in known and any(code.startswith(division) for code in codes)
    ]
    found += [
        Unit(one.code, f"{one.name}（没有设点）", (one.code,), None)
        for one in every
        if one.point_id is None and one.listed and one.code.startswith(division)
    ]
    return sorted(found, key=lambda unit: unit.division)


def get_unit(actor: User, key: str) -> Unit:
    """Raises NotFound, also where the point is not the actor's (`units`)."""
    if key.isdigit() and len(key) == 12:
        place = key
    else:
        try:
            point = Point.objects.filter(pk=UUID(key), to_date=None).first()
        except ValueError:
            point = None
        first = point.villages.filter(to_date=None).order_by("division").first() if point else None
        place = first.division if first else ""
    if not place or not actor.sees_people or not actor.covers(place):
        raise NotFound("unit")
    found = next((one for one in units(actor, place) if one.key == key), None)
    if found is None:
        raise NotFound("unit")
    return found


def lines(asked: Asked, found: Sequence[Unit]) -> list[Line]:
    """Where each unit stands and what it counts."""
    numbers = monthnumbers.count(asked, [code for unit in found for code in unit.villages])
    steps, limits = _moves(asked, found), Limits.of(asked.programme, asked.until)
    return [
        _line(asked, unit, monthnumbers.added_up(numbers.get(code) for code in unit.villages), steps[unit.key], limits)
        for unit in found
    ]


def _line(asked: Asked, unit: Unit, numbers: Numbers, moves: list[MonthMove], limits: Limits) -> Line:
    handed_in = [one for one in moves if one.verb == Verb.SUBMIT]
    stands = handed_in and moves[-1].target != Stage.RETURNED
    done_on = timezone.localdate(handed_in[-1].at) if stands else None
    odd = tuple(monthnumbers.exceptions(asked, numbers, limits))
    return Line(unit, numbers, tuple(moves), duedates.standing(asked.due, done_on, asked.today), odd)


def _moves(asked: Asked, found: Sequence[Unit]) -> dict[str, list[MonthMove]]:
    steps: dict[str, list[MonthMove]] = {unit.key: [] for unit in found}
    mine = Q(point__in=[unit.point.pk for unit in found if unit.point])
    mine |= Q(point=None, division__in=[unit.division for unit in found if not unit.point])
    rows = MonthMove.objects.filter(mine, programme=asked.programme.id, period=asked.period.id)
    for row in rows.select_related("by").order_by("number"):
        steps[str(row.point_id) if row.point_id else row.division].append(row)
    return steps


def total(found: Sequence[Line]) -> Numbers:
    """All units together."""
    return monthnumbers.added_up(one.numbers for one in found)


def papers(actor: User, asked: Asked, unit: Unit, states: Sequence[str]) -> QuerySet[Submission]:
    """Papers about the unit's people, collected up to the period's cut-off, in these states."""
    return review.submissions_visible_to(actor).filter(
        _of(asked, unit.villages), entered=False, state__in=list(states)
    ).order_by(*review.ORDER)  # fmt: skip


def _of(asked: Asked, villages: Sequence[str]) -> Q:
    return Q(
        division__in=villages,
        batch__programme=asked.programme.id,
        batch__collected_on__lte=asked.period.cut_off,
    )


def decidable(actor: User, asked: Asked, found: Sequence[Unit]) -> QuerySet[Submission]:
    """Of those of several units the ones that wait for the actor's office."""
    return review.waiting_for(actor).filter(_of(asked, [code for unit in found for code in unit.villages]))


def towns(found: Sequence[Line]) -> list[tuple[str, dict[str, int], int]]:
    """Per town: code, how many units in each state, how many with exceptions."""
    inside: dict[str, list[Line]] = {}
    for line in found:
        inside.setdefault(line.unit.town, []).append(line)
    return [
        (
            code,
            {stage.value: sum(one.stage is stage for one in lines) for stage in Stage},
            sum(bool(one.exceptions) for one in lines),
        )
        for code, lines in inside.items()
    ]


def out(actor: User, programme: Programme, period: Period, division: str) -> tuple[int, int] | None:
    """How many units of a town or county have not been approved yet, of how many; None where the notice asks nothing of
    points, or the period has not begun."""
    asks = programme.sealing and programme.sealing.duties.get("point")
    today = timezone.localdate()
    if not asks or len(division) not in (6, 9) or period.first > today or not actor.covers(division):
        return None
    asked = Asked(programme, period, today)
    found = units(actor, division)
    steps = _moves(asked, found)
    done = sum(bool(rows) and Stage(rows[-1].target) in monthstates.DONE for rows in steps.values())
    return len(found) - done, len(found)


@dataclass(frozen=True)
class Desk:
    """What of a period an office has before it. `out`: units not handed in, or returned, where the notice asks points and
    somebody should be reminded; `left`: days until they are due, negative when overdue. `waiting`: for this actor to approve
    or check again."""

    period: Period
    left: int | None
    out: int
    waiting: int


def desks(actor: User, remind: int) -> list[Desk]:
    """Of the period before the one in hand, which points hand in and offices approve when it is over, and of that in hand.

    remind: from how many days before the due day on. None for an office whose programme closes no periods.
    """
    programme, today = catalogue.load().programmes.get(actor.programme), timezone.localdate()
    now = duedates.in_hand(programme, today) if programme and programme.sealing and actor.sees_people else None
    if programme is None or now is None:
        return []
    before = duedates.before(programme, now)
    return [_desk(actor, Asked(programme, one, today), remind) for one in (before, now) if one and one.first <= today]


def _desk(actor: User, asked: Asked, remind: int) -> Desk:
    left = (asked.due - asked.today).days if asked.due else None
    waits = monthstates.approving(actor.role)
    ready = [
        rows
        for rows in (_moved(asked, actor) if waits else {}).values()
        if any(one.verb == waits for one in monthstates.possible(stage=rows[-1].target, role=actor.role))
        and actor.pk not in concerned(rows)
    ]
    return Desk(asked.period, left, _out(actor, asked) if left is not None and left <= remind else 0, len(ready))


def _moved(asked: Asked, actor: User) -> dict[str, list[MonthMove]]:
    """The steps of the actor's units that have any."""
    inside = ledger.inside(actor.scopes)
    rows = MonthMove.objects.filter(inside, programme=asked.programme.id, period=asked.period.id).order_by("number")
    found: dict[str, list[MonthMove]] = {}
    for row in rows:
        found.setdefault(str(row.point_id or row.division), []).append(row)
    return found


def _out(actor: User, asked: Asked) -> int:
    """Units of all of the actor's divisions that are not handed in, or were returned."""
    found = list({unit.key: unit for place in actor.scopes for unit in units(actor, place)}.values())
    steps = _moves(asked, found)
    return sum(not rows or rows[-1].target == Stage.RETURNED for rows in steps.values())
