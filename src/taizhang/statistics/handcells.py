"""Cells filled in by hand: what the ledger holds nothing to count for, as officers typed it, month by month.

Who types at a level speaks for that level; where nobody did, the typed numbers directly below add up (docs/decisions/
typed-cells.md). A month is the calendar's, as the indicators count it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet

from taizhang.catalogue.schema import Programme, Table
from taizhang.statistics import knowing, layout
from taizhang.statistics.knowing import Known
from taizhang.statistics.layout import Number
from taizhang.statistics.models import TypedCell
from taizhang.statistics.printing import Printed

DIGITS = (12, 9, 6, 4, 2)


@dataclass(frozen=True)
class Entry:
    """One typing of a cell. Neither number nor text: it was emptied."""

    number: Number
    text: str
    by: str
    office: str
    at: dt.datetime

    @property
    def said(self) -> Printed:
        return self.text or self.number


@dataclass(frozen=True)
class Hand:
    """A cell that shows something. own: what was typed at this very level; below: the sum of the units below."""

    number: Number
    text: str = ""
    own: Entry | None = None
    below: Number = None

    @property
    def said(self) -> Printed:
        return self.text or self.number


Hands = dict[tuple[str, str], Hand]  # (division code, column id)


def month_of(day: dt.date) -> str:
    return f"{day.year}-{day.month:02}"


def columns(table: Table) -> list[str]:
    """The columns of a table that are filled in by hand."""
    return [name for name, leaf in layout.columns(table).items() if leaf.by_hand]


def read(
    programme: Programme, table: Table, division: str, as_of: dt.date, known: Known, at: dt.datetime | None = None
) -> Hands:
    """What was typed for a division and below, added up. at: "then" as of this moment (a seal being written)."""
    if not columns(table):
        return {}
    rows = list(_visible(programme, table, division, as_of))
    moments = dict.fromkeys({row.division[:6] for row in rows}, at)
    if known == "then" and at is None:
        moments = {county: knowing.then(programme.id, county, as_of).known_at for county in moments}
    newest: dict[tuple[str, str], Entry] = {}
    leaves = layout.columns(table)
    for row in rows:
        limit = moments[row.division[:6]]
        if row.column in leaves and (limit is None or row.written_at <= limit):
            newest[row.division, row.column] = _entry(row, leaves[row.column].decimals)
    return {cell: hand for name in columns(table) for cell, hand in _column(name, leaves[name].by_hand, newest)}


def _column(name: str, kind: str, newest: Mapping[tuple[str, str], Entry]) -> list[tuple[tuple[str, str], Hand]]:
    typed = {code: entry for (code, column), entry in newest.items() if column == name and entry.said is not None}
    if kind != "sum":
        return [((code, name), Hand(one.number, one.text, one)) for code, one in typed.items()]
    values, below = add_up({code: one.number for code, one in typed.items()})
    return [((code, name), Hand(number, own=typed.get(code), below=below.get(code))) for code, number in values.items()]


def add_up(typed: Mapping[str, Number]) -> tuple[dict[str, Number], dict[str, Number]]:
    """Division -> its number, and division -> the sum of the units directly below. Who typed none has the sum."""
    values = {code: number for code, number in typed.items() if number is not None}
    below: dict[str, int | Decimal] = defaultdict(int)
    for size, above in pairwise(DIGITS):
        for code in [one for one in values if len(one) == size]:
            below[code[:above]] += values[code]
        for code in [one for one in below if len(one) == above]:
            values.setdefault(code, below[code])
    return {**values}, {**below}


def history(programme: Programme, table: Table, code: str, column: str, as_of: dt.date) -> list[Entry]:
    """Every typing of one cell, newest first."""
    decimals = layout.columns(table)[column].decimals
    rows = _visible(programme, table, code, as_of).filter(division=code, column=column)
    return [_entry(row, decimals) for row in reversed(rows)]


def newest(programme: Programme, table: Table, division: str, as_of: dt.date) -> dict[tuple[str, str], Entry]:
    """The last typing of every cell of a division and below; emptied ones too."""
    leaves = layout.columns(table)
    rows = _visible(programme, table, division, as_of)
    return {
        (row.division, row.column): _entry(row, leaves[row.column].decimals) for row in rows if row.column in leaves
    }


def marks(programme: str, table: str, division: str) -> list[str]:
    """Another one whenever something is typed into the table for the division or below; none before the first."""
    count = TypedCell.objects.filter(programme=programme, table=table, **_inside(division)).count()
    return [f"typed {count}"] if count else []


def _visible(programme: Programme, table: Table, division: str, as_of: dt.date) -> QuerySet[TypedCell]:
    """In the order of writing."""
    return (
        TypedCell.objects.filter(
            programme=programme.id, table=table.id, month=month_of(as_of), **_inside(division)
        )
        .select_related("written_by")
        .order_by("written_at", "id")
    )  # fmt: skip


def _inside(division: str) -> dict[str, Any]:
    return {"division__gte": division, "division__lt": division + ":"}


def _entry(row: TypedCell, decimals: int) -> Entry:
    number = None if row.value is None else layout.rounded(row.value, decimals)
    return Entry(number, row.text, row.written_by.display_name, row.written_by.office, row.written_at)
