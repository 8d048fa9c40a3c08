"""Synthetic flat rows as a clerk's workbook: the form's headers and wording, place names instead of codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from taizhang.catalogue import Catalogue, Context
from taizhang.catalogue.schema import Column, Form

_DIGITS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}


def agreeing(rows: pa.Table, form: Form, catalogue: Catalogue, as_of: dt.date) -> tuple[pa.Table, pa.Array]:
    """`rows` as this form would have asked them, and which of them no fill rule calls wrong (reminders are no mistakes)."""
    fitted = _fit(rows, form, catalogue, as_of)
    found = catalogue.validate(fitted, form, Context(as_of=as_of, divisions=None, demo=True))
    wrong = found.filter(pc.equal(found["severity"], "error"))["row"]
    place = pa.array(range(rows.num_rows), pa.int64())
    return fitted, pc.invert(pc.is_in(place, value_set=wrong.combine_chunks()))


def as_text(rows: pa.Table, form: Form, catalogue: Catalogue, divisions: pa.Table, as_of: dt.date) -> pa.Table:
    """All cells as a clerk would type them; columns in the form's order, named by their labels.

    `divisions`: `code`, `name`. An item the rows do not hold gives an empty column.
    """
    rows = _fit(rows, form, catalogue, as_of)
    names = dict(zip(divisions["code"].to_pylist(), divisions["name"].to_pylist(), strict=True))
    columns = [_column(rows, column, form, catalogue, names) for column in catalogue.columns(form)]
    return pa.table(columns, names=[column.label for column in catalogue.columns(form)])


def _fit(rows: pa.Table, form: Form, catalogue: Catalogue, as_of: dt.date) -> pa.Table:
    """Empty what the form's skip rules do not ask of this person; columns the form does not have are dropped."""
    conditions: dict[str, list[str]] = {item: [] for item in form.items if item in rows.column_names}
    values: list[object] = []
    with duckdb.connect() as con:
        con.register("flat", rows.append_column("place_", pa.array(range(rows.num_rows), pa.int64())))
        missing = [f"NULL AS {item}" for item in catalogue.items if item not in rows.column_names]
        con.execute(f"CREATE VIEW people AS SELECT *, {', '.join(missing)} FROM flat")
        columns = []
        dates = Context(as_of=as_of).as_of_values()
        known = {**{name: p.value for name, p in catalogue.programmes[form.id].parameters.items()}, **dates}
        for section in form.sections:
            for field in section.items:
                if field.item not in conditions:
                    continue
                text, bound = field.item, list[object]()
                for rule in (section.shown, field.shown):
                    if rule is not None:
                        sql = rule.to_duckdb(known)
                        text = f"CASE WHEN {sql.text} THEN {text} END"
                        bound = [*sql.params, *bound]
                values += bound
                columns.append(f"{text} AS {field.item}")
        return con.sql(f"SELECT {', '.join(columns)} FROM people ORDER BY place_", params=values).to_arrow_table()


def _column(rows: pa.Table, column: Column, form: Form, catalogue: Catalogue, names: dict[str, str]) -> pa.Array:
    """One column; each distinct value is put into words once (lists, which Arrow cannot index, are joined first)."""
    if column.item not in rows.column_names:
        return pa.nulls(rows.num_rows, pa.string())
    item = catalogue.items[column.item]
    values = rows[column.item].combine_chunks()
    if item.kind in ("multi", "months"):
        values = pc.binary_join(values.cast(pa.list_(pa.string())), "、")
    elif item.kind == "str":
        return values
    index = values.dictionary_encode()

    def say(code: str) -> str:
        return catalogue.label(column.item, code, form) or code

    texts = [_words(value, item.kind, column.level, say, names) for value in index.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(index.indices)


def _words(value: object, kind: str, level: str | None, say: Callable[[str], str], names: dict[str, str]) -> str | None:
    match kind:
        case "region":
            code = str(value)
            if not code.isdigit():  # abroad: a country's letters stand in the highest column
                return code if level in (None, "province") else None
            ends = [_DIGITS[level]] if level else list(_DIGITS.values())
            return "".join(names.get(code[:end], "") for end in ends if len(code) >= end) or None
        case "bool":
            return say("true" if value else "false")
        case "enum":
            return say(str(value))
        case "multi":
            return "、".join(say(code) for code in str(value).split("、"))
        case "months":
            return "、".join(day[:7] for day in str(value).split("、"))
        case "ym":
            return str(value)[:7]
        case "dec":
            return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
        case _:
            return str(value)


def write(table: pa.Table, path: Path, sheet: str = "采集表") -> None:
    """A plain xlsx: header in row 1, every cell a string. Streams; only one row is in memory at a time."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for column, name in enumerate(table.column_names):
            page.write_string(0, column, name)
        row = 0
        for batch in table.to_batches(max_chunksize=5_000):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                row += 1
                for column, value in enumerate(values):
                    if value is not None:
                        page.write_string(row, column, value)
