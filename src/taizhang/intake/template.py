"""The collection template of a form version as an .xlsx workbook (shanxi-2022 四: 统一的电子表格模板).

Sheets: 采集表 (to fill), 填写说明, 示例, and hidden ones with the drop-down lists and the signed mark. Everything is written as a
string: nothing a template holds is ever a formula or a link (ASVS 1.2.10), but for the drop-downs' own list references.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from taizhang.catalogue import Catalogue, Form

from . import mark as marks
from .mark import Mark
from .places import Place, choices_by_level, list_formula
from .wording import ALWAYS, NEVER, SOMETIMES, Asked, asked_columns

SHEET, HELP, EXAMPLE, LISTS = "采集表", "填写说明", "示例", "_lists"
PERSON, BASE = "人员编号（勿改）", "底数版本（勿改）"
LAST_ROW = 100_000  # drop-downs reach this far down
INLINE = 120  # Excel takes a list typed into the rule up to 255 characters; long ones are easier to read on a sheet
HOW_TO = (
    "一人一行，从第 2 行填起；第 1 行是表头，文字不要改，列可以移动，用不着的选填列可以空着。",
    "深色表头是必填项，浅色表头是符合条件时必填，白色表头是选填；把鼠标放在表头上看指标解释和可填的值。",
    "身份证号码、电话、日期各列已设成“文本”，直接填数字就行；从别处粘贴时请用“选择性粘贴—数值”，免得号码变成 5.3E+17。",
    "一格可以选几项的（如服务项目、月份），各项之间用顿号“、”隔开。",
    "不要合并单元格，不要写公式，不要加合计行；填好存成 .xlsx，在“导入”页上传，先检查、后提交。",
    "“示例”里的人是假的（号码以 99 开头），不会被读入。",
)


@dataclass(frozen=True)
class Prefill:
    """People already in the ledger, written into the template for checking.

    `rows`: answers as shown, by column id; sealed items already masked. `keys`: (opaque person id, version) of each row.
    """

    rows: Sequence[Mapping[str, str]] = ()
    keys: Sequence[tuple[str, str]] = ()


@dataclass
class _Book:
    """The workbook under construction and what its parts share."""

    book: xlsxwriter.Workbook
    asked: list[Asked]
    lists: Worksheet | None = None
    used: int = 0  # columns taken on the lists sheet
    formats: dict[str, Format] = field(default_factory=dict)

    def format(self, **properties: object) -> Format:
        key = repr(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": "宋体", "font_size": 11, **properties})
        return self.formats[key]

    def put_list(self, values: Sequence[str]) -> str:
        """Write a list down the next free column of the hidden sheet; returns the column's letters."""
        assert self.lists is not None
        column = self.used
        for row, value in enumerate(values):
            self.lists.write_string(row, column, value)
        self.used += 1
        return str(xl_col_to_name(column))


def build(
    catalogue: Catalogue,
    form: Form,
    *,
    mark: Mark,
    places: Mapping[str, Sequence[Place]],
    prefill: Prefill | None = None,
) -> bytes:
    """The workbook's bytes.

    `places` gives the divisions offered for each place item that the form splits into columns (`hukou_region`: the villages of the
    uploader's scope; workplaces: the national tree to the county). An item not named there is filled freely.
    """
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": form.title, "comments": f"{form.id} {form.version}"})
    made = _Book(book, asked_columns(catalogue, form))
    sheet, explain, example = (book.add_worksheet(name) for name in (SHEET, HELP, EXAMPLE))
    made.lists = book.add_worksheet(LISTS)
    _headers(made, sheet)
    _choices(made, sheet, places)
    _people(made, sheet, mark, prefill or Prefill())
    _instructions(made, explain, form)
    _example(made, example, form)
    _mark(made, mark)
    made.lists.very_hidden()
    sheet.activate()
    book.close()
    return buffer.getvalue()


FILLS = {ALWAYS: {"bg_color": "#1F5F66", "font_color": "#FFFFFF"}, SOMETIMES: {"bg_color": "#CFE3E5"}, NEVER: {}}


def _headers(made: _Book, sheet: Worksheet) -> None:
    """Row 1: the form's words exactly, so that the file is recognised again; the rest is said in the note."""
    sheet.freeze_panes(1, 1 if made.asked and made.asked[0].column.id == "full_name" else 0)
    sheet.set_row(0, 36)
    for at, asked in enumerate(made.asked):
        head = made.format(
            bold=True, border=1, text_wrap=True, valign="vcenter", align="center", **FILLS[asked.required]
        )
        body = made.format(num_format="@") if asked.as_text else made.format()
        sheet.set_column(at, at, _width(asked), body)
        sheet.write_string(0, at, asked.column.label, head)
        note = asked.note()
        sheet.write_comment(
            0, at, note, {"width": 260, "height": 24 + 18 * (note.count("\n") + 1 + len(note) // 22), "author": "台账"}
        )


def _width(asked: Asked) -> int:
    """Column width in characters: a Chinese character takes two."""
    if asked.item.id == "id_number":
        return 22
    longest = max((len(word) for word in asked.choices), default=0)
    return min(
        30, max(8, 2 * len(asked.column.label) // (2 if len(asked.column.label) > 8 else 1) + 2, 2 * longest + 2)
    )


def _choices(made: _Book, sheet: Worksheet, places: Mapping[str, Sequence[Place]]) -> None:
    """Drop-downs: closed lists refuse other words, places only warn (a workplace may be abroad, a village renamed)."""
    position = {asked.column.id: at for at, asked in enumerate(made.asked)}
    for at, asked in enumerate(made.asked):
        if asked.choices and asked.item.kind != "multi":
            source = _list_source(made, asked)
            sheet.data_validation(1, at, LAST_ROW, at, {
                "validate": "list", "source": source, "ignore_blank": True, "error_type": "stop",
                "error_title": asked.column.label[:32], "error_message": "请从列表里选，不要改字。",
            })  # fmt: skip
    for item, offered in places.items():
        parts = [asked.column for asked in made.asked if asked.item.id == item and asked.column.level]
        lines_of = choices_by_level(offered, [str(part.level) for part in parts])
        for n, part in enumerate(parts):
            lines = lines_of[str(part.level)]
            if not lines:
                continue
            paths, names = made.put_list([line.path for line in lines]), made.put_list([line.name for line in lines])
            above = [f"${xl_col_to_name(position[one.id])}2" for one in parts[:n] if lines_of[str(one.level)]]
            at = position[part.id]
            sheet.data_validation(1, at, LAST_ROW, at, {
                "validate": "list", "source": list_formula(LISTS, paths, names, len(lines), above), "ignore_blank": True,
                "error_type": "warning", "error_title": part.label[:32], "error_message": "列表里没有这个地方，请核对名称。",
            })  # fmt: skip


def _list_source(made: _Book, asked: Asked) -> str | list[str]:
    """Short lists stand in the rule itself; long ones, or words with a comma, on the hidden sheet under a name."""
    if len(",".join(asked.choices)) <= INLINE and not any("," in word for word in asked.choices):
        return list(asked.choices)
    letters = made.put_list(asked.choices)
    name = f"list_{asked.item.id}"
    made.book.define_name(name, f"={LISTS}!${letters}$1:${letters}${len(asked.choices)}")
    return f"={name}"


def _people(made: _Book, sheet: Worksheet, mark: Mark, prefill: Prefill) -> None:
    """People of a prefilled template, each with a hidden key (person, version, signature) at the right."""
    if not prefill.rows:
        return
    at_person = len(made.asked)
    sheet.set_column(at_person, at_person + 1, 4, made.format(num_format="@"), {"hidden": True})
    sheet.write_string(0, at_person, PERSON)
    sheet.write_string(0, at_person + 1, BASE)
    for row, (answers, (worker, version)) in enumerate(zip(prefill.rows, prefill.keys, strict=True), start=1):
        for at, asked in enumerate(made.asked):
            if value := answers.get(asked.column.id):
                sheet.write_string(row, at, value)
        sheet.write_string(row, at_person, worker)
        sheet.write_string(row, at_person + 1, f"{version}.{marks.row_key(mark, worker, version)}")


def _instructions(made: _Book, sheet: Worksheet, form: Form) -> None:
    plain, bold = made.format(text_wrap=True, valign="top"), made.format(bold=True, text_wrap=True, valign="top")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 90)
    row = 0
    heads = [(form.title, made.format(bold=True, font_size=14)), (form.source or "", plain)]
    for text, style in heads:
        sheet.write_string(row, 0, text, style if text == form.title else made.format())
        row += 1
    for title, lines in (("怎样填", HOW_TO), ("填表说明", form.instructions)):
        if not lines:
            continue
        sheet.write_string(row + 1, 0, title, bold)
        for n, line in enumerate(lines, start=1):
            sheet.merge_range(row + 1 + n, 0, row + 1 + n, 2, "", plain)
            sheet.write_string(row + 1 + n, 0, f"{n}. {line}", plain)
            sheet.set_row(row + 1 + n, 18 * (1 + len(line) // 62))
        row += 2 + len(lines)
    row += 1
    for at, head in enumerate(("列", "要不要填", "指标解释和可填的值")):
        sheet.write_string(row, at, head, bold)
    for asked in made.asked:
        row += 1
        note = asked.note().partition("。")[2].strip()
        for at, text in enumerate((asked.column.label, asked.required, note)):
            sheet.write_string(row, at, text, plain)
        sheet.set_row(row, 16 * sum(1 + len(line) // 44 for line in note.split("\n")))


def _example(made: _Book, sheet: Worksheet, form: Form) -> None:
    """One made-up person in the form's own columns. Its ID prefix 99 belongs to no place."""
    head = made.format(bold=True, border=1, text_wrap=True)
    sheet.freeze_panes(1, 0)
    for at, asked in enumerate(made.asked):
        sheet.set_column(at, at, _width(asked), made.format(num_format="@"))
        sheet.write_string(0, at, asked.column.label, head)
        if value := example_answer(asked, form):
            sheet.write_string(1, at, value)


INVENTED = {"full_name": "示例一", "id_number": "992323198001010015", "mobile_phone": "15400000367"}


def example_answer(asked: Asked, form: Form) -> str | None:
    """The form's own sample, else one that shows how a required answer is written."""
    given = (
        form.example.get(asked.column.id) or form.example.get(asked.item.id)
        if not asked.column.level
        else form.example.get(asked.column.id)
    )
    if given or asked.field.example:
        return given or asked.field.example
    if asked.item.id in INVENTED:
        return INVENTED[asked.item.id]
    return asked.choices[0] if asked.required == ALWAYS and asked.choices else None


def _mark(made: _Book, mark: Mark) -> None:
    sheet = made.book.add_worksheet(marks.SHEET)
    for row, (name, value) in enumerate(mark.rows()):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    sheet.very_hidden()


__all__ = ["BASE", "EXAMPLE", "HELP", "PERSON", "SHEET", "Prefill", "build"]
