"""月末报送: a collection point (or a village that has none) hands its month in, the town checks it against the numbers and
approves or returns it, the county checks again. It comes before the town's own period (`review.periods`).

期初 + 增 − 减 = 期末: opening, entries and exits are counted from the movements, closing from the memberships, so that the
sum proves something. All are counted by village, by the day they took effect.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import Role, User
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme
from taizhang.collecting import monthstates, points
from taizhang.collecting.models import MonthMove, Point, PointCollector
from taizhang.collecting.monthstates import Stage, Verb
from taizhang.collecting.tasks import FAILED, UNDECIDED, VERIFIED
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.engine.planning import MANY, planned_for
from taizhang.ledger import queries as ledger
from taizhang.ledger.models import Submission
from taizhang.ledger.states import OTHER_REASONS, State
from taizhang.protection import audit
from taizhang.review import many
from taizhang.review import queries as review
from taizhang.review.many import Tally

SHOWN = 13  # periods offered
LISTED = 30  # names of an exception shown; the rest is a number


@dataclass(frozen=True)
class Asked:
    """Which programme and period, counted up to which day."""

    programme: Programme
    period: Period
    today: dt.date

    @property
    def until(self) -> dt.date:
        return min(self.period.cut_off, self.today)

    @property
    def since(self) -> dt.date:
        """From when a verification counts: of the month, or of the round it lies in where that is longer."""
        turn = duedates.turn_of(self.programme, self.until)
        return min(self.period.first, turn.first) if turn else self.period.first

    @property
    def due(self) -> dt.date | None:
        """The last day on which a point is in time; None where the notice gives it none."""
        return duedates.due(self.programme, self.period, "point")


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
class Numbers:
    """A unit's month. `added`, `left`: reason -> how many. `verified` of `closing`; `unreached`: of the rest, the last
    attempt failed."""

    opening: int = 0
    added: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    closing: int = 0
    verified: int = 0
    unreached: int = 0
    waiting: int = 0
    returned: int = 0

    @property
    def more(self) -> int:
        return sum(self.added.values())

    @property
    def fewer(self) -> int:
        return sum(self.left.values())

    @property
    def balanced(self) -> bool:
        return self.opening + self.more - self.fewer == self.closing

    @property
    def share(self) -> float | None:
        return self.verified / self.closing if self.closing else None

    @property
    def unverified(self) -> int:
        return self.closing - self.verified

    def plain(self) -> dict[str, Any]:
        """As kept with a step."""
        return {
            "opening": self.opening, "more": self.more, "fewer": self.fewer, "closing": self.closing,
            "verified": self.verified, "waiting": self.waiting, "returned": self.returned, "unreached": self.unreached,
            "added": dict(self.added), "left": dict(self.left),
        }  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A unit on the table."""

    unit: Unit
    numbers: Numbers
    moves: tuple[MonthMove, ...]
    standing: duedates.Standing

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
    numbers = count(asked, [code for unit in found for code in unit.villages])
    steps = _moves(asked, found)
    return [
        _line(asked, unit, _added_up(numbers.get(code) for code in unit.villages), steps[unit.key]) for unit in found
    ]


def _line(asked: Asked, unit: Unit, numbers: Numbers, moves: list[MonthMove]) -> Line:
    handed_in = [one for one in moves if one.verb == Verb.SUBMIT]
    stands = handed_in and moves[-1].target != Stage.RETURNED
    done_on = timezone.localdate(handed_in[-1].at) if stands else None
    return Line(unit, numbers, tuple(moves), duedates.standing(asked.due, done_on, asked.today))


def _moves(asked: Asked, found: Sequence[Unit]) -> dict[str, list[MonthMove]]:
    steps: dict[str, list[MonthMove]] = {unit.key: [] for unit in found}
    mine = Q(point__in=[unit.point.pk for unit in found if unit.point])
    mine |= Q(point=None, division__in=[unit.division for unit in found if not unit.point])
    rows = MonthMove.objects.filter(mine, programme=asked.programme.id, period=asked.period.id)
    for row in rows.select_related("by").order_by("number"):
        steps[str(row.point_id) if row.point_id else row.division].append(row)
    return steps


def count(asked: Asked, villages: Sequence[str]) -> dict[str, Numbers]:
    """Village -> its month."""
    known = {
        "programme": asked.programme.id, "villages": list(villages), "first": asked.period.first, "until": asked.until,
        "since": asked.since, "failed": [one.value for one in FAILED], "undecided": UNDECIDED,
        "zone": settings.TIME_ZONE,
    }  # fmt: skip
    with planned_for(MANY):
        moved = ledger.fetch(MOVED, known)
        heads = {row["division"]: row for row in ledger.fetch(HEADS, known)}
        papers = {row["division"]: row for row in ledger.fetch(PAPERS, known)}
    found = {}
    for code in villages:
        own = [row for row in moved if row["division"] == code]
        head, paper = heads.get(code, {}), papers.get(code, {})
        found[code] = Numbers(
            opening=sum(row["before"] for row in own),
            added={row["reason"]: row["during"] for row in own if row["direction"] == "in" and row["during"]},
            left={row["reason"]: row["during"] for row in own if row["direction"] == "out" and row["during"]},
            closing=head.get("people", 0), verified=head.get("verified", 0), unreached=head.get("unreached", 0),
            waiting=paper.get("waiting", 0), returned=paper.get("returned", 0),
        )  # fmt: skip
    return found


MOVED = """
SELECT division, direction, reason, count(*) FILTER (WHERE effective_on >= %(first)s) AS during,
       sum(CASE WHEN effective_on >= %(first)s THEN 0 WHEN direction = 'in' THEN 1 ELSE -1 END)::int AS before
FROM ledger_movement WHERE programme = %(programme)s AND division = ANY (%(villages)s) AND effective_on <= %(until)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
MEMBERS = f"""
SELECT m.worker_id, m.division, EXISTS (
         SELECT 1 FROM ledger_verification v WHERE v.worker_id = m.worker_id AND v.verify_state = '{VERIFIED}'
           AND v.survey_date BETWEEN %(since)s AND %(until)s) AS verified,
       (SELECT a.result FROM collecting_attempt a WHERE a.worker_id = m.worker_id
          AND (a.at AT TIME ZONE %(zone)s)::date BETWEEN %(since)s AND %(until)s ORDER BY a.at DESC, a.id DESC LIMIT 1)
         = ANY (%(failed)s) AS unreached
FROM ledger_membership m
WHERE m.programme = %(programme)s AND m.division = ANY (%(villages)s) AND m.from_date <= %(until)s
  AND (m.to_date IS NULL OR m.to_date > %(until)s)
"""
HEADS = f"""
SELECT p.division, count(*) AS people, count(*) FILTER (WHERE p.verified) AS verified,
       count(*) FILTER (WHERE NOT p.verified AND p.unreached) AS unreached
FROM ({MEMBERS}) p GROUP BY 1
"""
PAPERS = f"""
SELECT s.division, count(*) FILTER (WHERE s.state = ANY (%(undecided)s)) AS waiting,
       count(*) FILTER (WHERE s.state = '{State.RETURNED}') AS returned
FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id
WHERE NOT s.entered AND s.division = ANY (%(villages)s) AND b.programme = %(programme)s AND b.collected_on <= %(until)s
GROUP BY 1
"""


def _added_up(found: Iterable[Numbers | None]) -> Numbers:
    parts = [one for one in found if one]
    return Numbers(
        **{
            name: sum(getattr(one, name) for one in parts)
            for name in ("opening", "closing", "verified", "unreached", "waiting", "returned")
        },
        added=_reasons(one.added for one in parts),
        left=_reasons(one.left for one in parts),
    )


def _reasons(found: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in found:
        for reason, n in one.items():
            total[reason] = total.get(reason, 0) + n
    return dict(sorted(total.items()))


def total(found: Sequence[Line]) -> Numbers:
    """All units together."""
    return _added_up(one.numbers for one in found)


def worded(counts: Mapping[str, int], direction: str) -> list[tuple[str, int]]:
    """Reasons of entry (CL-ADD) or exit (CL-STATUS) in words."""
    codes = catalogue.load().lists["CL-ADD" if direction == "in" else "CL-STATUS"].codes
    return [(codes[code].label if code in codes else OTHER_REASONS.get(code, code), n) for code, n in counts.items()]


def unverified(asked: Asked, unit: Unit) -> list[ledger.Row]:
    """People of the pool not verified, those who could not be reached first: worker_id, full_name, division, unreached."""
    return ledger.fetch(
        f"""SELECT p.worker_id, w.full_name, p.division, coalesce(p.unreached, false) AS unreached
            FROM ({MEMBERS}) p JOIN ledger_worker w ON w.id = p.worker_id WHERE NOT p.verified
            ORDER BY coalesce(p.unreached, false) DESC, p.division, w.full_name, p.worker_id LIMIT {LISTED}""",
        {
            "programme": asked.programme.id, "villages": list(unit.villages), "until": asked.until,
            "since": asked.since, "failed": [one.value for one in FAILED], "zone": settings.TIME_ZONE,
        },
    )  # fmt: skip


def papers(actor: User, asked: Asked, unit: Unit, states: Sequence[str]) -> QuerySet[Submission]:
    """Papers about the unit's people, collected up to the period's cut-off, in these states."""
    return review.submissions_visible_to(actor).filter(
        _of(asked, unit), entered=False, state__in=list(states)
    ).order_by(*review.ORDER)  # fmt: skip


def _of(asked: Asked, unit: Unit) -> Q:
    return Q(
        division__in=unit.villages,
        batch__programme=asked.programme.id,
        batch__collected_on__lte=asked.period.cut_off,
    )


def decidable(actor: User, asked: Asked, unit: Unit) -> QuerySet[Submission]:
    """Of those the ones that wait for the actor's office."""
    return review.waiting_for(actor).filter(_of(asked, unit))


def towns(actor: User, asked: Asked, county: str) -> list[tuple[str, str, dict[str, int]]]:
    """Per town of a county: code, name, how many units in each state."""
    found = []
    for town in divisions.children(county):
        inside = units(actor, town.code)
        if inside:
            steps = _moves(asked, inside)
            stages = [steps[unit.key][-1].target if steps[unit.key] else Stage.DRAFT.value for unit in inside]
            found.append((town.code, town.name, {stage.value: stages.count(stage.value) for stage in Stage}))
    return found


def out(actor: User, programme: Programme, period: Period, division: str) -> tuple[int, int] | None:
    """How many units of a town or county have not been approved yet, of how many; None where the notice asks nothing of
    points, or the period has not begun."""
    asks = programme.sealing and programme.sealing.duties.get("point")
    today = timezone.localdate()
    if not asks or len(division) not in (6, 9) or period.first > today or not actor.covers(division):
        return None
    asked = Asked(programme, period, today)
    places = [division] if len(division) == 9 else [one.code for one in divisions.children(division)]
    found = [unit for place in places for unit in units(actor, place)]
    steps = _moves(asked, found)
    done = sum(bool(rows) and Stage(rows[-1].target) in monthstates.DONE for rows in steps.values())
    return len(found) - done, len(found)


@dataclass(frozen=True)
class Moved:
    """What a step did. `tally`: of the papers that went with it."""

    move: MonthMove
    tally: Tally | None


@transaction.atomic
def move(*, actor: User, unit: Unit, asked: Asked, verb: str, reason: str = "", leave: Sequence[UUID] = ()) -> Moved:
    """One step of a unit's month. Approving and rechecking approve the papers that wait for the actor's office with it,
    but those of `leave`; what may not be approved (one's own, changed meanwhile) stays and is told in the tally.

    Raises NotAllowed "wrong_role", "wrong_state", "own_record"; DomainError "no_reason", "number_in_reason",
    "not_balanced", "changed".
    """
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "原因里不要写身份证号和手机号，写姓名或所在的村即可。")
    line = lines(asked, [unit])[0]
    own = actor.pk in _concerned(line)
    chosen = monthstates.check_move(verb, stage=line.stage, role=actor.role, own=own, reason=reason)
    if chosen.verb is not Verb.RETURN and not line.numbers.balanced:
        raise DomainError("not_balanced", "期初＋增－减不等于期末，不能报。请告诉系统管理员核对台账。")
    row = _write(actor, asked, line, chosen, reason)
    tally = None
    if chosen.verb in monthstates.FOUR_EYES:
        tally = many.approve(actor=actor, found=decidable(actor, asked, unit).exclude(pk__in=list(leave)))
    detail = {"programme": asked.programme.id, "period": asked.period.id, "unit": unit.key}
    audit.write(
        actor, monthstates.AUDIT[chosen.verb], unit.division, {**detail, **({"reason": reason} if reason else {})}
    )
    return Moved(row, tally)


def _concerned(line: Line) -> set[UUID]:
    """Who handed this month in last, and who has approved it since."""
    start = max((n for n, one in enumerate(line.moves) if one.verb == Verb.SUBMIT), default=0)
    return {one.by_id for one in line.moves[start:] if one.verb != Verb.RETURN}


def _write(actor: User, asked: Asked, line: Line, chosen: monthstates.Move, reason: str) -> MonthMove:
    """Raises DomainError "changed" (409) when somebody else was faster."""
    try:
        with transaction.atomic():
            return MonthMove.objects.create(
                programme=asked.programme.id, period=asked.period.id, point=line.unit.point, division=line.unit.division,
                number=line.moves[-1].number + 1 if line.moves else 1, verb=chosen.verb, source=chosen.source,
                target=chosen.target, numbers=line.numbers.plain(), reason=reason.strip()[:500], by=actor,
            )  # fmt: skip
    except IntegrityError:
        raise DomainError("changed", "别人刚刚办过这一步，请刷新后再看。", status=409) from None
