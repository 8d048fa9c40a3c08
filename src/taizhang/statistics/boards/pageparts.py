"""The sections of a dashboard, and a cross table, as their templates walk over them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Board, Programme
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Division
from taizhang.statistics import charts, counted, indicators, tables
from taizhang.statistics.boards import breakdown
from taizhang.statistics.boards.breakdown import ANY, Cut
from taizhang.statistics.boards.dimensions import UNKNOWN
from taizhang.statistics.charts import Bar, Chart
from taizhang.statistics.targets.pageparts import short

MOST = 12  # bars of one chart; the rest are one line of the table


@dataclass(frozen=True)
class Line:
    """A row of a section's table, and its bar."""

    name: str
    number: int
    share: Decimal | None
    url: str


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    note: str
    head: str
    lines: Sequence[Line]
    total: Line
    colour: str = "b"

    @cached_property
    def chart(self) -> Chart | None:
        drawn = [line for line in self.lines if line.number][:MOST]
        if not drawn:
            return None
        bars = [Bar(line.name, line.number, f"{line.number:,}", line.url) for line in drawn]
        return charts.bars(self.title, bars, colour="b" if self.colour == "b" else "a")


def section(id: str, title: str, note: str, cut: Cut, *, without: Sequence[str] = (), by_size: bool = False) -> Section:
    """People of an indicator by one dimension, in its order or from the most down; 不明 last."""
    found = {a: n for (a, _), n in breakdown.count(cut).items()}
    chosen = breakdown.dimension(cut.first)
    whole = sum(found.values())
    keys = [key for key in breakdown.groups({(key, ANY): 0 for key in found}, chosen, 0) if key not in without]
    if by_size:
        keys.sort(key=lambda key: (key == UNKNOWN, -found[key]))
    lines = [
        Line(chosen.wording(key), found[key], _share(found[key], whole), counted.list_url(cut.key(key))) for key in keys
    ]
    return Section(
        id, title, note, chosen.name, lines, Line("合计", whole, _share(whole, whole), counted.list_url(cut.key()))
    )


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(100) * part / whole).quantize(Decimal("0.1")) if whole else None


@dataclass(frozen=True)
class Unit:
    """A row of the section by units."""

    name: str
    board_url: str
    pool: int
    working: int
    rate: Decimal | None
    pool_url: str
    working_url: str


@dataclass(frozen=True)
class Units:
    """The units directly below a division, from the highest rate down."""

    title: str
    lines: Sequence[Unit]
    total: Unit

    @cached_property
    def chart(self) -> Chart | None:
        drawn = [line for line in self.lines if line.rate is not None][:30]
        if not drawn:
            return None
        bars = [Bar(short(line.name), float(line.rate or 0), f"{line.rate}%", line.working_url) for line in drawn]
        whole = self.total.rate
        return charts.bars(
            self.title, bars, goal=(float(whole), f"{self.total.name} {whole}%") if whole is not None else None
        )


def units(programme: Programme, board: Board, place: Division, on: dt.date) -> Units:
    cells = indicators.count(programme.id, ["pool", board.working], place.code, on)
    size = tables.DIGITS.get(place.level + 1, 99)
    names = {child.code: child.name for child in divisions.children(place.code, on=on)}
    names |= {code: f"区划 {code}" for code in cells if len(code) == size and code not in names}

    def unit(code: str, name: str) -> Unit:
        row = cells.get(code, {})
        pool, working = int(row.get("pool") or 0), int(row.get(board.working) or 0)
        asked = {"programme": programme.id, "division": code, "as_of": on.isoformat()}
        return Unit(
            name, f"{reverse('boards:board')}?{urlencode(asked)}", pool, working, _share(working, pool),
            counted.url("board", programme.id, "pool", code, on),
            counted.url("board", programme.id, board.working, code, on),
        )  # fmt: skip

    lines = sorted((unit(code, name) for code, name in sorted(names.items())), key=lambda one: -(one.rate or -1))
    return Units(f"{board.rate}，从高到低", lines, unit(place.code, place.name))


def sections(programme: Programme, board: Board, division: str, on: dt.date) -> list[Section]:
    """Where people go, what they do, how old, how skilled, what they earn, who came back."""
    working = programme.indicators[board.working].name.removesuffix("人数")

    def cut(indicator: str, dimension: str) -> Cut:
        return Cut(programme.id, indicator, division, on, dimension)

    found = [
        section("place", f"{working}的人在哪里务工", "务工区域由务工地点和户籍地算出", cut(board.working, "place")),
        section(
            "province", f"{working}的人去了哪些省", "本省的也列，务工地点只到省", cut(board.working, "work_region"),
            by_size=True,
        ),
        section("industry", f"{working}的人从事的行业", "国民经济行业门类", cut(board.working, "industry"), by_size=True),
        section("age", "年龄", "范围内的全部劳动力，周岁", cut("pool", "age")),
        section("skill", "技能等级", "范围内的全部劳动力", cut("pool", "skill")),
        section("wage", f"{working}的人月平均工资", "没有登记工资的归不明", cut(board.working, "wage")),
        section("returned", "返乡", "登记为返乡回流的", cut("pool", "returned"), without=("7", UNKNOWN)),
    ]  # fmt: skip
    return [one for one in found if one.lines]


@dataclass(frozen=True)
class Cross:
    """A cross table: `rows` of (name, cells of (number, url)), the totals last."""

    first: str
    second: str
    heads: Sequence[str]
    rows: Sequence[dict[str, Any]]
    whole: int


def cross(cut: Cut) -> Cross:
    found = breakdown.count(cut)
    first, second = breakdown.dimension(cut.first), breakdown.dimension(cut.second)
    down, across = breakdown.groups(found, first, 0), breakdown.groups(found, second, 1)

    def row(name: str, key: str) -> dict[str, Any]:
        mine = {b: sum(n for (a, other), n in found.items() if other == b and key in (a, ANY)) for b in across}
        cells = [(mine[b], counted.list_url(cut.key(key, b)) if mine[b] else "") for b in across]
        return {
            "name": name, "cells": cells, "total": sum(mine.values()), "url": counted.list_url(cut.key(key)),
            "whole": key == ANY,
        }  # fmt: skip

    rows = [row(first.wording(key), key) for key in down] + [row("合计", ANY)]
    return Cross(first.name, second.name, [second.wording(key) for key in across], rows, sum(found.values()))


def crumbs(programme: str, division: str, on: dt.date, user: User) -> list[tuple[str, str]]:
    """(name, address) of the boards above, as far up as the user reaches."""
    above = [division[:n] for n in (2, 4, 6, 9) if n < len(division)]
    words = {"programme": programme, "as_of": on.isoformat()}
    return [
        (divisions.get(code).name, f"{reverse('boards:board')}?{urlencode({**words, 'division': code})}")
        for code in above
        if user.covers(code)
    ]
