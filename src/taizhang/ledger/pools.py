"""Memberships and movements (增减): who is in which programme's pool, by the programme's own scope rule."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from taizhang import catalogue
from taizhang.ledger.homes import home_of
from taizhang.ledger.models import Batch
from taizhang.ledger.states import REASON_OUT_OF_SCOPE
from taizhang.rules import days

# What ended decides why somebody is back: exit reason (CL-STATUS) -> reason of entry (CL-ADD).
BACK = {"21": "4", "22": "3", "23": "5", "24": "6", "32": "6", "41": "2"}
NEWCOMER, LATE_ENTRY, FIRST_IMPORT, MOVED_IN, MOVED_OUT = "1", "7", "8", "2", "41"


def parameters(programme: catalogue.Programme, on: dt.date) -> dict[str, Any]:
    """A programme's parameters in force on a day; one not yet in force keeps its value, so that a rule never fails
    for it."""
    return {**programme.parameter_values(), **programme.parameter_values(on), **days(on)}


def programmes_for(batch: Batch) -> list[catalogue.Programme]:
    """The batch's own programme and every other whose county covers the batch's division."""
    known = catalogue.load().programmes
    return [
        programme
        for name, programme in known.items()
        if name == batch.programme or (programme.county is not None and batch.division.startswith(programme.county))
    ]


def touched() -> str:
    """`door_touched`: people this batch wrote, with the day their standing changed where it did."""
    return """
    CREATE TEMP TABLE door_touched ON COMMIT DROP AS
    SELECT worker_id, division, greatest(%(day)s::date, birth_date) AS pool_on, true AS is_new FROM door_new
    UNION ALL SELECT worker_id, division, pool_on, false FROM door WHERE outcome = 'update'
    """


def everybody() -> str:
    """`door_touched` for all people under a division, not because of anything handed in."""
    return """
    CREATE TEMP TABLE door_touched ON COMMIT DROP AS
    SELECT id AS worker_id, division, %(day)s::date AS pool_on, false AS is_new FROM ledger_worker
    WHERE division ^@ %(division)s AND retired_by_id IS NULL
    """


def recompute(batch: Batch, *, newcomers: bool) -> None:
    """Open and close memberships of the people in `door_touched` (columns worker_id, division, pool_on, is_new), and
    record why. `newcomers`: those of `door_new` are among them."""
    with connection.cursor() as cursor:
        for programme in programmes_for(batch):
            for sql, params in statements(programme, batch, newcomers=newcomers):
                cursor.execute(sql, params)


def statements(
    programme: catalogue.Programme, batch: Batch, *, newcomers: bool
) -> Iterator[tuple[str, dict[str, Any] | list[Any]]]:
    """SQL for one programme, in order: who belongs; exits; entries."""
    params = {"batch": batch.pk, "programme": programme.id, "day": batch.collected_on, "initial": batch.initial,
              "named": batch.add_reason or None}  # fmt: skip
    values = parameters(programme, batch.collected_on)
    known, known_params = _judged(programme, values, lambda item: f"f.{item}")
    known += " FROM door_touched t JOIN worker_flat f ON f.worker_id = t.worker_id WHERE NOT t.is_new"
    new, new_params = _judged(programme, values, functools.partial(_of_newcomer, set(batch.items)))
    new += " FROM door_touched t JOIN door_new n ON n.worker_id = t.worker_id"
    yield "DROP TABLE IF EXISTS door_pool", {}
    yield (
        f"CREATE TEMP TABLE door_pool ON COMMIT DROP AS {known}{f' UNION ALL {new}' if newcomers else ''}",
        [*known_params, *(new_params if newcomers else [])],
    )
    yield "ANALYZE door_pool", {}
    yield _exits(), params
    yield _entries(), params


def _judged(
    programme: catalogue.Programme, values: dict[str, Any], column: Callable[[str], str]
) -> tuple[str, list[Any]]:
    """Start of a SELECT from `door_touched` t and flat rows: whether the programme's scope holds, and why somebody is added."""
    inside = programme.scope.rule.to_postgres(values, column)
    added, params = _added(programme, values, column)
    return (
        f"""SELECT t.worker_id, t.division, t.pool_on, t.is_new, coalesce(({inside.text}), false) AS inside, {added} AS added,
          {column("pool_status")} AS pool_status, {column("pension_status")} AS pension_status""",
        [*inside.params, *params],
    )


def _of_newcomer(given: set[str], item: str) -> str:
    """What `worker_flat` shows of an item of somebody who has just entered, out of `door_new` n: joining seven tables
    only just filled costs more than filling them."""
    home = home_of()[item]
    if item == "hukou_region":
        return "n.division"
    if item == "birth_date":
        return "n.birth_date"
    if item == "pool_status":
        return "coalesce(n.pool_status, '10')" if given & home.items.keys() else "'10'::text"
    if item not in given:
        return f"NULL::{home.items[item]}"
    return (
        f"CASE WHEN NOT n.gone THEN n.{item} END" if home.kind == "dated" and home.name != "standing" else f"n.{item}"
    )


def _added(
    programme: catalogue.Programme, values: dict[str, Any], column: Callable[[str], str]
) -> tuple[str, list[Any]]:
    """The programme's own reasons of entry (`adds`), the first that holds; null when none does."""
    cases: list[str] = []
    params: list[Any] = []
    for code, rule in (programme.adds.add_when if programme.adds else {}).items():
        sql = rule.to_postgres(values, column)
        cases.append(f"WHEN ({sql.text}) THEN '{code}'")
        params += sql.params
    return (f"CASE {' '.join(cases)} END" if cases else "NULL::text"), params


def _exits() -> str:
    """Those who no longer belong, and those who moved to another village (they enter there again)."""
    return f"""
    WITH ended AS (
      UPDATE ledger_membership m SET to_date = greatest(p.pool_on, m.from_date), batch_out_id = %(batch)s,
        reason_out = CASE WHEN p.inside THEN '{MOVED_OUT}' WHEN p.pool_status <> '10' THEN p.pool_status
                          WHEN p.pension_status IN ('1', '2', '3') THEN '42' ELSE '{REASON_OUT_OF_SCOPE}' END
      FROM door_pool p
      WHERE m.worker_id = p.worker_id AND m.programme = %(programme)s AND m.to_date IS NULL AND (NOT p.inside
        OR m.division <> p.division)
      RETURNING m.worker_id, m.division, m.to_date, m.reason_out
    )
    INSERT INTO ledger_movement (worker_id, division, programme, direction, reason, effective_on, recorded_at, batch_id)
    SELECT worker_id, division, %(programme)s, 'out', reason_out, to_date, now(), %(batch)s FROM ended
    """


def _entries() -> str:
    """Why somebody enters: what somebody said of a newcomer, what ended before, else the programme's `adds`, else the village's first import or a late
    entry."""
    back = " ".join(f"WHEN '{out}' THEN '{into}'" for out, into in BACK.items())
    return f"""
    WITH collected AS (
      SELECT v.division FROM (SELECT DISTINCT division FROM door_pool WHERE inside AND NOT %(initial)s) v WHERE EXISTS (
        SELECT 1 FROM ledger_worker w JOIN ledger_membership m ON m.worker_id = w.id
        WHERE w.division = v.division AND m.division = v.division AND m.programme = %(programme)s
          AND m.batch_id <> %(batch)s)
    ), before AS (
      SELECT DISTINCT ON (m.worker_id) m.worker_id, m.reason_out, m.to_date FROM ledger_membership m
        JOIN door_pool p USING (worker_id)
      WHERE m.programme = %(programme)s AND m.to_date IS NOT NULL ORDER BY m.worker_id, m.to_date DESC, m.id DESC
    ), entered AS (
      INSERT INTO ledger_membership (worker_id, division, programme, from_date, reason_in, batch_id)
      SELECT p.worker_id, p.division, %(programme)s, greatest(p.pool_on, b.to_date),
             CASE WHEN %(named)s::text IS NOT NULL AND p.is_new THEN %(named)s
                  WHEN b.worker_id IS NOT NULL THEN CASE b.reason_out {back} ELSE coalesce(p.added, '{LATE_ENTRY}') END
                  WHEN p.added IS NOT NULL AND c.division IS NOT NULL THEN p.added
                  WHEN p.is_new AND c.division IS NULL THEN '{FIRST_IMPORT}' ELSE coalesce(p.added, '{LATE_ENTRY}')
                    END, %(batch)s
      FROM door_pool p LEFT JOIN before b USING (worker_id) LEFT JOIN collected c ON c.division = p.division
      WHERE p.inside AND NOT EXISTS (
        SELECT 1 FROM ledger_membership o WHERE o.worker_id = p.worker_id AND o.programme = %(programme)s
          AND o.to_date IS NULL)
      RETURNING worker_id, division, from_date, reason_in
    )
    INSERT INTO ledger_movement (worker_id, division, programme, direction, reason, effective_on, recorded_at, batch_id)
    SELECT worker_id, division, %(programme)s, 'in', reason_in, from_date, now(), %(batch)s FROM entered
    """
