"""Tables and registers as A4 papers: what `papers/sheet.typ` is filled with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from taizhang.catalogue.schema import Table
from taizhang.engine import typeset
from taizhang.statistics import layout
from taizhang.statistics.printing import Printed
from taizhang.statistics.registers import Register
from taizhang.statistics.tables import Result, Unit
from taizhang.statistics.words import MASKED, MISSING

STUB = 2.6  # width of the column of names, in columns of figures
WIDEST, NARROWEST = 11, 1.6  # of a register's column, in characters
TAGGED = 200  # lines


def table_pdf(result: Result, watermark: str = "") -> bytes:
    """A report table with the units directly below the division; a check that fails stands out."""
    table, bad = result.table, result.bad
    rows = [row for row in result.rows if row.depth < 2]
    data = {
        **_frame(table, result.place, result.as_of, watermark),
        **_heads(table, result.stub),
        "stamp": False,
        "size": 7.5 if len(result.columns) < 20 else 6.5,
        "widths": [STUB, *(1 for _ in result.columns)],
        "left": [True, *(False for _ in result.columns)],
        "rows": [_row(result, row, bad) for row in rows],
        "notes": _numbered([*table.notes, *(f"{said}。" for said in (*result.own_rules, *result.unfilled_notes))]),
    }
    return typeset.pdf("taizhang.statistics", "sheet", data)


def register_pdf(register: Register, watermark: str = "") -> bytes:
    """A register, its watermark across every page: there are people in it."""
    table = register.table
    widths = [_width(register, i) for i in range(len(register.columns))]
    numbers = [leaf.row_number or _numeric(register, i) for i, leaf in enumerate(register.columns)]
    data = {
        **_frame(table, register.place, register.as_of, watermark),
        **_heads(table, ""),
        "stamp": bool(watermark),
        "size": 6.5,
        "widths": widths,
        "left": [not number for number in numbers],
        "rows": [
            {"total": False, "indent": False, "cells": [{"text": _said(value), "bad": False} for value in line.cells]}
            for line in register.lines
        ],
        "notes": _numbered([*table.notes, MASKED]),
    }
    return typeset.pdf("taizhang.statistics", "sheet", data, tagged=len(register.lines) <= TAGGED)


def _frame(table: Table, place: str, as_of: dt.date, watermark: str) -> dict[str, Any]:
    return {
        "title": table.title,
        "source": table.source,
        "landscape": table.landscape,
        "unit": f"填报单位{'（盖章）' if table.seal else ''}：{place}",
        "day": f"截止日期：{as_of.year}年{as_of.month}月{as_of.day}日",
        "watermark": watermark,
        "sign": list(table.sign),
        "nobody": "没有人。",
    }


def _heads(table: Table, stub: str) -> dict[str, Any]:
    """Cells of the head, the line of numbers among them; a stub column stands before the leaves."""
    heads, left = layout.heads(table), int(bool(stub))
    deep = max(head.row + head.rows for head in heads)
    cells = [
        {"title": head.title, "x": head.first + left, "y": head.row, "columns": head.columns, "rows": head.rows}
        for head in heads
    ]
    if stub:
        cells.insert(0, {"title": stub, "x": 0, "y": 0, "columns": 1, "rows": deep})
    if any(leaf.no is not None for leaf in table.leaves):
        numbers = ["甲"] * left + ["" if leaf.no is None else str(leaf.no) for leaf in table.leaves]
        cells += [{"title": no, "x": i, "y": deep, "columns": 1, "rows": 1} for i, no in enumerate(numbers)]
        deep += 1
    return {"heads": cells, "depth": deep}


def _row(result: Result, row: Unit, bad: set[tuple[str, str]]) -> dict[str, Any]:
    numbers = [{"text": _cell(result, row, name), "bad": (row.code, name) in bad} for name in result.columns]
    return {"total": row.depth == 0, "indent": row.depth == 2, "cells": [{"text": row.name, "bad": False}, *numbers]}


def _cell(result: Result, row: Unit, column: str) -> str:
    """What nobody filled in by hand stays blank: a pen may still fill it in."""
    value = result.said(row.code, column)
    return "" if value is None and result.columns[column].by_hand else _said(value)


def _said(value: Printed) -> str:
    """98,764; 67.0; — for what is missing."""
    if value is None:
        return MISSING
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}" if isinstance(value, int) else str(value)


def _numbered(notes: Iterable[str]) -> list[str]:
    return [f"注{number}：{note}" for number, note in enumerate(notes, start=1)]


def _width(register: Register, column: int) -> float:
    """A column's share of the page: words may break into two lines, numbers and dates not."""
    texts = [_said(line.cells[column]) for line in register.lines]
    longest = max(map(_room, texts), default=0)
    whole = all(text.isascii() or text == MISSING for text in texts)
    return min(WIDEST, max(longest if whole else longest / 2, _room(register.columns[column].title) / 2, NARROWEST))


def _room(text: str) -> float:
    """How wide a text is, in Chinese characters."""
    return sum(0.6 if char.isascii() else 1 for char in text)


def _numeric(register: Register, column: int) -> bool:
    return any(isinstance(line.cells[column], int | Decimal) for line in register.lines)
