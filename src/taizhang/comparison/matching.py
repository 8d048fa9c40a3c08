"""A list against the ledger, set-based: so many statements, however long the list.

Only people the acting user sees are found (row-level security); of the others nothing is kept but how many they are.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.db import connection
from django.utils import timezone

from taizhang.catalogue.departments import ListKind
from taizhang.collecting import doubts
from taizhang.collecting.models import DoubtState
from taizhang.collecting.tasks import inside
from taizhang.comparison.models import DepartmentList
from taizhang.comparison.reading import People
from taizhang.engine.copy import copy_arrow
from taizhang.engine.planning import planned_for
from taizhang.protection import keys

# Names are compared without spaces and middle dots, full width as half.
PLAIN = r"regexp_replace(normalize({}, NFKC), '[\s·•・.‧∙]', '', 'g')"
OPEN, NAME, REFUTED = DoubtState.OPEN.value, DoubtState.NAME.value, DoubtState.REFUTED.value


def match(found: DepartmentList, people: People, kind: ListKind) -> dict[str, int]:
    """Open the doubts of a list; returns its counts (policies.COUNTS). Again, it opens only what is new. In the caller's
    transaction."""
    with planned_for(people.rows.num_rows), connection.cursor() as cursor:
        _bring(cursor, people, kind)
        _find(cursor, found)
        _open(cursor, found, kind)
        cursor.execute(
            "SELECT (SELECT count(*) FROM comparison_row), (SELECT count(DISTINCT token) FROM comparison_row), count(*),"
            " count(*) FILTER (WHERE differs) FROM comparison_match"
        )
        rows, listed, known, names = cursor.fetchone()
        cursor.execute("DROP TABLE comparison_row, comparison_match")
    return {
        "rows": people.filled, "listed": listed, "known": known, "strangers": listed - known, "names": names,
        "repeated": rows - listed, "unread": people.unread.num_rows,
    }  # fmt: skip


def _bring(cursor: Any, people: People, kind: ListKind) -> None:
    """The readable rows, numbers as blind tokens."""
    columns = [one.id for one in kind.columns]
    wanted = "".join(f", said_{name} text" for name in columns)
    cursor.execute(f"CREATE TEMP TABLE comparison_row (row_no int, token bytea, name text{wanted}) ON COMMIT DROP")
    tokens = keys.tokens_many("id_number", people.rows["number"].to_pylist())
    table = pa.table(
        {
            "row_no": people.rows["row_no"], "token": pa.array(tokens, pa.binary()), "name": people.rows["name"],
            **{f"said_{name}": people.rows[name] for name in columns},
        }
    )  # fmt: skip
    copy_arrow(cursor, "comparison_row", table)


def _find(cursor: Any, found: DepartmentList) -> None:
    """Who of them is in the ledger, once each: of several rows about one person the first counts."""
    places, params = inside([found.division])
    cursor.execute(
        f"""
        CREATE TEMP TABLE comparison_match ON COMMIT DROP AS
        SELECT DISTINCT ON (r.token) r.*, w.id AS worker_id,
               coalesce({PLAIN.format("r.name")} <> {PLAIN.format("w.full_name")}, false) AS differs
        FROM comparison_row r JOIN ledger_worker w ON w.id_token = r.token AND w.retired_by_id IS NULL
        WHERE {places} ORDER BY r.token, r.row_no
        """,
        params,
    )


def _open(cursor: Any, found: DepartmentList, kind: ListKind) -> None:
    """A doubt for everybody whom the ledger contradicts or whose name differs. What was found untrue before of the same
    list's same words stays so: nobody is asked twice whether they have died."""
    condition, params = doubts.holds("%(kind)s", "%(day)s::date")
    said = ", ".join(f"'{one.id}', r.said_{one.id}" for one in kind.columns)
    held = ", ".join(f"'{item}', {doubts.column(item)}" for item in kind.shows)
    cursor.execute(
        f"""
        WITH doubtful AS (
          SELECT w.id AS worker_id, w.division, jsonb_strip_nulls(jsonb_build_object({said})) AS said,
                 jsonb_strip_nulls(jsonb_build_object({held})) AS held, r.differs, r.name
          FROM comparison_match r JOIN ledger_worker w ON w.id = r.worker_id {doubts.JOINS}
          WHERE r.differs OR {condition})
        INSERT INTO collecting_doubt (worker_id, division, kind, source, since, said, held, name, state, reason,
                                      opened_at, decided_at, decided_by_id)
        SELECT f.worker_id, f.division, %(kind)s, %(source)s, %(day)s, f.said, f.held, CASE WHEN f.differs THEN f.name ELSE '' END,
               CASE WHEN f.differs THEN '{NAME}' WHEN b.reason IS NOT NULL THEN '{REFUTED}' ELSE '{OPEN}' END,
               coalesce(b.reason, ''), %(now)s, b.decided_at, b.decided_by_id
        FROM doubtful f
        LEFT JOIN (
          SELECT DISTINCT ON (worker_id) worker_id, said, state, reason, decided_at, decided_by_id FROM collecting_doubt
          WHERE kind = %(kind)s AND state = '{REFUTED}' ORDER BY worker_id, decided_at DESC) b
          ON b.worker_id = f.worker_id AND b.said = f.said AND NOT f.differs
        ON CONFLICT (source, worker_id) DO NOTHING
        """,
        {**params, "kind": kind.id, "day": found.day, "source": found.pk, "now": timezone.now()},
    )
