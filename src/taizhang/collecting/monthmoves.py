"""Who moves a month on (月末报送): one step of one unit, or the same step of many at once, with the papers that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from taizhang.accounts.models import User
from taizhang.collecting import monthend, monthstates
from taizhang.collecting.models import MonthMove
from taizhang.collecting.monthend import Line, Unit
from taizhang.collecting.monthnumbers import Asked
from taizhang.collecting.monthstates import Verb
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.protection import audit
from taizhang.review import many
from taizhang.review.many import Tally


@dataclass(frozen=True)
class Moved:
    """What a step did. `tally`: of the papers that went with it."""

    moves: tuple[MonthMove, ...]
    tally: Tally | None

    @property
    def move(self) -> MonthMove:
        """Of one unit."""
        return self.moves[0]


def move(*, actor: User, unit: Unit, asked: Asked, verb: str, reason: str = "", leave: Sequence[UUID] = ()) -> Moved:
    """One step of a unit's month. Raises as `move_all`."""
    return move_all(actor=actor, units=[unit], asked=asked, verb=verb, reason=reason, leave=leave)


@transaction.atomic
def move_all(
    *, actor: User, units: Sequence[Unit], asked: Asked, verb: str, reason: str = "", leave: Sequence[UUID] = ()
) -> Moved:
    """The same step of every unit's month, or of none. Approving and rechecking approve the papers that wait for the
    actor's office with it, but those of `leave`; what may not be approved (one's own, changed meanwhile) stays and is told
    in the tally.

    Raises NotAllowed "wrong_role", "wrong_state", "own_record"; DomainError "no_units", "no_reason", "number_in_reason",
    "not_balanced", "changed".
    """
    if not units:
        raise DomainError("no_units", "还没有选采集点。先在表里勾选，再办。")
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "原因里不要写身份证号和手机号，写姓名或所在的村即可。")
    lines = monthend.lines(asked, units)
    steps = [(line, _check(actor, line, verb, reason, alone=len(units) == 1)) for line in lines]
    rows = _write(actor, asked, steps, reason)
    tally = None
    if verb in monthstates.FOUR_EYES:
        tally = many.approve(actor=actor, found=monthend.decidable(actor, asked, units).exclude(pk__in=list(leave)))
    said = {"programme": asked.programme.id, "period": asked.period.id, **({"reason": reason} if reason else {})}
    for unit in units:
        audit.write(actor, monthstates.AUDIT[Verb(verb)], unit.division, {**said, "unit": unit.key})
    return Moved(tuple(rows), tally)


@transaction.atomic
def move_usual(*, actor: User, found: Sequence[Unit], asked: Asked, verb: str, expected: int) -> Moved:
    """Approve, or check again, in one step whatever waits for the actor's office without an exception. expected: how many
    the page showed; somebody may have moved or changed one since.

    Raises as `move_all`; DomainError "selection_changed" (409).
    """
    usual = [one.unit for one in usual_of(actor, monthend.lines(asked, found), verb)]
    if len(usual) != expected:
        raise DomainError(
            "selection_changed",
            f"刚才是 {expected:,} 个采集点没有例外，现在是 {len(usual):,} 个，还没有办。请刷新看过再办。",
            status=409,
        )
    return move_all(actor=actor, units=usual, asked=asked, verb=verb)


def usual_of(actor: User, lines: Sequence[Line], verb: str) -> list[Line]:
    """Those the actor may approve or check again now, without an exception."""
    return [one for one in lines if not one.exceptions and verb in may(actor, one)]


def may(actor: User, line: Line) -> list[Verb]:
    """What the actor may do with a unit's month now, handing in left out."""
    return [
        one.verb
        for one in monthstates.possible(stage=line.stage, role=actor.role)
        if one.verb is not Verb.SUBMIT and not (one.verb in monthstates.FOUR_EYES and actor.pk in line.concerned)
    ]


def _check(actor: User, line: Line, verb: str, reason: str, *, alone: bool) -> monthstates.Move:
    """Among several, what is wrong is told with the unit's name."""
    own = actor.pk in line.concerned
    named = "" if alone else f"{line.unit.name}："
    try:
        chosen = monthstates.check_move(verb, stage=line.stage, role=actor.role, own=own, reason=reason)
    except NotAllowed as refusal:
        raise NotAllowed(refusal.code, f"{named}{refusal.message}") from None
    if chosen.verb is not Verb.RETURN and not line.numbers.balanced:
        raise DomainError("not_balanced", f"{named}期初＋增－减不等于期末，不能报。请告诉系统管理员核对台账。")
    return chosen


def _write(actor: User, asked: Asked, steps: Sequence[tuple[Line, monthstates.Move]], reason: str) -> list[MonthMove]:
    """Raises DomainError "changed" (409) when somebody else was faster."""
    rows = [
        MonthMove(
            programme=asked.programme.id, period=asked.period.id, point=line.unit.point, division=line.unit.division,
            number=line.moves[-1].number + 1 if line.moves else 1, verb=chosen.verb, source=chosen.source,
            target=chosen.target, numbers=line.numbers.plain(), reason=reason.strip()[:500], by=actor,
        )
        for line, chosen in steps
    ]  # fmt: skip
    try:
        with transaction.atomic():
            return MonthMove.objects.bulk_create(rows)
    except IntegrityError:
        raise DomainError("changed", "别人刚刚办过这一步，请刷新后再看。", status=409) from None
