"""Reads of collection points: which village belongs to which, how many people it counts, who is uncovered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts import queries as accounts
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.collecting import policies
from taizhang.collecting.models import Point, PointCollector, PointLeader
from taizhang.collecting.policies import Village
from taizhang.engine.errors import NotFound
from taizhang.ledger import inforce
from taizhang.ledger import queries as ledger

Row = dict[str, object]


@dataclass(frozen=True)
class VillageLine(Village):
    """A village with the open point it belongs to, if any. `typed`: the county wrote `people` in; else those in the
    ledger are counted (`listed`)."""

    listed: int
    typed: bool
    point_id: UUID | None


@dataclass(frozen=True)
class PointLine:
    """A point on the list."""

    point: Point
    villages: tuple[VillageLine, ...]
    collectors: tuple[str, ...]
    least: int

    @property
    def people(self) -> int:
        return sum(one.people for one in self.villages)

    @property
    def listed(self) -> int:
        return sum(one.listed for one in self.villages)

    @property
    def could_stand_alone(self) -> list[VillageLine]:
        """Villages that reach the threshold and yet share a point."""
        return [one for one in self.villages if one.people >= self.least] if len(self.villages) > 1 else []

    @property
    def small(self) -> bool:
        return self.people < self.least


@dataclass(frozen=True)
class Coverage:
    """A division's points against the rule: 1000人以上的单设，不足的就近合并，覆盖率100%."""

    least: int
    lines: tuple[PointLine, ...]
    uncovered: tuple[VillageLine, ...]

    @property
    def villages(self) -> int:
        return len(self.uncovered) + self.covered

    @property
    def covered(self) -> int:
        return sum(len(one.villages) for one in self.lines)

    @property
    def share(self) -> float | None:
        return self.covered / self.villages if self.villages else None

    @property
    def people(self) -> int:
        return sum(one.people for one in self.lines) + sum(one.people for one in self.uncovered)

    @property
    def without_collector(self) -> list[PointLine]:
        return [one for one in self.lines if not one.collectors]

    @property
    def against_rule(self) -> list[PointLine]:
        return [one for one in self.lines if one.could_stand_alone]


def visible(actor: User) -> QuerySet[Point]:
    """Points of the actor's divisions; a collector sees those of their town. Row-level security says the same."""
    return Point.objects.all() if actor.sees_people else Point.objects.none()


def get(actor: User, point_id: UUID, *, lock: bool = False) -> Point:
    """An open point whose town, or one of whose villages, is the actor's. Raises NotFound."""
    found = visible(actor).filter(pk=point_id, to_date=None)
    point = (found.select_for_update() if lock else found).first()
    if point is None or not (actor.covers(point.division) or _mine(actor, point)):
        raise NotFound("point")
    return point


def _mine(actor: User, point: Point) -> bool:
    return any(actor.covers(code) for code in point.villages.filter(to_date=None).values_list("division", flat=True))


def villages(division: str) -> list[VillageLine]:
    """Every village that holds good today under a division, by code."""
    rows = ledger.fetch(
        """
        SELECT d.code, d.name, coalesce(p.people, w.n, 0) AS people, coalesce(w.n, 0) AS listed,
               p.people IS NOT NULL AS typed, v.point_id
        FROM divisions_division d
        LEFT JOIN (SELECT division, count(*) AS n FROM ledger_worker
                   WHERE retired_by_id IS NULL AND division >= %(from)s AND division < %(to)s GROUP BY 1) w
          ON w.division = d.code
        LEFT JOIN (SELECT DISTINCT ON (division) division, people FROM collecting_population
                   ORDER BY division, id DESC) p ON p.division = d.code
        LEFT JOIN collecting_pointvillage v ON v.division = d.code AND v.to_date IS NULL
        WHERE d.code >= %(from)s AND d.code < %(to)s AND length(d.code) = 12
          AND coalesce(d.valid_from <= %(today)s, true) AND coalesce(d.valid_to >= %(today)s, true)
        ORDER BY d.code
        """,
        {"from": division, "to": division + ledger.AFTER_DIGITS, "today": timezone.localdate()},
    )
    return [VillageLine(**row) for row in rows]


def coverage(actor: User, division: str) -> Coverage:
    """The points under a division of the actor's, and the villages that have none. Raises NotFound out of scope."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    every = villages(division)
    inside: dict[UUID, list[VillageLine]] = {}
    for one in every:
        if one.point_id:
            inside.setdefault(one.point_id, []).append(one)
    names: dict[UUID, list[str]] = {}
    posts = PointCollector.objects.filter(point__in=list(inside), to_date=None).order_by("id")
    for point_id, name in posts.values_list("point_id", "user__display_name"):
        names.setdefault(point_id, []).append(name)
    least = least_of(programme_of(actor, division))
    lines = [
        PointLine(point, tuple(inside[point.pk]), tuple(names.get(point.pk, ())), least)
        for point in visible(actor).filter(pk__in=list(inside), to_date=None).order_by("division", "code")
    ]
    return Coverage(least, tuple(lines), tuple(one for one in every if one.point_id is None))


def by_county(division: str) -> list[Row]:
    """For a city or province: per county how many villages, how many of them covered, how many points and collectors."""
    return ledger.fetch(
        """
        SELECT c.*, (SELECT count(DISTINCT p.user_id) FROM collecting_pointcollector p
                     WHERE p.to_date IS NULL AND p.division ^@ c.code) AS collectors
        FROM (SELECT left(d.code, 6) AS code, count(*) AS villages, count(v.id) AS covered,
                     count(DISTINCT v.point_id) AS points
              FROM divisions_division d
              LEFT JOIN collecting_pointvillage v ON v.division = d.code AND v.to_date IS NULL
              WHERE d.code >= %(from)s AND d.code < %(to)s AND length(d.code) = 12
                AND coalesce(d.valid_from <= %(today)s, true) AND coalesce(d.valid_to >= %(today)s, true)
              GROUP BY 1) c
        ORDER BY c.code
        """,
        {"from": division, "to": division + ledger.AFTER_DIGITS, "today": timezone.localdate()},
    )


def programme_of(actor: User, division: str) -> Programme | None:
    """The actor's programme as its county has it in force."""
    notice = catalogue.load().programmes.get(actor.programme)
    return inforce.programme(notice, division, timezone.localdate()) if notice else None


def least_of(programme: Programme | None, on: dt.date | None = None) -> int:
    return policies.threshold(programme, on or timezone.localdate())


def line(actor: User, point: Point) -> PointLine:
    """One point as the list shows it."""
    inside = [one for one in villages(point.division) if one.point_id == point.pk]
    names = point.collectors.filter(to_date=None).order_by("id").values_list("user__display_name", flat=True)
    return PointLine(point, tuple(inside), tuple(names), least_of(programme_of(actor, point.division)))


def posts(point: Point) -> QuerySet[PointCollector]:
    """Who collects, those of now first."""
    return point.collectors.select_related("user", "by").order_by("-to_date", "from_date", "id")


def leaders(point: Point) -> QuerySet[PointLeader]:
    return point.leaders.filter(to_date=None).order_by("kind", "id")


def siblings(actor: User, point: Point) -> QuerySet[Point]:
    """The other open points of the town."""
    return visible(actor).filter(division=point.division, to_date=None).exclude(pk=point.pk).order_by("code")


def collectors(actor: User) -> list[User]:
    """The county's collectors who may take a point: open accounts whose villages are all its own, or that once had a post here."""
    had = set(PointCollector.objects.values_list("user_id", flat=True))
    return [one for one in accounts.collectors_of(actor) if one.is_active and (one.scopes or one.pk in had)]


def villages_of(user_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """What each account's open posts give it."""
    found: dict[UUID, list[str]] = {one: [] for one in user_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.user_id, v.division FROM collecting_pointcollector c
               JOIN collecting_pointvillage v ON v.point_id = c.point_id AND v.to_date IS NULL
               WHERE c.to_date IS NULL AND c.user_id = ANY (%s) ORDER BY v.division""",
            [list(user_ids)],
        )
        for user_id, division in cursor.fetchall():
            found[user_id].append(division)
    return found


def helpers(codes: Sequence[str]) -> list[Row]:
    """一对一帮扶: helpers by name in these villages, with how many people each; without a name, those who have none.

    The name stands in the ledger's item `helper` and nowhere else.
    """
    return ledger.fetch(
        """SELECT coalesce(helper, '') AS name, count(*) AS people FROM ledger_worker
           WHERE retired_by_id IS NULL AND division = ANY (%s) GROUP BY 1 ORDER BY bool_and(helper IS NULL), 2 DESC, 1""",
        [list(codes)],
    )
