"""When the duties of a programme's calendar are next due. Pure: values in, dates out."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from taizhang.catalogue.schema import Due, Duty, Programme

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True)
class Deadline:
    """A duty with its next day; `left`: days from today, 0 is today."""

    duty: Duty
    day: dt.date
    left: int


def upcoming(programme: Programme, today: dt.date) -> list[Deadline]:
    """Every duty with a day to come, the nearest first. Hours after an event are no day of the calendar."""
    found = [
        Deadline(duty, day, (day - today).days) for duty in programme.calendar if (day := next_day(duty.due, today))
    ]
    return sorted(found, key=lambda one: (one.day, one.duty.id))


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
        day = _in_period(due, _add_months(first, turn * size), size)
        if day and day >= start and not (due.until and day > due.until):
            return day
    return None


def _in_period(due: Due, period: dt.date, size: int) -> dt.date | None:
    """The due day that belongs to the period beginning on `period`.

    Of a period reported on afterwards it lies in the next one.
    """
    base = _add_months(period, size) if due.following else period
    if due.working_day:
        return _working_day(base, due.working_day)
    month = _add_months(
        base, (due.month - 1) if due.month else (size - 1 if due.month_end or due.day == "month_end" else 0)
    )
    last = calendar.monthrange(month.year, month.month)[1]
    if due.month_end or due.day == "month_end":
        return month.replace(day=last)
    return month.replace(day=min(due.day, last)) if isinstance(due.day, int) else None


def _working_day(base: dt.date, number: int) -> dt.date:
    import chinese_calendar

    day, counted = base, 0
    while True:
        try:
            works = chinese_calendar.is_workday(day)
        except NotImplementedError:  # the holidays of that year are not announced yet
            works = day.weekday() < 5
        counted += works
        if counted == number:
            return day
        day += dt.timedelta(days=1)


def _add_months(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)
