"""What the page of two indicators side by side shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotFound
from taizhang.engine.pager import Pager
from taizhang.ledger import person
from taizhang.statistics import behind, comparing, reasons, tables, versions
from taizhang.statistics.comparing import PARTS, Side, Sides
from taizhang.statistics.whatif import Trial

SHOWN = 20  # people at a time


@dataclass(frozen=True)
class Listed:
    """A page of people with the reasons of both sides."""

    title: str
    lines: Sequence[dict[str, Any]]
    pager: Pager
    list_key: str
    closed: str


@dataclass(frozen=True)
class Comparison:
    """Two indicators over a division on a day; `part` and `unit` name the number that is open, if any."""

    chosen: Sides
    division: str
    as_of: dt.date
    part: str = ""
    unit: str = ""
    page: str = ""

    def words(self, **change: str) -> tuple[tuple[str, str], ...]:
        own = [*self.chosen.words(), ("division", self.division), ("as_of", self.as_of.isoformat())]
        return tuple(own + [(name, value) for name, value in change.items() if value])

    def url(self, **change: str) -> str:
        return f"{reverse('statistics:compare')}?{urlencode(self.words(**change))}"

    @property
    def heads(self) -> list[str]:
        return ["两边都算", "只有第一个算", "只有第二个算", "两边都不算"]

    @property
    def pools(self) -> list[tuple[str, str]]:
        """(value, words) of the choice of pool."""
        return [
            ("first", f"{self.chosen.first.programme.short_name}的统计范围"),
            ("second", f"{self.chosen.second.programme.short_name}的统计范围"),
            ("ledger", "台账里的全部人，各按各的统计范围"),
        ]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The units below the division where somebody of the pool lives, then the whole."""
        place = divisions.get(self.division)
        digits = tables.DIGITS.get(place.level + 1)
        below = comparing.counts(self.chosen, self.division, self.as_of, digits=digits) if digits else {}
        names = dict(Division.objects.filter(code__in=below).values_list("code", "name"))
        whole = comparing.counts(self.chosen, self.division, self.as_of)[self.division]
        found = [self._row(code, names.get(code, f"区划 {code}"), below[code]) for code in sorted(below)]
        return [*found, self._row(self.division, "合计" if found else place.name, whole)]

    def _row(self, code: str, name: str, numbers: Any) -> dict[str, Any]:
        cells = [
            {
                "number": numbers[part],
                "url": self.url(part=part, unit=code) + "#people",
                "on": (part, code) == (self.part, self.unit or self.division),
            }
            for part in PARTS
        ]
        return {"name": name, "cells": cells, "total": sum(numbers.values()), "whole": code == self.division}

    def listed(self, user: User) -> Listed | None:
        """The people of the open number; None when none is. Raises NotFound outside the division or for no part."""
        if not self.part:
            return None
        unit = self.unit or self.division
        part = next((one for one in PARTS if one == self.part), None)
        if part is None or not unit.startswith(self.division):
            raise NotFound("part")
        total = comparing.counts(self.chosen, unit, self.as_of)[unit][part]
        pager = Pager.of(total, self.page, SHOWN, self.words(part=part, unit=unit))
        found = comparing.members(self.chosen, part, unit, self.as_of, limit=SHOWN, offset=(pager.number - 1) * SHOWN)
        return Listed(
            f"{divisions.get(unit).name}，{self.chosen.saying(part)} {total} {self.unit_word}",
            explained(user, self.chosen, found, self.as_of, in_scope=self.chosen.pool != "ledger"),
            pager,
            comparing.list_key(self.chosen, part, unit, self.as_of),
            self.url(),
        )

    @property
    def unit_word(self) -> str:
        return "人" if self.chosen.first.indicator.of == "worker" else "条"


def explained(
    user: User, sides: Sides, members: Sequence[tuple[str, str]], as_of: dt.date, *, in_scope: bool
) -> list[dict[str, Any]]:
    """Lines of people (or of facts, with their people) with the reasons of both sides. `members`: as `comparing.members`.

    Each line: person, fact (in words, "" for people), whys [(key of the side, Why)].
    """
    both, subject = (sides.first, sides.second), sides.first.indicator.of
    asked, workers = [side.indicator for side in both], [worker for worker, _ in members]
    if subject == "worker":
        rows = reasons.rows(user, workers, as_of, asked)
        listed = [(one, one.worker_id) for one in behind.people_of_rows(rows, workers, as_of)]
    else:
        rows = reasons.facts(user, subject, workers, as_of, asked)
        people = {one.worker_id: one for one in behind.people(workers, as_of)}
        listed = [(people[worker], fact) for worker, fact in members if worker in people and fact in rows]
    near, resolve = person.places(list(rows.values())), versions.remembered()

    def why(side: Side, row: reasons.Row) -> reasons.Why:
        return reasons.why(
            side.programme, side.indicator, row, as_of, near, in_scope=in_scope, values=side.values, resolve=resolve
        )

    return [
        {
            "person": one,
            "fact": "" if subject == "worker" else reasons.told(subject, rows[key], near),
            "whys": [(side.key, why(side, rows[key])) for side in both],
        }
        for one, key in listed
    ]


@dataclass(frozen=True)
class Moved:
    """Who enters or leaves under a changed rule, a page of them, each with what decides under the new rule."""

    name: str  # of the page's field in the form
    facts: bool  # whether lines are facts, not people
    title: str
    total: int
    lines: Sequence[dict[str, Any]]
    number: int
    pages: int
    first: int


@dataclass(frozen=True)
class Outcome:
    """A changed rule over a division: figures before and after, and the people between."""

    trial: Trial
    division: str
    as_of: dt.date
    user: User

    @cached_property
    def counts(self) -> Mapping[comparing.Part, int]:
        return comparing.counts(self.trial.sides, self.division, self.as_of, engine=self.trial.engine)[self.division]

    @property
    def before(self) -> int:
        return self.counts["both"] + self.counts["first"]

    @property
    def after(self) -> int:
        return self.counts["both"] + self.counts["second"]

    @property
    def effect(self) -> dict[str, Any]:
        """The figures, as a proposal keeps them."""
        return {
            "as_of": self.as_of.isoformat(),
            "before": self.before,
            "after": self.after,
            "enter": self.counts["second"],
            "leave": self.counts["first"],
        }

    @property
    def unit_word(self) -> str:
        return "人" if self.trial.sides.first.indicator.of == "worker" else "条"

    def both(self, asked: Mapping[str, str]) -> list[Moved]:
        """Who enters and who leaves; `asked` names the pages wanted (`enter`, `leave`)."""
        return [
            self.moved("second", "enter", "会算进来", asked.get("enter", "")),
            self.moved("first", "leave", "不再算", asked.get("leave", "")),
        ]

    def moved(self, part: comparing.Part, name: str, title: str, asked: str) -> Moved:
        """The people of `part`; `asked` is the page wanted, as text."""
        total = self.counts[part]
        pager = Pager.of(total, asked, SHOWN)
        found = comparing.members(
            self.trial.sides, part, self.division, self.as_of, engine=self.trial.engine,
            limit=SHOWN, offset=(pager.number - 1) * SHOWN,
        )  # fmt: skip
        lines = explained(self.user, self.trial.sides, found, self.as_of, in_scope=True)
        return Moved(name, self.unit_word != "人", title, total, lines, pager.number, pager.pages, pager.first)
