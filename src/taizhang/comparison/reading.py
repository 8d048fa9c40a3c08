"""From a sheet to the people on it: which column is which, numbers read, rows that cannot be read told one by one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from taizhang.catalogue import reading
from taizhang.catalogue.departments import Departments, ListColumn, ListKind
from taizhang.catalogue.id_number import birth_sql, check_sql, read_id
from taizhang.catalogue.session import fetch, session
from taizhang.engine.errors import DomainError
from taizhang.intake.checking import ID_RUN, PHONE_RUN
from taizhang.intake.columns import LOOK, plain, without_unit
from taizhang.intake.reading import Grid

NUMBER, PERSON = "id_number", "full_name"
LONGEST = 100  # characters kept of a cell
SHOWN = 8  # headers named in a refusal


@dataclass(frozen=True)
class Layout:
    """The header row (from 0) and where each column stands."""

    header_row: int
    headers: tuple[str, ...]
    positions: Mapping[str, int]


@dataclass(frozen=True)
class People:
    """`rows`: row_no, number, name and the kind's columns, all text; a number may stand in several. `unread`: row_no and why.
    `filled`: how many rows held anything."""

    rows: pa.Table
    unread: pa.Table
    filled: int


def recognise(grid: Grid, kind: ListKind, known: Departments) -> Layout:
    """Find the header by its words. Raises DomainError "no_rows", "no_id_column"."""
    words = _words(kind, known)
    head = grid.cells.slice(0, LOOK).to_pydict().values()
    top = [[cell or "" for cell in row] for row in zip(*head, strict=True)]
    if not any(any(row) for row in top):
        raise DomainError("no_rows", "表里没有一行数据。请在第一张工作表里放名单：一行表头，下面一人一行。")
    found = [_positions(row, words) for row in top]
    best = max(range(len(top)), key=lambda n: (NUMBER in found[n], len(found[n]), -n))
    if NUMBER not in found[best]:
        raise _no_number(top, found, best, known)
    if grid.cells.num_rows <= best + 1:
        raise DomainError("no_rows", "表头下面没有一行数据。请从表头下面一行起，一人一行。")
    return Layout(best, tuple(top[best]), found[best])


def _words(kind: ListKind, known: Departments) -> dict[str, str]:
    """Header as compared -> column; what comes first wins."""
    found: dict[str, str] = {}
    columns = [(NUMBER, known.number), (PERSON, known.person), *((one.id, one.names) for one in kind.columns)]
    for column, names in columns:
        for name in names:
            found.setdefault(plain(name), column)
    return found


def _positions(row: list[str], words: Mapping[str, str]) -> dict[str, int]:
    """Of several columns with one meaning the leftmost."""
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        column = words.get(plain(cell)) or words.get(without_unit(cell))
        if column:
            found.setdefault(column, at)
    return found


def _no_number(top: list[list[str]], found: list[dict[str, int]], best: int, known: Departments) -> DomainError:
    row = best if found[best] else next(n for n, cells in enumerate(top) if any(cells))
    read = "、".join(f"“{cell.strip()[:20]}”" for cell in top[row] if cell.strip() and not any(map(str.isdigit, cell)))
    shown = "、".join(read.split("、")[:SHOWN]) or "没有文字的列名"
    return DomainError(
        "no_id_column",
        f"没有找到身份证号码那一列。第 {row + 1} 行读到的是{shown}。请把那一列的列名写成“{known.number[0]}”"
        f"（也认“{'”“'.join(known.number[1:4])}”等），存盘再传。名单里没有身份证号码的不能比对，请向给名单的部门要。",
    )


def read(grid: Grid, layout: Layout, kind: ListKind) -> People:
    """Everybody on the sheet."""
    body = grid.cells.slice(layout.header_row + 1)
    cells = {column: _text(body.column(at)) for column, at in layout.positions.items()}
    row_no = pa.array(range(layout.header_row + 2, grid.cells.num_rows + 1), pa.int32())
    filled = _filled(cells)
    cells = {column: values.filter(filled) for column, values in cells.items()}
    row_no = row_no.filter(filled)
    with session(len(row_no)) as db:
        numbers, valid = _numbers(db, cells[NUMBER])
        columns = {one.id: _column(db, cells.get(one.id), one, len(row_no)) for one in kind.columns}
        person = _names(db, cells.get(PERSON), len(row_no))
    numbers, messages = _mended(cells[NUMBER], numbers, valid)
    good = pc.is_valid(numbers)
    rows = pa.table({"row_no": row_no, "number": numbers, "name": person, **columns})
    unread = pa.table({"row_no": row_no, "message": messages})
    return People(rows.filter(good), unread.filter(pc.invert(good)), len(row_no))


def _text(column: pa.ChunkedArray) -> pa.Array:
    one = pc.utf8_trim_whitespace(pc.cast(column, pa.string()).combine_chunks())
    return pc.if_else(pc.equal(one, ""), pa.scalar(None, pa.string()), one)


def _filled(cells: Mapping[str, pa.Array]) -> pa.Array:
    filled = None
    for column in cells.values():
        given = pc.is_valid(column)
        filled = given if filled is None else pc.or_(filled, given)
    return filled


def _source(db: duckdb.DuckDBPyConnection, cells: pa.Array, label: str = "") -> None:
    size = len(cells)
    numbers = {"col": pa.repeat(pa.scalar(0, pa.int32()), size), "idx": pa.array(range(size), pa.int32())}
    db.register("source", pa.table({**numbers, "raw": cells}))
    field = {"col": pa.array([0], pa.int32()), "label": [label], "size": pa.array([1 << 20], pa.int32())}
    db.register("fields", pa.table(field))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _numbers(db: duckdb.DuckDBPyConnection, cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Well-formed numbers, and whether date and check character fit."""
    _source(db, cells)
    valid = f"value IS NOT NULL AND {birth_sql('value')} IS NOT NULL AND right(value, 1) = {check_sql('value')}"
    table = fetch(db, f"SELECT value, coalesce({valid}, false) AS valid FROM ({reading.id_query()}) ORDER BY idx")
    return _one(table["value"]), _one(table["valid"])


def _mended(raw: pa.Array, numbers: pa.Array, valid: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The few that are not valid read one by one, 15 digits made 18; null with a reason where nothing can be made of them."""
    odd = pc.indices_nonzero(pc.invert(valid))
    spelt = pc.dictionary_encode(raw.take(odd), null_encoding="encode")
    told = [read_id(text, convert=True, suggest=False) for text in spelt.dictionary.to_pylist()]
    usable = [one.number if one.problem in (None, "disability") else None for one in told]
    messages = [one.message if number is None else None for one, number in zip(told, usable, strict=True)]
    mended = pa.array(usable, pa.string()).take(spelt.indices)
    mask = pc.invert(valid)
    reasons = pa.array([_masked(one) for one in messages], pa.string()).take(spelt.indices)
    none = pa.nulls(len(raw), pa.string())
    return pc.replace_with_mask(numbers, mask, mended), pc.replace_with_mask(none, mask, reasons)


def _masked(message: str | None) -> str | None:
    """What may be shown: numbers of strangers are not."""
    if message is None:
        return None
    return hidden(pa.array([message], pa.string()))[0].as_py()  # type: ignore[no-any-return]


def hidden(texts: pa.Array) -> pa.Array:
    """Identity and phone numbers in texts, masked."""
    masked = pc.replace_substring_regex(texts, ID_RUN, r"\1********\2")
    return pc.replace_substring_regex(masked, PHONE_RUN, r"\1****\2")


def _names(db: duckdb.DuckDBPyConnection, cells: pa.Array | None, size: int) -> pa.Array:
    if cells is None:
        return pa.nulls(size, pa.string())
    _source(db, cells)
    return pc.utf8_slice_codeunits(
        _one(fetch(db, f"SELECT value FROM ({reading.name_query()}) ORDER BY idx")["value"]), 0, 50
    )


def _column(db: duckdb.DuckDBPyConnection, cells: pa.Array | None, column: ListColumn, size: int) -> pa.Array:
    """A column as text: dates as 2026-05-01, months as 2026-05, what cannot be read as it is written."""
    if cells is None:
        return pa.nulls(size, pa.string())
    _source(db, cells, column.name)
    if column.type == "text":
        values = _one(fetch(db, f"SELECT value FROM ({reading.text_query()}) ORDER BY idx")["value"])
    else:
        pattern = "%Y-%m" if column.type == "month" else "%Y-%m-%d"
        query = reading.date_query(month=column.type == "month")
        read = _one(fetch(db, f"SELECT strftime(value, '{pattern}') AS value FROM ({query}) ORDER BY idx")["value"])
        values = pc.coalesce(read, cells)
    return pc.utf8_slice_codeunits(hidden(values), 0, LONGEST)
