"""Undo: every row a batch wrote becomes again what it was before, from the history, for people on whom nothing newer
stands."""

from __future__ import annotations

from django.db import connection

from taizhang.engine.planning import plan_for_bulk
from taizhang.ledger import door
from taizhang.ledger.homes import MODELS, Home, homes
from taizhang.ledger.models import Batch, Change
from taizhang.ledger.states import REASON_UNDO, Source, State

LATEST = 2**63 - 1  # place of the row itself after all versions that history keeps


def run(batch: Batch, by: Batch) -> tuple[dict[str, int], list[int]]:
    """Undo `batch` as batch `by`; returns counts {'new': retired, 'update': restored} and the row numbers left
    standing."""
    params = {**door.parameters(batch), "by": by.pk}
    plan_for_bulk(Change.objects.filter(batch=batch).count())
    door.execute(
        [f"DROP TABLE IF EXISTS {', '.join((*door.TEMPORARY, 'undo', 'undo_all'))}", candidates(), _lock(), chosen()],
        params,
    )
    for name, home in homes().items():
        door.execute(restore(name, home), params)
    door.execute([retire(), *memberships(), changes(), submissions()], params)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, count(*) FROM undo GROUP BY kind")
        counts = dict(cursor.fetchall())
        cursor.execute("SELECT row_no FROM undo_all WHERE newer ORDER BY row_no")
        return counts, [row[0] for row in cursor.fetchall()]


def candidates() -> str:
    """`undo_all`: per person of the batch what it did, and whether something newer stands (undone pairs do not
    count)."""
    return f"""
    CREATE TEMP TABLE undo_all ON COMMIT DROP AS
    SELECT c.worker_id, c.version, c.kind, c.changes, s.row_no, s.id AS sid, w.version AS now, EXISTS (
      SELECT 1 FROM ledger_change n JOIN ledger_batch b ON b.id = n.batch_id
      WHERE n.worker_id = c.worker_id AND n.version > c.version AND b.source <> '{Source.UNDO}' AND NOT EXISTS (
        SELECT 1 FROM ledger_change u JOIN ledger_batch ub ON ub.id = u.batch_id
        WHERE u.worker_id = n.worker_id AND u.version > n.version AND ub.undoes_id = n.batch_id)) AS newer
    FROM ledger_change c JOIN ledger_worker w ON w.id = c.worker_id LEFT JOIN ledger_submission s ON s.id
      = c.submission_id
    WHERE c.batch_id = %(batch)s AND w.retired_by_id IS NULL AND NOT EXISTS (
      SELECT 1 FROM ledger_change u JOIN ledger_batch ub ON ub.id = u.batch_id
      WHERE u.worker_id = c.worker_id AND u.version > c.version AND ub.undoes_id = c.batch_id)
    """


def _lock() -> str:
    mine = "SELECT id FROM ledger_worker WHERE id IN (SELECT worker_id FROM undo_all) ORDER BY id FOR UPDATE"
    return f"SELECT count(*) FROM ({mine}) locked"


def chosen() -> str:
    return "CREATE TEMP TABLE undo ON COMMIT DROP AS SELECT * FROM undo_all WHERE NOT newer"


def restore(name: str, home: Home) -> list[str]:
    """Rows of one table: those the batch made go (history keeps them), those it altered become what they were before
    its first touch."""
    person = "id" if name == "worker" else "worker_id"
    fields = [
        field.column
        for field in MODELS[name][0]._meta.concrete_fields
        if field.column not in ("id", "batch_id", "version")
    ]
    version = ", version = t.version + 1" if name == "worker" else ""
    mine = f"""
    WITH versions AS (
      SELECT id, {person} AS person, pgh_id AS place, batch_id FROM {home.table}event
      UNION ALL SELECT id, {person}, {LATEST}, batch_id FROM {home.table}
    ), mine AS (
      SELECT v.id, v.person, min(v.place) AS first FROM versions v JOIN undo u ON u.worker_id = v.person
      WHERE v.batch_id = %(batch)s AND u.kind = 'update' GROUP BY v.id, v.person
    ), before AS (
      SELECT DISTINCT ON (e.id) e.* FROM {home.table}event e JOIN mine m ON m.person = e.{person} AND m.id = e.id
      WHERE e.pgh_id < m.first ORDER BY e.id, e.pgh_id DESC
    )
    """
    return [
        f"""{mine} DELETE FROM {home.table} t USING mine m
        WHERE t.id = m.id AND NOT EXISTS (SELECT 1 FROM before b WHERE b.id = m.id)""",
        f"""{mine} UPDATE {home.table} t SET batch_id = %(by)s{version},
          {", ".join(f"{field} = b.{field}" for field in fields)}
        FROM before b WHERE t.id = b.id""",
    ]


def retire() -> str:
    return """
    UPDATE ledger_worker w SET retired_by_id = %(by)s, batch_id = %(by)s, version = w.version + 1
    FROM undo u WHERE u.worker_id = w.id AND u.kind = 'new'
    """


def memberships() -> list[str]:
    """Entries and exits of the batch are taken back on the day they counted from, by movements the other way round."""
    movement = """INSERT INTO ledger_movement
      (worker_id, division, programme, direction, reason, effective_on, recorded_at, batch_id)"""
    return [
        f"""
        WITH ended AS (
          UPDATE ledger_membership m SET to_date = m.from_date, reason_out = '{REASON_UNDO}', batch_out_id = %(by)s
          FROM undo u WHERE u.worker_id = m.worker_id AND m.batch_id = %(batch)s AND m.to_date IS NULL
          RETURNING m.worker_id, m.division, m.programme, m.from_date
        )
        {movement} SELECT worker_id, division, programme, 'out', '{REASON_UNDO}', from_date, now(), %(by)s FROM ended
        """,
        f"""
        WITH closed AS (
          SELECT m.id, m.to_date FROM ledger_membership m JOIN undo u USING (worker_id) WHERE m.batch_out_id = %(batch)s
        ), reopened AS (
          UPDATE ledger_membership m SET to_date = NULL, reason_out = NULL, batch_out_id = NULL FROM closed c
          WHERE m.id = c.id AND NOT EXISTS (SELECT 1 FROM ledger_membership o
            WHERE o.worker_id = m.worker_id AND o.programme = m.programme AND o.to_date IS NULL)
          RETURNING m.worker_id, m.division, m.programme, c.to_date AS back_on
        )
        {movement} SELECT worker_id, division, programme, 'in', '{REASON_UNDO}', back_on, now(), %(by)s FROM reopened
        """,
    ]


def changes() -> str:
    return """
    INSERT INTO ledger_change (worker_id, division, batch_id, submission_id, version, kind, changes, effective_on, at)
    SELECT u.worker_id, w.division, %(by)s, NULL, u.now + 1, 'undo', coalesce((
             SELECT jsonb_object_agg(key, jsonb_build_array(value -> 1, value -> 0, 'correction'))
               FROM jsonb_each(u.changes)), '{}'),
           %(day)s::date, now()
    FROM undo u JOIN ledger_worker w ON w.id = u.worker_id
    """


def submissions() -> str:
    return f"""
    UPDATE ledger_submission s SET state = '{State.WITHDRAWN}', version = s.version + 1 FROM undo u WHERE s.id = u.sid
    """
