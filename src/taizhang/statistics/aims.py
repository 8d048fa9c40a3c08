"""The targets that a table prints beside its numbers: the notice's, or what offices have set since."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from taizhang.catalogue.schema import Programme, TableColumn
from taizhang.catalogue.targets import UNITS
from taizhang.statistics.layout import Number, rounded
from taizhang.statistics.targets.models import Revision


def periods(day: dt.date) -> tuple[str, ...]:
    """The periods a day lies in, the longest first: 2017, 2017-H2, 2017-Q3, 2017-08."""
    half, quarter = (day.month + 5) // 6, (day.month + 2) // 3
    return f"{day.year}", f"{day.year}-H{half}", f"{day.year}-Q{quarter}", f"{day.year}-{day.month:02}"


def wanted(
    programme: Programme, columns: Mapping[str, TableColumn], division: str, as_of: dt.date
) -> dict[str, dict[str, Number]]:
    """Division code -> column id -> target in the column's own unit, for `division` and what lies below it; of several
    periods the longest that has one. A division without a target is absent."""
    goals = {leaf.target for leaf in columns.values() if leaf.target}
    if not goals:
        return {}
    found: dict[tuple[str, str], Decimal] = {}
    for period in reversed(periods(as_of)):
        found |= _of_period(programme, goals, division, period)
    cells: dict[str, dict[str, Number]] = defaultdict(dict)
    for (goal, code), value in found.items():
        for name, leaf in columns.items():
            if leaf.target == goal:
                cells[code][name] = rounded(value / UNITS.get(leaf.unit or "", 1), leaf.decimals)
    return dict(cells)


def mark(programme: str, division: str) -> str:
    """Changes whenever a target of the division or below is set."""
    return str(Revision.objects.filter(programme=programme, division__startswith=division).count())


def _of_period(programme: Programme, goals: set[str], division: str, period: str) -> dict[tuple[str, str], Decimal]:
    """(goal, division) -> value in people."""
    found = {
        (line.goal, line.division): line.value * UNITS[line.unit]
        for line in programme.targets
        if line.period == period and line.goal in goals and line.division.startswith(division)
    }
    rows = Revision.objects.filter(
        programme=programme.id, period=period, goal__in=goals, division__startswith=division
    ).order_by("version")
    for row in rows:
        if row.value is None:
            found.pop((row.goal, row.division), None)
        else:
            found[row.goal, row.division] = row.value * UNITS[row.unit]
    return found
