"""Pages of cells filled in by hand: the sheet to type into, and who stands behind a typed number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.accounts.permissions import REVIEWERS
from taizhang.catalogue.schema import Programme, Table, TableColumn
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotFound
from taizhang.statistics import actions, behind, handcells, handwriting, layout, pages, words
from taizhang.statistics.handcells import Entry, Hand
from taizhang.statistics.handwriting import Cell, Saved
from taizhang.statistics.pages import Question
from taizhang.statistics.printing import Printed
from taizhang.statistics.tables import Result, Unit


def may_type(user: User, result: Result) -> bool:
    """Whether the page of a table offers the sheet: by role, and nobody types above the county."""
    return user.role in REVIEWERS and len(result.division) >= 6 and bool(handcells.columns(result.table))


def url(question: Question, division: str | None = None, day: dt.date | None = None) -> str:
    """The address of the sheet."""
    asked = f"division={division or question.division}&as_of={(day or question.as_of).isoformat()}"
    return f"{reverse('statistics:hand', args=question.table.split('/'))}?{asked}"


# -- the sheet -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A line per row of the division, an input per column filled in by hand. typed, wrong: what a refused attempt sent
    and what is the matter with it."""

    question: Question
    result: Result
    typed: Mapping[Cell, tuple[str, str]] = field(default_factory=dict)
    wrong: Mapping[Cell, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[tuple[TableColumn, str]]:
        """(leaf, its whole title)."""
        return [
            (self.result.columns[name], behind.path(self.result, self.result.columns[name])) for name in self._names
        ]

    @cached_property
    def _names(self) -> list[str]:
        return handcells.columns(self.result.table)

    @cached_property
    def rows(self) -> dict[str, str]:
        """Code -> name of what can be typed for: the division itself and what is directly below."""
        place = f"{words.own(self.result.division)}本级"
        return {row.code: row.name if row.depth else place for row in self.result.rows if row.depth < 2}

    @cached_property
    def _entries(self) -> dict[Cell, Entry]:
        asked = self.result
        return handcells.newest(asked.programme, asked.table, asked.division, asked.as_of)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [
            {
                "unit": row,
                "name": self.rows[row.code],
                "down": url(self.question, row.code) if row.depth and len(row.code) == 9 else "",
                "cells": [self._cell(row, name) for name in self._names],
            }
            for row in self.result.rows
            if row.depth < 2
        ]

    def _cell(self, row: Unit, column: str) -> dict[str, Any]:
        cell, leaf = (row.code, column), self.result.columns[column]
        entry, hand = self._entries.get(cell), self.result.hands.get(cell)
        shown = handwriting.written(entry.said) if entry else ""
        was, value = self.typed.get(cell, (shown, shown))
        return {
            "id": f"c-{row.code}-{column}",
            "name": f"v.{row.code}.{column}",
            "was_name": f"w.{row.code}.{column}",
            "was": was,
            "value": value,
            "words": leaf.by_hand == "text",
            "sum": hand.below if hand else None,
            "wrong": self.wrong.get(cell, ""),
            "entry": entry,
            "url": self.question.url(cell=cell, page=1),
            "label": f"{row.name if row.depth else self.result.place}，{behind.path(self.result, leaf)}",
        }

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """(id of the input, whose it is and what is wrong)."""
        found = [cell for line in self.lines for cell in line["cells"] if cell["wrong"]]
        return [(cell["id"], f"{cell['label']}：{cell['wrong']}") for cell in found]

    @property
    def sums(self) -> list[str]:
        """Titles of the columns that add up."""
        return [leaf.title for leaf, _ in self.columns if leaf.by_hand == "sum"]

    @property
    def rates(self) -> list[str]:
        return [leaf.title for leaf, _ in self.columns if leaf.by_hand == "rate"]


def sheet_of(question: Question) -> Sheet:
    """The empty sheet. Raises NotFound for a table without such columns, and above the county."""
    _, table = actions.find(question.table)
    if table.kind != "cells" or not handcells.columns(table) or len(question.division) < 6:
        raise NotFound("table")
    return Sheet(question, pages.result_of(question))


def told(saved: Saved, sheet: Sheet) -> str:
    """What was kept, and whose number it went over."""
    if not saved.changed:
        return "没有改动，什么都没有存。"
    crossed = [f"{sheet.rows[code]}“{sheet.result.columns[column].title}”" for code, column in saved.crossed]
    over = f"{words.listed(crossed)}在您打开以后别人也填过，以您填的为准，两次都在沿革里。" if crossed else ""
    return f"存了 {saved.changed} 格。{over}"


def sent(data: QueryDict) -> dict[Cell, tuple[str, str]]:
    """Cell -> what the page had shown, what was typed. Raises NotFound for a name that is no cell."""
    found = {}
    for name, text in data.items():
        if name.startswith("v."):
            _, code, *column = name.split(".")
            if len(column) != 1:
                raise NotFound("cell")
            found[code, column[0]] = (str(data.get(f"w.{code}.{column[0]}", "")), str(text))
    return found


# -- behind a number -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandPanel:
    """Who stands behind a cell filled in by hand: its author and history, and the units that add up to it."""

    name: str
    title: str
    said: Printed
    unit: str
    hand: Hand | None
    history: list[Entry]
    below: list[tuple[str, Hand | None]]
    missing: str
    words: bool


def panel_of(question: Question, result: Result) -> HandPanel | None:
    """The panel of the open cell; None when it is not one filled in by hand. Raises NotFound where nobody ever typed."""
    code, column = question.cell or ("", "")
    leaf = result.columns.get(column)
    unit = next((row for row in result.rows if row.code == code), None)
    if leaf is None or unit is None or not leaf.by_hand:
        return None
    hand = result.hands.get((code, column))
    history = handcells.history(result.programme, result.table, code, column, result.as_of)
    if hand is None and not history:
        raise NotFound("cell")
    return HandPanel(
        name=result.place if unit.depth == 0 else unit.name,
        title=behind.path(result, leaf),
        said=hand.said if hand else None,
        unit=leaf.unit or "",
        hand=hand,
        history=history,
        below=_below(result, code, column) if hand and hand.below is not None else [],
        missing=words.listed([row.name for row in result.unfilled(code, column)]),
        words=leaf.by_hand == "text",
    )


def _below(result: Result, code: str, column: str) -> list[tuple[str, Hand | None]]:
    """The units directly below a row with what they have; below the table's last level only those that have."""
    rows = [(row.code, row.name) for row in result.below(code)]
    if not rows:
        size = {2: 4, 4: 6, 6: 9, 9: 12}[len(code)]
        codes = sorted(
            one for one, name in result.hands if name == column and len(one) == size and one.startswith(code)
        )
        names = dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
        rows = [(one, names.get(one, one)) for one in codes]
    return [(name, result.hands.get((one, column))) for one, name in rows]


def title_of(result: Result, code: str, column: str) -> str:
    """What a typed cell says under the pointer: whose number it is, or whose are missing in it."""
    hand = result.hands.get((code, column))
    if hand is None:
        return ""
    if hand.own:
        other = hand.below if hand.below is not None and hand.below != hand.own.number else None
        beside = f"；下级已填的合计是 {other}" if other is not None else ""
        return f"手填：{hand.own.by}{beside}"
    missing = result.unfilled(code, column)
    lacks = f"，没有填的：{words.listed([row.name for row in missing])}" if missing else ""
    return f"手填：下级已填的相加{lacks}"


# -- after a seal --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Later:
    """A cell that was typed anew after its month was closed."""

    table: Table
    title: str
    place: str  # code
    url: str
    then: Printed
    now: Printed
    entry: Entry


def later(programme: Programme, division: str, as_of: dt.date) -> list[Later]:
    """The cells of a division that hold something else now than was known then."""
    found = []
    for table in programme.tables.values():
        then = handcells.read(programme, table, division, as_of, "then")
        for cell, entry in handcells.newest(programme, table, division, as_of).items():
            own = then[cell].own if cell in then else None
            before = own.said if own else None
            if before != entry.said:
                leaf = layout.columns(table)[cell[1]]
                asked = Question(f"{programme.id}/{table.id}", division, as_of)
                found.append(Later(table, behind.titled(table, leaf), cell[0], asked.url(), before, entry.said, entry))
    return found
