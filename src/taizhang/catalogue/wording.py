"""Typed values as people read them: codes in the form's wording, 是/否, dates, numbers without idle zeros."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from . import crosswalk
from .schema import Form
from .types import Item

if TYPE_CHECKING:
    from .catalogue import Catalogue

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
RULE_NUMBERS = re.compile(r"（[^（）]*\bR[\d-]+[^（）]*）|\b[A-Z][\w-]*/?R-\d+\b")


def as_text(catalogue: Catalogue, form: Form, item: str, values: pa.Array) -> pa.Array:
    """Values of an item as printed text; null stays null."""
    known = catalogue.items.get(item)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if known is None:
        return pc.cast(values, pa.string())
    if known.kind == "bool":
        return pc.if_else(values, "是", "否")
    if known.kind == "multi":
        return _joined(values, _labelled(catalogue, form, known, values.flatten()))
    if known.kind == "months":
        return _joined(values, pc.strftime(values.flatten(), "%Y-%m"))
    if known.kind == "enum":
        return _labelled(catalogue, form, known, values)
    text = pc.strftime(values, "%Y-%m") if known.kind == "ym" else pc.cast(values, pa.string())
    return pc.replace_substring_regex(text, r"\.0+$|(\.\d*[1-9])0+$", r"\1") if known.kind == "dec" else text


def _labelled(catalogue: Catalogue, form: Form, item: Item, codes: pa.Array) -> pa.Array:
    labels: Mapping[str, str | None] = {
        code: crosswalk.label(catalogue, item.id, code, form)
        for code in pc.unique(codes).to_pylist()
        if code is not None
    }
    if not labels:
        return codes
    position = pc.index_in(codes, value_set=pa.array(labels, pa.string()))
    return pa.array(list(labels.values()), pa.string()).take(position)


def _joined(lists: pa.ListArray, flat: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cast(pc.cumulative_sum(lengths), pa.int32())])
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, flat), "、")
    return pc.if_else(pc.is_valid(lists), joined, pa.scalar(None, pa.string()))


def fill_in(catalogue: Catalogue, form: Form, message: str, rows: pa.Table, names: Mapping[str, str]) -> str | pa.Array:
    """A message with `{item}` replaced by each row's value ("—" where there is none); plain text when it has none."""
    pieces = PLACEHOLDER.split(message)
    if len(pieces) == 1:
        return message
    parts: list[str | pa.Array] = []
    for n, piece in enumerate(pieces):
        item = names.get(piece, piece)
        if n % 2 == 0:
            parts.append(piece)
        elif item in rows.column_names:
            parts.append(pc.fill_null(as_text(catalogue, form, item, rows[item]), "—"))
        else:
            parts.append("—")
    return pc.binary_join_element_wise(*(pa.scalar(p) if isinstance(p, str) else p for p in parts), "")


def with_clause(message: str, clause: str | None) -> str:
    """A message followed by the clause it rests on; our own rule numbers mean nothing to a clerk."""
    shown = RULE_NUMBERS.sub("", clause).strip("；、， ") if clause else ""
    return message if not shown or shown in message else f"{message}（依据：{shown}）"
