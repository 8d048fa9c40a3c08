"""pydantic's errors in Chinese, with the line they stand on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from .marks import Document

EXPECTED = {
    "string_type": "这里应是文字；数字和日期样的文字要加引号",
    "int_type": "这里应是整数",
    "int_parsing": "这里应是整数",
    "int_from_float": "这里应是整数",
    "bool_type": "这里应是 true 或 false",
    "bool_parsing": "这里应是 true 或 false",
    "decimal_parsing": "这里应是数",
    "decimal_type": "这里应是数",
    "date_parsing": "日期写成 2020-10-01",
    "date_type": "日期写成 2020-10-01",
    "date_from_datetime_parsing": "日期写成 2020-10-01",
    "dict_type": "这里应是“键: 值”的一组",
    "model_type": "这里应是“键: 值”的一组",
    "tuple_type": "这里应是一个列表",
    "list_type": "这里应是一个列表",
    "string_too_short": "这里不能空着",
    "too_short": "这里至少要写一个",
    "string_pattern_mismatch": "标识只能用小写英文字母、数字和下划线，字母开头",
}


def report(
    error: ValidationError, document: Document, known_keys: Iterable[str], prefix: tuple[str | int, ...] = ()
) -> None:
    """Add every error of a failed validation to the document's mistakes, once each."""
    seen: set[tuple[object, str]] = set()
    for one in error.errors():
        path = (*prefix, *(part for part in one["loc"] if part != "[key]"))
        word, message = _explain(one, path, list(known_keys))
        place = (document.line(path), word)
        if place not in seen:  # a union reports once per member
            seen.add(place)
            document.report(path, word, message)


def _explain(one: Any, path: tuple[str | int, ...], known_keys: list[str]) -> tuple[str, str]:
    """The word an error is about, and what to tell."""
    kind, last, context = one["type"], str(path[-1]) if path else "", one.get("ctx", {})
    if kind == "missing":
        return "", f"缺少“{last}”，请补上"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(last, known_keys, n=3, cutoff=0.6)
        return last, "不认识这个键" + (f"；是不是想写 {'、'.join(near)}" if near else "")
    if kind == "value_error":
        raised = context["error"]
        return getattr(raised, "word", "") or last, str(raised)
    if kind == "literal_error":
        return str(one["input"]), f"“{last}”只能写 {context['expected'].replace(' or ', '、').replace(', ', '、')}"
    return str(one["input"])[:30], EXPECTED.get(kind, f"“{last}”的写法不对（{one['msg']}）")
