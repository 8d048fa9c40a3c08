"""First half of the door: who each submission is about, and what somebody else changed meanwhile.

Functions return SQL (parameters `%(name)s`: batch, division, day, stat_year, only); `door.run` runs them in order.
They leave the temporary table `door_match`: one row per open submission.
"""

from __future__ import annotations

from collections.abc import Iterable

from taizhang.ledger.states import CLOSED
from taizhang.ledger.submitted import json_sql

# Findings the ledger itself makes bear rules that begin so; they are made anew at every comparison.
OWN = "ledger."
LATER = 1 << 32  # puts a row behind every row number there is
MESSAGES = {
    "no_identity": ("id_number", "台账里没有这个人，这一行又没有身份证号码，无法登记。请补上身份证号码。"),
    "gone": (None, "这个人已不在您负责的区划内，或已作废。请重新查找后再填。"),
    "taken": ("id_number", "这个身份证号码已经登记在另一个人名下。请核对号码；确属同一人的，先注销重复登记。"),
    "scope": ("hukou_region", "户籍地不在您负责的区划内。请改为本辖区的村（社区），或请上级办理迁移。"),
    "foreign": ("id_number", "这个身份证号码已由“%s”登记，不在您负责的区划内。请与对方核对，需要迁入的由上级办理。"),
    "duplicate": (None, "与本批第 %s 行是同一个人，只采用那一行。"),
    "birth": ("birth_date", "%s"),
    "conflict": (None, "您改的同时别人也改了这一项，两边不一样，没有采用您的。请看新的内容后再填：%s。"),
}


def match() -> str:
    """`door_match`: matched by worker id, else by identity token; duplicates within the batch, strangers and errors
    told apart.

    `outcome` stays null for rows still to be compared. Of rows about one person the first without errors counts.
    """
    closed = ", ".join(f"'{state}'" for state in sorted(CLOSED))
    return f"""
    CREATE TEMP TABLE door_match ON COMMIT DROP AS
    WITH mine AS MATERIALIZED (
      SELECT s.id AS sid, s.row_no, s.division AS filed, s.base_version, s.id_token, s.phone_token, p.hukou_region AS region,
             coalesce(g.id, t.id) AS worker_id, coalesce(g.version, t.version) AS version, coalesce(g.division,
               t.division) AS owner,
             CASE
               WHEN s.findings @? '$[*] ? (@.severity == "error" && !(@.rule starts with "{OWN}"))' THEN 'rule'
               WHEN s.worker_id IS NOT NULL AND g.id IS NULL THEN 'gone'
               WHEN g.id <> t.id THEN 'taken'
               WHEN g.id IS NULL AND t.id IS NULL AND s.id_token IS NULL THEN 'no_identity'
               WHEN NOT coalesce(p.hukou_region ^@ ANY ((SELECT tz_scopes())::text[]), true) THEN 'scope'
             END AS problem
      FROM ledger_submission s JOIN ledger_paper p ON p.submission_id = s.id
      LEFT JOIN ledger_worker g ON g.id = s.worker_id AND g.retired_by_id IS NULL
      LEFT JOIN ledger_worker t ON t.id_token = s.id_token AND t.retired_by_id IS NULL
      WHERE s.batch_id = %(batch)s AND s.state NOT IN ({closed}) AND (%(only)s::uuid[] IS NULL OR s.id
        = ANY (%(only)s::uuid[]))
    ), twice AS (
      SELECT person, min(row_no + CASE WHEN problem IS NULL THEN 0 ELSE {LATER} END) %% {LATER} AS first_row
      FROM (SELECT row_no, problem, coalesce(uuid_send(worker_id), id_token) AS person FROM mine) known
      WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1
    )
    SELECT r.sid, r.row_no, r.filed, r.id_token, r.phone_token, r.worker_id, r.version, coalesce(r.base_version,
      r.version) AS base_version,
           coalesce(nullif(r.region, ''), r.owner) AS division, r.owner, NULL::text[] AS untouched, NULL::text AS about,
           coalesce(t.first_row, r.row_no) AS first_row, r.problem,
           CASE WHEN r.problem IS NOT NULL THEN 'error' WHEN t.first_row <> r.row_no THEN 'duplicate' END AS outcome
    FROM mine r LEFT JOIN twice t ON t.person = coalesce(uuid_send(r.worker_id), r.id_token)
    """


def strangers() -> list[str]:
    """Numbers known in a division the actor does not see: only the county's name is told.

    Rows without a known person and without a village are newcomers of nowhere: the batch's own division stands in.
    """
    return [
        """
        UPDATE door_match m SET outcome = 'foreign', problem = 'foreign', about = coalesce(d.full_name, o.county)
        FROM tz_token_owner((SELECT array_agg(id_token) FROM door_match WHERE worker_id IS NULL AND outcome IS NULL)) o
        LEFT JOIN divisions_division d ON d.code = o.county
        WHERE o.token = m.id_token AND m.worker_id IS NULL AND m.outcome IS NULL
        """,
        # A row with another error may name a foreign village too; it stays with its batch, where it may be written.
        """
        UPDATE door_match SET division = %(division)s WHERE division IS NULL OR problem = 'scope'
          OR NOT division ^@ ANY ((SELECT tz_scopes())::text[])
        """,
        "UPDATE door_match SET problem = 'duplicate' WHERE outcome = 'duplicate'",
    ]


def three_way(items: Iterable[str], clears: bool) -> str:
    """For rows made from an older version than the ledger's: drop what they left untouched; the same item on both
    sides is a conflict.

    `base` is the value the form was made from: the old value of the first change since. Numbers are compared by token.
    """
    return f"""
    WITH late AS (
      SELECT m.sid, e.key, c.version, e.value -> 0 AS base, e.value -> 1 AS now,
             CASE e.key WHEN 'id_number' THEN to_jsonb(encode(m.id_token, 'hex'))
                        WHEN 'mobile_phone' THEN to_jsonb(encode(m.phone_token, 'hex'))
                        ELSE {json_sql(items, clears)} -> e.key END AS mine
      FROM door_match m
      JOIN ledger_change c ON c.worker_id = m.worker_id AND c.version > m.base_version
      JOIN ledger_paper p ON p.submission_id = m.sid, jsonb_each(c.changes) e
      WHERE m.outcome IS NULL AND m.base_version < m.version
    ), items AS (
      SELECT DISTINCT ON (sid, key) sid, key, mine,
             first_value(base) OVER (PARTITION BY sid, key ORDER BY version) AS base,
             last_value(now) OVER (PARTITION BY sid, key ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING
               AND UNBOUNDED FOLLOWING) AS now
      FROM late WHERE mine IS NOT NULL
    ), verdict AS (
      SELECT sid, array_agg(key) FILTER (WHERE mine = base) AS untouched,
             string_agg(key, ',' ORDER BY key) FILTER (WHERE mine <> base AND mine <> now) AS both_sides
      FROM items GROUP BY sid
    )
    UPDATE door_match m SET untouched = v.untouched, about = v.both_sides,
           outcome = CASE WHEN v.both_sides IS NOT NULL THEN 'conflict' END,
           problem = CASE WHEN v.both_sides IS NOT NULL THEN 'conflict' END
    FROM verdict v WHERE v.sid = m.sid
    """
