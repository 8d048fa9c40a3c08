"""An exported table read back, for tests of how it is laid out."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl

from taizhang.statistics import actions


def first_sheet(table: str, division: str, day: dt.date) -> Any:
    """The first sheet of the workbook of a table (mouding-2017/C3)."""
    return openpyxl.load_workbook(io.BytesIO(actions.render(table, division, day, "xlsx"))).worksheets[0]


def row(sheet: Any, number: int) -> list[Any]:
    """The values of a row."""
    return [cell.value for cell in sheet[number]]


def merged(sheet: Any) -> set[str]:
    """Ranges of the merged cells."""
    return {str(area) for area in sheet.merged_cells.ranges}


def below(sheet: Any, number: int) -> list[str]:
    """What is written from a row on, cell by cell."""
    return [value for line in sheet.iter_rows(min_row=number, values_only=True) for value in line if value is not None]
