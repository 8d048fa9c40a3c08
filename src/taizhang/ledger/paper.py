"""The paper form: the form's sections as rows of a six-column table, choices as boxes to tick. How it is laid out is
the same for everybody; `groups` fills it for the page of one person, `answers` for many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from taizhang.catalogue import Option
from taizhang.engine.planning import planned_for
from taizhang.ledger import inwords
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import SEALED, Conditions, masked_numbers
from taizhang.ledger.person import Person

WIDTH = 3  # pairs of label and answer in a row
BOXES = 12  # longer lists print the answer in words


@dataclass(frozen=True)
class Cell:
    """`span`: columns of the answer. `options`: what may be ticked, none when the answer is a text. `boxes`: the same as
    (wording, ticked)."""

    item: str
    label: str
    span: int
    options: tuple[Option, ...]
    unit: str
    boxes: tuple[tuple[str, bool], ...] = ()
    value: Any = None


@dataclass(frozen=True)
class Group:
    title: str
    rows: list[list[Cell]]

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in row]


@dataclass(frozen=True)
class Answers:
    """One person's paper: `cells` in the layout's order, the codes held where there are boxes, else words or None."""

    worker_id: UUID
    name: str
    division: str
    village_group: str
    cells: list[Any]


def layout(words: Lexicon) -> list[Group]:
    """Every section of the programme's form, asked or not: a blank box is part of the paper."""
    assert words.programme is not None
    assert words.programme.form is not None
    return [
        Group(section.title, _rows([_cell(one.item, words) for one in section.items]))
        for section in words.programme.form.sections
    ]


def groups(person: Person, words: Lexicon) -> list[Group]:
    """The layout with a person's values."""
    return [
        Group(group.title, [[_filled(cell, person) for cell in row] for row in group.rows]) for group in layout(words)
    ]


def answers(ids: Sequence[UUID], asked: Sequence[Group], words: Lexicon) -> list[Answers]:
    """What the ledger holds for the papers of these people, by village, household and name; numbers masked.

    The database puts everything into words; people out of the acting user's divisions are left out.
    """
    cells = [cell for group in asked for cell in group.cells]
    found = Conditions(words)
    chosen = [_answer(cell, found, words) for cell in cells]
    select = ", ".join(sql for sql, _ in chosen)
    params = [param for _, extra in chosen for param in extra]
    with planned_for(len(ids)), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.worker_id, f.full_name, f.division, f.village_group, {select} FROM worker_flat f"
            " WHERE f.worker_id = ANY(%s::uuid[])"
            " ORDER BY f.division, f.household_no, f.full_name, f.worker_id",
            [*params, list(ids)],
        )
        lines = cursor.fetchall()
    numbers = {cell.item: masked_numbers(ids, cell.item) for cell in cells if cell.item in SEALED}
    return [
        Answers(
            line[0], line[1] or "（没有姓名）", line[2], line[3] or "",
            [numbers[cell.item].get(line[0]) if cell.item in numbers else value
             for cell, value in zip(cells, line[4:], strict=True)],
        )
        for line in lines
    ]  # fmt: skip


def _answer(cell: Cell, found: Conditions, words: Lexicon) -> tuple[str, list[Any]]:
    if cell.item in SEALED or (words.items()[cell.item].home is None and words.derived(cell.item) is None):
        return "NULL", []  # numbers come masked; what no row of a person holds stays blank
    if not cell.options:
        sql, params = inwords.in_words(cell.item, found, words)
        kind = words.items()[cell.item].kind
        return (f"trim_scale({sql})::text" if kind == "dec" else f"({sql})::text"), params
    sql, params = found.expression(cell.item)
    many = words.items()[cell.item].kind == "multi"
    return (f"({sql})::text[]" if many else f"array_remove(ARRAY[({sql})::text], NULL)"), params


def _cell(item: str, words: Lexicon) -> Cell:
    known = words.catalogue.items[item]
    options = words.options(item) if known.kind in ("enum", "multi", "bool") else ()
    boxes = options if 0 < len(options) <= BOXES else ()
    letters = sum(len(option.label) + 2 for option in boxes)
    wide = letters > 40 or known.kind in ("region", "months") or (known.kind == "str" and (known.size or 0) > 50)
    size = WIDTH if wide else (2 if letters > 12 or item in SEALED else 1)
    form = words.programme.form if words.programme else None
    field = form.items[item] if form else None
    return Cell(item, words.label(item), size, boxes, (field.unit if field else None) or known.unit or "")


def _filled(cell: Cell, person: Person) -> Cell:
    value = person.numbers.get(cell.item) if cell.item in SEALED else person.values.get(cell.item)
    held = {str(value).lower()} if isinstance(value, bool) else set(value if isinstance(value, list) else [value])
    boxes = tuple((option.label, bool(held & set(option.codes))) for option in cell.options)
    return replace(cell, boxes=boxes, value=value)


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
    # an answer that takes n pairs covers 2n - 1 columns: its label takes the other one
    return [replace(one, span=2 * one.span - 1) for one in (*first, replace(last, span=rest))]
