"""Where the periods of a programme stand, unit by unit, and the moves between their states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.protection import audit
from taizhang.review import periodstates
from taizhang.review.models import PeriodMove
from taizhang.review.periodstates import Stage, Verb

LEVELS = {9: "town", 6: "county"}


@dataclass(frozen=True)
class UnitState:
    """A unit's period on a day: state, since when and by whom, and whether it is late. `done_on`: the day it was handed
    up (before its first seal: a later correction makes nobody late); None while it was not, or was given back."""

    division: str
    name: str
    stage: Stage
    last: PeriodMove | None
    due: dt.date | None
    done_on: dt.date | None
    standing: duedates.Standing


def period_of(programme: str, period: str) -> tuple[Programme, Period]:
    """Raises NotFound for a programme that closes nothing or has no such period."""
    settings = catalogue.load().programmes.get(programme)
    found = duedates.find(settings, period) if settings else None
    if settings is None or found is None:
        raise NotFound("period")
    return settings, found


def moves(programme: str, period: str, units: Iterable[str]) -> dict[str, list[PeriodMove]]:
    """Unit -> its moves in order. Row-level security shows one's own units and those above them."""
    found: dict[str, list[PeriodMove]] = {unit: [] for unit in units}
    rows = PeriodMove.objects.filter(programme=programme, period=period, division__in=list(found))
    for row in rows.select_related("actor").order_by("number"):
        found[row.division].append(row)
    return found


def stages(programme: str, period: str, units: Iterable[str]) -> dict[str, Stage]:
    """Unit -> its state now."""
    return {unit: _stage(rows) for unit, rows in moves(programme, period, units).items()}


def unit_states(settings: Programme, period: Period, names: dict[str, str], today: dt.date) -> list[UnitState]:
    """Where each of the units (code -> name) stands today, in the order of `names`."""
    found = moves(settings.id, period.id, names)
    return [_state(settings, period, unit, name, found[unit], today) for unit, name in names.items()]


def _state(
    settings: Programme, period: Period, unit: str, name: str, rows: list[PeriodMove], today: dt.date
) -> UnitState:
    stage, due = _stage(rows), duedates.due(settings, period, LEVELS[len(unit)])
    sealed = next((row.number for row in rows if row.target == Stage.SEALED), 0)
    handed_up = [row for row in rows if row.target == Stage.REPORTED and not (sealed and row.number > sealed)]
    given_back = not sealed and stage is not Stage.REPORTED
    done_on = timezone.localdate(handed_up[-1].at) if handed_up and not given_back else None
    return UnitState(
        unit, name, stage, rows[-1] if rows else None, due, done_on, duedates.standing(due, done_on, today)
    )


def _stage(rows: list[PeriodMove]) -> Stage:
    return Stage(rows[-1].target) if rows else Stage.DRAFT


def towns_with_people(county: str, on: dt.date) -> dict[str, str]:
    """Code -> name of the towns that must close: those anybody in the ledger belongs to. Needs the county open."""
    with connection.cursor() as cursor:
        # One step down the index per town, not one per person.
        cursor.execute(
            """
            WITH RECURSIVE town(code) AS (
              (SELECT left(division, 9) FROM ledger_worker WHERE division >= %(county)s AND division < %(end)s
                ORDER BY division LIMIT 1)
              UNION ALL
              SELECT (SELECT left(division, 9) FROM ledger_worker WHERE division >= town.code || ':'
                AND division < %(end)s ORDER BY division LIMIT 1) FROM town WHERE town.code IS NOT NULL)
            SELECT code FROM town WHERE code IS NOT NULL
            """,
            {"county": county, "end": county + ":"},
        )
        codes = [code for (code,) in cursor.fetchall()]
    names = {child.code: child.name for child in divisions.children(county, on=on)}
    return {code: names.get(code, f"区划 {code}") for code in codes}


@transaction.atomic
def move(*, actor: User, verb: Verb, programme: str, period: str, division: str, reason: str = "") -> PeriodMove:
    """Check, hand up, give back or open again a unit's period, as the actor's office.

    A county hands up only when its towns have and the day up to which data count has come.
    Raises NotFound out of scope; NotAllowed "wrong_role", "wrong_state"; DomainError "no_reason", "too_early",
    "towns_missing", "changed".
    """
    settings, found = period_of(programme, period)
    if not actor.sees_people or not actor.covers(division) or len(division) not in LEVELS:
        raise NotFound("division")
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "原因里不要写身份证号和手机号，写姓名或所在的村即可。")
    rows = moves(programme, period, [division])[division]
    chosen = periodstates.check_move(verb, stage=_stage(rows), role=actor.role, division=division, reason=reason)
    if verb is Verb.REPORT and len(division) == 6:
        check_ready(settings, found, division)
    if verb is Verb.REOPEN and len(division) == 9 and stages(programme, period, [division[:6]])[division[:6]] not in (
        Stage.CORRECTING, Stage.DRAFT,
    ):  # fmt: skip
        raise DomainError("county_sealed", "全县这一期已经封账。先请上一级重开县里的，再重开乡镇的。")
    written = write(actor, found, division, chosen, rows, reason)
    audit.write(
        actor,
        periodstates.AUDIT[verb],
        division,
        {"programme": programme, "period": period, **({"reason": reason} if reason else {})},
    )
    return written


def check_ready(settings: Programme, period: Period, county: str) -> None:
    """Raises DomainError "too_early", "towns_missing"."""
    if timezone.localdate() < period.cut_off:
        day = period.cut_off
        raise DomainError("too_early", f"{period.name}的数据截至{day.month}月{day.day}日，还没有到，不能封账。")
    names = towns_with_people(county, period.cut_off)
    periodstates.check_towns(stages(settings.id, period.id, names), names)


def seal_units(*, actor: User, programme: str, period: str, county: str) -> None:
    """The county's figures are sealed: it and its towns with them. The caller has just written the seal and audits it.

    Raises NotAllowed "wrong_state" when the county has not handed up.
    """
    _, found = period_of(programme, period)
    known = moves(programme, period, [county, *towns_with_people(county, found.cut_off)])
    for unit, rows in known.items():
        if unit != county and _stage(rows) is Stage.SEALED:
            continue
        chosen = periodstates.check_move(Verb.SEAL, stage=_stage(rows), role=actor.role, division=county)
        write(actor, found, unit, chosen, rows, "")


def write(
    actor: User, period: Period, unit: str, chosen: periodstates.Move, rows: list[PeriodMove], reason: str
) -> PeriodMove:
    """One more step. Raises DomainError "changed" (409) when somebody else was faster."""
    try:
        with transaction.atomic():
            return PeriodMove.objects.create(
                programme=period.programme,
                division=unit,
                period=period.id,
                number=rows[-1].number + 1 if rows else 1,
                verb=chosen.verb,
                source=chosen.source,
                target=chosen.target,
                actor=actor,
                reason=reason.strip()[:500],
            )
    except IntegrityError:
        raise DomainError("changed", "别人刚刚办过这一步，请刷新后再看。", status=409) from None
