"""口径与表式: the forms, rules, indicators and items of the programmes, as loaded.

What a clerk reads is what the machine applies.
"""

from __future__ import annotations

from dataclasses import dataclass

from taizhang.accounts.models import User
from taizhang.catalogue import Programme, load
from taizhang.catalogue.types import Item

KINDS = {
    "str": "文字",
    "int": "整数",
    "dec": "数",
    "date": "日期",
    "ym": "年月",
    "enum": "单选",
    "multi": "多选",
    "months": "月份（可多个）",
    "bool": "是或否",
    "region": "区划",
}


def programmes(user: User) -> list[Programme]:
    """The user's own programme first."""
    return sorted(load().programmes.values(), key=lambda one: (one.id != user.programme, one.id))


@dataclass(frozen=True)
class Entry:
    """An item of the handbook: `used_by`: short names of the programmes whose forms hold it."""

    item: Item
    kind: str
    choices: str
    used_by: str


def entries(text: str) -> list[Entry]:
    """Items whose name, synonym or id contains `text`; all when it is empty."""
    catalogue = load()
    wanted = text.strip().lower()
    found = [
        item
        for item in catalogue.items.values()
        if not wanted or any(wanted in name.lower() for name in (*item.names, item.id))
    ]
    return [Entry(item, KINDS[item.kind], _choices(item), _used_by(item.id)) for item in found]


def _choices(item: Item) -> str:
    if not item.list:
        return ""
    labels = [code.label for code in load().lists[item.list].codes.values() if not code.retired]
    return "、".join(labels[:14]) + (f" 等 {len(labels)} 项" if len(labels) > 14 else "")


def _used_by(item: str) -> str:
    return "、".join(one.short_name for one in load().programmes.values() if one.form and item in one.form.items)
