"""PostgreSQL to Parquet as one stream: COPY out as text, Arrow's CSV reader, a Parquet writer. No Python object per
cell."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

ROW_GROUP = 65_536
BLOCK = 4 << 20


class _Stream(io.RawIOBase):
    """What COPY sends, readable as a file; holds one block at a time."""

    def __init__(self, chunks: Iterator[Any]) -> None:
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts, held = [self._rest], len(self._rest)
        while size < 0 or held < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(bytes(chunk))
            held += len(parts[-1])
        block = b"".join(parts)
        cut = len(block) if size < 0 else min(size, len(block))
        self._rest = block[cut:]
        return block[:cut]


PRESENT = "有"  # stands for a text of which only is told that there is one


def select_list(columns: Mapping[str, pa.DataType], present: Collection[str] = ()) -> str:
    """Columns as COPY can send them: an array as its members joined by commas (codes and dates hold none); of `present`
    only whether there is one."""
    return ", ".join(_selected(name, kind, name in present) for name, kind in columns.items())


def _selected(name: str, kind: pa.DataType, only_present: bool) -> str:
    if only_present:
        return f"""CASE WHEN "{name}" IS NOT NULL THEN '{PRESENT}' END AS "{name}\""""
    return f"""array_to_string("{name}", ',') AS "{name}\"""" if pa.types.is_list(kind) else f'"{name}"'


def write_parquet(
    cursor: Any,
    query: str,
    params: tuple[Any, ...],
    columns: Mapping[str, pa.DataType],
    path: Path,
    extend: Callable[[pa.Table], pa.Table] = lambda table: table,
) -> int:
    """Write the rows of `query` (its columns named and ordered as `columns`) to `path`, whole or not at all; returns
    their number.

    Args:
        query: a SELECT made with `select_list`, sorted by division so that a town reads few row groups.
        extend: adds computed columns to a piece of the rows; called once with no rows to learn the file's columns.
    """
    schema = pa.schema(list(columns.items()))
    whole = extend(schema.empty_table()).schema
    plain = {name: pa.string() if pa.types.is_list(kind) else kind for name, kind in columns.items()}
    convert = csv.ConvertOptions(
        column_types=plain, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        true_values=["t"], false_values=["f"],
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    rows = 0
    try:
        with (
            cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", params) as copy,
            pq.ParquetWriter(unfinished, whole, compression="zstd", compression_level=1) as writer,
        ):
            for batch in _batches(_Stream(iter(copy)), list(columns), convert):
                piece = extend(_typed(pa.Table.from_batches([batch]), schema))
                writer.write_table(piece.cast(whole), row_group_size=ROW_GROUP)
                rows += batch.num_rows
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _batches(stream: _Stream, names: list[str], convert: csv.ConvertOptions) -> Iterator[pa.RecordBatch]:
    """Typed batches of the stream; none when it is empty, which Arrow's reader would call an error."""
    first = stream.read(BLOCK)
    if not first:
        return
    stream._rest = first + stream._rest
    options = csv.ReadOptions(column_names=names, block_size=BLOCK, use_threads=False)
    yield from csv.open_csv(
        pa.PythonFile(stream, mode="r"), options, csv.ParseOptions(newlines_in_values=True), convert
    )


def _typed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    arrays = [
        pc.split_pattern(table[field.name], ",").cast(field.type) if pa.types.is_list(field.type) else table[field.name]
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
