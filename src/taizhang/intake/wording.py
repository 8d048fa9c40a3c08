"""How a form's columns read to people: headers, choices, what must be filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from taizhang.catalogue import Catalogue, CodeList, Column, Form, FormItem, Item

if TYPE_CHECKING:
    from .actions import Undone

ALWAYS, SOMETIMES, NEVER = "必填", "符合条件时必填", "选填"
TYPE_WORDS = {
    "str": "文字",
    "int": "整数",
    "dec": "数字，可带小数",
    "date": "日期，如 2020-10-01 或 2020年10月1日",
    "ym": "年月，如 2020-10 或 2020年10月",
    "multi": "可选几项，用顿号“、”隔开",
    "months": "年月，几个月用顿号“、”隔开，如 2020-03、2020-04",
    "region": "行政区划名称或代码",
}


class Asked(NamedTuple):
    """One column of the workbook with everything its header note says. `choices` is empty for free answers."""

    column: Column
    field: FormItem
    item: Item
    required: str
    choices: tuple[str, ...]
    section: str

    @property
    def as_text(self) -> bool:
        """Whether the cells must be text, so that no office program turns them into numbers or dates."""
        return self.item.kind not in ("int", "dec")

    @property
    def kind_words(self) -> str:
        if self.column.level:
            return {"village": "从列表选，先选乡镇", "town": "从列表选", "county": "从列表选"}.get(
                self.column.level, "区划名称"
            )
        if self.item.kind in ("enum", "bool"):
            return "从列表选一项"
        return TYPE_WORDS[self.item.kind]

    def note(self) -> str:
        """The header's note: required or not, unit, meaning, choices, clause."""
        lines = [f"{'＊' if self.required == ALWAYS else ''}{self.required}。{self.kind_words}。"]
        if unit := self.field.unit or self.item.unit:
            lines.append(f"单位：{unit}")
        meaning = self.field.explanation or self.item.explanation
        lines += [f"指标解释：{meaning}"] if meaning else []
        lines += [f"怎么填：{self.field.hint}"] if self.field.hint else []
        if self.choices:
            more = f"……共 {len(self.choices)} 项" if len(self.choices) > 24 else ""
            lines.append(f"可填：{'、'.join(self.choices[:24])}{more}")
        lines += [f"依据：{self.field.clause}"] if self.field.clause else []
        return "\n".join(lines)


def choices(field: FormItem, item: Item, lists: Mapping[str, CodeList]) -> tuple[str, ...]:
    """The answers a drop-down offers: the form's own words, else the code list's labels."""
    if field.options:
        return tuple(field.options)
    if item.kind == "bool":
        return ("是", "否")
    if item.list is None:
        return ()
    return tuple(code.label for code in lists[item.list].codes.values() if not code.retired)


def asked_columns(catalogue: Catalogue, form: Form) -> list[Asked]:
    """The form's workbook columns in order."""
    found = []
    for column in catalogue.columns(form):
        field, section = form.items[column.item], form.section_of(column.item)
        if field.required is False:
            required = NEVER
        else:
            required = ALWAYS if field.required is True and field.shown is None and section.shown is None else SOMETIMES
        item = catalogue.items[column.item]
        words = () if column.level else choices(field, item, catalogue.lists)
        found.append(Asked(column, field, item, required, words, section.title))
    return found


def undo_words(outcome: Undone) -> tuple[str, list[str]]:
    """What taking a file back did, and what it could not do; only the ledger is ever "restored"."""
    done, left = "", []
    if outcome.restored is None:
        done = f"已撤回 {outcome.withdrawn:,} 行。这些行还没有入账，台账没有变动。"
    elif not outcome.refused:
        withdrawn = f"；还没有审的 {outcome.withdrawn:,} 行已撤回" if outcome.withdrawn else ""
        done = f"已整批撤销，台账恢复为提交以前的内容{withdrawn}。"
    elif outcome.withdrawn:
        done = f"还没有审的 {outcome.withdrawn:,} 行已撤回。"
    if outcome.refused:
        listed = "、".join(str(row) for row in outcome.refused[:20]) + ("等" if len(outcome.refused) > 20 else "")
        left.append(f"第 {listed} 行没有撤销：之后又有新的变更。先撤销后面的批次，再撤销这些行。")
    if outcome.passed:
        left.append(f"还有 {outcome.passed:,} 行已经审过一级，不能撤回，请审核人退回。")
    return done, left
