"""Runs the door's SQL in order, inside the caller's transaction: lock, match, three-way comparison, decide, write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from taizhang.engine.planning import AS_WRITTEN, BULK, REORDERED, plan_for_bulk
from taizhang.ledger import deciding, matching, pools, writing
from taizhang.ledger.homes import IDENTITY, SEALED
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.modes import Modes
from taizhang.ledger.states import ACCEPTED, State

TEMPORARY = ("door_match", "door", "door_new", "door_touched", "door_pool")
Params = dict[str, Any]


def parameters(batch: Batch, only: Sequence[UUID] | None = None) -> Params:
    return {
        "batch": batch.pk,
        "division": batch.division,
        "day": batch.collected_on,
        "stat_year": batch.stat_year,
        "only": list(only) if only is not None else None,
    }


def execute(statements: Iterable[str], params: Params) -> None:
    with connection.cursor() as cursor:
        for statement in filter(None, statements):
            cursor.execute(statement, params)


def _rows(batch: Batch, only: Sequence[UUID] | None) -> int:
    """How many rows are at stake, counted no further than the choice of plan asks."""
    return Submission.objects.filter(batch=batch)[: BULK + 1].count() if only is None else len(only)


def kept_items(batch: Batch) -> list[str]:
    """Items of the batch that lie open in its papers."""
    return [item for item in batch.items if item not in SEALED]


def decide(batch: Batch, only: Sequence[UUID] | None = None, *, preview: bool = False) -> None:
    """Fill `door_match`, `door` and, unless it is a `preview`, `door_new` for the open submissions of `batch` (or
    those of `only`)."""
    params = parameters(batch, only)
    plan_for_bulk(_rows(batch, only))
    modes = Modes(batch.items, batch.clears, batch.mode)
    execute(
        [
            f"DROP TABLE IF EXISTS {', '.join(TEMPORARY)}",
            matching.match(),
            "ANALYZE door_match (sid, worker_id)",
            *matching.strangers(),
            matching.three_way(kept_items(batch), batch.clears),
            deciding.newcomers(sorted(modes.items)) if not preview else "",
            AS_WRITTEN,
            deciding.known(modes),
            REORDERED,
            *deciding.born_after_facts(modes.items),
        ],
        params,
    )


def lock(batch: Batch, only: Sequence[UUID] | None = None) -> None:
    """Wait for others at work on the same people (locked in id order), and, when somebody may be new, on the same
    county.

    Two batches that bring the same newcomer would otherwise both find nobody.
    """
    params = parameters(batch, only)
    plan_for_bulk(_rows(batch, only))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_advisory_xact_lock(hashtext('ledger.newcomers'), hashtext(left(%(division)s, 6))) WHERE EXISTS (
              SELECT 1 FROM ledger_submission s WHERE s.batch_id = %(batch)s AND s.worker_id IS NULL
                AND (%(only)s::uuid[] IS NULL OR s.id = ANY (%(only)s::uuid[]))
                AND NOT EXISTS (SELECT 1 FROM ledger_worker w WHERE w.id_token = s.id_token AND w.retired_by_id IS
                NULL))
            """,
            params,
        )
        cursor.execute(
            """
            SELECT count(*) FROM (SELECT id FROM ledger_worker WHERE id = ANY (ARRAY(
              SELECT coalesce(s.worker_id, t.id) FROM ledger_submission s
              LEFT JOIN ledger_worker t ON t.id_token = s.id_token AND t.retired_by_id IS NULL
              WHERE s.batch_id = %(batch)s AND (%(only)s::uuid[] IS NULL OR s.id = ANY (%(only)s::uuid[]))
                AND coalesce(s.worker_id, t.id) IS NOT NULL))
            ORDER BY id FOR UPDATE) locked
            """,
            params,
        )


def note(batch: Batch, *, enter: bool, actor: UUID | None = None) -> dict[str, int]:
    """Write outcomes, changes and the ledger's own findings back to the submissions; returns counts by outcome.

    enter: the accepted ones have just been written to the ledger.
    """
    messages = {rule: {"item": item, "message": message} for rule, (item, message) in matching.MESSAGES.items()}
    accepted = ", ".join(f"'{outcome}'" for outcome in sorted(ACCEPTED))
    identity = ", ".join(f"'{item}'" for item in IDENTITY)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH results AS (
              SELECT m.sid, m.division, m.base_version, coalesce(m.outcome, d.outcome, 'new') AS outcome,
                     {"coalesce(n.worker_id, m.worker_id)" if enter else "m.worker_id"} AS worker_id,
                     d.changes, m.problem, m.about, m.first_row
              FROM door_match m LEFT JOIN door d ON d.sid
                = m.sid {"LEFT JOIN door_new n ON n.sid = m.sid" if enter else ""}
            ), written AS (
              UPDATE ledger_submission s SET outcome = r.outcome, division = r.division, base_version
                = r.base_version, changes = r.changes,
                worker_id = coalesce(r.worker_id, s.worker_id), needs_second
                  = coalesce(r.changes ?| ARRAY[{identity}], false),
                state = CASE WHEN %(enter)s AND r.outcome IN ({accepted}) THEN '{State.ENTERED}' ELSE s.state END,
                decided_by_id = CASE WHEN %(enter)s AND r.outcome IN ({accepted}) THEN coalesce(%(actor)s, s.decided_by_id)
                  ELSE s.decided_by_id END,
                decided_at = CASE WHEN %(enter)s AND r.outcome IN ({accepted}) THEN now() ELSE s.decided_at END,
                version = s.version + %(enter)s::int,
                findings = CASE WHEN s.findings IS NULL AND r.problem IS NULL THEN NULL ELSE nullif(
                  jsonb_path_query_array(coalesce(s.findings, '[]'), '$[*] ? (!(@.rule starts with "{matching.OWN}"))')
                  || CASE WHEN r.problem IS NULL OR r.problem = 'rule' THEN '[]' ELSE jsonb_build_array(
                    jsonb_build_object('rule', '{matching.OWN}' || r.problem, 'severity', 'error',
                      'item', coalesce(to_jsonb(split_part(CASE WHEN r.problem = 'conflict' THEN r.about END, ',', 1)),
                                       %(messages)s::jsonb -> r.problem -> 'item'),
                      'message', replace(%(messages)s::jsonb -> r.problem ->> 'message', '%%s', coalesce(r.about,
                        r.first_row::text)),
                      'about', r.about, 'suggestion', NULL, 'value', NULL)) END, '[]'::jsonb) END
              FROM results r WHERE s.id = r.sid
                AND (%(enter)s OR s.outcome IS DISTINCT FROM r.outcome OR s.changes IS DISTINCT FROM r.changes
                  OR r.problem IS NOT NULL
                     OR s.findings IS NOT NULL OR s.worker_id IS DISTINCT FROM coalesce(r.worker_id, s.worker_id)
                       OR s.division <> r.division)
            )
            SELECT outcome, count(*) FROM results GROUP BY outcome
            """,
            {"enter": enter, "actor": actor, "messages": json.dumps(messages)},
        )
        counts = dict(cursor.fetchall())
        # What a row says goes with it; hardly ever does comparing find another village than staging.
        cursor.execute("SELECT EXISTS (SELECT FROM door_match WHERE filed <> division)")
        if cursor.fetchone()[0]:
            cursor.execute(
                """UPDATE ledger_paper p SET division = m.division FROM door_match m
                   WHERE p.submission_id = m.sid AND m.filed <> m.division"""
            )
        return counts


def write(batch: Batch) -> None:
    """The facts, the changes, and what follows for every programme's pool."""
    params, items = parameters(batch), kept_items(batch)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM door_new), (SELECT count(*) FROM door WHERE outcome = 'update')")
        new, updates = cursor.fetchone()
    if new:
        execute(writing.newcomers(items), params)
    if updates:
        plan_for_bulk(updates)
        execute(writing.known(items), params)
        plan_for_bulk(new + updates)
    execute([writing.changes(), pools.touched(), "ANALYZE door_touched (worker_id)"], params)
    pools.recompute(batch, newcomers=bool(new))
