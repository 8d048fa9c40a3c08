"""The targets of a programme as they stand: the notice's lines with what offices have set since, as a tree of
divisions that must add up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.catalogue.targets import UNITS, Target, above
from taizhang.engine.errors import NotFound
from taizhang.statistics.targets.models import Revision

SIGNS = {">": "＞", ">=": "≥", "=": "＝", "<=": "≤"}


@dataclass(frozen=True)
class Aim:
    """One target in force: what is wanted of a division in a period. `version` 0 is the notice's."""

    programme: str
    goal: str
    division: str
    period: str
    comparator: str
    value: Decimal
    unit: str
    version: int
    basis: str
    line: Target | None = None  # the notice's own line, whatever the version

    @property
    def wanted(self) -> Decimal:
        """The value in people (or percent), as the ledger counts."""
        return self.value * UNITS[self.unit]

    @property
    def sign(self) -> str:
        return SIGNS[self.comparator]

    @property
    def adds_up(self) -> bool:
        return self.unit != "%" and self.comparator in (">", ">=")


@dataclass(frozen=True)
class Goal:
    """What is aimed at: the same thing in every division. indicator None: the ledger cannot count it."""

    programme: Programme
    key: str
    name: str
    together: str | None

    @property
    def indicator(self) -> str | None:
        return self.key if self.key in self.programme.indicators else None


@dataclass(frozen=True)
class Version:
    """One entry of a target's history. value None: withdrawn."""

    number: int
    comparator: str
    value: Decimal | None
    unit: str
    basis: str
    who: str
    at: dt.datetime | None

    @property
    def sign(self) -> str:
        return SIGNS[self.comparator]


@dataclass(frozen=True)
class Balance:
    """Whether the parts of a target make the whole: both in people."""

    wanted: Decimal
    given: Decimal
    parts: int

    @property
    def left(self) -> Decimal:
        return self.wanted - self.given


def goals(programme: Programme) -> list[Goal]:
    """What the notice sets targets for, in its order; the name is that of the whole, which stands first."""
    found: dict[str, Goal] = {}
    for line in programme.targets:
        name = programme.indicators[line.indicator].name if _many(programme, line) and line.indicator else line.name
        found.setdefault(line.goal, Goal(programme, line.goal, name, line.together))
    return list(found.values())


def _many(programme: Programme, line: Target) -> bool:
    return sum(other.goal == line.goal for other in programme.targets) > 1


def goal(programme: Programme, key: str) -> Goal:
    """Raises NotFound."""
    for one in goals(programme):
        if one.key == key:
            return one
    raise NotFound("goal")


def revisions_visible_to(actor: User) -> Iterable[Revision]:
    """Every setting inside the actor's divisions."""
    condition = Q(pk__in=[])
    for scope in actor.scopes if actor.sees_people else []:
        condition |= Q(division__startswith=scope)
    return Revision.objects.filter(condition).select_related("set_by").order_by("version")


def periods(actor: User, programme: Programme, division: str) -> list[str]:
    """Periods for which something is set inside a division, the newest first."""
    lines = {line.period for line in programme.targets if line.division.startswith(division)}
    rows = revisions_visible_to(actor).filter(programme=programme.id, division__startswith=division)  # type: ignore[attr-defined]
    return sorted(lines | set(rows.values_list("period", flat=True)), reverse=True)


def standing(actor: User, programme: Programme, period: str, division: str, goal: str | None = None) -> list[Aim]:
    """Targets in force inside a division, by goal in the notice's order, then by code.

    Only what lies inside the actor's divisions: a level's target says nothing about its neighbours'.
    """
    order = {one.key: place for place, one in enumerate(goals(programme))}
    found: dict[tuple[str, str], Aim] = {}
    withdrawn: set[tuple[str, str]] = set()
    lines = {(line.goal, line.division): line for line in programme.targets if line.period == period}
    for (key, code), line in lines.items():
        if actor.covers(code):
            found[key, code] = _ordered_by(programme, line)
    rows = revisions_visible_to(actor).filter(programme=programme.id, period=period)  # type: ignore[attr-defined]
    for row in rows:
        at = (row.goal, row.division)
        withdrawn = withdrawn | {at} if row.value is None else withdrawn - {at}
        if row.value is not None:
            found[at] = Aim(
                programme.id, row.goal, row.division, period, row.comparator, row.value.normalize() + 0,
                row.unit, row.version, row.basis, lines.get(at),
            )  # fmt: skip
    chosen = [
        aim
        for at, aim in found.items()
        if at not in withdrawn and aim.division.startswith(division) and goal in (None, aim.goal)
    ]
    return sorted(chosen, key=lambda aim: (order.get(aim.goal, len(order)), len(aim.division), aim.division))


def _ordered_by(programme: Programme, line: Target) -> Aim:
    return Aim(
        programme.id, line.goal, line.division, line.period, line.comparator, line.value, line.unit, 0,
        f"{programme.source}{line.clause or ''}", line,
    )  # fmt: skip


def history(actor: User, programme: Programme, goal: str, division: str, period: str) -> list[Version]:
    """Every version of a target, the notice's first. Raises NotFound outside the actor's divisions."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    found = [
        Version(0, line.comparator, line.value, line.unit, f"{programme.source}{line.clause or ''}", "通知", None)
        for line in programme.targets
        if (line.goal, line.division, line.period) == (goal, division, period)
    ]
    rows = revisions_visible_to(actor).filter(  # type: ignore[attr-defined]
        programme=programme.id, goal=goal, division=division, period=period
    )
    found += [
        Version(
            row.version, row.comparator, row.value.normalize() + 0 if row.value is not None else None, row.unit,
            row.basis, f"{row.set_by.office} {row.set_by.display_name}".strip(), row.set_at,
        )
        for row in rows
    ]  # fmt: skip
    return found


def parts_of(aim: Aim, aims: Sequence[Aim]) -> list[Aim]:
    """The targets directly below one of the same goal."""
    same = [one for one in aims if one.goal == aim.goal]
    known = {one.division for one in same}
    return [one for one in same if above(one.division, known) == aim.division]


def tops(aims: Sequence[Aim]) -> list[Aim]:
    """The targets with none of the same goal above them."""
    known: dict[str, set[str]] = {}
    for aim in aims:
        known.setdefault(aim.goal, set()).add(aim.division)
    return [aim for aim in aims if above(aim.division, known[aim.goal]) is None]


def balance(aim: Aim, aims: Sequence[Aim]) -> Balance | None:
    """Whether what was given to the divisions below makes the whole; None when nothing was given, or it cannot add
    up (rates, ceilings)."""
    parts = parts_of(aim, aims)
    if not parts or not aim.adds_up:
        return None
    return Balance(aim.wanted, sum((part.wanted for part in parts), Decimal(0)), len(parts))
