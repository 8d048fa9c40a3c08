"""How a list's own words read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django import template

from taizhang.catalogue.departments import ListKind

register = template.Library()


@register.filter
def said(values: Mapping[str, str], kind: ListKind) -> list[tuple[str, str]]:
    """(column, value) of a list's columns in their order: 死亡日期, 2026年5月1日."""
    return [(one.name, _words(values[one.id])) for one in kind.columns if one.id in values]


def _words(text: str) -> str:
    for pattern, words in (("%Y-%m-%d", "{0.year}年{0.month}月{0.day}日"), ("%Y-%m", "{0.year}年{0.month}月")):
        try:
            return words.format(dt.datetime.strptime(text, pattern))
        except ValueError:
            continue
    return text
