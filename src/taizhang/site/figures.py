"""The few numbers of the home page.

The programme's first indicators, counted on the live snapshot, each opening its people.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
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
from taizhang.statistics import indicators

MOST = 6


@dataclass(frozen=True)
class Figure:
    name: str
    value: int
    unit: str
    text: str
    url: str


def chosen(programme: Programme) -> list[Indicator]:
    """Counts of people whose name has no part ("其中", "："): the whole, not its pieces."""
    whole = [
        one
        for one in programme.indicators.values()
        if one.of == "worker" and one.measure.kind == "count" and "：" not in one.name
    ]
    return whole[:MOST]


def figures(user: User) -> list[Figure]:
    """The numbers of the user's divisions today."""
    programme = load().programmes.get(user.programme)
    if programme is None or not user.sees_people:
        return []
    today, wanted = timezone.localdate(), chosen(programme)
    totals: Counter[str] = Counter()
    for scope in user.scopes:
        cells = indicators.count(programme.id, [one.id for one in wanted], scope, today)
        totals.update({name: int(value or 0) for name, value in cells.get(scope, {}).items()})
    return [Figure(one.name, totals[one.id], one.unit, one.text or "", _list(programme, one, today)) for one in wanted]


def _list(programme: Programme, indicator: Indicator, day: dt.date) -> str:
    return reverse("ledger:list") + "?" + urlencode({"set": f"number:{programme.id}/{indicator.id}/{day}"})


@peoplesets.provider("number")
def people_of_number(actor: User, key: str) -> PeopleSet:
    """The people behind a number of the home page; `key` is programme/indicator/day. Raises NotFound."""
    try:
        programme, name, day = key.split("/")
        as_of, indicator = dt.date.fromisoformat(day), indicators.programme_of(programme).indicators[name]
    except (ValueError, KeyError):
        raise NotFound("number") from None
    if not actor.sees_people:
        raise NotFound("number")
    ids = [UUID(worker) for scope in actor.scopes for worker in indicators.people(programme, name, scope, as_of)]
    title = f"{indicator.name}，截至{as_of.year}年{as_of.month}月{as_of.day}日"
    return PeopleSet(title, ids, indicator.text or "", reverse("site:home"))
