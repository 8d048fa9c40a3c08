"""The paper form of one person: the form's sections as rows of a six-column table, choices as boxes to tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import SEALED
from taizhang.ledger.person import Person

WIDTH = 3  # pairs of label and answer in a row
BOXES = 12  # longer lists print the answer in words


@dataclass(frozen=True)
class Cell:
    """`span`: columns of the answer. `boxes`: (wording, ticked), empty when the answer is a text."""

    item: str
    label: str
    span: int
    boxes: list[tuple[str, bool]]
    value: Any
    unit: str


@dataclass(frozen=True)
class Group:
    title: str
    rows: list[list[Cell]]


def groups(person: Person, words: Lexicon) -> list[Group]:
    """Every section of the programme's form, asked or not: a blank box is part of the paper."""
    assert words.programme is not None
    assert words.programme.form is not None
    return [
        Group(section.title, _rows([_cell(one.item, person, words) for one in section.items]))
        for section in words.programme.form.sections
    ]


def _cell(item: str, person: Person, words: Lexicon) -> Cell:
    known = words.catalogue.items[item]
    value = person.numbers.get(item) if item in SEALED else person.values.get(item)
    options = words.options(item) if known.kind in ("enum", "multi", "bool") else ()
    boxes = []
    if 0 < len(options) <= BOXES:
        held = {str(value).lower()} if isinstance(value, bool) else set(value if isinstance(value, list) else [value])
        boxes = [(option.label, bool(held & set(option.codes))) for option in options]
    letters = sum(len(label) + 2 for label, _ in boxes)
    wide = letters > 40 or known.kind in ("region", "months") or (known.kind == "str" and (known.size or 0) > 50)
    size = WIDTH if wide else (2 if letters > 12 or item in SEALED else 1)
    form = words.programme.form if words.programme else None
    field = form.items[item] if form else None
    return Cell(item, words.label(item), size, boxes, value, (field.unit if field else None) or known.unit or "")


def _rows(cells: list[Cell]) -> list[list[Cell]]:
    """Fill rows of three pairs in order; what is left over widens the last answer of the row."""
    rows: list[list[Cell]] = [[]]
    for cell in cells:
        if sum(one.span for one in rows[-1]) + cell.span > WIDTH:
            rows.append([])
        rows[-1].append(cell)
    return [_stretched(row) for row in rows if row]


def _stretched(row: list[Cell]) -> list[Cell]:
    *first, last = row
    rest = WIDTH - sum(one.span for one in first)
    cells = [*first, Cell(last.item, last.label, rest, last.boxes, last.value, last.unit)]
    # an answer that takes n pairs covers 2n - 1 columns: its label takes the other one
    return [Cell(one.item, one.label, 2 * one.span - 1, one.boxes, one.value, one.unit) for one in cells]
