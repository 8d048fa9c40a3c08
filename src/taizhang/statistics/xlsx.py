"""Tables and registers as workbooks laid out like the notices' annexes: merged heads, seal, signatures, A4
landscape. Pure: bytes out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from taizhang.catalogue.schema import Table, TableColumn
from taizhang.statistics import attesting, layout
from taizhang.statistics.registers import Register
from taizhang.statistics.tables import Result, Unit
from taizhang.statistics.words import MASKED, MISSING

A4 = 9
STYLES: dict[str, dict[str, Any]] = {
    "annex": {"font_name": "黑体", "font_size": 12},
    "title": {"font_name": "宋体", "font_size": 18, "bold": True, "align": "center", "valign": "vcenter"},
    "line": {"font_name": "宋体", "font_size": 10, "valign": "vcenter"},
    "right": {"font_name": "宋体", "font_size": 10, "align": "right", "valign": "vcenter"},
    "head": {
        "font_name": "宋体",
        "font_size": 9,
        "bold": True,
        "border": 1,
        "align": "center",
        "valign": "vcenter",
        "text_wrap": True,
    },
    "name": {"font_name": "宋体", "font_size": 9, "border": 1, "valign": "vcenter"},
    "sub": {"font_name": "宋体", "font_size": 9, "border": 1, "valign": "vcenter", "indent": 1},
    "text": {
        "font_name": "宋体",
        "font_size": 9,
        "border": 1,
        "valign": "vcenter",
        "text_wrap": True,
        "num_format": "@",
    },
    "number": {"font_name": "宋体", "font_size": 9, "border": 1, "align": "right", "valign": "vcenter"},
    "note": {"font_name": "宋体", "font_size": 9, "text_wrap": True, "valign": "top"},
}


class _Book:
    """A workbook in memory with the house's formats. Text is never taken for a formula or a link."""

    def __init__(self, watermark: str = "") -> None:
        self._watermark = watermark.replace("&", "&&")  # "&" begins a code in footers
        self._out = BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(self._out, options)
        # A fixed date: the same table gives the same bytes.
        self._book.set_properties({"title": "台账", "created": dt.datetime(2017, 1, 1)})
        self._formats: dict[tuple[str, str], Format] = {}

    def format(self, name: str, number: str = "") -> Format:
        if (name, number) not in self._formats:
            extra = {"num_format": number} if number else {}
            self._formats[name, number] = self._book.add_format({**STYLES[name], **extra})
        return self._formats[name, number]

    def sheet(self, name: str, *, landscape: bool) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.set_footer(f"{self._watermark and f'&L{self._watermark}'}&C第 &P 页，共 &N 页")
        return sheet

    def hide(self, name: str, lines: Iterable[str]) -> None:
        """A hidden sheet with one text per line, for programs to read."""
        sheet = self._book.add_worksheet(name)
        sheet.very_hidden()
        for at, line in enumerate(lines):
            sheet.write_string(at, 0, line)

    def bytes(self) -> bytes:
        self._book.close()
        return self._out.getvalue()


def table_book(
    result: Result, watermark: str = "", proof: Mapping[str, Any] | None = None, before: Result | None = None
) -> bytes:
    """A report table: one sheet with the units directly below, and one with theirs where there are any.

    proof: the signed numbers (`attesting`), kept on a hidden sheet with the places where they are printed.
    before: another day's; its differences and their percentages stand on two more sheets.
    """
    book = _Book(watermark)
    layouts = [_table_sheet(book, result, result.table.title[:31], [row for row in result.rows if row.depth < 2])]
    if any(row.depth == 2 for row in result.rows):
        layouts.append(_table_sheet(book, result, "逐级明细", result.rows))
    if before:
        day = f"{before.as_of:%Y-%m-%d}"
        _change_sheet(book, result, before, f"比{day}增减", percent=False)
        _change_sheet(book, result, before, f"比{day}增减%", percent=True)
    if proof is not None:
        book.hide(attesting.SHEET, [json.dumps(layouts, ensure_ascii=False), *attesting.pieces(proof)])
    return book.bytes()


def register_book(register: Register, watermark: str = "") -> bytes:
    """A register: one line per person, in the register's order."""
    book, table = _Book(watermark), register.table
    sheet = book.sheet(table.title[:31], landscape=table.landscape)
    width = len(register.columns)
    top = _top(book, sheet, table, register.place, register.as_of, width)
    body = _heads(book, sheet, table, top, 0)
    sheet.repeat_rows(top, body - 1)
    sheet.freeze_panes(body, 0)
    for i, leaf in enumerate(register.columns):
        sheet.set_column(i, i, leaf.width or max(5, min(18, 2 * len(leaf.title) + 2)))
    for at, line in enumerate(register.lines, start=body):
        for i, value in enumerate(line.cells):
            _write(book, sheet, at, i, value, "#,##0.##" if isinstance(value, Decimal) else "0")
    _foot(book, sheet, table, body + len(register.lines), width, [*table.notes, MASKED])
    return book.bytes()


def _table_sheet(book: _Book, result: Result, name: str, rows: Sequence[Unit]) -> dict[str, Any]:
    """Returns where the numbers stand: sheet, first row, codes of the rows, column of each number."""
    table, columns = result.table, list(result.columns.items())
    sheet = book.sheet(name, landscape=table.landscape)
    width = len(columns) + 1
    top = _top(book, sheet, table, result.place, result.as_of, width)
    body = _heads(book, sheet, table, top, 1, result.stub)
    sheet.repeat_rows(top, body - 1)
    sheet.freeze_panes(body, 1)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, width - 1, 6.5)
    for at, row in enumerate(rows, start=body):
        sheet.write_string(at, 0, row.name, book.format("sub" if row.depth == 2 else "name"))
        for i, (column, leaf) in enumerate(columns, start=1):
            value = result.said(row.code, column)
            if leaf.by_hand and value is None:  # a pen or a keyboard fills it in
                sheet.write_blank(at, i, None, book.format("number", "#,##0"))
                continue
            _write(book, sheet, at, i, value, _number_format(leaf, result))
    _foot(
        book,
        sheet,
        table,
        body + len(rows),
        width,
        [*table.notes, *(f"{said}。" for said in (*result.own_rules, *result.unfilled_notes))],
    )
    places = {column: i for i, (column, _) in enumerate(columns, start=1)}
    return {"sheet": name, "row": body, "codes": [row.code for row in rows], "columns": places}


def _change_sheet(book: _Book, result: Result, before: Result, name: str, *, percent: bool) -> None:
    """The same table with every number's difference from another day's, or that in percent of it."""
    table, columns = result.table, list(result.columns.items())
    sheet = book.sheet(name, landscape=table.landscape)
    width = len(columns) + 1
    top = _top(book, sheet, table, result.place, result.as_of, width)
    body = _heads(book, sheet, table, top, 1, result.stub)
    sheet.freeze_panes(body, 1)
    sheet.set_column(0, 0, 16)
    rows = [row for row in result.rows if row.depth < 2]
    for at, row in enumerate(rows, start=body):
        sheet.write_string(at, 0, row.name, book.format("name"))
        for i, (column, leaf) in enumerate(columns, start=1):
            change = result.change(before, row.code, column)
            value = None if change is None else change.percent if percent else change.difference
            number = "+#,##0.0;-#,##0.0;0.0" if percent or leaf.decimals else "+#,##0;-#,##0;0"
            _write(book, sheet, at, i, value, number)


def _number_format(leaf: TableColumn, result: Result) -> str:
    decimals = result.programme.indicators[leaf.indicator].decimals if leaf.indicator else leaf.decimals
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _write(
    book: _Book, sheet: Worksheet, row: int, column: int, value: str | int | Decimal | None, number: str
) -> None:
    if isinstance(value, int | Decimal):
        sheet.write_number(row, column, value, book.format("number", number))
    else:
        sheet.write_string(row, column, MISSING if value is None else value, book.format("text"))


def _merge(sheet: Worksheet, area: tuple[int, int, int, int], text: str, style: Format) -> None:
    """XlsxWriter refuses to merge a single cell."""
    first_row, first, last_row, last = area
    write: Callable[..., Any] = sheet.write_string
    if (first_row, first) == (last_row, last):
        write(first_row, first, text, style)
    else:
        sheet.merge_range(first_row, first, last_row, last, text, style)


def _top(book: _Book, sheet: Worksheet, table: Table, place: str, as_of: dt.date, width: int) -> int:
    """Annex number, title, 填报单位（盖章） and day; returns the next row."""
    if table.source:
        sheet.write_string(0, 0, table.source, book.format("annex"))
    _merge(sheet, (1, 0, 1, width - 1), table.title, book.format("title"))
    sheet.set_row(1, 30)
    half = max(1, width // 2)
    seal = "（盖章）" if table.seal else ""
    _merge(sheet, (2, 0, 2, half - 1), f"填报单位{seal}：{place}", book.format("line"))
    if half < width:
        _merge(
            sheet,
            (2, half, 2, width - 1),
            f"截止日期：{as_of.year}年{as_of.month}月{as_of.day}日",
            book.format("right"),
        )
    return 3


def _heads(book: _Book, sheet: Worksheet, table: Table, top: int, left: int, stub: str = "") -> int:
    """The head with its merged groups and, where columns are numbered, the line of numbers; returns the first row of
    the body."""
    style = book.format("head")
    heads = layout.heads(table)
    deep = max(head.row + head.rows for head in heads)
    if left:
        _merge(sheet, (top, 0, top + deep - 1, 0), stub, style)
    for head in heads:
        first = head.first + left
        area = (top + head.row, first, top + head.row + head.rows - 1, first + head.columns - 1)
        _merge(sheet, area, head.title, style)
    for row in range(top, top + deep):
        sheet.set_row(row, 30 if deep == 1 else 24)
    if not any(leaf.no is not None for leaf in table.leaves):
        return top + deep
    if left:
        sheet.write_string(top + deep, 0, "甲", style)
    for i, leaf in enumerate(table.leaves):
        sheet.write_string(top + deep, i + left, "" if leaf.no is None else str(leaf.no), style)
    return top + deep + 1


def _foot(book: _Book, sheet: Worksheet, table: Table, row: int, width: int, notes: Iterable[str]) -> None:
    """Signature line, then the notes."""
    row += 1
    if table.sign:
        step = max(1, width // len(table.sign))
        for i, role in enumerate(table.sign):
            last = width - 1 if i == len(table.sign) - 1 else (i + 1) * step - 1
            _merge(sheet, (row, i * step, row, max(i * step, last)), f"{role}：", book.format("line"))
        sheet.set_row(row, 24)
        row += 1
    for number, note in enumerate(notes, start=1):
        text = f"注{number}：{note}"
        _merge(sheet, (row, 0, row, width - 1), text, book.format("note"))
        sheet.set_row(row, 13 * (1 + len(text) // (width * 4)))
        row += 1
