"""What stands around the rows of the list.

Query form, chips, pager, column settings, the way out of an empty answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from taizhang.accounts.models import Role, User
from taizhang.catalogue import Option
from taizhang.engine.pager import SIZES, Pager
from taizhang.ledger import asking, listcolumns, listing
from taizhang.ledger.asking import Filter, Lexicon, Private, Question

PADDING = 16  # pixels at the sides of a cell; widths.js knows it too
SHORT = 2  # choices in sight beside name and place; the rest unfolds
EDITORS = frozenset({Role.COLLECTOR, Role.TOWNSHIP, Role.COUNTY})


def may_edit(user: User) -> bool:
    return user.role in EDITORS


def page_size(user: User) -> int:
    size = user.preferences.get("page_size")
    return size if size in SIZES else SIZES[0]


def remember_look(user: User, data: QueryDict) -> None:
    """`dense` = 1 or 0, `size` = rows per page."""
    kept = dict(user.preferences)
    if "dense" in data:
        kept["dense"] = data["dense"] == "1"
    size = data.get("size", "")
    if size.isdigit() and int(size) in SIZES:
        kept["page_size"] = int(size)
    user.preferences = kept
    user.save(update_fields=["preferences"])


def pager(total: int, asked: str | None, size: int, question: Question) -> Pager:
    """A page that does not exist becomes the first or the last one."""
    return Pager.of(total, asked, size, tuple(question.query()))


@dataclass(frozen=True)
class Choice:
    """A select of the query form."""

    item: str
    label: str
    options: tuple[Option, ...]
    picked: str


@dataclass(frozen=True)
class Range:
    item: str
    label: str
    low: str
    high: str


def query_form(question: Question, words: Lexicon) -> dict[str, Any]:
    """Fields of the query form with what is asked now; `open` when something folded is asked for."""
    choices = [_choice(one, question) for one in words.filters()]
    ranges = [_range(item, question, words) for item in words.ranges()]
    folded = choices[SHORT:]
    is_open = any(one.picked for one in folded) or bool(question.ranges) or bool(question.private.rule)
    return {
        "short": choices[:SHORT],
        "folded": folded,
        "ranges": ranges,
        "open": is_open,
    }


def _choice(one: Filter, question: Question) -> Choice:
    codes = question.chosen.get(one.item, ())
    picked = next((option.codes[0] for option in one.options if codes and codes[0] in option.codes), "")
    return Choice(one.item, one.label, one.options, picked)


def _range(item: str, question: Question, words: Lexicon) -> Range:
    low, high = question.ranges.get(item, (None, None))
    unit = words.items()[item].unit
    label = words.label(item) + (f"（{unit}）" if unit else "")
    return Range(item, label, "" if low is None else str(low), "" if high is None else str(high))


@dataclass(frozen=True)
class Chip:
    """One condition in force; `url` is the list without it."""

    label: str
    text: str
    url: str


def chips(question: Question, words: Lexicon) -> list[Chip]:
    from taizhang.divisions.models import Division

    found = []
    names = dict(Division.objects.filter(code__in=question.regions).values_list("code", "name"))
    for code in question.regions:
        found.append(
            Chip(
                "户籍地",
                names.get(code, code),
                _without(replace(question, regions=tuple(one for one in question.regions if one != code))),
            )
        )
    filters = {one.item: one for one in words.filters()}
    for item, codes in question.chosen.items():
        text = "或".join(dict.fromkeys(filters[item].wording(code) for code in codes))
        found.append(
            Chip(
                filters[item].label,
                text,
                _without(replace(question, chosen={k: v for k, v in question.chosen.items() if k != item})),
            )
        )
    for item, (low, high) in question.ranges.items():
        text = (
            f"{low} 至 {high}"
            if low is not None and high is not None
            else (f"{low} 以上" if low is not None else f"{high} 以下")
        )
        found.append(
            Chip(
                words.label(item),
                text,
                _without(replace(question, ranges={k: v for k, v in question.ranges.items() if k != item})),
            )
        )
    return found + _private_chips(question)


def _private_chips(question: Question) -> list[Chip]:
    private, found = question.private, []
    if not private:
        return []
    bare = _without(replace(question, private=Private(), key=""))
    if private.name:
        found.append(Chip("姓名或拼音", private.name, bare))
    if private.ids is not None:
        found.append(Chip("号码", private.said, bare))
    if private.rule:
        found.append(Chip("口径", private.rule, bare))
    return found


def _without(question: Question) -> str:
    return reverse("ledger:list") + "?" + urlencode(question.query())


def saying(question: Question, words: Lexicon) -> str:
    """The question as a sentence beside the count: 户籍地在共和镇，且是否建档立卡为是."""
    return "，且".join(f"{chip.label}：{chip.text}" for chip in chips(question, words))


@dataclass(frozen=True)
class Relaxation:
    """Dropping one condition of an empty list: how many people that finds."""

    chip: Chip
    total: int


def relaxations(question: Question, words: Lexicon, user: User) -> list[Relaxation]:
    """For each condition, the list without it where that list is not empty; the largest first."""
    found = []
    for chip in chips(question, words)[:6]:
        data = QueryDict(chip.url.partition("?")[2])
        relaxed = asking.read(data, words, {question.key: _kept(question.private)} if question.key else {})
        total = listing.count(listing.where(relaxed, words, user))
        if total:
            found.append(Relaxation(chip, total))
    return sorted(found, key=lambda one: one.total)


def _kept(private: Private) -> dict[str, Any]:
    return {"name": private.name, "rule": private.rule, "ids": private.ids, "said": private.said}


@dataclass(frozen=True)
class Setting:
    """A line of the column panel."""

    item: str
    label: str
    shown: bool
    width: int | None


def column_settings(columns: Sequence[str], words: Lexicon, widths: dict[str, int]) -> list[Setting]:
    """Shown columns in their order, then the others."""
    rest = [item for item in listcolumns.available(words) if item not in columns]
    return [Setting(item, words.label(item), item in columns, widths.get(item)) for item in (*columns, *rest)]


@dataclass(frozen=True)
class Column:
    """A column of the table; `width` in pixels where somebody has set it."""

    item: str
    label: str
    number: bool
    width: int | None

    @property
    def ruler(self) -> int | None:
        """Width of what holds the column open: a cell's padding stands around it."""
        return self.width - PADDING if self.width else None


def table_columns(columns: Sequence[str], words: Lexicon, widths: dict[str, int]) -> list[Column]:
    """Name first, then the chosen ones."""
    name = Column(listcolumns.NAME, "姓名", False, widths.get(listcolumns.NAME))
    return [name] + [
        Column(item, listcolumns.heading(item, words), listcolumns.is_number(item, words), widths.get(item))
        for item in columns
    ]


def reordered(ticked: Sequence[str], move: str, order: Sequence[str]) -> list[str]:
    """The ticked columns in panel order, one of them moved up or down."""
    items = [item for item in order if item in ticked]
    name, _, way = move.partition(":")
    if name in items:
        at = items.index(name)
        to = at - 1 if way == "up" else at + 1
        if 0 <= to < len(items):
            items[at], items[to] = items[to], items[at]
    return items


@dataclass(frozen=True)
class Cell:
    """`set`: its column has a width of its own, longer text is cut and shown whole on demand."""

    item: str
    value: Any
    number: bool
    set: bool


def in_words(rows: Sequence[listing.Row], words: Lexicon, widths: dict[str, int]) -> list[dict[str, Any]]:
    """Rows for the page: computed items print with their own list."""
    items = words.items()
    return [
        {
            "row": row,
            "cells": [
                Cell(item, _computed(value, item, words, items), listcolumns.is_number(item, words), item in widths)
                for item, value in row.cells
            ],
        }
        for row in rows
    ]


def _computed(value: Any, item: str, words: Lexicon, items: Mapping[str, Any]) -> Any:
    known = items.get(item)
    if value is None or known is None or (item in words.catalogue.items and not known.list) or item == "verify_state":
        return value  # of the state of verification the page needs the code: an icon goes with it
    if known.kind == "bool":
        return "是" if value else "否"
    if known.kind == "enum":
        return next((option.label for option in words.options(item) if value in option.codes), value)
    return value
