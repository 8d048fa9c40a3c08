"""The business calendar: which periods a programme closes, up to which day their data count, when each level must have
handed them up, and who is late. Pure: values in, dates out."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Literal

from .schema import Due, Duty, Programme

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
NUMERALS = "一二三四"
LEVEL_DIGITS = {"town": 9, "county": 6}  # of the divisions that close their figures


@dataclass(frozen=True)
class Period:
    """What is closed together: what happened from `first` through `cut_off`, the as-of day of its tables.

    `month`: first day of the month, quarter ... it is named after, by which its due days go.
    """

    programme: str
    id: str  # 2017-08, 2017-Q3, 2017-H1, 2017, or the cut-off itself where the notice lists dates
    name: str
    month: dt.date
    first: dt.date
    cut_off: dt.date


@dataclass(frozen=True)
class Standing:
    """How a duty stands on a day. `days`: left while open (0 is today), late when overdue or late, else 0."""

    kind: Literal["no_date", "open", "overdue", "on_time", "late"]
    days: int = 0

    @property
    def is_late(self) -> bool:
        return self.kind in ("overdue", "late")


@dataclass(frozen=True)
class Turn:
    """A round of verification: everybody of the pool from `first` to `until`, in time up to `due`."""

    programme: str
    name: str
    first: dt.date
    until: dt.date
    due: dt.date


def turn_of(programme: Programme, day: dt.date) -> Turn | None:
    """The round a day falls into; None where the programme has none, or not yet, or no more."""
    if programme.rounds is None or (programme.valid_to and day > programme.valid_to):
        return None
    due = programme.rounds.due or next(one.due for one in programme.calendar if one.id == programme.rounds.duty)
    size = MONTHS[due.every or "month"]
    first = dt.date(day.year, (day.month - 1) // size * size + 1, 1)
    due_on = in_period(due, first, size)
    if due_on is None or due_on < programme.rounds.since:
        return None
    _, name = _called(first.year, (first.month - 1) // size + 1, size)
    return Turn(programme.id, name, first, _add_months(first, size) - dt.timedelta(days=1), due_on)


def periods_of(programme: Programme, year: int) -> list[Period]:
    """The periods whose cut-off lies in a year, in order; none for a programme that closes nothing."""
    sealing = programme.sealing
    if sealing is None:
        return []
    if sealing.cut_off.dates:
        return [_of_date(programme, day) for day in sorted(sealing.cut_off.dates) if day.year == year]
    size = MONTHS[sealing.every]
    found = [_of_month(programme, dt.date(year, month, 1), size) for month in range(1, 13, size)]
    return [one for one in found if one and one.cut_off >= sealing.since and not _over(programme, one)]


def find(programme: Programme, period: str) -> Period | None:
    """The period of that id; None when the programme has no such period."""
    year = period[:4]
    if not (year.isdigit() and len(year) == 4):
        return None
    return next((one for one in periods_of(programme, int(year)) if one.id == period), None)


def current(programme: Programme, today: dt.date) -> Period | None:
    """The period a day falls into: the first whose cut-off is not before it; the last one when all are over."""
    near = [one for year in range(today.year - 1, today.year + 2) for one in periods_of(programme, year)]
    return next((one for one in near if one.cut_off >= today), near[-1] if near else None)


def recent(programme: Programme, today: dt.date, most: int) -> list[Period]:
    """The current period and those before it, newest first."""
    now = current(programme, today)
    if now is None:
        return []
    near = [
        one
        for year in range(now.cut_off.year, now.cut_off.year - 1 - most, -1)
        for one in reversed(periods_of(programme, year))
    ]
    return [one for one in near if one.cut_off <= now.cut_off][:most]


def in_hand(programme: Programme, today: dt.date) -> Period | None:
    """The period one works on: the earliest of the last three whose last due day has not passed, else the current one."""
    near = recent(programme, today, 3)
    for one in reversed(near):
        days = [one.cut_off, *(day for level in LEVEL_DIGITS if (day := due(programme, one, level)))]
        if max(days) >= today:
            return one
    return near[0] if near else None


def before(programme: Programme, period: Period) -> Period | None:
    """The period before another; None before the first."""
    near = recent(programme, period.cut_off, 2)
    return near[1] if len(near) == 2 else None


def due(programme: Programme, period: Period, level: str) -> dt.date | None:
    """The last day (inclusive, until 24:00) on which a level is in time; None where the notice gives it none."""
    duty = duty_of(programme, level)
    if duty is None or programme.sealing is None:
        return None
    if duty.due.every and not programme.sealing.cut_off.dates:
        day = in_period(duty.due, period.month, MONTHS[programme.sealing.every])
    else:
        days = (*duty.due.dates, *([duty.due.date] if duty.due.date else []))
        day = min((one for one in days if one >= period.cut_off), default=None)
    inside = day and (not duty.due.since or day >= duty.due.since) and (not duty.due.until or day <= duty.due.until)
    return day if inside else None


def duty_of(programme: Programme, level: str) -> Duty | None:
    """The calendar line that binds a level's closing."""
    wanted = programme.sealing.duties.get(level) if programme.sealing else None
    return next((duty for duty in programme.calendar if duty.id == wanted), None)


def standing(due_on: dt.date | None, done_on: dt.date | None, today: dt.date) -> Standing:
    """Early, in time or late."""
    if due_on is None:
        return Standing("no_date")
    if done_on is not None:
        return Standing("late", (done_on - due_on).days) if done_on > due_on else Standing("on_time")
    return Standing("overdue", (today - due_on).days) if today > due_on else Standing("open", (due_on - today).days)


def next_day(due: Due, today: dt.date) -> dt.date | None:
    """The first day on or after `today` on which something is due; None when it is over or bound to an event."""
    if due.date or due.dates:
        return min((day for day in (*due.dates, *([due.date] if due.date else [])) if day >= today), default=None)
    if not due.every:
        return None
    size = MONTHS[due.every]
    start = max(today, due.since or today)
    first = dt.date(start.year, (start.month - 1) // size * size + 1, 1)
    for turn in range(-1, 3):
        day = in_period(due, _add_months(first, turn * size), size)
        if day and day >= start and not (due.until and day > due.until):
            return day
    return None


def in_period(due: Due, period: dt.date, size: int) -> dt.date | None:
    """The due day that belongs to the period of `size` months beginning on `period`.

    Of a period reported on afterwards it lies in the next one.
    """
    base = _add_months(period, size) if due.following else period
    if due.working_day:
        return _working_day(base, due.working_day)
    at_end = due.month_end or due.day == "month_end"
    month = _add_months(base, (due.month - 1) if due.month else (size - 1 if at_end else 0))
    last = calendar.monthrange(month.year, month.month)[1]
    if at_end:
        return _shifted(due, month.replace(day=last))
    return _shifted(due, month.replace(day=min(due.day, last))) if isinstance(due.day, int) else None


def _of_month(programme: Programme, start: dt.date, size: int) -> Period | None:
    assert programme.sealing is not None
    cut_off = in_period(programme.sealing.cut_off, start, size)
    before = in_period(programme.sealing.cut_off, _add_months(start, -size), size)
    if cut_off is None or before is None:
        return None
    key, name = _called(start.year, (start.month - 1) // size + 1, size)
    return Period(programme.id, key, name, start, before + dt.timedelta(days=1), cut_off)


def _called(year: int, number: int, size: int) -> tuple[str, str]:
    """Id and name of the period of `size` months that is the year's `number`th."""
    match size:
        case 1:
            return f"{year}-{number:02d}", f"{year}年{number}月"
        case 3:
            return f"{year}-Q{number}", f"{year}年第{NUMERALS[number - 1]}季度"
        case 6:
            return f"{year}-H{number}", f"{year}年{'上下'[number - 1]}半年"
        case _:
            return f"{year}", f"{year}年"


def _of_date(programme: Programme, day: dt.date) -> Period:
    return Period(programme.id, day.isoformat(), f"{day.year}年{day.month}月{day.day}日", day, day, day)


def _over(programme: Programme, period: Period) -> bool:
    end = programme.valid_to
    return bool(end and period.first > end)


def _shifted(due: Due, day: dt.date) -> dt.date:
    while due.shift == "next_workday" and not _works(day):
        day += dt.timedelta(days=1)
    return day


def _working_day(base: dt.date, number: int) -> dt.date:
    day, counted = base, 0
    while True:
        counted += _works(day)
        if counted == number:
            return day
        day += dt.timedelta(days=1)


def _works(day: dt.date) -> bool:
    import chinese_calendar  # type: ignore[import-untyped]  # half a second to import

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # the holidays of that year are not announced yet
        return day.weekday() < 5


def _add_months(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)
