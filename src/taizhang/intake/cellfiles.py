"""Cells on their way from the child process: tidied, marked and written as Arrow files. Its imports wait until the limits are set."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_cells(table: Any, first: int, marks: list[Any], out: Path) -> int:
    """Tidy what calamine prints, blank trailing rows off, write; returns the number of sheet rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from .cells import Mark

    columns = [_tidy(pc.cast(table.column(n), pa.string())) for n in range(table.num_columns)]
    height = max((_last_filled(column) for column in columns), default=0)
    columns = [pa.nulls(height, pa.string())] * first + [
        _marked(c.slice(0, height), first + n, marks) for n, c in enumerate(columns)
    ]
    whole = pa.table({f"c{n}": column for n, column in enumerate(columns)})
    save(whole, out / "cells.arrow")
    rows = [mark for mark in marks if mark.row < height]
    named = {name: [getattr(mark, name) for mark in rows] for name in Mark._fields}
    schema = pa.schema([("row", pa.int64()), ("column", pa.int64()), ("kind", pa.string()), ("text", pa.string())])
    save(pa.table(named, schema=schema), out / "marks.arrow")
    return height


def save(table: Any, path: Path) -> None:
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=50_000)


def _last_filled(column: Any) -> int:
    """Rows up to and with the last that holds more than blanks; looks from the end, in growing steps."""
    import pyarrow.compute as pc

    end, step = len(column), 256
    while end > 0:
        start = max(0, end - step)
        piece = column.slice(start, end - start)
        filled = pc.indices_nonzero(pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(piece)), 0), False))
        if len(filled):
            return start + int(filled[-1].as_py()) + 1
        end, step = start, step * 4
    return 0


def _tidy(column: Any) -> Any:
    """Dates without a midnight; 3.3000000000000003 as office programs show it, 3.3."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    if (pc.max(pc.binary_length(column)).as_py() or 0) < 12:  # too short for either
        return column
    midnight = pc.fill_null(pc.ends_with(column, " 00:00:00"), False)
    if pc.any(midnight).as_py():
        column = pc.if_else(midnight, pc.utf8_slice_codeunits(column, 0, 10), column)
    long = pc.fill_null(pc.match_substring_regex(column, r"^-?\d+\.\d{10,}$"), False)
    if pc.any(long).as_py():
        shorter = pa.array([f"{float(text):.15g}" for text in column.filter(long).to_pylist()], pa.string())
        column = pc.replace_with_mask(column, long, shorter)
    return column


def _marked(column: Any, number: int, marks: list[Any]) -> Any:
    """Put error words and E+17 numbers where calamine gave nothing or made-up digits, so that they are answered as what they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    shown = {}
    for mark in marks:
        if mark.column == number and mark.row < len(column) and mark.kind in ("error", "long_number"):
            shown[mark.row] = mark.text if mark.kind == "error" else f"{float(mark.text):.5E}"
    if not shown:
        return column
    mask = pc.is_in(pa.array(range(len(column))), value_set=pa.array(sorted(shown), pa.int64()))
    return pc.replace_with_mask(column, mask, pa.array([shown[row] for row in sorted(shown)], pa.string()))


def load(path: Path) -> Any:
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()
