"""Where the rows come from: the ledger's flat rows in PostgreSQL, or a snapshot's files in DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from django.db import connection
from django.utils import timezone

from taizhang import catalogue
from taizhang.ledger import flat
from taizhang.rules.sql import Sql
from taizhang.statistics.compiling import Sources, quoted

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

    Spells: every spell begun by that day, with its person's other items. Movements: every one effective by that day.
    """
    people = Sql("worker_flat") if live else Sql("worker_flat_at(%s)", (as_of,))
    return _of_ledger(people, Sql("ledger_spell"), Sql("true"), as_of)


def ledger_known(as_of: dt.date, at: dt.datetime) -> Sources:
    """The same as the ledger knew it at a moment, from its history."""
    people, spells = Sql(*flat.as_known(as_of, at)), Sql(*flat.facts_as_known("spell", at))
    return _of_ledger(people, spells, Sql("m.recorded_at <= %s", (at,)), as_of)


def _of_ledger(people: Sql, spells: Sql, moves: Sql, as_of: dt.date) -> Sources:
    """people, spells: relations; moves: condition of a movement `m`."""
    stored = [item for item in catalogue.load().items.values() if item.table and not item.sealed]
    spell = ", ".join(f"{'s' if item.table == 'spell' else 'w'}.{quoted(item.id)}" for item in stored)
    worker = ", ".join(f"w.{quoted(item.id)}" for item in stored)
    moved = ", ".join(f"{expression} AS {quoted(item)}" for item, expression in MOVEMENT_ITEMS.items())
    return Sources(
        worker=people,
        spell=Sql(
            f"(SELECT w.worker_id, w.division, {spell} FROM {people.text} w JOIN {spells.text} s USING (worker_id) "
            "WHERE s.from_date <= %s) AS spell",
            (*people.params, *spells.params, as_of),
        ),
        movement=Sql(
            f"(SELECT w.worker_id, w.division, m.programme, {moved}, {worker} FROM {people.text} w "
            f"JOIN ledger_movement m USING (worker_id) WHERE m.effective_on <= %s AND {moves.text}) AS movement",
            (*people.params, as_of, *moves.params),
        ),
    )


def parquet(files: Mapping[str, Sequence[Path]]) -> Sources:
    """Snapshot files as DuckDB relations."""
    return Sources(**{subject: Sql("read_parquet(?)", ([str(p) for p in paths],)) for subject, paths in files.items()})


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
