"""CSV as people send it. Used in the child process; its imports wait until the limits are set."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from .cellfiles import write_cells


def read_csv(path: Path, out: Path) -> dict[str, Any]:
    """Comma, tab or semicolon; UTF-8 (with or without mark), UTF-16 with mark, GB18030."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as fast

    text, encoding = _decode(path.read_bytes())
    first = text[: text.find("\n") if "\n" in text else len(text)]
    delimiter = max(",\t;", key=first.count)
    lines = text.count("\n") + 1
    try:
        columns = len(next(csv.reader(io.StringIO(first), delimiter=delimiter), [])) or 1
        names = [f"c{n}" for n in range(columns)]
        table = fast.read_csv(
            pa.BufferReader(text.encode()),
            read_options=fast.ReadOptions(
                column_names=names, use_threads=False, block_size=max(1 << 20, 2 * len(text) if lines < 3 else 1 << 22)
            ),
            parse_options=fast.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=fast.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:  # rows of different lengths: slower, but nothing is lost
        table = _ragged(text, delimiter)
    # ="5323…" is how some programs keep a CSV's long numbers from being damaged.
    cleaned = [pc.replace_substring_regex(column, r'^="?([^"]*)"?$', r"\1") for column in table.columns]
    height = write_cells(pa.table(dict(zip(table.column_names, cleaned, strict=True))), 0, [], out)
    return {
        "sheet": "",
        "sheets": [],
        "rows": height,
        "columns": table.num_columns,
        "merged": [],
        "mark": {},
        "encoding": encoding,
    }


def _ragged(text: str, delimiter: str) -> Any:
    import pyarrow as pa

    from .content import Refused

    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Refused("damaged") from error
    width = max(map(len, rows), default=0)
    if width > 702:
        raise Refused("far_cell", cell=f"第 {width} 列")
    return pa.table(
        {
            f"c{n}": pa.array([row[n] or None if n < len(row) else None for row in rows], pa.string())
            for n in range(width)
        }
    )


def _decode(data: bytes) -> tuple[str, str]:
    from .content import Refused

    tried = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in tried:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _binary(text):
            return text, encoding
    raise Refused("not_workbook", found="看不出种类的文件")


def _binary(text: str) -> bool:
    """Control characters that no table holds: a renamed program also decodes as something."""
    return any(chr(n) in text for n in (*range(0, 9), *range(14, 32)))
