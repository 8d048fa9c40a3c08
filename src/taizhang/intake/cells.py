"""What a parser of values does not tell: formulas, error cells, numbers too long to be exact, far cells, merged cells.

Read from the sheet's XML while it streams by. A quick pattern (RE2, whole chunk) finds the few chunks worth a closer look, so an ordinary
200,000-row sheet costs about a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from .content import Refused

MAX_MARKS = 20_000
MAX_COLUMNS = 702  # ZZ
# An exponent follows a digit; "E15" after a quote is a cell's name.
SUSPECT = r'r="(?:[A-Z]{3}|[A-Z]+\d{7})|<v>-?\d[\d.]{15}|\d[Ee]\+?1[5-9]|t="e"|<(?:\w+:)?f[ />]'
CELL = re.compile(
    rb'<(?:\w+:)?c (?=[^>]*\br="([A-Z]+)(\d+)")([^>]*?)(/?)>'  # column, row, attributes, self-closing
    rb"(?:\s*<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>))?"  # formula
    rb"(?:\s*<(?:\w+:)?v[^>/]*>([^<]*)<)?"  # value
)
MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"')
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
LONG = re.compile(rb"-?\d{16,}(?:\.0*)?|-?\d(?:\.\d+)?[Ee]\+?1[5-9]")


class Mark(NamedTuple):
    """One cell worth naming. `kind`: formula, empty_formula, error, long_number; row and column count from 0."""

    row: int
    column: int
    kind: str
    text: str = ""


@dataclass
class Sheet:
    """What was seen in one sheet part."""

    marks: list[Mark] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    starts_at_a: bool = False  # some filled cell stands in column A


def column_number(letters: str) -> int:
    """ "A" -> 0, "AA" -> 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """0 -> "A", 26 -> "AA"."""
    letters, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def scan(chunks: Iterator[bytes]) -> Sheet:
    """Read one worksheet part. Raises Refused("far_cell", cell) or Refused("too_many_formulas")."""
    sheet, tail = Sheet(), b""
    for chunk in chunks:
        data = tail + chunk
        # A cell may straddle two chunks: keep what follows the last complete one for the next round.
        cut = max(data.rfind(b"</row>"), data.rfind(b"</c>"), data.rfind(b"/>"))
        head, tail = (data[: cut + 6], data[cut + 6 :]) if cut > 0 and len(data) - cut < 1 << 20 else (data, b"")
        _scan_piece(head, sheet)
    _scan_piece(tail, sheet)
    return sheet


STARTS_AT_A = re.compile(rb'\br="A\d+"[^>/]*>')


def _scan_piece(data: bytes, sheet: Sheet) -> None:
    if not data:
        return
    if not sheet.starts_at_a:
        sheet.starts_at_a = STARTS_AT_A.search(data) is not None
    if b"mergeCell" in data:
        sheet.merged += [found.decode() for found in MERGED.findall(data)]
    if pc.match_substring_regex(pa.array([data], pa.binary()), SUSPECT)[0].as_py():
        for found in CELL.finditer(data):
            _look_at(found, sheet)


def _look_at(found: re.Match[bytes], sheet: Sheet) -> None:
    letters, row, attributes, closed, formula, value = found.groups()
    if closed:
        return
    column, line = column_number(letters.decode()), int(row) - 1
    if column >= MAX_COLUMNS or line >= 999_999:
        raise Refused("far_cell", cell=f"{letters.decode()}{row.decode()}")
    kinds = []
    if b't="e"' in attributes:
        kinds.append(("error", (value or b"").decode(errors="replace")))
    if FORMULA.search(found.group()):
        kinds.append(("formula" if value else "empty_formula", (formula or b"").decode(errors="replace")[:80]))
    elif value and (b't="' not in attributes or b't="n"' in attributes) and LONG.fullmatch(value):
        kinds.append(("long_number", value.decode()))
    sheet.marks += [Mark(line, column, kind, text) for kind, text in kinds]
    if len(sheet.marks) > MAX_MARKS:
        raise Refused("too_many_formulas", count=MAX_MARKS)
