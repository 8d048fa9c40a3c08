"""What an audit entry's detail says, in words: nothing left out, numbers and ids as they stand in the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from taizhang import catalogue
from taizhang.protection.audit import Action

OUTCOMES = {
    "new": "新增", "update": "更新", "same": "无变化", "duplicate": "重复", "conflict": "冲突", "error": "错误", "foreign": "属于其他区划",
    "warning": "提醒", "undo": "撤销",
}  # fmt: skip
LABELS: dict[str, str] = {  # in the order in which they are told
    "kind": "种类", "item": "项目", "reason": "理由", "role": "角色", "scopes": "区划", "rows": "行数", "counts": "行数", "entered": "其中入账",
    "handed_back": "台账已变、退回的行", "refused": "没有撤销的行", "people": "人数", "places": "村数", "numbers": "号码", "division": "区划",
    "programme": "方案", "format": "格式", "as_of": "基准日", "on": "生效", "prefill": "填好已在台账的人", "mark": "编号", "bytes": "大小",
    "seconds": "用时（秒）", "period": "统计期", "value": "任务数", "by": "撤销批次", "upload": "文件", "submission": "填报", "problem": "结果",
    "table": "报表", "cells": "格数", "known": "按什么时候的记录", "result": "结果", "version": "版次", "digest": "清单摘要（SM3）",
    "person": "人", "how": "怎么归的", "from": "原来", "to": "改为",
}  # fmt: skip
VALUES: dict[tuple[str, str, str], str] = {  # (action, key, value) -> words
    (Action.MAINTENANCE, "problem", ""): "完整，没有改动",
    (Action.MAINTENANCE, "problem", "changed"): "有一条被改动",
    (Action.MAINTENANCE, "problem", "missing"): "少了一条",
    (Action.MAINTENANCE, "problem", "cut"): "最后的记录被截掉",
    (Action.MAINTENANCE, "problem", "replaced"): "和锚点不一致",
    **{(Action.PERSON_REVEALED, "reason", code): words for code, words in (
        ("check", "核对本人证件"), ("subsidy", "办理补贴"), ("reply", "回复比对单位"), ("call", "打电话核实"),
    )},
    **{(Action.EXPORTED, "kind", code): words for code, words in (
        ("table", "报表"), ("register", "登记册"), ("people", "查出的名单"), ("template", "采集表"), ("answer", "带批注的原表"), ("bulletin", "通报"), ("paper", "一人一表"),
    )},
    (Action.EXPORTED, "numbers", "masked"): "遮住",
    (Action.EXPORTED, "known", "now"): "现在",
    (Action.EXPORTED, "known", "then"): "当时（封账）",
    (Action.CERTIFIED, "result", "equal"): "表库相符",
    (Action.CERTIFIED, "result", "different"): "表库不符",
    (Action.EXPORTED, "numbers", "whole"): "完整号码",
    (Action.PICTURE_ATTACHED, "how", "code"): "认出二维码",
    (Action.PICTURE_ATTACHED, "how", "hand"): "人工选的",
    **{(Action.PICTURE_DISCARDED, key, code): words for key in ("from", "to") for code, words in (
        ("waiting", "正在认"), ("unread", "没认出来"), ("attached", "已归到人"), ("discarded", "不要的"),
    )},
    **{(Action.DIVISION_CHANGED, "kind", code): words for code, words in (
        ("add", "新设"), ("rename", "更名"), ("retire", "撤销"), ("merge", "并入"), ("split", "拆分"),
    )},
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One statement: "大小：12,345 字节". `divisions` are codes the page names."""

    label: str
    text: str = ""
    divisions: tuple[str, ...] = ()


def parts(action: str, detail: Mapping[str, Any]) -> list[Part]:
    """The detail of an entry, key by key; the database keeps no order of its own. A key nobody has put into words stands as it is, last."""
    return [Part(LABELS.get(key, key), **_said(action, key, detail[key])) for key in _ordered(detail, LABELS)]


def _ordered(given: Mapping[str, Any], known: Mapping[str, str]) -> list[str]:
    places = {key: place for place, key in enumerate(known)}
    return sorted(given, key=lambda key: (places.get(key, len(places)), key))


def _said(action: str, key: str, value: Any) -> dict[str, Any]:
    known = VALUES.get((action, key, value)) if isinstance(value, str) else None
    if known is not None:
        return {"text": f"{known}（{value}）" if value else known}
    if key in ("scopes", "division"):
        codes = value if isinstance(value, list) else [code for code in str(value).split(",") if code]
        return {"divisions": tuple(map(str, codes)), "text": "" if codes else "无"}
    if key == "role":
        return {"text": _with_code(dict(get_user_model()._meta.get_field("role").choices or ()).get(value), value)}
    if key == "programme":
        programme = catalogue.load().programmes.get(str(value))
        return {"text": _with_code(programme.name if programme else None, value)}
    if key == "item":
        item = catalogue.load().items.get(str(value))
        return {"text": _with_code(item.name if item else None, value)}
    if key == "bytes" and isinstance(value, int):
        return {"text": f"{value:,} 字节"}
    if isinstance(value, Mapping):
        return {"text": "，".join(_counted(value)) or "无"}
    return {"text": _plain(value)}


def _with_code(words: Any, code: Any) -> str:
    return f"{words}（{code}）" if words else str(code)


def _counted(value: Mapping[str, Any]) -> Iterator[str]:
    for name in _ordered(value, OUTCOMES):
        yield f"{OUTCOMES.get(name, name)} {_plain(value[name])}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return f"{value:,}"
    if value is None or value == "":
        return "无"
    if isinstance(value, list):
        return "、".join(map(_plain, value)) or "无"
    return str(value)
