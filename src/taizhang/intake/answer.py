"""The answer to the clerk: their own workbook with bad cells coloured and commented and a sheet 检查结果; or, where that cannot be (large
files, other formats), a new workbook with the bad rows and their row numbers.

Opening the clerk's file happens in a child process (`python -m taizhang.intake.answer JOB`), bound like the one that reads it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

AUTHOR = "台账"
RESULT = "检查结果"
BAD_ROWS = "要改的行"
WHOLE_ROWS = 5_000  # up to here the same workbook comes back
RED, AMBER, BLUE = "FFF8CBCB", "FFFFE8A6", "FFD5E3F0"  # error; reminder; duplicate or conflict
FILLS = {"error": RED, "warning": AMBER, "duplicate": BLUE, "conflict": BLUE}
WORDS = {"error": "错误", "warning": "提醒", "duplicate": "重复", "conflict": "冲突"}
ROW_NUMBER = "原行号"


@dataclass(frozen=True)
class Note:
    """One problem at one cell: `row` as the sheet counts, `column` from 0."""

    row: int
    column: int
    kind: str
    header: str
    message: str
    suggestion: str | None = None
    name: str = ""

    def words(self) -> str:
        return f"{WORDS[self.kind]}：{self.message}" + (f"\n建议：{self.suggestion}" if self.suggestion else "")


def summary(title: str, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """The head of the result sheet, line by line."""
    labels = {
        "new": "新增",
        "update": "更新",
        "same": "无变化",
        "duplicate": "重复",
        "conflict": "冲突",
        "error": "错误",
        "warning": "提醒",
    }
    return [("文件", title), *((label, f"{counts.get(kind, 0):,} 行") for kind, label in labels.items())]


def by_cell(notes: Iterable[Note]) -> dict[tuple[int, int], list[Note]]:
    found: dict[tuple[int, int], list[Note]] = {}
    for note in notes:
        found.setdefault((note.row, note.column), []).append(note)
    return found


def worst(notes: Sequence[Note]) -> str:
    return min((note.kind for note in notes), key=lambda kind: list(FILLS).index(kind))


# -- the same workbook ---------------------------------------------------------------------------------------------


def same_workbook(
    source: Path, sheet: str, notes: Sequence[Note], lines: Sequence[tuple[str, str]], seconds: float = 120
) -> bytes:
    """The clerk's .xlsx, marked. Raises DomainError "damaged", "too_large", "too_slow"."""
    from .refusals import refuse

    job = {"source": str(source), "sheet": sheet, "lines": list(lines), "notes": [asdict(note) for note in notes]}
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "taizhang.intake.answer"],
                input=json.dumps(job).encode(), stdout=out, stderr=subprocess.DEVNULL, env=environment, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise refuse("too_slow", seconds=int(seconds)) from None
        if done.returncode:
            raise refuse("too_large" if done.returncode < 0 else "damaged")
        out.seek(0)
        return out.read()


def main() -> None:
    """Child: reads the job from stdin, writes the workbook to stdout."""
    from .child import limit

    limit()
    job = json.load(sys.stdin)
    marked = mark(Path(job["source"]).read_bytes(), job["sheet"], [Note(**note) for note in job["notes"]], job["lines"])
    with os.fdopen(sys.stdout.fileno(), "wb", closefd=False) as out:
        out.write(marked)


def mark(data: bytes, sheet: str, notes: Sequence[Note], lines: Sequence[Sequence[str]]) -> bytes:
    """Colour and comment; what an earlier answer of ours left is taken off first."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book[sheet]
    _clean(page)
    for (row, column), found in by_cell(notes).items():
        _mark_cell(page.cell(row, column + 1), found)
    if RESULT in book.sheetnames:
        del book[RESULT]
    _result_sheet(book.create_sheet(RESULT), sheet, notes, lines)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _clean(page: Any) -> None:
    from openpyxl.styles import PatternFill

    for row in page.iter_rows(min_row=2):
        for cell in row:
            if (
                cell.comment is not None
                and cell.comment.author == AUTHOR
                and cell.comment.text.startswith(tuple(f"{word}：" for word in WORDS.values()))
            ):
                cell.comment = None
                if cell.fill.fgColor.rgb in FILLS.values():
                    cell.fill = PatternFill()


def _mark_cell(cell: Any, notes: Sequence[Note]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    text = "\n".join(note.words() for note in notes)
    cell.fill = PatternFill("solid", fgColor=FILLS[worst(notes)])
    cell.comment = Comment(text, AUTHOR, height=40 + 20 * (text.count("\n") + len(text) // 18), width=260)


def _result_sheet(page: Any, sheet: str, notes: Sequence[Note], lines: Sequence[Sequence[str]]) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    from .cells import column_letters

    for at, line in enumerate(lines, start=1):
        for column, text in enumerate(line, start=1):
            _text(page.cell(at, column), text)
    head = len(lines) + 2
    for column, text in enumerate(("种类", "行", "列", "姓名", "哪里不对，怎么改", "建议"), start=1):
        _text(page.cell(head, column), text)
        page.cell(head, column).font = Font(bold=True)
    for at, note in enumerate(notes, start=head + 1):
        place = f"{column_letters(note.column)}{note.row}"
        for column, text in enumerate(
            (WORDS[note.kind], str(note.row), f"{place} {note.header}", note.name, note.message, note.suggestion or ""),
            start=1,
        ):
            _text(page.cell(at, column), text)
        link = page.cell(at, 3)
        quoted = sheet.replace("'", "''")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{quoted}'!{place}")
        link.font = Font(color="FF1F5F66", underline="single")
    for letters, width in (("A", 8), ("B", 12), ("C", 24), ("D", 12), ("E", 80), ("F", 24)):
        page.column_dimensions[letters].width = width
    page.freeze_panes = page.cell(head + 1, 1)


def _text(cell: Any, text: str) -> None:
    """Always text: what begins with = + - @ is shown, never computed (ASVS 1.2.10)."""
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@", "\t", "\r")


# -- a new workbook with the bad rows ------------------------------------------------------------------------------


def bad_rows(
    headers: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str | None]]],
    notes: Sequence[Note],
    lines: Sequence[tuple[str, str]],
    hidden: Sequence[int] = (),
    secret: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A workbook with the given rows (row number, cells) under the file's own headers, their number in the sheet in front.

    `hidden`: positions of key columns; `secret`: the template's mark, so that the file can be handed in again as what it is.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    text = book.add_format({"num_format": "@", "quote_prefix": True})
    bold = book.add_format({"bold": True, "text_wrap": True, "border": 1})
    fills = {
        kind: book.add_format({"num_format": "@", "quote_prefix": True, "bg_color": f"#{colour[2:]}"})
        for kind, colour in FILLS.items()
    }
    page = book.add_worksheet(BAD_ROWS)
    page.freeze_panes(1, 1)
    for at, header in enumerate((ROW_NUMBER, *headers)):
        page.write_string(0, at, header, bold)
        page.set_column(at, at, 22 if "身份证" in header else 14, text, {"hidden": at - 1 in hidden})
    cells = by_cell(notes)
    for line, (number, values) in enumerate(rows, start=1):
        page.write_string(line, 0, str(number))
        for at, value in enumerate(values):
            found = cells.get((number, at))
            if value or found:
                page.write_string(line, at + 1, value or "", fills[worst(found)] if found else text)
            if found:
                words = "\n".join(note.words() for note in found)
                page.write_comment(
                    line,
                    at + 1,
                    words,
                    {"author": AUTHOR, "width": 260, "height": 40 + 20 * (words.count("\n") + len(words) // 18)},
                )
    _result_page(book, bold, text, notes, lines)
    if secret:
        _secret_page(book, secret)
    book.close()
    return buffer.getvalue()


def _result_page(book: Any, bold: Any, text: Any, notes: Sequence[Note], lines: Sequence[tuple[str, str]]) -> None:
    from .cells import column_letters

    page = book.add_worksheet(RESULT)
    for at, line in enumerate(lines):
        for column, words in enumerate(line):
            page.write_string(at, column, words)
    head = len(lines) + 1
    for column, words in enumerate(("种类", "行", "列", "姓名", "哪里不对，怎么改", "建议")):
        page.write_string(head, column, words, bold)
    for at, note in enumerate(notes, start=head + 1):
        place = f"{column_letters(note.column)}{note.row} {note.header}"
        for column, words in enumerate(
            (WORDS[note.kind], str(note.row), place, note.name, note.message, note.suggestion or "")
        ):
            page.write_string(at, column, words, text)
    for at, width in enumerate((8, 12, 24, 12, 80, 24)):
        page.set_column(at, at, width)
    page.freeze_panes(head + 1, 0)


def _secret_page(book: Any, secret: Sequence[tuple[str, str]]) -> None:
    from . import mark as marks

    page = book.add_worksheet(marks.SHEET)
    for row, (name, value) in enumerate(secret):
        page.write_string(row, 0, name)
        page.write_string(row, 1, value)
    page.very_hidden()


if __name__ == "__main__":
    main()
