"""Findings: what is wrong with which row, said so that a clerk can put it right."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

SCHEMA = pa.schema([
    ("row", pa.int64()),  # index into the rows checked, from 0
    ("item", pa.string()),  # null: about the row as a whole
    ("rule", pa.string()),
    ("severity", pa.string()),  # error | warning
    ("message", pa.string()),
    ("suggestion", pa.string()),  # a value that could be put instead
    ("value", pa.string()),  # as read
])  # fmt: skip

UNREAD = "unread"  # rules of this kind say that a cell's content could not be understood
REQUIRED = "required"


def none() -> pa.Table:
    return SCHEMA.empty_table()


def together(tables: Iterable[pa.Table]) -> pa.Table:
    """All findings, by row, errors before warnings."""
    found = [table for table in tables if table.num_rows]
    if not found:
        return none()
    every = pa.concat_tables(found)
    return every.sort_by([("row", "ascending"), ("severity", "ascending")])


def merge(unread: pa.Table, checked: pa.Table) -> pa.Table:
    """Findings of reading and of checking; a cell that could not be read is not also said to be empty."""
    errors = unread.filter(pc.equal(unread["severity"], "error"))
    if errors.num_rows and checked.num_rows:
        same = pc.is_in(cells(checked), value_set=cells(errors).combine_chunks())
        checked = checked.filter(pc.invert(pc.and_(same, pc.equal(checked["rule"], REQUIRED))))
    return together([unread, checked])


def cells(findings: pa.Table) -> pa.ChunkedArray:
    """A text for each finding that names its row and item."""
    return pc.binary_join_element_wise(pc.cast(findings["row"], pa.string()), pc.fill_null(findings["item"], ""), " ")


def build(
    rows: pa.Array,
    item: str | None,
    rule: str,
    severity: str | pa.Array,
    message: str | pa.Array,
    suggestion: pa.Array | None = None,
    value: pa.Array | None = None,
) -> pa.Table:
    """Findings of one rule; `rows` are row indexes, arrays go along with them."""
    size = len(rows)

    def column(given: str | pa.Array | None) -> pa.Array:
        if given is None or isinstance(given, str):
            return pa.repeat(pa.scalar(given, pa.string()), size)
        return pc.cast(given, pa.string())

    parts = [pc.cast(rows, pa.int64())]
    parts += [column(one) for one in (item, rule, severity, message, suggestion, value)]
    return pa.Table.from_arrays(parts, schema=SCHEMA)
