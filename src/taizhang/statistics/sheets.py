"""A report table as its page shows it: heads, rows to unfold or to go down into, the way back up, another month
beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.catalogue.schema import TableColumn
from taizhang.divisions import queries as divisions
from taizhang.ledger.models import Movement
from taizhang.statistics import behind, handpages, layout
from taizhang.statistics.pages import ALL, Question
from taizhang.statistics.tables import Result
from taizhang.statistics.words import BELOW


@dataclass(frozen=True)
class TablePage:
    """A report table as its template walks over it."""

    question: Question
    result: Result
    before: Result | None = None  # what its numbers are compared with

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
        """Column -> the page of its 口径; of a formula, that of the number above the line; of a target, its page."""
        found = {column: self._rule_url(column, leaf) for column, leaf in self.result.columns.items()}
        return {column: url for column, url in found.items() if url}

    def _rule_url(self, column: str, leaf: TableColumn) -> str | None:
        indicator = behind.opens_to(self.result, column)
        if leaf.target:
            return self._target_url(leaf.target)
        return reverse("statistics:indicator", args=[self.result.programme.id, indicator]) if indicator else None

    def _target_url(self, goal: str) -> str:
        words = {"programme": self.result.programme.id, "division": self.result.division}
        return f"{reverse('targets:goal', args=[self.result.programme.id, goal])}?{urlencode(words)}"

    @cached_property
    def opened(self) -> frozenset[str]:
        """The rows of the first level whose rows below are shown."""
        parents = frozenset(row.parent for row in self.result.rows if row.depth == 2)
        return parents if self.question.open == ALL else parents & set(self.question.open)

    @property
    def levels(self) -> list[tuple[str, str, bool]]:
        """(name, address, whether it is shown now): the rows directly below only, and with those below them."""
        names = {row.depth: BELOW.get(len(row.code), "区划") for row in self.result.rows if row.depth}
        if len(names) < 2:
            return []
        every = self.question.open == ALL
        return [
            (names[1], self.question.url(open=()), not self.question.open),
            (f"{names[1]}和{names[2]}", self.question.url(open=ALL), every),
        ]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        shown = [row for row in self.result.rows if row.depth < 2 or row.parent in self.opened]
        has_below = {row.parent for row in self.result.rows if row.depth == 2}
        return [
            {
                "unit": row,
                "open": row.code in self.opened,
                "toggle": self._toggled(row.code) if row.code in has_below and row.depth == 1 else None,
                "down": self._down(row.code) if row.depth else None,
                "cells": [self._cell(row.code, column) for column in self.result.columns],
            }
            for row in shown
        ]

    def _toggled(self, code: str) -> str:
        """The same page with the rows below `code` folded or unfolded."""
        return self.question.url(open=tuple(sorted(self.opened ^ {code})))

    def _down(self, code: str) -> str | None:
        """The same table of a unit of it; a village has nothing below, a code without an entry no table."""
        if len(code) >= 12 or code not in self.known:
            return None
        return self.question.url(division=code, open=(), cell=None, page=1)

    @cached_property
    def known(self) -> frozenset[str]:
        tree = divisions.tree(self.result.division, 2, on=self.result.as_of)
        return frozenset(unit["code"] for child in tree["children"] for unit in (child, *child["children"]))

    def _cell(self, code: str, column: str) -> dict[str, Any]:
        said, leaf = self.result.said(code, column), self.result.columns[column]
        if leaf.target:
            url = self._target_url(leaf.target) if said is not None else None
        elif (leaf.by_hand and said is not None) or behind.opens_to(self.result, column):
            url = self.question.url(cell=(code, column), page=1)
        else:
            url = None
        return {
            "text": said,
            "url": url,
            "blank": leaf.by_hand,
            "words": leaf.by_hand == "text",
            "title": handpages.title_of(self.result, code, column),
            "swap": not leaf.target,
            "on": self.question.cell == (code, column),
            "bad": (code, column) in self.result.bad and not self.no_movements,
            "change": self.result.change(self.before, code, column) if self.before else None,
        }

    @property
    def violations(self) -> list[dict[str, Any]]:
        """The checks that fail, each with its numbers as addresses of the people behind them."""
        leaves = self.result.columns
        return [
            {
                "code": one.code,
                "check": written(one.check),
                "left": one.left,
                "right": one.right,
                "numbers": [
                    (leaves[column].no, self.result.cells[one.code][column], self.question.url(cell=(one.code, column), page=1))
                    for column in dict.fromkeys(one.columns)
                    if behind.opens_to(self.result, column) or leaves[column].by_hand
                ],
            }
            for one in self.result.violations
        ]  # fmt: skip

    @cached_property
    def no_movements(self) -> bool:
        """Whether the table counts additions and reductions where none was ever recorded under its programme: its
        balance cannot hold, and red cells would blame the people for it."""
        known = self.result.programme
        moving = any(
            leaf.indicator and known.indicators[leaf.indicator].of == "movement"
            for leaf in self.result.columns.values()
        )
        under = Movement.objects.filter(programme=known.id, division__startswith=self.result.division)
        return moving and not under.exists()

    @property
    def count_of_numbers(self) -> int:
        """Of those that the ledger gives: targets and what was typed are not counted again."""
        return len(self.result.rows) * len(layout.from_ledger(self.result.table))

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
        return "；".join(map(written, self.result.table.checks))


def written(check: str) -> str:
    """4 + 5 + 6 <= 3 as people write it: 4+5+6≤3."""
    signs = str.maketrans({"-": "−", "/": "÷", "*": "×"})
    return check.replace(" ", "").replace("<=", "≤").replace(">=", "≥").translate(signs)


def crumbs(question: Question, user: User) -> list[tuple[str, str]]:
    """(name, address) of the units above the table's, as far up as the user reaches."""
    above = [question.division[:n] for n in (2, 4, 6, 9) if n < len(question.division)]
    return [
        (divisions.get(code).name, question.url(division=code, open=(), cell=None, page=1))
        for code in above
        if user.covers(code)
    ]
