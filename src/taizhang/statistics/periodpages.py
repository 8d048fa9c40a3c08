"""What the pages of periods and seals show: where each unit stands, what may be done, how much was adjusted since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import Role, User
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme
from taizhang.collecting import monthend
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotFound
from taizhang.engine.models import Progress, State
from taizhang.ledger.states import CLOSED
from taizhang.ledger.states import State as RecordState
from taizhang.review import periods, periodstates
from taizhang.review import queries as review
from taizhang.review.periods import UnitState
from taizhang.review.periodstates import Stage
from taizhang.statistics import pages, seals, sources
from taizhang.statistics.models import Seal

OPEN = [state for state in RecordState if state not in CLOSED and state is not RecordState.DRAFT]
SHOWN = 13  # periods offered: a year and the current one


def programmes(user: User) -> list[Programme]:
    """Those that close their figures, the user's own first."""
    found = [one for one in catalogue.load().programmes.values() if one.sealing]
    return sorted(found, key=lambda one: (one.id != user.programme, one.id))


@dataclass(frozen=True)
class Asked:
    """Which programme, period and county or town."""

    programme: Programme
    period: Period
    division: str

    def words(self, **changed: str) -> str:
        own = {"programme": self.programme.id, "period": self.period.id, "division": self.division}
        return urlencode(own | changed)

    def url(self, **changed: str) -> str:
        return f"{reverse('statistics:periods')}?{self.words(**changed)}"


def read(data: Any, user: User) -> Asked:
    """The question of an address, with what it leaves out filled in: own programme, the period that is due, own
    division. Raises NotFound outside the user's divisions, for an unknown programme or period."""
    found = programmes(user)
    wanted = data.get("programme") or (found[0].id if found else "")
    programme = next((one for one in found if one.id == wanted), None)
    if programme is None:
        raise NotFound("programme")
    today = timezone.localdate()
    period = duedates.find(programme, data["period"]) if data.get("period") else duedates.in_hand(programme, today)
    division = data.get("division") or pages.first_division(user)
    if period is None or not user.sees_people or not user.covers(division):
        raise NotFound("period")
    return Asked(programme, period, division)


@dataclass(frozen=True)
class Line:
    """A unit with what the reader may do to it now."""

    state: UnitState
    moves: list[tuple[periodstates.Move, str, bool]]  # move, its word, whether a reason is needed
    url: str = ""

    @property
    def tone(self) -> str:
        return "bad" if self.state.standing.is_late else "warn" if self._near else ""

    @property
    def _near(self) -> bool:
        return self.state.standing.kind == "open" and self.state.standing.days <= 3 and self.state.done_on is None

    @property
    def saying(self) -> str:
        """How the unit stands against its due day."""
        found = self.state.standing
        match found.kind:
            case "open":
                return "今天到期" if found.days == 0 else f"还有{found.days}天"
            case "overdue":
                return f"已迟{found.days}天"
            case "late":
                return f"迟报{found.days}天"
            case "on_time":
                return "按时"
            case _:
                return "通知没有定日期"


class PeriodPage:
    """Everything the page of a period asks, when it asks."""

    def __init__(self, user: User, asked: Asked) -> None:
        self.user, self.asked = user, asked
        self.today = timezone.localdate()

    @cached_property
    def place(self) -> Any:
        return divisions.get(self.asked.division)

    @cached_property
    def programmes(self) -> list[Programme]:
        return programmes(self.user)

    @cached_property
    def periods(self) -> list[Period]:
        near = duedates.recent(self.asked.programme, self.today, SHOWN)
        return near if self.asked.period in near else [self.asked.period, *near]

    @property
    def county(self) -> str:
        """Of a county or what is below it; empty above."""
        return self.asked.division[:6] if len(self.asked.division) >= 6 else ""

    @cached_property
    def lines(self) -> list[Line]:
        """A town itself; the towns of a county; the counties above."""
        return [self._line(one) for one in self._states(self._names)]

    @cached_property
    def own(self) -> Line | None:
        """The county, over its towns or above the reader's town."""
        if not self.county:
            return None
        return self._line(self._states({self.county: _name(self.county)})[0])

    @cached_property
    def _names(self) -> dict[str, str]:
        division = self.asked.division
        if len(division) > 9:
            return {}
        if len(division) == 9:
            return {division: _name(division)}
        if len(division) == 6:
            return periods.towns_with_people(division, self.asked.period.cut_off)
        found = divisions.tree(division, 2, on=self.asked.period.cut_off)
        below = [unit for child in found["children"] for unit in (child, *child["children"])]
        known = {unit["code"]: unit["name"] for unit in below if len(unit["code"]) == 6}
        return {code: known.get(code, f"区划 {code}") for code in sources.counties(division)}

    def _states(self, names: dict[str, str]) -> list[UnitState]:
        return periods.unit_states(self.asked.programme, self.asked.period, names, self.today)

    def _line(self, state: UnitState) -> Line:
        moves = []
        if self.user.covers(state.division):
            for move in periodstates.possible(stage=state.stage, role=self.user.role, division=state.division):
                if move.verb is periodstates.Verb.REOPEN and len(state.division) == 9 and self._county_is_sealed:
                    continue  # the level above the county opens that first
                word = periodstates.VERBS[move.verb]
                if move.verb is periodstates.Verb.REPORT:
                    word = "上报并封账" if len(state.division) == 6 else "上报"
                needed = periodstates.needs_reason(move, role=self.user.role, division=state.division)
                moves.append((move, f"代{word}" if needed and move.owner is periodstates.Who.OWN else word, needed))
        url = self.asked.url(division=state.division) if len(state.division) == 6 and not self.county else ""
        return Line(state, moves, url)

    @cached_property
    def _county_is_sealed(self) -> bool:
        return periods.stages(self.asked.programme.id, self.asked.period.id, [self.county])[self.county] is Stage.SEALED

    @cached_property
    def late(self) -> list[str]:
        return [line.state.name for line in self.lines if line.state.standing.kind == "overdue"]

    @property
    def done(self) -> int:
        return sum(line.state.stage in (Stage.REPORTED, Stage.SEALED) for line in self.lines)

    @cached_property
    def seals(self) -> list[Seal]:
        """Of the county, newest first; above it of every county."""
        if self.county:
            return seals.of_period(self.asked.programme.id, self.county, self.asked.period.id)
        return seals.of_counties(self.asked.programme.id, self.asked.division, self.asked.period.id)

    @property
    def waits_for_seal(self) -> bool:
        """Handed up, and the job that seals has ended without a seal, or was never begun."""
        return bool(self.own and self.own.state.stage is Stage.REPORTED and self.user.role == Role.COUNTY)

    @cached_property
    def task(self) -> Progress | None:
        """The job that is sealing, or has failed to."""
        found = Progress.objects.filter(
            owner_id=self.user.pk, kind="statistics.seal", area=self.county, title=seal_title(self.asked)
        ).order_by("-id").first()  # fmt: skip
        return found if found and self.waits_for_seal and found.state != State.DONE else None

    @property
    def too_early(self) -> bool:
        return self.today < self.asked.period.cut_off

    @cached_property
    def in_review(self) -> int:
        """Papers of the division that are not decided yet: what they hold is not in the figures."""
        if self.own and self.own.state.stage is Stage.SEALED:
            return 0
        waiting = review.submissions_visible_to(self.user).filter(
            entered=False,
            division__gte=self.asked.division,
            division__lt=self.asked.division + ":",
            state__in=OPEN,
        )
        return _count(waiting)

    @cached_property
    def points_out(self) -> tuple[int, int] | None:
        """How many collection points have not had their month approved, of how many."""
        return monthend.out(self.user, self.asked.programme, self.asked.period, self.asked.division)

    @cached_property
    def deadlines(self) -> list[tuple[Any, dt.date | None, int | None]]:
        """Every line of the programme's calendar with its next day, the nearest first; those without a day last."""
        found = []
        for duty in self.asked.programme.calendar:
            day = duedates.next_day(duty.due, self.today)
            found.append((duty, day, (day - self.today).days if day else None))
        return sorted(found, key=lambda one: (one[1] is None, one[1] or dt.date.max, one[0].id))

    @property
    def stages(self) -> list[tuple[str, bool]]:
        """草稿 … 更正 with the one the unit is at."""
        now = self.lines[0].state.stage if len(self.asked.division) == 9 else self.own and self.own.state.stage
        return [(stage.label, stage == now) for stage in Stage]

    @cached_property
    def tables(self) -> list[Any]:
        return [table for table in self.asked.programme.tables.values() if table.kind == "cells"]


def _name(code: str) -> str:
    unit = Division.objects.filter(pk=code).first()
    return unit.name if unit else f"区划 {code}"


def _count(rows: Any) -> int:
    found: int = rows.order_by().values("pk")[:10_000].count()
    return found


def seal_title(asked: Asked) -> str:
    return f"{asked.programme.short_name}{asked.period.name}封账"
