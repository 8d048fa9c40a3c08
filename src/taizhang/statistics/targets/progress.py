"""How far targets are reached: counted on the snapshot of a day, with the pace of the last three months."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from taizhang.catalogue.schema import Programme
from taizhang.statistics import counted, indicators, pages
from taizhang.statistics.knowing import Known
from taizhang.statistics.layout import Number
from taizhang.statistics.targets import policies, tree
from taizhang.statistics.targets.policies import Period, Status
from taizhang.statistics.targets.tree import Aim, Balance

PACE_MONTHS = 3
Counted = Mapping[str, Mapping[str, Number]]


@dataclass(frozen=True)
class Progress:
    """One target and how far it is. `actual` and `gained` in people (or percent); `gained` since `since`."""

    aim: Aim
    actual: Decimal | None
    share: Decimal | None
    status: Status
    elapsed: Decimal
    gained: Decimal | None
    forecast: dt.date | None
    url: str
    balance: Balance | None = None

    @property
    def percent(self) -> Decimal | None:
        """Share x 100 with one decimal, cut off: 99.96 is not yet 100.0."""
        return None if self.share is None else (Decimal(int(self.share * 1000)) / 10).quantize(Decimal("0.1"))


@dataclass(frozen=True)
class Scale:
    """The days of a reading: `on` is the day counted, never past the period; `since` the day the pace is taken from."""

    period: Period
    on: dt.date
    since: dt.date

    @property
    def elapsed(self) -> Decimal:
        return self.period.elapsed(self.on)


def scale(programme: Programme, period: str, as_of: dt.date) -> Scale:
    """The notice's first day of work, where it names one, begins the period."""
    begins = [line.since for line in programme.targets if line.period == period and line.since]
    span = policies.period(period, min(begins, default=None))
    on = min(as_of, span.end)
    return Scale(span, on, max(span.start, pages.month_moved(on, -PACE_MONTHS)))


def read(
    programme: Programme, aims: Sequence[Aim], days: Scale, *, pace: bool = True, as_known: Known = "now"
) -> list[Progress]:
    """Every aim with its number, in the order given. The ledger is counted once per top division and day; `as_known`
    "then" counts what was sealed."""
    known = {goal.key: goal.indicator for goal in tree.goals(programme)}
    now = _count(programme, aims, known, days.on, as_known)
    then = _count(programme, aims, known, days.since) if pace and days.since < days.on else {}
    return [_progress(programme, aim, aims, known.get(aim.goal), days, now, then) for aim in aims]


def _count(
    programme: Programme, aims: Sequence[Aim], known: Mapping[str, str | None], day: dt.date, as_known: Known = "now"
) -> Counted:
    wanted = sorted({name for aim in aims if (name := known.get(aim.goal))})
    tops: list[str] = []
    for code in sorted({aim.division for aim in aims if known.get(aim.goal)}, key=len):
        if not any(code.startswith(top) for top in tops):
            tops.append(code)
    cells: dict[str, Mapping[str, Number]] = {}
    for top in tops:
        empty = {name: indicators.none_of(programme.indicators[name]) for name in wanted}
        cells[top] = empty
        cells.update(indicators.count(programme.id, wanted, top, day, known=as_known))
    return cells


def _progress(
    programme: Programme, aim: Aim, aims: Sequence[Aim], indicator: str | None, days: Scale, now: Counted, then: Counted
) -> Progress:
    actual = _number(programme, indicator, aim.division, now)
    before = _number(programme, indicator, aim.division, then) if then else None
    gained = actual - before if actual is not None and before is not None else None
    reached = None if actual is None else policies.share(aim.comparator, actual, aim.wanted)
    ahead = None
    if actual is not None and before is not None and days.elapsed < 1:
        ahead = policies.forecast(aim.comparator, aim.wanted, actual, before, days.on, days.since)
    return Progress(
        aim=aim,
        actual=actual,
        share=reached,
        status=policies.status(aim.comparator, actual, aim.wanted, days.elapsed),
        elapsed=days.elapsed,
        gained=gained,
        forecast=ahead,
        url=counted.url("targets", programme.id, indicator, aim.division, days.on) if indicator else "",
        balance=tree.balance(aim, aims),
    )


def _number(programme: Programme, indicator: str | None, division: str, cells: Counted) -> Decimal | None:
    """Nobody lives there: 0; a mean of nobody: None."""
    if indicator is None:
        return None
    value = cells.get(division, {}).get(indicator, indicators.none_of(programme.indicators[indicator]))
    return None if value is None else Decimal(value)


def ranked(found: Sequence[Progress]) -> list[tuple[int | None, Progress]]:
    """From the most reached down; equal shares share a rank; what cannot be counted has none and stands last."""
    able = sorted(
        (one for one in found if one.share is not None), key=lambda one: (-(one.share or 0), one.aim.division)
    )
    places: list[tuple[int | None, Progress]] = []
    for index, one in enumerate(able):
        same = index and able[index - 1].share == one.share
        places.append((places[-1][0] if same else index + 1, one))
    return places + [(None, one) for one in found if one.share is None]
