"""Targets as arithmetic: periods, comparing, sharing out, looking ahead; and who may set one. Values in, values out."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from taizhang.accounts.models import Role
from taizhang.accounts.permissions import TARGET_SETTERS
from taizhang.catalogue.targets import PERIOD
from taizhang.engine.errors import DomainError, NotAllowed

Status = Literal["met", "on_time", "behind", "missed", "unknown"]
SETTERS = TARGET_SETTERS
LEAST_DAYS = 14  # a pace over fewer days says nothing


@dataclass(frozen=True)
class Period:
    """The days a target is for, both ends included."""

    key: str
    start: dt.date
    end: dt.date

    @property
    def name(self) -> str:
        """2026年, 2026年上半年, 2026年三季度, 2026年7月."""
        year, _, part = self.key.partition("-")
        if not part:
            return f"{year}年"
        if part[0] == "H":
            return f"{year}年{'上' if part == 'H1' else '下'}半年"
        return f"{year}年{'一二三四'[int(part[1]) - 1]}季度" if part[0] == "Q" else f"{year}年{int(part)}月"

    def elapsed(self, on: dt.date) -> Decimal:
        """Share of the period gone by the end of a day, 0 to 1."""
        days = (self.end - self.start).days + 1
        gone = min(max((on - self.start).days + 1, 0), days)
        return Decimal(gone) / days


def period(key: str, since: dt.date | None = None) -> Period:
    """The days of "2026", "2026-H1", "2026-Q3" or "2026-07"; work that begins inside it (`since`) cuts its beginning.

    Raises DomainError "bad_period".
    """
    if not re.match(PERIOD, key):
        raise DomainError("bad_period", f"“{key[:20]}”不是统计期，请写成 2026、2026-H1、2026-Q3 或 2026-07。")
    year, _, part = key.partition("-")
    first, months = 1, 12
    if part[:1] == "H":
        first, months = (1, 6) if part == "H1" else (7, 6)
    elif part[:1] == "Q":
        first, months = int(part[1]) * 3 - 2, 3
    elif part:
        first, months = int(part), 1
    last = first + months - 1
    start = dt.date(int(year), first, 1)
    end = dt.date(int(year), last, calendar.monthrange(int(year), last)[1])
    if since and start < since <= end:
        start = since
    return Period(key, start, end)


def met(comparator: str, actual: Decimal, wanted: Decimal) -> bool:
    return {
        ">": actual > wanted,
        ">=": actual >= wanted,
        "=": actual == wanted,
        "<=": actual <= wanted,
    }[comparator]


def share(comparator: str, actual: Decimal, wanted: Decimal) -> Decimal | None:
    """How much of a target is reached, 1 is all of it; None where that is no share: nothing wanted, or a ceiling."""
    return actual / wanted if wanted and comparator in (">", ">=") else None


def status(comparator: str, actual: Decimal | None, wanted: Decimal, elapsed: Decimal) -> Status:
    """Reached; else behind when less is reached than time has gone by; missed once the time is over."""
    if actual is None:
        return "unknown"
    if met(comparator, actual, wanted):
        return "met"
    if elapsed >= 1:
        return "missed"
    reached = share(comparator, actual, wanted)
    return "behind" if reached is None or reached < elapsed else "on_time"


def forecast(
    comparator: str, wanted: Decimal, now: Decimal, then: Decimal, on: dt.date, since: dt.date
) -> dt.date | None:
    """The day a target would be reached if things went on as between `since` and `on`; None when they do not move
    towards it, or the span is too short to tell."""
    days = (on - since).days
    gained = now - then
    if comparator not in (">", ">=") or days < LEAST_DAYS or gained <= 0:
        return None
    left = wanted - now + (1 if comparator == ">" else 0)
    if left <= 0:
        return on
    wait = math.ceil(Fraction(left) * days / Fraction(gained))
    return on + dt.timedelta(days=wait) if wait < 36_500 else None


def share_out(total: Decimal, weights: Mapping[str, int], step: Decimal) -> dict[str, Decimal]:
    """`total` in multiples of `step`, in proportion to `weights`, adding up exactly (largest remainder; of equal
    remainders the first code's).

    Raises DomainError "no_weights" when nobody weighs anything, "no_parts" when the total is no multiple of the step.
    """
    everybody = sum(weights.values())
    if not everybody:
        raise DomainError("no_weights", "下级还没有人，不能按人数分解。先采集入账，或者逐个填任务数。")
    units = Fraction(total) / Fraction(step)
    if units.denominator != 1:
        raise DomainError("no_parts", f"任务数 {total} 不是 {step} 的整倍数，分不干净。请先把总数改成整倍数。")
    exact = {code: units * weight / everybody for code, weight in weights.items()}
    parts = {code: math.floor(value) for code, value in exact.items()}
    left = int(units) - sum(parts.values())
    for code in sorted(exact, key=lambda code: (parts[code] - exact[code], code))[:left]:
        parts[code] += 1
    return {code: parts[code] * step for code in weights}


def check_may_set(role: str, scopes: Sequence[str], division: str, *, ordered_from_above: bool) -> None:
    """Raises NotAllowed: "wrong_role"; "own_target" when an office would set what the level above gave it.

    A target is set by an office above it. Where no office above has set one (the notice's own, or none yet), the
    highest office of the installation that covers it may.
    """
    if role not in SETTERS:
        raise NotAllowed("wrong_role", "任务由乡镇以上的经办人设定，请联系上一级。")
    if division in scopes and (ordered_from_above or role == Role.TOWNSHIP):
        raise NotAllowed("own_target", "本级的任务由上一级设定，不能自己改。要调整，请联系上一级。")
