"""Who makes the difference between a day as it was known then and as it is known now: the adjustments (调整) that a
sealed period owes to the open one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import connection

from taizhang.catalogue.schema import Programme
from taizhang.engine import duck
from taizhang.ledger.states import ChangeKind, Source
from taizhang.rules.sql import Sql, join
from taizhang.statistics import indicators, knowing, snapshots, versions
from taizhang.statistics.compiling import DUCKDB, Sources, inside, quoted

Kind = Literal["came", "left", "changed"]
NAMES: dict[Kind, str] = {"came": "补登，当时不在册", "left": "应当减少", "changed": "情况不同"}
# `scope` etc. follow from these; where somebody lives is a column of its own
UNCOMPARED = frozenset({"worker_id"})


@dataclass(frozen=True)
class Reason:
    """One change recorded since: when, with which batch, why."""

    at: dt.datetime
    batch: str  # id
    title: str
    source: str
    what: str
    reason: str
    effective_on: dt.date
    by: str


@dataclass(frozen=True)
class Adjustment:
    """A person whom the programme counts otherwise now than then. `items`: what differs, in words."""

    worker_id: str
    division: str
    kind: Kind
    items: tuple[str, ...]
    reasons: list[Reason] = field(default_factory=list)

    @property
    def saying(self) -> str:
        return NAMES[self.kind]


def counts(programme: Programme, division: str, as_of: dt.date) -> dict[Kind, int]:
    """How many people came, left or differ."""
    rows = _run(programme, division, as_of, "SELECT kind, count(*) FROM differing GROUP BY kind")
    found: dict[Kind, int] = {"came": 0, "left": 0, "changed": 0}
    return found | dict(rows)


def adjustments(
    programme: Programme, division: str, as_of: dt.date, *, limit: int, offset: int = 0
) -> list[Adjustment]:
    """The people of a division whom the programme counts otherwise, by village, then id; reasons as far as the
    connection's divisions reach."""
    rows = _run(
        programme,
        division,
        as_of,
        "SELECT worker_id, division, kind, items FROM differing ORDER BY division, worker_id "
        f"LIMIT {int(limit)} OFFSET {int(offset)}",
    )
    since = [basis.known_at for basis in knowing.bases(programme.id, division, as_of, "then")]
    reasons = _reasons([row[0] for row in rows], min((one for one in since if one), default=None))
    return [
        Adjustment(
            worker,
            place,
            kind,
            tuple(_word(item) for item in items or ()),
            reasons.get(worker, []),
        )
        for worker, place, kind, items in rows
    ]


def people(programme: Programme, division: str, as_of: dt.date) -> list[str]:
    """Ids of all of them, by village, then id."""
    sql = "SELECT worker_id FROM differing ORDER BY division, worker_id"
    return [str(worker) for (worker,) in _run(programme, division, as_of, sql)]


def _word(item: str) -> str:
    return "户籍所在村" if item == "division" else snapshots.said(item)


def _run(programme: Programme, division: str, as_of: dt.date, question: str) -> list[tuple]:  # type: ignore[type-arg]
    found = knowing.bases(programme.id, division, as_of, "then")
    if not found or all(basis.known_at is None for basis in found):
        return []
    then, directories = knowing.snapshot_sources(found, as_of)
    now, _ = knowing.snapshot_sources(knowing.bases(programme.id, division, as_of, "now"), as_of)
    with duck.session(directories) as session:
        run = indicators.SnapshotRunner(session, then)
        held = {name for name, *_ in run.rows(Sql(f"DESCRIBE SELECT * FROM {then.worker.text}", then.worker.params))}
        differing = _differing(programme, division, as_of, then.worker, now.worker, held)
        return run.rows(Sql(f"WITH differing AS ({differing.text}) {question}", differing.params))


def _differing(programme: Programme, division: str, as_of: dt.date, then: Sql, now: Sql, held: Collection[str]) -> Sql:
    """worker_id, division, kind, items of everybody in the programme's scope then or now whose row differs in what was
    kept then (`held`)."""
    compiler = versions.compiler(programme, division, as_of, DUCKDB, Sources(then))
    scope, place = compiler.scope("worker"), inside(division, DUCKDB)
    sides = [
        Sql(
            f"SELECT *, coalesce(({scope.text}), false) AS counted FROM {rows.text} WHERE {place.text}",
            (*scope.params, *rows.params, *place.params),
        )
        for rows in (then, now)
    ]
    compared = [name for name in snapshots.columns() if name in held and name not in UNCOMPARED]
    items = ", ".join(
        f"CASE WHEN a.{quoted(name)} IS DISTINCT FROM b.{quoted(name)} THEN '{name}' END" for name in compared
    )
    both = join("), b AS (", sides)
    return Sql(
        f"WITH a AS ({both.text}) SELECT coalesce(a.worker_id, b.worker_id) AS worker_id, "
        "coalesce(b.division, a.division) AS division, "
        "CASE WHEN NOT coalesce(a.counted, false) THEN 'came' WHEN NOT coalesce(b.counted, false) THEN 'left' "
        "ELSE 'changed' END AS kind, "
        "CASE WHEN a.worker_id IS NOT NULL AND b.worker_id IS NOT NULL "
        f"THEN list_filter([{items}], lambda one: one IS NOT NULL) END AS items "
        "FROM a FULL JOIN b ON a.worker_id = b.worker_id "
        "WHERE (a.counted OR b.counted) AND (a.worker_id IS NULL OR b.worker_id IS NULL OR len(items) > 0)",
        both.params,
    )


def _reasons(workers: Sequence[str], since: dt.datetime | None) -> dict[str, list[Reason]]:
    """Person -> the changes recorded since a moment, oldest first."""
    if not workers or since is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.worker_id::text, c.at, c.batch_id::text, b.title, b.source, c.kind, b.reason, c.effective_on,
                   u.display_name
            FROM ledger_change c LEFT JOIN ledger_batch b ON b.id = c.batch_id
            LEFT JOIN accounts_user u ON u.id = b.submitted_by_id
            WHERE c.worker_id = ANY(%s::uuid[]) AND c.at > %s ORDER BY c.version
            """,
            [list(workers), since],
        )
        rows = cursor.fetchall()
    found: dict[str, list[Reason]] = {}
    for worker, at, batch, title, source, kind, reason, day, by in rows:
        said = Source(source).label if source else "上级单位"
        what = {ChangeKind.NEW: "补登", ChangeKind.UNDO: "撤销"}.get(kind, "修改")
        found.setdefault(worker, []).append(
            Reason(at, batch, title or "", str(said), what, reason or "", day, by or "上级单位")
        )
    return found


def total(found: dict[Kind, int]) -> int:
    return sum(found.values())
