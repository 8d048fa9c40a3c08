"""The sentences of a bulletin, drafted from its figures and from nothing else. Pure: facts in, Chinese out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

VERSION = 2  # of the wording and of the facts: another one draws bulletins up anew
SHOWN = {
    "month": ("figures", "units", "flow", "targets"),
    "quarter": ("figures", "units", "flow", "targets", "scores", "talk"),
    "year": ("figures", "units", "flow", "targets", "scores", "talk"),
    "progress": ("figures", "targets", "scores", "talk"),
}
HEADS = {
    "figures": "总体情况", "units": "各单位情况", "flow": "务工去向和行业", "targets": "目标任务", "scores": "计分和排名",
    "talk": "约谈名单",
}  # fmt: skip
NUMERALS = "一二三四五六"


def title(facts: Mapping[str, Any]) -> str:
    """牟定县农村劳动力转移就业信息台账月调度（2026年11月）."""
    name = facts["programme_name"].removeprefix(facts["place"])
    return f"{facts['place']}{name}{facts['kind_name']}（{facts['period_name']}）"


def sections(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(part, 一、总体情况) of a bulletin, those with something to say."""
    told = facts.get("sentences") or sentences(facts)
    parts = [part for part in SHOWN[facts["kind"]] if told.get(part)]
    return [(part, f"{NUMERALS[place]}、{HEADS[part]}") for place, part in enumerate(parts)]


def sentences(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    """Part -> its sentences; a part with nothing to say is empty."""
    return {
        "figures": _figures(facts),
        "units": _units(facts),
        "flow": _flow(facts),
        "targets": [line for one in facts["targets"] for line in target(one)],
        "scores": _scores(facts["scores"]),
        "talk": _talk(facts["talk"]),
    }


def day(text: str) -> str:
    found = dt.date.fromisoformat(text)
    return f"{found.year}年{found.month}月{found.day}日"


def number(text: str | int | None) -> str:
    """12345 -> 12,345; None -> —."""
    return "—" if text is None else f"{Decimal(text):,f}"


def changed(text: str | None, unit: str) -> str:
    """，比上期增加 112 人 / 降低 0.8 个百分点 / 持平; nothing when there is nothing to compare with."""
    if text is None:
        return ""
    value = Decimal(text)
    if not value:
        return "，与上期持平"
    if unit == "%":
        return f"，比上期{'提高' if value > 0 else '降低'}{abs(value):f}个百分点"
    return f"，比上期{'增加' if value > 0 else '减少'}{abs(value):,f}{unit}"


def _figures(facts: Mapping[str, Any]) -> list[str]:
    told = [
        f"{one['name']}{number(one['value'])}{one['unit']}{changed(one['change'], one['unit'])}"
        for one in facts["figures"]
        if one["value"] is not None
    ]
    return [f"截至{day(facts['cut_off'])}，{facts['full_name']}{'；'.join(told)}。"] if told else []


def _units(facts: Mapping[str, Any]) -> list[str]:
    able = [one for one in facts["units"] if one["rate"] is not None]
    if len(able) < 2:
        return []
    best, last = able[0], able[-1]
    text = f"{facts['rate_name']}最高的是{best['name']}（{best['rate']}%），最低的是{last['name']}（{last['rate']}%）"
    gap = Decimal(best["rate"]) - Decimal(last["rate"])
    return [f"{text}，相差{gap:f}个百分点。" if gap else f"各单位{facts['rate_name']}相同，都是{best['rate']}%。"]


def _flow(facts: Mapping[str, Any]) -> list[str]:
    told = []
    places = [one for one in facts["places"] if one["number"]]
    if places:
        listed = "，".join(f"{one['name']}{one['number']:,}人（{one['share']}%）" for one in places)
        told.append(f"{facts['working_name'].removesuffix('人数')}的人里，{listed}。")
    for key, said in (("provinces", "去往最多的省份"), ("industries", "从事最多的行业")):
        known = [one for one in facts[key] if one["name"] != "不明"][:3]
        if known:
            listed = "、".join(f"{one['name']}（{one['number']:,}人）" for one in known)
            told.append(f"{said}是{listed}。")
    return told


def target(one: Mapping[str, Any]) -> list[str]:
    """The sentences of one target."""
    text = f"{one['name']}任务{one['sign']}{number(one['value'])}{one['unit']}，已完成{number(one['actual'])}"
    if one["percent"] is not None:
        gap = Decimal(one["percent"]) - Decimal(one["elapsed"])
        stand = f"{'高于' if gap > 0 else '低于'}时间进度{abs(gap):f}个百分点" if gap else "与时间进度持平"
        text += f"，完成{one['percent']}%，{stand}"
    told = [f"{text}（{one['status']}）。"]
    ranked = [row for row in one["rows"] if row["rank"] is not None]
    if ranked:
        told.append(f"完成比例居前的是{_names(ranked[:3])}。")
        late = [row for row in ranked if row["late"]]
        if late:
            told.append(f"落后于时间进度的有{len(late)}个：{_names(late)}。")
    return told


def _names(rows: Sequence[Mapping[str, Any]]) -> str:
    return "、".join(f"{row['name']}（{row['percent']}%）" for row in rows)


def _scores(found: Sequence[Mapping[str, Any]]) -> list[str]:
    able = [one for one in found if one["rank"] is not None]
    if not able:
        return []
    best = "、".join(f"{one['name']}（{one['total']}分）" for one in able[:3])
    alike = len({one["total"] for one in able}) == 1 and len(able) > 1
    told = [f"各单位得分相同，都是{able[0]['total']}分。" if alike else f"得分居前的是{best}。"]
    late = [one["name"] for one in able if one["late"]]
    told.append(f"迟报或未报的有{len(late)}个：{'、'.join(late)}。" if late else "没有迟报、未报的。")
    return told


def _talk(found: Sequence[Mapping[str, Any]]) -> list[str]:
    if not found:
        return ["本期没有要约谈的单位。"]
    return [f"{one['name']}：{'；'.join(one['reasons'])}。" for one in found]
