"""What the target pages show, as their templates walk over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Division
from taizhang.statistics import charts
from taizhang.statistics.charts import Bar, Chart
from taizhang.statistics.targets import actions, progress, tree
from taizhang.statistics.targets.progress import Progress, Scale
from taizhang.statistics.targets.tree import Aim, Goal, Version

if TYPE_CHECKING:
    from taizhang.statistics.targets.views import Where

STATUS = {"met": "已完成", "on_time": "进行中", "behind": "落后", "missed": "没有完成", "unknown": "台账数不出"}


@dataclass(frozen=True)
class GoalRow:
    """A goal in the list: one line per unit that has a target with none above it."""

    goal: Goal
    name: str
    place: str
    url: str
    found: Progress

    @property
    def said(self) -> str:
        return STATUS[self.found.status]


@dataclass(frozen=True)
class Compound:
    """A goal made of several, reached only when all of them are."""

    name: str
    parts: Sequence[Progress]
    names: Mapping[str, str]

    @property
    def met(self) -> bool:
        return all(part.status == "met" for part in self.parts)

    @property
    def said(self) -> str:
        """外出务工贫困劳动力总量 9,001 ＞ 13,037，还差 4,037；…"""
        return "；".join(self._line(part) for part in self.parts)

    def _line(self, part: Progress) -> str:
        text = f"{self.names[part.aim.goal]} {part.actual:,f}，任务{part.aim.sign}{part.aim.wanted:,f}"
        if part.status == "met" or part.actual is None:
            return text + "，已达到"
        return text + f"，还差 {part.aim.wanted - part.actual + (1 if part.aim.comparator == '>' else 0):,f}"


def goal_url(where: Where, goal: str, division: str) -> str:
    return f"{reverse('targets:goal', args=[where.programme.id, goal])}?{where.words(division=division)}"


def goal_rows(where: Where, found: Sequence[Progress], aims: Sequence[Aim]) -> list[GoalRow]:
    names = _names(one.aim.division for one in found)
    known = {goal.key: goal for goal in tree.goals(where.programme)}
    return [
        GoalRow(
            known[one.aim.goal],
            known[one.aim.goal].name,
            names[one.aim.division],
            goal_url(where, one.aim.goal, one.aim.division),
            replace(one, balance=tree.balance(one.aim, aims)),
        )
        for one in found
        if one.aim.goal in known
    ]


@dataclass(frozen=True)
class Behind:
    """A line of the list of who is behind."""

    name: str
    place: str
    url: str
    found: Progress

    @property
    def gap(self) -> Decimal:
        """How far below the time gone by, in points."""
        return (self.found.elapsed * 100 - (self.found.percent or 0)).quantize(Decimal("0.1"))


def behind(where: Where, found: Sequence[Progress]) -> list[Behind]:
    """Who is behind, the furthest first."""
    late = [one for one in found if one.status in ("behind", "missed")]
    places, names = _names(one.aim.division for one in late), {one.key: one.name for one in tree.goals(where.programme)}
    lines = [
        Behind(
            names[one.aim.goal], places[one.aim.division], goal_url(where, one.aim.goal, one.aim.division), one
        )
        for one in late
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line.gap, line.found.aim.division))


def settable(where: Where, goals: Sequence[Goal], aims: Sequence[Aim], user: User) -> list[tuple[Goal, str]]:
    """Goals for which the unit has no target yet and this user may set one."""
    held = {aim.goal for aim in aims if aim.division == where.division}
    return [
        (goal, f"{reverse('targets:set', args=[where.programme.id, goal.key])}?{where.words()}")
        for goal in goals
        if goal.key not in held and actions.may_set(user, goal, where.division, where.period)
    ]


def compounds(programme: Programme, found: Sequence[Progress]) -> list[Compound]:
    """Compound goals (古丈 一超过、两不少于) of each unit that has all their parts."""
    known = {goal.key: goal for goal in tree.goals(programme)}
    groups: dict[tuple[str, str], list[Progress]] = {}
    for one in found:
        goal = known.get(one.aim.goal)
        if goal and goal.together and one.actual is not None:
            groups.setdefault((goal.together, one.aim.division), []).append(one)
    names = {key: goal.name for key, goal in known.items()}
    whole = {name: sum(goal.together == name for goal in known.values()) for name, _ in groups}
    return [Compound(name, parts, names) for (name, _), parts in groups.items() if len(parts) == whole[name]]


def rows(parts: Sequence[Progress]) -> list[dict[str, Any]]:
    """The units ranked, from the most reached down."""
    names = _names(one.aim.division for one in parts)
    return [
        {"place": place, "name": names[one.aim.division], "one": one, "said": STATUS[one.status]}
        for place, one in progress.ranked(parts)
    ]


def ranked_rows(where: Where, parts: Sequence[Progress]) -> list[dict[str, Any]]:
    """The same with each unit's own page."""
    return [row | {"url": goal_url(where, row["one"].aim.goal, row["one"].aim.division)} for row in rows(parts)]


def chart(goal: Goal, parts: Sequence[Progress], days: Scale) -> Chart | None:
    """The units from the most reached down, against the time gone by; None when nothing can be drawn."""
    names = _names(one.aim.division for one in parts)
    drawn = [one for place, one in progress.ranked(parts) if place is not None]
    if not drawn:
        return None
    found = [
        Bar(
            short(names[one.aim.division]), float(one.percent or 0), f"{one.percent}%", one.url,
            late=one.status in ("behind", "missed"),
        )
        for one in drawn
    ]  # fmt: skip
    gone = round(float(days.elapsed) * 100, 1)
    return charts.bars(f"{goal.name}，完成比例，从高到低", found, goal=(gone, f"时间进度 {gone:g}%"))


def short(name: str) -> str:
    """天台村民委员会 -> 天台村, as a chart has room for."""
    for long, brief in (("村民委员会", "村"), ("社区居民委员会", "社区"), ("居民委员会", "社区")):
        if name.endswith(long) and len(name) > len(long):
            return name.removesuffix(long).removesuffix(brief) + brief
    return name


def _names(codes: Any) -> dict[str, str]:
    wanted = list(codes)
    found = dict(Division.objects.filter(code__in=wanted).values_list("code", "name"))
    return {code: found.get(code, f"区划 {code}") for code in wanted}


def crumbs(where: Where, goal: Goal, user: User) -> list[tuple[str, str]]:
    """(name, address) of the units above, as far up as the user reaches."""
    above = [where.division[:n] for n in (2, 4, 6, 9) if n < len(where.division)]
    return [(divisions.get(code).name, goal_url(where, goal.key, code)) for code in above if user.covers(code)]


def form(goal: Goal, versions: Sequence[Version], typed: Mapping[str, str] | None) -> dict[str, Any]:
    """The fields of one target: what was typed, else what holds, else what the notice's other lines look like."""
    last = versions[-1] if versions else None
    line = next((one for one in goal.programme.targets if one.goal == goal.key), None)
    held = {
        "comparator": last.comparator if last else line.comparator if line else ">=",
        "value": f"{last.value:f}" if last and last.value is not None else "",
        "unit": last.unit if last else line.unit if line else "人",
        "basis": "",
        "version": last.number if last else -1,
    }
    if typed is None:
        return held
    found = {**held, **{key: typed.get(key, "")[:300] for key in ("comparator", "value", "unit", "basis")}}
    number = typed.get("version", "")
    found["version"] = int(number) if number.lstrip("-").isdigit() and len(number) < 6 else held["version"]
    return found
