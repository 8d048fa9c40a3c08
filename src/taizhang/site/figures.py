"""The few numbers of the home page.

The programme's own choice, counted on the live snapshot, each opening its people; and how far the target is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.catalogue import Programme, load
from taizhang.catalogue.schema import Indicator
from taizhang.engine.errors import NotFound
from taizhang.ledger import peoplesets
from taizhang.ledger.peoplesets import PeopleSet
from taizhang.statistics import definitions, indicators, pages
from taizhang.statistics.boards import headlines
from taizhang.statistics.boards.headlines import Headline
from taizhang.statistics.charts import Chart
from taizhang.statistics.targets import pageparts, progress, tree


@dataclass(frozen=True)
class TargetProgress:
    """The first target that is shared out below the user's division: a chart, its table, and where all of them are."""

    title: str
    note: str
    chart: Chart | None
    rows: Sequence[dict[str, Any]]
    url: str


def figures(user: User) -> list[Headline]:
    """The numbers of the user's divisions today, at most six, with their change since last month."""
    programme = load().programmes.get(user.programme)
    if programme is None or not user.sees_people:
        return []
    today = timezone.localdate()
    return headlines.read(programme, user.scopes, today, lambda one: _list(programme, one, today))


def target_progress(user: User) -> TargetProgress | None:
    """How far the units below are with this year's first target; None where nothing is shared out."""
    programme = load().programmes.get(user.programme)
    if programme is None or not user.sees_people:
        return None
    today = timezone.localdate()
    division, period = pages.first_division(user), str(today.year)
    aims = tree.standing(user, programme, period, division)
    for goal in tree.goals(programme):
        own = next((aim for aim in aims if aim.goal == goal.key and aim.division == division), None)
        parts = tree.parts_of(own, aims) if own and goal.indicator else []
        if own is None or not parts:
            continue
        days = progress.scale(programme, period, today)
        found = progress.read(programme, parts, days, pace=False)
        words = urlencode({"programme": programme.id, "division": division, "period": period})
        return TargetProgress(
            f"{goal.name}，{days.period.name}",
            f"任务 {own.sign} {own.value:,f} {own.unit}。{own.basis}",
            pageparts.chart(goal, found, days),
            pageparts.rows(found),
            f"{reverse('targets:goal', args=[programme.id, goal.key])}?{words}",
        )
    return None


def _list(programme: Programme, indicator: Indicator, day: dt.date) -> str:
    return reverse("ledger:list") + "?" + urlencode({"set": f"number:{programme.id}/{indicator.id}/{day}"})


@peoplesets.provider("number")
def people_of_number(actor: User, key: str) -> PeopleSet:
    """The people behind a number of the home page; `key` is programme/indicator/day. Raises NotFound."""
    try:
        programme, name, day = key.split("/")
        as_of, indicator = dt.date.fromisoformat(day), definitions.programme_of(programme).indicators[name]
    except (ValueError, KeyError):
        raise NotFound("number") from None
    if not actor.sees_people:
        raise NotFound("number")
    ids = [UUID(worker) for scope in actor.scopes for worker in indicators.people(programme, name, scope, as_of)]
    title = f"{indicator.name}，截至{as_of.year}年{as_of.month}月{as_of.day}日"
    return PeopleSet(title, ids, indicator.text or "", reverse("site:home"))
