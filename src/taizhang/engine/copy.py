"""Arrow to PostgreSQL at the speed of COPY: no Python object per cell."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from psycopg import sql

ROWS_PER_CHUNK = 20_000


def copy_arrow(cursor: Any, table: str, arrow_table: pa.Table, columns: Sequence[str] | None = None) -> int:
    """Append `arrow_table` to `table` inside the cursor's transaction; returns the number of rows.

    Args:
        cursor: Django's or psycopg's. Row-level security applies: rows outside the acting user's divisions are refused.
        table: name in the search path, or "schema.name".
        columns: the table's columns in the order of `arrow_table`'s; by default they bear the same names.
    Nulls stay null, empty text stays empty text; lists become PostgreSQL arrays (a null inside a list is refused with
    ValueError), binary becomes bytea; json and uuid columns are given as text.
    """
    names = list(columns if columns is not None else arrow_table.column_names)
    if len(names) != arrow_table.num_columns:
        raise ValueError(f"{arrow_table.num_columns} columns of data for {len(names)} names")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    options = csv.WriteOptions(include_header=False)
    with cursor.copy(statement) as copy:
        for batch in arrow_table.to_batches(max_chunksize=ROWS_PER_CHUNK):
            plain = pa.RecordBatch.from_arrays([_as_text(column) for column in batch.columns], names=batch.schema.names)
            sink = pa.BufferOutputStream()
            csv.write_csv(plain, sink, options)
            copy.write(memoryview(sink.getvalue()))
    return int(arrow_table.num_rows)


def _as_text(array: pa.Array) -> pa.Array:
    """What Arrow's CSV writer cannot write, as text that PostgreSQL reads."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _as_text(array.dictionary_decode())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _array_literals(array)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _bytea(array)
    if pa.types.is_null(kind):
        return array.cast(pa.string())
    return array


def _array_literals(array: pa.Array) -> pa.Array:
    """`["a", 'b"c']` -> `{"a","b\\"c"}`."""
    values = array.flatten()
    if values.null_count:
        raise ValueError("a list holds a null")
    text = values.cast(pa.string())
    text = pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')
    quoted = pc.binary_join_element_wise('"', text, '"', "")
    lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, quoted), ",")
    literal = pc.binary_join_element_wise("{", joined, "}", "")
    return pc.if_else(pc.is_valid(array), literal, pa.scalar(None, pa.string()))


def _bytea(array: pa.Array) -> pa.Array:
    """Bytes as `\\x…`: the whole buffer is turned into hex at once and the offsets doubled."""
    array = pa.concat_arrays([array.cast(pa.large_binary())])
    _, offsets, data = array.buffers()
    bounds = pa.Array.from_buffers(pa.int64(), len(array) + array.offset + 1, [None, offsets])[array.offset :]
    start, end = bounds[0].as_py(), bounds[-1].as_py()
    digits = binascii.hexlify(memoryview(data)[start:end]) if data is not None else b""
    doubled = pc.multiply(pc.subtract(bounds, start), 2)
    text = pa.Array.from_buffers(pa.large_string(), len(array), [None, doubled.buffers()[1], pa.py_buffer(digits)])
    literal = pc.binary_join_element_wise(pa.scalar("\\x", pa.large_string()), text, pa.scalar("", pa.large_string()))
    return pc.if_else(pc.is_valid(array), literal, pa.scalar(None, pa.large_string()))
