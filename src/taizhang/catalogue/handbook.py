"""The data-item handbook, written by the catalogue itself (docs/data-items.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .types import CodeList, Item

if TYPE_CHECKING:
    from .catalogue import Catalogue

SENSITIVITY = {"none": "—", "identity": "身份", "contact": "联系方式", "income": "收入"}
HOMES = {
    "worker": "人员", "standing": "状态", "spell": "就业经历", "work_year": "年度务工", "return_flow": "返乡回流",
    "intention": "意愿", "verification": "核实", "service_year": "享受服务",
}  # fmt: skip
KINDS = {
    "str": "文字", "int": "整数", "dec": "小数", "date": "日期", "ym": "年月", "enum": "单选", "multi": "多选",
    "months": "月份（多选）", "bool": "是/否", "region": "区划",
}  # fmt: skip


def handbook(catalogue: Catalogue) -> str:
    """Markdown: every item by ledger home, computed items with their rule, every code list, and each form's own
    wording."""
    parts = ["# 数据项手册", "由 `src/taizhang/catalogue/data/` 生成，不手工修改。", "## 数据项"]
    for home, title in HOMES.items():
        parts += [f"### {title}", _items([i for i in catalogue.items.values() if i.table == home])]
    parts += ["### 计算项", _derived([i for i in catalogue.items.values() if i.value])]
    parts += ["### 不在人员行上的项", _homeless([i for i in catalogue.items.values() if not i.table and not i.value])]
    parts += ["## 各表的用词", *_crosswalks(catalogue), "## 代码表", *(_list(one) for one in catalogue.lists.values())]
    return "\n\n".join(parts) + "\n"


def _items(items: list[Item]) -> str:
    head = "| 标识 | 名称 | 其他名称 | 类型 | 代码表 | 敏感 | 标准 | 说明 |\n|---|---|---|---|---|---|---|---|"
    return "\n".join([head, *(_item(item) for item in items)])


def _item(item: Item) -> str:
    sensitivity = (
        SENSITIVITY[item.sensitivity]
        + ("，敏感个人信息" if item.special else "")
        + ("，加密保存" if item.sealed else "")
    )
    kind = KINDS[item.kind] + (f"，{item.unit}" if item.unit else "") + (f"，{item.size} 字以内" if item.size else "")
    cells = [f"`{item.id}`", item.name, "、".join(item.synonyms), kind, item.list, sensitivity, item.standard,
             item.explanation or item.note]  # fmt: skip
    return _row(cells)


def _derived(items: list[Item]) -> str:
    head = "| 标识 | 名称 | 口径 | 说明 |\n|---|---|---|---|"
    return "\n".join([head, *(_row([f"`{i.id}`", i.name, f"`{i.value}`", i.explanation or i.note]) for i in items)])


def _homeless(items: list[Item]) -> str:
    head = "| 标识 | 名称 | 类型 | 为什么 |\n|---|---|---|---|"
    return "\n".join([head, *(_row([f"`{i.id}`", i.name, KINDS[i.kind], i.note]) for i in items)])


def _crosswalks(catalogue: Catalogue) -> list[str]:
    found = []
    for form in catalogue.forms.values():
        rows = [
            _row(
                [
                    field.label,
                    f"`{field.item}`",
                    "；".join(f"{word} → {'、'.join(codes)}" for word, codes in field.options.items()),
                ]
            )
            for field in form.items.values()
        ]
        found.append(
            "\n".join(
                [f"### {form.title}（{form.id}）", "", "| 表上的名称 | 数据项 | 选项 → 代码 |", "|---|---|---|", *rows]
            )
        )
    return found


def _list(codes: CodeList) -> str:
    rows = [_row([c.code, c.label, "、".join(c.synonyms), c.parent, c.note]) for c in codes.codes.values()]
    about = "，".join(part for part in (codes.standard, codes.note) if part)
    return "\n".join(
        [
            f"### {codes.id} {codes.name}",
            "",
            about,
            "",
            "| 代码 | 名称 | 也读作 | 上级 | 说明 |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _row(cells: list[str | None]) -> str:
    return "| " + " | ".join((cell or "").replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
