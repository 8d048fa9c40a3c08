"""A bulletin as parts in reading order, from its figures alone: page, Word and PDF are made of the same parts; on the page
its numbers open to their people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from taizhang.statistics import charts
from taizhang.statistics.bulletins import drafting
from taizhang.statistics.bulletins.drafting import number
from taizhang.statistics.bulletins.opening import Opening, Piece, sentences
from taizhang.statistics.charts import Bar, Chart
from taizhang.statistics.targets.pageparts import short

MOST = 12  # bars of one chart


@dataclass(frozen=True)
class Grid:
    """A table: the first `words` columns hold words, the others numbers. Cells are words, or a `Piece` that opens."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Piece]]
    words: int = 1

    @property
    def texts(self) -> list[list[str]]:
        """The rows as a paper prints them."""
        return [[str(cell) for cell in row] for row in self.rows]


@dataclass(frozen=True)
class Part:
    heading: str
    sentences: Sequence[Sequence[Piece]]
    charts: Sequence[Chart] = ()
    grids: Sequence[Grid] = ()

    @property
    def texts(self) -> list[str]:
        """The sentences as a paper prints them."""
        return ["".join(map(str, pieces)) for pieces in self.sentences]

    @property
    def pairs(self) -> list[dict[str, Chart | Grid | None]]:
        """Each table with its chart beside it, where it has one."""
        beside = dict(enumerate(self.charts))
        return [{"chart": beside.get(place), "grid": grid} for place, grid in enumerate(self.grids)]


def parts(facts: Mapping[str, Any], opening: Opening | None = None) -> list[Part]:
    """With `opening` numbers, bars and phrases of the sentences bear the addresses of their people."""
    made = {"figures": _figures, "units": _units, "flow": _flow, "targets": _targets, "scores": _scores}
    return [
        Part(heading, sentences(facts, name, opening), *made.get(name, _nothing)(facts, opening))
        for name, heading in drafting.sections(facts)
    ]


Made = tuple[list[Chart], list[Grid]]


def _nothing(_: Mapping[str, Any], opening: Opening | None) -> Made:
    return [], []


def _figures(facts: Mapping[str, Any], opening: Opening | None) -> Made:
    compared = any(one["change"] is not None for one in facts["figures"])
    rows = [
        [
            one["name"],
            one["unit"],
            Piece(number(one["value"]), opening.people(one["indicator"]) if opening else ""),
            *([_signed(one["change"])] if compared else []),
        ]
        for one in facts["figures"]
    ]
    return [], [Grid("主要指标", ["指标", "单位", "本期", *(["比上期"] if compared else [])], rows, 2)]


def _signed(text: str | None) -> str:
    """A change as the pages print it: +112, −25.0, 0."""
    if text is None:
        return "—"
    return f"{'+' if Decimal(text) > 0 else ''}{number(text)}".replace("-", "−")


def _units(facts: Mapping[str, Any], opening: Opening | None) -> Made:
    def url(indicator: str, one: Mapping[str, Any]) -> str:
        return opening.people(indicator, one["code"]) if opening else ""

    working = opening.working if opening else ""
    rows = [
        [
            one["name"], Piece(f"{one['pool']:,}", url("pool", one)), Piece(f"{one['working']:,}", url(working, one)),
            one["rate"] or "—",
        ]
        for one in facts["units"]
    ]  # fmt: skip
    title = f"各单位{facts['rate_name']}"
    rated = [one for one in facts["units"] if one["rate"]][:30]
    drawn = [Bar(short(one["name"]), float(one["rate"]), f"{one['rate']}%", url(working, one)) for one in rated]
    head = ["单位", "劳动力", facts["working_name"], f"{facts['rate_name']}%"]
    return [charts.bars(title, drawn)] if drawn else [], [Grid(title, head, rows)]


def _flow(facts: Mapping[str, Any], opening: Opening | None) -> Made:
    drawn, grids = [], []
    for key, dimension, title in (
        ("places", "place", "务工区域"),
        ("provinces", "work_region", "务工省份"),
        ("industries", "industry", "从事行业"),
    ):
        found = [one for one in facts[key] if one["number"]]
        if found:
            opens = [opening.group(dimension, one["key"]) if opening else "" for one in found]
            told = [Piece(f"{one['number']:,}", url) for one, url in zip(found, opens, strict=True)]
            bars = [Bar(one["name"], one["number"], *piece) for one, piece in zip(found, told, strict=True)]
            drawn.append(charts.bars(title, bars[:MOST], colour="b"))
            rows = [[one["name"], piece, one["share"] or "—"] for one, piece in zip(found, told, strict=True)]
            grids.append(Grid(title, [title, "人数", "占比%"], rows))
    return drawn, grids


def _targets(facts: Mapping[str, Any], opening: Opening | None) -> Made:
    drawn, grids = [], []
    for one in facts["targets"]:

        def url(row: Mapping[str, Any], indicator: str = one.get("indicator", "")) -> str:
            return opening.people(indicator, row["division"]) if opening else ""

        ranked = [row for row in one["rows"] if row["percent"] is not None]
        if not ranked:
            continue
        bars = [
            Bar(short(row["name"]), float(row["percent"]), f"{row['percent']}%", url(row), row["late"])
            for row in ranked
        ]
        goal = (float(one["elapsed"]), f"时间进度 {one['elapsed']}%")
        drawn.append(charts.bars(f"{one['name']}完成比例", bars, goal=goal))
        rows = [
            [
                row["name"], str(row["rank"] or "—"), f"{number(row['value'])} {row['unit']}",
                Piece(number(row["actual"]), url(row) if row["actual"] is not None else ""),
                row["percent"] or "—", row["said"],
            ]
            for row in one["rows"]
        ]  # fmt: skip
        grids.append(Grid(f"{one['name']}完成情况", ["单位", "名次", "任务", "已完成", "完成%", "情况"], rows))
    return drawn, grids


def _scores(facts: Mapping[str, Any], opening: Opening | None) -> Made:
    rows = [
        [
            one["name"],
            str(one["rank"] or "—"),
            *(one[key] or "—" for key in ("timely", "complete", "accurate", "total")),
        ]
        for one in facts["scores"]
    ]
    return [], [Grid("计分表", ["单位", "名次", "及时", "完整", "准确", "得分"], rows)]


def notes(facts: Mapping[str, Any]) -> list[str]:
    """What the figures rest on and how the marks are made; stands at the foot."""
    told = []
    if facts["sealed"]:
        rests = "；".join(f"{one['county']} {one['seal']}（摘要 {one['digest']}）" for one in facts["basis"])
        told.append(f"数据来源：全部取自封账数据，截至{drafting.day(facts['cut_off'])}。{rests}。")
    else:
        told.append(f"草稿：{facts['period_name']}还没有封账，数字会变，不能印发。")
    told.append(f"口径：{facts['programme_name']}，{facts['source']}。")
    if not any(one["change"] is not None for one in facts["figures"]):
        told.append("上期没有封账，不作比较。")
    card = facts["card"]
    if card and facts["scores"]:
        told.append(
            f"计分：及时{card['timely']}、完整{card['complete']}、准确{card['accurate']}。及时：按期上报100分，迟一天扣"
            f"{card['per_day']}分，没有报0分。完整：{card['text']}准确：审核时没有被退回的行占审过的行的比例。"
            f"没有可比的一项不计，其余按比例折算。低于{card['talk_below']}分，或者迟报而且任务落后的，约谈。"
        )
    return told
