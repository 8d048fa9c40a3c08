"""What the table pages show: the question in the address, rows to unfold, the panel of people behind a number."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.pager import Pager
from taizhang.ledger import person
from taizhang.statistics import (
    actions,
    behind,
    definitions,
    indicators,
    layout,
    reasons,
    registers,
    snapshots,
    sources,
    tables,
    versions,
)
from taizhang.statistics.layout import Number, Violation
from taizhang.statistics.tables import Result

PANEL = 20  # people in the panel at a time
COUNT_UNASKED = 100_000  # people


@dataclass(frozen=True)
class Question:
    """What an address under tables/ asks: nothing in it tells who anybody is."""

    table: str  # "mouding-2017/C3"
    division: str
    as_of: dt.date
    open: tuple[str, ...] = ()
    cell: tuple[str, str] | None = None
    page: int = 1

    def words(self, **change: Any) -> tuple[tuple[str, str], ...]:
        """The query of this question with something changed."""
        asked = replace(self, **change)
        words = [("division", asked.division), ("as_of", asked.as_of.isoformat())]
        words += [("open", ",".join(asked.open))] if asked.open else []
        words += [("cell", ".".join(asked.cell))] if asked.cell else []
        words += [("page", str(asked.page))] if asked.page > 1 else []
        return tuple(words)

    def url(self, **change: Any) -> str:
        """The address of this question with something changed."""
        return f"{reverse('statistics:table', args=self.table.split('/'))}?{urlencode(self.words(**change))}"

    def toggled(self, code: str) -> str:
        """The same with the rows below `code` folded or unfolded."""
        opened = tuple(c for c in self.open if c != code) if code in self.open else (*self.open, code)
        return self.url(open=opened)


def read(table: str, words: QueryDict, user: User) -> Question:
    """The question of an address, with what it leaves out filled in: the user's own division, today.

    Raises NotFound outside the user's divisions, DomainError "bad_date" for a date that is none.
    """
    division = words.get("division") or first_division(user)
    actions.check_covers(user, division)
    unit, _, column = words.get("cell", "").partition(".")
    opened = tuple(code for code in words.get("open", "").split(",") if code.isdigit())
    number = str(words.get("page", ""))
    page = int(number) if number.isdigit() and len(number) < 8 else 1
    cell = (unit, column) if column else None
    return Question(table, division, read_day(words.get("as_of", "")), opened, cell, max(1, page))


def read_day(text: str) -> dt.date:
    """Today when empty. Raises DomainError "bad_date"."""
    if not text:
        return timezone.localdate()
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2100:
        raise DomainError("bad_date", f"“{text[:20]}”不是日期，请写成 2017-08-20 这样。")
    return day


def programme_of(name: str, user: User) -> Programme:
    """The programme an address names, else the user's own, else the first. Raises NotFound."""
    known = catalogue.load().programmes
    return definitions.programme_of(name or (user.programme if user.programme in known else min(known)))


def first_division(user: User) -> str:
    """Where a user's tables begin. Raises NotFound for who sees nobody."""
    if not user.sees_people:
        raise NotFound("division")
    return sorted(user.scopes, key=lambda scope: (len(scope), scope))[0]


def month_moved(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or its last day when it is shorter or `day` was a month's last."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month + 1, last if was_last else min(day.day, last))


@lru_cache(maxsize=32)
def _computed(table: str, division: str, as_of: dt.date, marks: tuple[tuple[str, str], ...]) -> Result:
    """`marks` makes a result that the ledger has overtaken a different question. Holds numbers, no people."""
    programme, chosen = actions.find(table)
    return tables.compute(programme.id, chosen.id, division, as_of)


@lru_cache(maxsize=32)
def _matched(
    table: str, division: str, as_of: dt.date, marks: tuple[tuple[str, str], ...]
) -> tuple[tuple[Violation, ...], dt.datetime]:
    result = _computed(table, division, as_of, marks)
    return tuple(tables.same_as_ledger(result)), timezone.now()


def marks(division: str) -> tuple[tuple[str, str], ...]:
    """What makes results overtaken by the ledger, or by a county's new rule, another question."""
    found = sorted(sources.marks(sources.counties(division)).items())
    return (*found, versions.signature(division))


def result_of(question: Question) -> Result:
    return _computed(question.table, question.division, question.as_of, marks(question.division))


def match_of(question: Question) -> tuple[tuple[Violation, ...], dt.datetime]:
    """表库相符: the differences between the table and the ledger, and when they were looked for."""
    return _matched(question.table, question.division, question.as_of, marks(question.division))


def match_unasked(question: Question) -> bool:
    """Whether the page counts again in the ledger by itself: above 100,000 people that takes seconds, so there it
    waits to be asked."""
    found = [snapshots.manifest(county, question.as_of) for county in sources.counties(question.division)]
    return sum(one.rows for one in found if one) <= COUNT_UNASKED


@dataclass(frozen=True)
class TablePage:
    """A report table as its template walks over it."""

    question: Question
    result: Result

    @cached_property
    def head_rows(self) -> list[list[tuple[layout.Head, str]]]:
        """Rows of (head cell, address of its column's 口径, empty for a group)."""
        heads = layout.heads(self.result.table)
        urls = self.rule_urls
        return [
            [(head, urls.get(head.column or "", "")) for head in heads if head.row == row] for row in range(self.depth)
        ]

    @cached_property
    def depth(self) -> int:
        return max(head.row + head.rows for head in layout.heads(self.result.table))

    @property
    def numbers(self) -> list[int | None]:
        return [leaf.no for leaf in self.result.columns.values()]

    @cached_property
    def rule_urls(self) -> dict[str, str]:
        """Column -> the page of its 口径; of a formula, that of the number above the line."""
        return {
            column: reverse(
                "statistics:indicator", args=[self.result.programme.id, behind.indicator_behind(self.result, column)]
            )
            for column, leaf in self.result.columns.items()
            if not leaf.by_hand
        }

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        shown = [row for row in self.result.rows if row.depth < 2 or row.parent in self.question.open]
        has_below = {row.parent for row in self.result.rows if row.depth == 2}
        bad = self.result.bad
        return [
            {
                "unit": row,
                "open": row.code in self.question.open,
                "toggle": self.question.toggled(row.code) if row.code in has_below and row.depth == 1 else None,
                "cells": [
                    {
                        "text": number,
                        "url": None
                        if self.result.columns[column].by_hand
                        else self.question.url(cell=(row.code, column), page=1),
                        "on": self.question.cell == (row.code, column),
                        "bad": (row.code, column) in bad,
                    }
                    for column, number in self.result.cells[row.code].items()
                ],
            }
            for row in shown
        ]

    @property
    def count_of_numbers(self) -> int:
        return len(self.result.rows) * len(self.result.columns)

    @property
    def units(self) -> str:
        known = self.result.programme.indicators
        found = [
            leaf.unit or (known[leaf.indicator].unit if leaf.indicator else "") for leaf in self.result.columns.values()
        ]
        return "、".join(dict.fromkeys(unit for unit in found if unit))

    @property
    def check_line(self) -> str:
        """栏次校验 as people write them."""
        signs = str.maketrans({"-": "−", "/": "÷", "*": "×"})
        plain = [
            check.replace(" ", "").replace("<=", "≤").replace(">=", "≥").translate(signs)
            for check in self.result.table.checks
        ]
        return "；".join(plain)

    @property
    def stub(self) -> str:
        size = next((len(row.code) for row in self.result.rows if row.depth == 1), len(self.result.division))
        return {4: "市（州）", 6: "县（市、区）", 9: "乡镇", 12: "村（社区）"}.get(size, "区划")


@dataclass(frozen=True)
class Panel:
    """The people behind one number."""

    name: str
    title: str
    number: Number
    unit: str
    text: str
    formula: str
    people: Sequence[tuple[behind.Person, reasons.Why | None]]
    indicator: str
    pager: Pager
    same: bool
    list_key: str

    @property
    def indicator_id(self) -> str:
        return self.indicator.partition(".")[2]


def panel_of(question: Question, result: Result, user: User) -> Panel | None:
    """The panel of the open cell, None when none is. Raises NotFound for a cell that the table does not have."""
    if question.cell is None:
        return None
    code, column = question.cell
    leaf = result.columns.get(column)
    unit = next((row for row in result.rows if row.code == code), None)
    if leaf is None or unit is None:
        raise NotFound("cell")
    indicator = result.programme.indicators[behind.indicator_behind(result, column)]
    total = behind.count(result.programme, indicator, code, question.as_of)
    shown = result.cells[code].get(indicator.id)
    pager = Pager.of(total, str(question.page), PANEL, question.words(page=1))
    ids = indicators.people(
        result.programme.id, indicator.id, code, question.as_of, limit=PANEL, offset=(pager.number - 1) * PANEL
    )
    return Panel(
        name=result.place if unit.depth == 0 else unit.name,
        title=behind.path(result, leaf),
        number=result.cells[code][column],
        unit="%" if leaf.percent else leaf.unit or indicator.unit,
        text=indicator.text or "",
        formula=leaf.formula or "",
        people=_with_reasons(result.programme, indicator, ids, question.as_of, user),
        indicator=f"{result.programme.id}.{indicator.id}",
        pager=pager,
        same=indicator.measure.value is not None or shown is None or shown == total,
        list_key=f"cell:{question.table}/{code}/{indicator.id}/{question.as_of.isoformat()}",
    )


def _with_reasons(
    programme: Programme, indicator: Indicator, ids: Sequence[str], as_of: dt.date, user: User
) -> list[tuple[behind.Person, reasons.Why | None]]:
    """The panel's people, each with why they count; where facts are counted instead of people there is no such
    reason."""
    if indicator.of != "worker":
        return [(one, None) for one in behind.people(ids, as_of)]
    rows = reasons.rows(user, ids, as_of, [indicator])
    near = person.places(list(rows.values()))
    return [
        (one, reasons.why(programme, indicator, rows[one.worker_id], as_of, near))
        for one in behind.people_of_rows(rows, ids, as_of)
    ]


def lines_of(register: registers.Register) -> list[dict[str, Any]]:
    """A register's lines for its template: which cell leads to the person, which is a number, which is too long for
    its column."""
    named = [leaf.item == "full_name" for leaf in register.columns]
    return [
        {
            "worker_id": line.worker_id,
            "cells": [
                {
                    "text": value,
                    "person": person,
                    "number": isinstance(value, int | Decimal),
                    "long": len(str(value)) > 13,
                }
                for value, person in zip(line.cells, named, strict=True)
            ],
        }
        for line in register.lines
    ]


@dataclass(frozen=True)
class Book:
    """A town's pair of registers, with an address for each."""

    name: str
    partition: registers.Partition
    urls: tuple[str, str]


def books_of(question: Question, programme: Programme) -> list[Book]:
    """For registers kept town by town: every town below a division, how many stand in each and whether they share
    the pool."""
    found = registers.partitions(programme, question.division, question.as_of)
    names = {
        unit["code"]: unit["name"]
        for unit in _walk(divisions.tree(question.division, 3, on=question.as_of))
        if len(unit["code"]) == 9
    }
    names.update({code: f"区划 {code}" for code in found if code not in names})
    nobody = registers.Partition(0, 0, 0, 0, 0)
    first, second = (replace(question, table=f"{programme.id}/{name}") for name in programme.registers)
    return [
        Book(names[code], found.get(code, nobody), (first.url(division=code), second.url(division=code)))
        for code in sorted(names)
    ]


def _walk(unit: dict[str, Any]) -> list[dict[str, Any]]:
    return [unit, *(inner for child in unit["children"] for inner in _walk(child))]


def crumbs(question: Question, user: User) -> list[tuple[str, str]]:
    """(name, address) of the units above the table's, as far up as the user reaches."""
    above = [question.division[:n] for n in (2, 4, 6, 9) if n < len(question.division)]
    return [
        (divisions.get(code).name, question.url(division=code, open=(), cell=None, page=1))
        for code in above
        if user.covers(code)
    ]
