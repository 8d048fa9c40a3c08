"""Who stands behind a number: how many by the list itself, and a page of them from the ledger, in the reader's
scope."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.urls import reverse

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Programme, Table, TableColumn
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotFound
from taizhang.ledger import peoplesets
from taizhang.ledger.peoplesets import PeopleSet
from taizhang.rules.sql import Sql
from taizhang.statistics import definitions, indicators, sources, versions
from taizhang.statistics.knowing import Known
from taizhang.statistics.tables import Result


@dataclass(frozen=True)
class Person:
    """A line of the panel. `what`: where to and as what, or what the person does at home."""

    worker_id: str
    name: str
    age: int | None
    what: str


def indicator_behind(result: Result, column: str) -> str:
    """The indicator whose people a column opens to: its own; for a formula, that of the first column it is made of
    (3/1: column 3).

    Raises NotFound where nobody stands behind it: filled in by hand, a target, or made of these.
    """
    found = opens_to(result, column)
    if found is None:
        raise NotFound("cell")
    return found


def opens_to(result: Result, column: str) -> str | None:
    """`indicator_behind`, None where nobody stands behind it."""
    leaf = result.columns[column]
    if leaf.formula is None:
        return leaf.indicator
    first = int(re.findall(r"\d+", leaf.formula)[0])
    return next((other.indicator for other in result.columns.values() if other.no == first), None)


def path(result: Result, leaf: TableColumn) -> str:
    """已转移就业 · 按区域 · 省外."""
    return titled(result.table, leaf)


def titled(table: Table, leaf: TableColumn) -> str:
    """The same of a table that was not computed."""
    return " · ".join(definitions.titles((*table.header, *table.columns), leaf))


def count(programme: Programme, indicator: Indicator, division: str, as_of: dt.date, *, known: Known = "now") -> int:
    """Length of the list of people, each counted once: another way to the number than the table's."""
    with indicators.runner("snapshot", division, as_of, programme=programme.id, known=known) as run:
        sql = versions.compiler(programme, division, as_of, run.dialect, run.sources).people(indicator, division)
        return int(run.rows(Sql(f"SELECT count(DISTINCT worker_id) FROM ({sql.text}) AS found", sql.params))[0][0])


def people(ids: Sequence[str], as_of: dt.date) -> list[Person]:
    """The people of some ids as the ledger knows them on a day, in the order of the ids; who is out of scope is left
    out."""
    flat = sources.ledger(as_of, live=sources.is_live(as_of)).worker
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_id::text, full_name, extract(year FROM age(%s::date, birth_date))::int, work_region, "
            f"division, occupation, employment_status FROM {flat.text} WHERE worker_id = ANY(%s::uuid[])",
            (as_of, *flat.params, list(ids)),
        )
        found = {row[0]: row for row in cursor.fetchall()}
    names = _names(row[3] for row in found.values() if row[3])
    return [_person(found[worker], names) for worker in ids if worker in found]


def people_of_rows(rows: Mapping[str, Mapping[str, Any]], ids: Sequence[str], as_of: dt.date) -> list[Person]:
    """The same from flat rows already read (`reasons.rows`): on a past day reading them is what takes time."""
    found = [rows[worker] for worker in ids if worker in rows]
    names = _names(row["work_region"] for row in found if row["work_region"])
    items = ("full_name", "work_region", "division", "occupation", "employment_status")
    lines = [[row[item] for item in items] for row in found]
    return [
        _person((str(row["worker_id"]), line[0], _age(row["birth_date"], as_of), *line[1:]), names)
        for row, line in zip(found, lines, strict=True)
    ]


def _age(born: str | None, on: dt.date) -> int | None:
    """Completed years; the birthday counts."""
    if born is None:
        return None
    day = dt.date.fromisoformat(born)
    return on.year - day.year - ((on.month, on.day) < (day.month, day.day))


def _person(row: tuple[str, str, int | None, str | None, str, str | None, str | None], names: dict[str, str]) -> Person:
    worker, name, age, place, home, occupation, status = row
    words = [_short(place, home, names) if place else "", occupation or ""]
    if not any(words) and status:
        words = [catalogue.load().label("employment_status", status) or ""]
    return Person(worker, name, age, "，".join(word for word in words if word) or "—")


def _short(place: str, home: str, names: dict[str, str]) -> str:
    """As much of a place as tells it from home: another province's name, another county's, else the town or village."""
    if not place.isdigit():
        return names.get(place, place)
    for size in (2, 4, 6):
        if len(place) >= size and place[:size] != home[:size]:
            code = place[:2] if size == 2 else place[:6]
            name = names.get(code, names.get(place, place))
            return re.sub(r"(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)$", "", name) if size == 2 else name
    return names.get(place, place)


def _names(places: object) -> dict[str, str]:
    codes = {code for place in places for code in ({place, place[:2], place[:6]} if place.isdigit() else {place})}  # type: ignore[attr-defined]
    return dict(Division.objects.filter(code__in=codes).values_list("code", "name"))


@peoplesets.provider("cell")
def people_of_cell(actor: User, key: str) -> PeopleSet:
    """The whole list behind a number, for the ledger's list page; `key` is programme/table/division/indicator/day,
    and /then where it is what was known then. Raises NotFound."""
    known: Known = "then" if key.endswith("/then") else "now"
    try:
        programme_id, table, division, name, day = key.removesuffix("/then").split("/")
        as_of = dt.date.fromisoformat(day)
        indicator = definitions.programme_of(programme_id).indicators[name]
    except (ValueError, KeyError):
        raise NotFound("cell") from None
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    ids = [UUID(worker) for worker in indicators.people(programme_id, name, division, as_of, known=known)]
    place = Division.objects.filter(code=division).values_list("name", flat=True).first() or division
    words = {"division": division, "as_of": day} | ({"known": "then"} if known == "then" else {})
    back = f"{reverse('statistics:table', args=[programme_id, table])}?{urlencode(words)}"
    then = "，当时所知" if known == "then" else ""
    return PeopleSet(
        f"{place}，{indicator.name}，截至{as_of.year}年{as_of.month}月{as_of.day}日{then}",
        ids,
        indicator.text or "",
        back,
    )
