"""A sheet and its layout -> typed flat rows and findings, all at once. Columns, never people one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from taizhang.catalogue import Catalogue, Context, Form
from taizhang.catalogue import findings as f

from .columns import Layout, rows_of
from .reading import Grid

ERROR_CELL = r"^\s*#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|GETTING_DATA|SPILL!|CALC!)\s*$"
FORMULA = "这一格是公式，按算好的值“{value}”读入。请确认值是对的。"
EMPTY_FORMULA = "这一格的公式没有算出结果。请在 WPS 里打开文件、保存一次再传，或者直接填上值。"
ERROR = "这一格是错误值 {value}，多半是公式引用的表没有带过来。请改成要填的内容。"
KEY_CHANGED = "隐藏列里的人员编号被改动过，没有采用，按身份证号码核对。请不要改动或复制模板右边的隐藏列。"


@dataclass(frozen=True)
class Checked:
    """`rows`: typed flat rows with `row_no` and, of a prefilled template, `worker_id` and `base_version`.
    `findings`: as `catalogue.validate` gives them; values in clear, for the vault only. `strings`: the cells as read."""

    rows: pa.Table
    findings: pa.Table
    strings: pa.Table


@dataclass(frozen=True)
class Known:
    """People of a prefilled template, by row: ids and versions whose signature held, and which rows had a spoilt one."""

    workers: list[str | None]
    versions: list[int | None]
    spoilt: list[int]


def read_rows(grid: Grid, layout: Layout, fixes: Mapping[str, Mapping[str, str]] | None = None) -> pa.Table:
    """The people's rows as text; `fixes` (row number -> column -> text) are suggestions somebody took over."""
    rows = rows_of(grid, layout)
    by_column: dict[str, dict[int, str]] = {}
    for row_no, cells in (fixes or {}).items():
        for column, text in cells.items():
            by_column.setdefault(column, {})[int(row_no)] = text
    for column, texts in by_column.items():
        if column in rows.column_names:
            rows = _replaced(rows, column, rows["row_no"], texts)
    return rows


def _replaced(rows: pa.Table, column: str, key: pa.ChunkedArray, texts: Mapping[int, str]) -> pa.Table:
    numbers = sorted(texts)
    at = pc.index_in(key, value_set=pa.array(numbers, pa.int64()))
    new = pc.coalesce(
        pa.array([texts[n] for n in numbers], pa.string()).take(at.combine_chunks()), rows[column].combine_chunks()
    )
    return rows.set_column(rows.column_names.index(column), column, new)


def check(
    catalogue: Catalogue,
    form: Form,
    strings: pa.Table,
    context: Context,
    *,
    grid: Grid,
    layout: Layout,
    known: Known | None = None,
    keep: Sequence[str],
) -> Checked:
    """Normalise, validate and add what only the sheet knows. `keep`: items the ledger has a home for, sealed ones among them."""
    cells, of_cells = _without_errors(strings, form)
    typed, found = catalogue.check(cells, form, context)
    given = {name.partition(".")[0] for name in strings.column_names}
    columns = [name for name in typed.column_names if name in keep and (name in given or name in ("sex", "birth_date"))]
    rows = typed.select(columns).append_column("row_no", strings["row_no"].combine_chunks())
    notes = [of_cells, _of_formulas(strings, grid, layout)]
    if known:
        rows = rows.append_column("worker_id", pa.array(known.workers, pa.string()))
        rows = rows.append_column("base_version", pa.array(known.versions, pa.int64()))
        notes.append(f.build(pa.array(known.spoilt, pa.int64()), None, "template_key", "warning", KEY_CHANGED))
    return Checked(rows, f.merge(f.together(notes), found), strings)


def _without_errors(strings: pa.Table, form: Form) -> tuple[pa.Table, pa.Table]:
    """Error words (#N/A) taken out, so that nobody is called #N/A, and a finding for each."""
    found, columns = [], {}
    for name in strings.column_names:
        column = strings[name].combine_chunks()
        if name != "row_no":
            wrong = pc.fill_null(pc.match_substring_regex(column, ERROR_CELL), False)
            if pc.any(wrong).as_py():
                at = pc.indices_nonzero(wrong)
                shown = column.take(at)
                words = pc.binary_join_element_wise(*_around(ERROR, pc.utf8_trim_whitespace(shown)), "")
                found.append(f.build(at, name.partition(".")[0], "error_cell", "error", words, None, shown))
                column = pc.if_else(wrong, pa.scalar(None, pa.string()), column)
        columns[name] = column
    return pa.table(columns), f.together(found)


def _around(words: str, value: pa.Array) -> list[object]:
    before, after = words.split("{value}")
    return [before, value, after]


def _of_formulas(strings: pa.Table, grid: Grid, layout: Layout) -> pa.Table:
    """Findings for formula cells in matched columns; at most `cells.MAX_MARKS` of them exist."""
    item_at = {at: column for column, at in layout.positions.items()}
    index = {number: row for row, number in enumerate(strings["row_no"].to_pylist())} if grid.marks.num_rows else {}
    found = []
    for mark in grid.marks.to_pylist():
        column, row = item_at.get(mark["column"]), index.get(mark["row"] + 1)
        if column is None or row is None or mark["kind"] not in ("formula", "empty_formula"):
            continue
        value = strings[column][row].as_py()
        empty = mark["kind"] == "empty_formula" and not value
        words = EMPTY_FORMULA if empty else FORMULA.format(value=value or "")
        found.append((row, column.partition(".")[0], "error" if empty else "warning", words, value))
    if not found:
        return f.none()
    rows, items, severities, messages, values = (list(column) for column in zip(*found, strict=True))
    return pa.table(
        {
            "row": pa.array(rows, pa.int64()), "item": items, "rule": ["formula"] * len(rows), "severity": severities, "message": messages,
            "suggestion": pa.nulls(len(rows), pa.string()), "value": pa.array(values, pa.string()),
        },
        schema=f.SCHEMA,
    )  # fmt: skip


ID_RUN, PHONE_RUN = r"(\d{6})\d{5,8}(\d{3}[\dXx])", r"(\d{3})\d{4,}(\d{4})"
QUOTED = r"“([^”]{3,6}?)[^”]{5,}([^”]{4})”"


def masked(findings: pa.Table, sealed: Sequence[str]) -> pa.Table:
    """Findings as they may be stored: numbers masked wherever they stand, suggestions for sealed items only announced."""
    columns = {}
    for name in findings.column_names:
        column = findings[name]
        if name in ("message", "value", "suggestion"):
            column = pc.replace_substring_regex(column, ID_RUN, r"\1********\2")
            column = pc.replace_substring_regex(column, PHONE_RUN, r"\1****\2")
        columns[name] = column
    secret = pc.is_in(findings["item"], value_set=pa.array(list(sealed), pa.string()))
    columns["value"] = pc.if_else(secret, _middle_hidden(columns["value"]), columns["value"])
    quoted = pc.replace_substring_regex(
        columns["message"], QUOTED, r"“\1********\2”"
    )  # numbers with spaces or signs in them
    columns["message"] = pc.if_else(secret, quoted, columns["message"])
    return pa.table(columns, schema=findings.schema)


def _middle_hidden(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Badly written numbers too: beyond ten characters only the ends show."""
    return pc.replace_substring_regex(column, r"^(.{3,6}?).{5,}(.{4})$", r"\1********\2")
