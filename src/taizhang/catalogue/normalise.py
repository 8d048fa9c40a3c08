"""Cells as people write them -> typed flat rows. One path for one row and for a million.

1. Each column becomes its distinct spellings and an index (Arrow dictionary): a county's workbook has few spellings
of 民族.
2. The distinct spellings of all columns of one kind are read by one DuckDB query (`reading`, `regions`).
3. The results are spread back over the rows by the index, and so are the findings.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from . import crosswalk, findings, id_number, reading, regions
from .context import Context
from .schema import Form
from .session import SMALL, fetch, session
from .text import key
from .types import Item

if TYPE_CHECKING:
    from .catalogue import Catalogue

SHOWN_CHOICES = 12
REPAIRED = 2_000  # bad numbers that get suggestions; beyond that a column is wrong, not a number
BOOL = "CASE code WHEN 'true' THEN true WHEN 'false' THEN false END"
SPECIAL = {"id_number": "id", "mobile_phone": "phone", "full_name": "name", "household_head_name": "name"}
CHECKED_LATER = ("check", "date", "future", "rounded")  # well-formed numbers: `validate` judges them
RULES = {
    "id": "id_number",
    "phone": "phone",
    "region": "region",
    "date": "date",
    "ym": "date",
    "months": "months",
    "enum": "code",
    "multi": "code",
    "bool": "code",
    "int": "number",
    "dec": "number",
    "str": "text",
    "name": "text",
}


@dataclass
class Spellings:
    """One column of the batch: its distinct spellings and, for every row, which of them it holds (null = empty)."""

    item: Item
    label: str
    distinct: pa.StringArray
    index: pa.Array
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return SPECIAL.get(self.item.id, self.item.kind)

    def only(self, wanted: list[bool]) -> Spellings:
        """The column as if it held these spellings only."""
        return replace(self, distinct=self.distinct.filter(pa.array(wanted, pa.bool_())))


def normalise(catalogue: Catalogue, rows: pa.Table, form: Form, context: Context) -> tuple[pa.Table, pa.Table]:
    """Typed flat rows with every item of the form (and sex, birth date by the number), and findings for unreadable
    cells.

    `rows`: strings, columns named by item id, or `item.level` for a place split over columns; others are ignored.
    """
    batch = [_spellings(catalogue, form, item, _strings(rows, form, item)) for item in form.items]
    columns: dict[str, pa.Array] = {}
    split: dict[str, pa.Array] = {}
    found: list[pa.Table] = []
    with session(rows.num_rows) as db:
        for column in batch:
            if not len(column.distinct):  # nothing to read
                columns[column.item.id] = pa.nulls(rows.num_rows, column.item.arrow_type)
        for kind, members in _by_kind([column for column in batch if len(column.distinct)]).items():
            result = _read(db, catalogue, form, context, kind, members)
            for column, table in zip(members, _slices(result, members), strict=True):
                if kind == "id":
                    table, split = _read_numbers(column, table, context)
                found.append(_findings(column, table, RULES[kind]))
                columns[column.item.id] = _typed(table["value"], column)
        if "id_number" in columns:
            _complete_from_number(db, columns)
    for item, values in split.items():
        if item in columns:
            columns[item] = pc.coalesce(columns[item], values)
    order = [*form.items, *(extra for extra in ("sex", "birth_date") if extra in columns and extra not in form.items)]
    typed = {item: columns[item] for item in order}
    return pa.table(typed), findings.together(found)


def _strings(rows: pa.Table, form: Form, item: str) -> pa.Array:
    """A field's cells; a place split over several columns is put together, highest level first."""
    parts = [f"{item}.{part.level}" for part in form.items[item].parts if f"{item}.{part.level}" in rows.column_names]
    if parts and item not in rows.column_names:
        cells = [pc.fill_null(_text(rows[part]), "") for part in parts]
        joined = pc.binary_join_element_wise(*cells, "/")
        empty = pc.equal(joined, "/" * (len(cells) - 1))  # nothing in any of the columns
        return _one(pc.if_else(empty, pa.scalar(None, pa.string()), joined))
    if item not in rows.column_names:
        return pa.nulls(rows.num_rows, pa.string())
    return _one(_text(rows[item]))


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if column.type == pa.string() else pc.cast(column, pa.string())


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _spellings(catalogue: Catalogue, form: Form, item: str, cells: pa.Array) -> Spellings:
    encoded = cells.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    choices = tuple(option.label for option in crosswalk.options(catalogue, form, item))
    return Spellings(catalogue.items[item], form.items[item].label, encoded.dictionary, encoded.indices, choices)


def _by_kind(batch: list[Spellings]) -> dict[str, list[Spellings]]:
    kinds: dict[str, list[Spellings]] = {}
    for column in batch:
        kinds.setdefault(column.kind, []).append(column)
    return kinds


KEPT = 20_000  # readings kept of small batches
KEPT_KINDS = frozenset({"enum", "multi", "bool", "region"})  # what says nothing about anybody
_kept: dict[tuple[Any, ...], pa.Table] = {}


def _read(
    db: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    form: Form,
    context: Context,
    kind: str,
    members: list[Spellings],
) -> pa.Table:
    """All distinct spellings of one kind, by column. A form's few: what was read before is not read again."""
    sizes = [len(column.distinct) for column in members]
    if kind not in KEPT_KINDS or sum(sizes) > SMALL:
        return _queried(db, catalogue, form, context, kind, members)
    # the objects themselves are in the key: they live as long as what was read of them
    about = (_Same(catalogue), _Same(form), _Same(context.divisions), context.default_region)
    keys = [[(*about, column.item.id, word) for word in column.distinct.to_pylist()] for column in members]
    read = {key: _kept[key] for mine in keys for key in mine if key in _kept}
    new = [column.only([key not in read for key in mine]) for column, mine in zip(members, keys, strict=True)]
    if asked := [column for column in new if len(column.distinct)]:
        result = _queried(db, catalogue, form, context, kind, asked)
        missing = [key for mine in keys for key in mine if key not in read]
        read.update((key, result.slice(at, 1)) for at, key in enumerate(missing))
        if len(_kept) > KEPT:
            _kept.clear()
        _kept.update(read)
    return pa.concat_tables([read[key] for mine in keys for key in mine])


class _Same:
    """Equal only to what holds the very same object, which it keeps alive."""

    def __init__(self, it: object) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it


def _queried(
    db: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    form: Form,
    context: Context,
    kind: str,
    members: list[Spellings],
) -> pa.Table:
    """All distinct spellings of one kind through its query."""
    sizes = [len(column.distinct) for column in members]
    db.register(
        "source",
        pa.table(
            {
                "col": _repeat(sizes),
                "idx": _count(sizes),
                "raw": pa.chunked_array([column.distinct for column in members], pa.string()),
            }
        ),
    )
    db.register("fields", _fields(form, members))
    if kind in ("enum", "multi", "bool"):
        _register_words(db, catalogue, form, members)
    if kind == "region":
        return regions.read(db, catalogue, context)
    return fetch(db, _query(kind, catalogue, form, members))


def _query(kind: str, catalogue: Catalogue, form: Form, members: list[Spellings]) -> str:
    if kind == "multi":
        words = [word for c in members for word, _ in crosswalk.words(catalogue, form, c.item.id)]
        separated = {
            w: "".join(ch for ch in w if ch not in "、,，;；/ ") for w in words if any(ch in w for ch in "、,，;；/ ")
        }
        return reading.several_query(dict(sorted(separated.items(), key=lambda pair: -len(pair[0]))))
    simple = {
        "str": reading.text_query,
        "name": reading.name_query,
        "phone": reading.phone_query,
        "id": reading.id_query,
        "enum": reading.choice_query,
        "int": reading.number_query,
        "dec": reading.number_query,
        "date": reading.date_query,
        "months": reading.months_query,
    }
    if kind == "bool":
        return reading.choice_query(BOOL)
    return reading.date_query(month=True) if kind == "ym" else simple[kind]()


def _repeat(sizes: list[int]) -> pa.Array:
    return pa.concat_arrays([pa.repeat(pa.scalar(n, pa.int32()), size) for n, size in enumerate(sizes)])


def _count(sizes: list[int]) -> pa.Array:
    return pa.concat_arrays([pa.array(range(size), pa.int32()) for size in sizes])


def _fields(form: Form, members: list[Spellings]) -> pa.Table:
    """What a query's messages and limits need to know of each column."""
    listed = [
        "、".join(c.choices[:SHOWN_CHOICES]) + (f" 等 {len(c.choices)} 项" if len(c.choices) > SHOWN_CHOICES else "")
        for c in members
    ]
    return pa.table(
        {
            "col": pa.array(range(len(members)), pa.int32()),
            "label": [column.label for column in members],
            "unit": pa.array([form.items[c.item.id].unit or c.item.unit for c in members], pa.string()),
            "size": pa.array([column.item.size or 0 for column in members], pa.int32()),
            "digits": pa.array([column.item.precision[0] for column in members], pa.int32()),
            "scale": pa.array([column.item.precision[1] for column in members], pa.int32()),
            "choices": listed,
        }
    )


def _register_words(db: duckdb.DuckDBPyConnection, catalogue: Catalogue, form: Form, members: list[Spellings]) -> None:
    """`words(col, word_key, code)`: of two wordings with one key the earlier (the form's own) wins."""
    listed = [
        (n, word, code, rank)
        for n, column in enumerate(members)
        for rank, (word, code) in enumerate(crosswalk.words(catalogue, form, column.item.id))
    ]
    db.register(
        "wordings",
        pa.table(
            {
                "col": pa.array([w[0] for w in listed], pa.int32()),
                "word": [w[1] for w in listed],
                "code": [w[2] for w in listed],
                "rank": [w[3] for w in listed],
            }
        ),
    )
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE words AS SELECT col, {key("word")} AS word_key, arg_min(code, rank) AS code
        FROM wordings GROUP BY ALL""")


def _slices(result: pa.Table, members: list[Spellings]) -> Iterator[pa.Table]:
    start = 0
    for column in members:
        yield result.slice(start, len(column.distinct))
        start += len(column.distinct)


def _findings(column: Spellings, table: pa.Table, rule: str) -> pa.Table:
    """Findings of the spellings with a problem, one per row that holds them."""
    problem = _one(table["problem"])
    if problem.null_count == len(problem):
        return findings.none()
    told = problem.take(column.index)
    rows = pc.indices_nonzero(pc.is_valid(told))
    index = column.index.take(rows)
    suggestion = _suggestions(column, problem, _one(table["suggestion"]))
    return findings.build(
        rows,
        column.item.id,
        rule,
        _one(table["severity"]).take(index),
        told.take(rows),
        suggestion.take(index),
        column.distinct.take(index),
    )


def _suggestions(column: Spellings, problem: pa.Array, given: pa.Array) -> pa.Array:
    """The nearest wording for a choice that was not understood."""
    if not column.choices:
        return given
    cells = given.to_pylist()
    for n in pc.indices_nonzero(pc.is_valid(problem)).to_pylist()[:REPAIRED]:
        near = difflib.get_close_matches(column.distinct[n].as_py() or "", column.choices, n=1, cutoff=0.5)
        cells[n] = near[0] if near else None
    return pa.array(cells, pa.string())


def _typed(values: pa.ChunkedArray, column: Spellings) -> pa.Array:
    """Distinct values as the item's Arrow type, spread over the rows."""
    array = _one(values)
    if array.type != column.item.arrow_type:
        array = pc.cast(array, column.item.arrow_type, safe=False)
    return array.take(column.index)


def _read_numbers(column: Spellings, table: pa.Table, context: Context) -> tuple[pa.Table, dict[str, pa.Array]]:
    """The few identity numbers the query could not take are read one by one.

    Returns the completed table, and for disability certificates the type and level split off, spread over the rows.
    """
    values = _one(table["value"])
    odd = pc.indices_nonzero(pc.and_(pc.is_null(values), pc.is_valid(column.distinct))).to_pylist()
    if not odd:
        return table, {}
    read = {n: id_number.read_id(column.distinct[n].as_py(), on=context.as_of, convert=context.convert_15) for n in odd}
    told = {n: one for n, one in read.items() if one.problem not in (None, "empty", *CHECKED_LATER)}
    completed = pa.table(
        {
            "value": _with(values, {n: one.number for n, one in read.items()}),
            "problem": _with(table["problem"], {n: one.message for n, one in told.items()}),
            "severity": _with(
                table["severity"], {n: "warning" for n, one in told.items() if one.problem == "disability"}
            ),
            "suggestion": _with(table["suggestion"], {n: next(iter(one.suggestions), None) for n, one in told.items()}),
        }
    )
    kinds = {n: one.disability for n, one in read.items() if one.disability}
    none = pa.nulls(len(values), pa.string())
    split = {
        item: _with(none, {n: kind[at] for n, kind in kinds.items()}).take(column.index)
        for at, item in enumerate(("disability_type", "disability_level"))
    }
    return completed, split if kinds else {}


def _with(values: pa.Array | pa.ChunkedArray, changes: Mapping[int, str | None]) -> pa.Array:
    """A copy with some entries replaced."""
    cells = _one(values).to_pylist()
    for at, value in changes.items():
        cells[at] = value
    return pa.array(cells, pa.string())


def _complete_from_number(db: duckdb.DuckDBPyConnection, columns: dict[str, pa.Array]) -> None:
    """Sex and birth date from a valid number where the sheet does not say; a contradiction is `validate`'s to
    report."""
    said = id_number.says(db, columns["id_number"])
    for item in ("sex", "birth_date"):
        read = pc.if_else(_one(said["valid"]), _one(said[item]), None)
        columns[item] = pc.coalesce(columns[item], read) if item in columns else read
