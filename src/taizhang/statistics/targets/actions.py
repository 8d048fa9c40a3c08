"""Setting targets: one at a time, or a whole one shared out to the units below."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.catalogue.targets import UNITS
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Level
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.protection import audit
from taizhang.protection.audit import Action
from taizhang.statistics import indicators
from taizhang.statistics.targets import policies, tree
from taizhang.statistics.targets.models import Revision
from taizhang.statistics.targets.tree import Aim, Goal


@dataclass(frozen=True)
class Asked:
    """What is to hold for one division. value None withdraws the target."""

    comparator: str
    value: Decimal | None
    unit: str
    basis: str


@dataclass(frozen=True)
class Part:
    """A line of a proposal: how many people weigh for the unit, what it would get, what it has now."""

    code: str
    name: str
    people: int
    value: Decimal
    unit: str
    now: Aim | None


def read_value(text: str, unit: str) -> Decimal:
    """A number as people type it ("1,4200", full-width digits). Raises DomainError "bad_value" or "bad_unit"."""
    if unit not in UNITS:
        raise DomainError("bad_unit", f"没有“{unit[:10]}”这个单位，请选{'、'.join(UNITS)}。")
    plain = text.translate(str.maketrans("０１２３４５６７８９．，", "0123456789.,")).replace(",", "").strip()
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value >= 10**9:
        raise DomainError("bad_value", f"“{text[:20]}”不是任务数，请填 0 以上的数，如 14200。")
    places = 4 if unit.startswith("万") else 1 if unit == "%" else 0
    if value != round(value, places):
        said = "整数" if not places else f"最多 {places} 位小数的数"
        raise DomainError("bad_value", f"单位是{unit}，请填{said}，如 {'14200' if not places else '37.5'}。")
    return value


@transaction.atomic
def set_target(*, actor: User, goal: Goal, division: str, period: str, asked: Asked, version: int) -> Revision:
    """Set one target; the next version holds from commit on.

    Args:
        version: the version the office was looking at (-1: there was none), so that nobody's setting is lost unseen.
    Raises NotFound outside the actor's divisions; NotAllowed as `policies.check_may_set`; DomainError "bad_period",
    "no_basis", "changed_meanwhile".
    """
    policies.period(period)
    divisions.get(division)
    check_may_set(actor, goal, division, period)
    row = _add(actor, goal, division, period, asked, version)
    audit.write(
        actor, Action.TARGET_SET, subject=f"{goal.programme.id}/{goal.key}",
        detail={"division": division, "period": period, "value": _said(asked), "reason": asked.basis},
    )  # fmt: skip
    return row


def check_may_set(actor: User, goal: Goal, division: str, period: str) -> None:
    """Raises NotFound outside the actor's divisions, NotAllowed as `policies.check_may_set`."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    from_above = Revision.objects.filter(
        programme=goal.programme.id, goal=goal.key, division=division, period=period
    ).exclude(set_from=division)
    policies.check_may_set(actor.role, actor.scopes, division, ordered_from_above=from_above.exists())


def may_set(actor: User, goal: Goal, division: str, period: str) -> bool:
    """Whether the page offers it."""
    try:
        check_may_set(actor, goal, division, period)
    except (NotAllowed, NotFound):
        return False
    return True


def _said(asked: Asked) -> str:
    return "撤销" if asked.value is None else f"{tree.SIGNS[asked.comparator]} {asked.value:f} {asked.unit}"


def _add(actor: User, goal: Goal, division: str, period: str, asked: Asked, version: int) -> Revision:
    if asked.comparator not in tree.SIGNS:
        raise DomainError("bad_comparator", "没有选“≥、＞、＝、≤”中的一个，请选一个。")
    basis = " ".join(asked.basis.split())
    if not 2 <= len(basis) <= 200:
        raise DomainError("no_basis", "没有写依据。请写文号或调整的理由，2 到 200 个字。")
    versions = tree.history(actor, goal.programme, goal.key, division, period)
    latest = versions[-1].number if versions else -1
    changed = DomainError("changed_meanwhile", "别人刚改过这个任务数。请看过新的数再改。", status=409)
    if latest != version:
        raise changed
    own = next(scope for scope in actor.scopes if division.startswith(scope))
    try:
        with transaction.atomic():
            return Revision.objects.create(
                programme=goal.programme.id, goal=goal.key, division=division, period=period,
                version=max(latest, 0) + 1, comparator=asked.comparator, value=asked.value, unit=asked.unit,
                basis=basis, set_by=actor, set_from=own,
            )  # fmt: skip
    except IntegrityError as error:
        if "one_target_per_version" in str(error):
            raise changed from None
        raise


def proposal(*, actor: User, aim: Aim, goal: Goal, on: dt.date) -> list[Part]:
    """What each unit directly below would get of a target, by people in the pool on a day; adds up exactly.

    In 万人 down to counties in tenths, below them in people. Raises NotFound outside the actor's divisions;
    DomainError "no_units", "not_additive", "no_weights", "no_parts".
    """
    if not actor.sees_people or not actor.covers(aim.division):
        raise NotFound("division")
    if not aim.adds_up:
        raise DomainError("not_additive", "这个任务是比例或上限，各级一样，不用分解。")
    place = divisions.get(aim.division)
    below = list(divisions.children(aim.division))
    if not below:
        raise DomainError("no_units", f"{place.name}下面没有更小的单位，不用再分。")
    people = _pool(goal.programme, aim.division, on)
    weights = {unit.code: people.get(unit.code, 0) for unit in below}
    unit, step = aim.unit, Decimal(1)
    if aim.unit.startswith("万"):
        unit, step = (aim.unit, Decimal("0.1")) if place.level < Level.COUNTY else (aim.unit[1:], Decimal(1))
    total = aim.wanted / UNITS[unit]
    if aim.unit.startswith("万") and total != round(total, 1):
        step = Decimal("0.0001") if unit.startswith("万") else step
    shares = policies.share_out(total, weights, step)
    now = {one.division: one for one in tree.standing(actor, goal.programme, aim.period, aim.division, goal.key)}
    return [Part(one.code, one.name, weights[one.code], shares[one.code], unit, now.get(one.code)) for one in below]


def _pool(programme: Programme, division: str, on: dt.date) -> dict[str, int]:
    indicator = "pool" if "pool" in programme.indicators else next(iter(programme.indicators))
    cells = indicators.count(programme.id, [indicator], division, on)
    return {code: int(cell.get(indicator) or 0) for code, cell in cells.items()}


@transaction.atomic
def split(*, actor: User, aim: Aim, goal: Goal, on: dt.date, basis: str) -> int:
    """Share a target out to the units directly below; returns how many were set anew. Raises as `proposal` and
    `set_target`."""
    changed = 0
    for part in proposal(actor=actor, aim=aim, goal=goal, on=on):
        if part.now and part.now.wanted == part.value * UNITS[part.unit] and part.now.comparator == aim.comparator:
            continue
        check_may_set(actor, goal, part.code, aim.period)
        asked = Asked(aim.comparator, part.value, part.unit, basis)
        versions = tree.history(actor, goal.programme, goal.key, part.code, aim.period)
        _add(actor, goal, part.code, aim.period, asked, versions[-1].number if versions else -1)
        changed += 1
    audit.write(
        actor, Action.TARGET_SPLIT, subject=f"{goal.programme.id}/{goal.key}",
        detail={"division": aim.division, "period": aim.period, "places": changed, "reason": basis},
    )  # fmt: skip
    return changed
