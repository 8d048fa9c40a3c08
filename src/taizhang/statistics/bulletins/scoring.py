"""Marks of units, 0 to 100. Pure: rates in, marks and reasons out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from taizhang.catalogue.duedates import Standing
from taizhang.catalogue.schema import Scorecard


@dataclass(frozen=True)
class Score:
    """A unit's marks. None: nothing to mark by; the others then weigh for it."""

    code: str
    name: str
    timely: Decimal | None
    complete: Decimal | None
    accurate: Decimal | None
    total: Decimal | None
    late: int  # periods handed up late or not at all


def timeliness(card: Scorecard, found: Sequence[Standing]) -> Decimal | None:
    """Mean over the periods that were due: 100 on time, `per_day` less per day late, 0 where nothing came."""
    marks = []
    for one in found:
        if one.kind == "on_time":
            marks.append(Decimal(100))
        elif one.kind == "late":
            marks.append(Decimal(max(0, 100 - card.per_day * one.days)))
        elif one.kind == "overdue":
            marks.append(Decimal(0))
    return rounded(sum(marks, Decimal(0)) / len(marks)) if marks else None


def rate(part: int, whole: int) -> Decimal | None:
    """part of whole x 100."""
    return rounded(Decimal(100) * part / whole) if whole else None


def total(
    card: Scorecard, timely: Decimal | None, complete: Decimal | None, accurate: Decimal | None
) -> Decimal | None:
    """Weighted mean of what can be marked."""
    parts = [(card.timely, timely), (card.complete, complete), (card.accurate, accurate)]
    able = [(weight, mark) for weight, mark in parts if mark is not None and weight]
    weights = sum(weight for weight, _ in able)
    return rounded(sum((weight * mark for weight, mark in able), Decimal(0)) / weights) if weights else None


def rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def ranked(found: Sequence[Score]) -> list[tuple[int | None, Score]]:
    """From the highest mark down; equal marks share a rank; without a mark last."""
    able = sorted((one for one in found if one.total is not None), key=lambda one: (-(one.total or 0), one.code))
    places: list[tuple[int | None, Score]] = []
    for index, one in enumerate(able):
        same = index and able[index - 1].total == one.total
        places.append((places[-1][0] if same else index + 1, one))
    return places + [(None, one) for one in found if one.total is None]


def talk(card: Scorecard, found: Sequence[Score], behind: Sequence[str]) -> list[tuple[Score, list[str]]]:
    """约谈: who scored too little, who handed up late and is behind with a target as well; with the reasons."""
    listed = []
    for one in found:
        reasons = []
        if one.total is not None and one.total < card.talk_below:
            reasons.append(f"得分 {one.total}，低于 {card.talk_below} 分")
        if one.late and one.code in behind:
            reasons.append(f"迟报或未报 {one.late} 期，任务进度又落后")
        if reasons:
            listed.append((one, reasons))
    return listed
