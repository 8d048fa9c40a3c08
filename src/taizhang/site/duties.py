"""When the duties of a programme's calendar are next due. Pure: values in, dates out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from taizhang.catalogue import duedates
from taizhang.catalogue.schema import Duty, Programme


@dataclass(frozen=True)
class Deadline:
    """A duty with its next day; `left`: days from today, 0 is today."""

    duty: Duty
    day: dt.date
    left: int


def upcoming(programme: Programme, today: dt.date) -> list[Deadline]:
    """Every duty with a day to come, the nearest first. Hours after an event are no day of the calendar."""
    found = [
        Deadline(duty, day, (day - today).days)
        for duty in programme.calendar
        if (day := duedates.next_day(duty.due, today))
    ]
    return sorted(found, key=lambda one: (one.day, one.duty.id))
