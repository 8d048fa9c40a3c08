"""Where the rows come from: the ledger's flat rows in PostgreSQL, or a snapshot's files in DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import connection
from django.utils import timezone

from taizhang import catalogue
from taizhang.catalogue.types import SUBJECTS, Item
from taizhang.ledger import flat
from taizhang.ledger.homes import homes
from taizhang.rules.sql import Sql
from taizhang.rules.vocabulary import PERSON
from taizhang.statistics.compiling import Sources, no_other_day, quoted

# Kinds of facts that can be counted beside people and movements.
FACTS = tuple(name for name in SUBJECTS if name not in ("worker", "movement"))

# Items that stand on a movement, not on a person: item -> expression over ledger_movement m.
MOVEMENT_ITEMS = {
    "movement_direction": "m.direction",
    "movement_date": "m.effective_on",
    "pool_add_reason": "CASE WHEN m.direction = 'in' THEN m.reason END",
    "movement_exit_reason": "CASE WHEN m.direction = 'out' THEN m.reason END",
}


def is_live(as_of: dt.date) -> bool:
    return as_of == timezone.localdate()


def ledger(as_of: dt.date, *, live: bool) -> Sources:
    """The ledger's flat rows of a day, limited by the connection's divisions.

    Facts: every one begun by that day, with its person's other items. Movements: every one effective by that day.
    """
    people = Sql("worker_flat") if live else _people_at(as_of)
    facts = {name: Sql(homes()[name].table) for name in FACTS}
    return _of_ledger(people, facts, Sql("true"), as_of, _people_at)


def _people_at(day: dt.date) -> Sql:
    return Sql("worker_flat_at(%s)", (day,))


def ledger_known(as_of: dt.date, at: dt.datetime) -> Sources:
    """The same as the ledger knew it at a moment, from its history."""
    facts = {name: Sql(*flat.facts_as_known(name, at)) for name in FACTS}
    people = Sql(*flat.as_known(as_of, at))
    return _of_ledger(people, facts, Sql("m.recorded_at <= %s", (at,)), as_of, lambda day: Sql(*flat.as_known(day, at)))


def _of_ledger(
    people: Sql, facts: Mapping[str, Sql], moves: Sql, as_of: dt.date, at: Callable[[dt.date], Sql]
) -> Sources:
    """people, facts: relations; moves: condition of a movement `m`; at: the people of another day."""
    stored = [item for item in catalogue.load().items.values() if item.table and not item.sealed]
    worker = ", ".join(f"w.{quoted(item.id)}" for item in stored)
    moved = ", ".join(f"{expression} AS {quoted(item)}" for item, expression in MOVEMENT_ITEMS.items())
    movement = Sql(
        f"(SELECT w.worker_id, w.division, m.id::text AS fact_id, m.programme, {moved}, {worker} FROM {people.text} w "
        f"JOIN ledger_movement m USING (worker_id) WHERE m.effective_on <= %s "
        # A county sees its own movements only, whoever counts: of somebody who moved in, not those of the county before.
        f"AND left(m.division, 6) = left(w.division, 6) AND {moves.text}) AS movement",
        (*people.params, as_of, *moves.params),
    )
    found = {name: _facts(name, people, rows, stored, as_of) for name, rows in facts.items()}
    return Sources(people, {**found, "movement": movement}, at, day=as_of)


def _facts(name: str, people: Sql, rows: Sql, stored: Sequence[Item], as_of: dt.date) -> Sql:
    """Every fact of a kind begun by the day: its own items, its person's others, and beside its own those of its person
    that bear the same name."""
    chosen = ", ".join(f"{'f' if item.table == name else 'w'}.{quoted(item.id)}" for item in stored)
    persons = ", ".join(f"w.{quoted(item.id)} AS {quoted(PERSON + item.id)}" for item in stored if item.table == name)
    home = homes()[name]
    begun = f"f.{home.key or 'from_date'} <= {'extract(year FROM %s::date)' if 'year' in home.key else '%s'}"
    return Sql(
        f"(SELECT w.worker_id, w.division, f.id::text AS fact_id, {chosen}, {persons} FROM {people.text} w "
        f"JOIN {rows.text} f USING (worker_id) WHERE {begun}) AS {name}",
        (*people.params, *rows.params, as_of),
    )


def parquet(
    files: Mapping[str, Sequence[Path]],
    at: Callable[[dt.date], Sql] = no_other_day,
    stored: frozenset[str] = frozenset(),
) -> Sources:
    """Snapshot files as DuckDB relations."""
    found = {subject: Sql("read_parquet(?)", ([str(p) for p in paths],)) for subject, paths in files.items()}
    return Sources(found.pop("worker"), found, at, stored)


def counties(division: str) -> list[str]:
    """The counties whose snapshots cover a division: its own, or those below it that ever had people."""
    if len(division) >= 6:
        return [division[:6]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT county FROM statistics_touch WHERE county >= %s AND county < %s ORDER BY 1",
            [division, division + ":"],
        )
        return [county for (county,) in cursor.fetchall()]


@dataclass(frozen=True)
class Touched:
    """A county's marks one by one, at some moment: the random weight of each, and who was written about where it says
    so."""

    people: Mapping[int, Sequence[UUID] | None]

    def since(self, seen: Collection[int]) -> set[UUID] | None:
        """People of the marks not among the `seen`; None when one of them names nobody, or when one of the seen is no
        more: added up, or the database is another by now."""
        if not self.people.keys() >= set(seen):
            return None
        new = [people for weight, people in self.people.items() if weight not in seen]
        return None if None in new else {one for people in new for one in people or ()}


def touched(county: str) -> tuple[str, Touched]:
    """The county's mark (see `marks`), and what it is the sum of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT weight, people FROM statistics_touch WHERE county = %s", [county])
        found = {int(weight): people for weight, people in cursor.fetchall()}
    return str(sum(found)), Touched(found)


def marks(wanted: Iterable[str]) -> dict[str, str]:
    """County -> its high-water mark: another one after every committed write to its people, whichever committed
    first."""
    found = dict.fromkeys(wanted, "0")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT county, sum(weight)::text FROM statistics_touch WHERE county = ANY(%s) GROUP BY county",
            [list(found)],
        )
        found.update(cursor.fetchall())
    return found
