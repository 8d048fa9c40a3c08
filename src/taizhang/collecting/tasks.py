"""Tasks of a round as SQL. A task is a person in the programme's open pool; nobody writes tasks down.

State of a task:
    verified   已核实: the ledger holds a verification (已核实) dated within the round
    waiting    已报待审: somebody handed such a verification in, nobody has decided yet
    unreached  联系不上: the last attempt within the round failed (or the ledger says 联系不上)
    open       未核实: everybody else, also who was reached but not verified, or refused
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from taizhang.collecting.models import Result, Round
from taizhang.ledger.queries import AFTER_DIGITS
from taizhang.ledger.states import CLOSED, State

STATES = {"open": "未核实", "waiting": "已报待审", "verified": "已核实", "unreached": "联系不上"}
FAILED = (Result.SILENT, Result.NO_NUMBER, Result.AWAY)
UNDECIDED = sorted(set(State) - set(CLOSED) - {State.DRAFT, State.RETURNED})
VERIFIED, UNREACHED = "1", "2"  # CL-VERIFY

STATE = f"""CASE WHEN v.verify_state = '{VERIFIED}' THEN 'verified' WHEN p.worker_id IS NOT NULL THEN 'waiting'
     WHEN a.result = ANY (%(failed)s) OR (a.result IS NULL AND v.verify_state = '{UNREACHED}') THEN 'unreached'
     ELSE 'open' END"""
HANDED_IN = f"""ledger_submission s JOIN ledger_paper p ON p.submission_id = s.id
     WHERE NOT s.entered AND s.state = ANY (%(undecided)s) AND p.verify_state = '{VERIFIED}'
       AND p.survey_date BETWEEN %(first)s AND %(until)s"""

# What is known of one worker `w` in a round, each looked up by index: v verification, a last attempt, p paper handed in.
KNOWN = f"""
LEFT JOIN LATERAL (
  SELECT verify_state, survey_date, collect_method FROM ledger_verification
  WHERE worker_id = w.id AND round BETWEEN %(first)s AND %(until)s
  ORDER BY verify_state = '{VERIFIED}' DESC NULLS LAST, round DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
  SELECT at, channel, result, next_on, count(*) OVER () AS attempts FROM collecting_attempt
  WHERE worker_id = w.id AND round_id = %(round)s ORDER BY at DESC, id DESC LIMIT 1) a ON true
LEFT JOIN LATERAL (SELECT s.worker_id FROM {HANDED_IN} AND s.worker_id = w.id LIMIT 1) p ON true
"""
# For villages: by the people.
FEW = f"""
SELECT w.id AS worker_id, w.division, w.full_name, w.version, {STATE} AS state, v.survey_date AS verified_on,
       v.collect_method, a.at AS tried_at, a.channel, a.result, a.next_on, coalesce(a.attempts, 0) AS attempts
FROM ledger_worker w
JOIN ledger_membership m ON m.worker_id = w.id AND m.programme = %(programme)s AND m.to_date IS NULL
{KNOWN}WHERE w.retired_by_id IS NULL AND ({{inside}})
"""
# For a town and more: each table read once. One row per village.
MANY = f"""
SELECT t.division, count(*) AS people, count(*) FILTER (WHERE t.state = 'verified') AS verified,
       count(*) FILTER (WHERE t.state = 'waiting') AS waiting,
       count(*) FILTER (WHERE t.state = 'unreached') AS unreached
FROM (
  SELECT w.division, {STATE} AS state
  FROM ledger_worker w
  JOIN ledger_membership m ON m.worker_id = w.id AND m.programme = %(programme)s AND m.to_date IS NULL
  LEFT JOIN (SELECT DISTINCT ON (worker_id) worker_id, verify_state FROM ledger_verification
             WHERE round BETWEEN %(first)s AND %(until)s
             ORDER BY worker_id, verify_state = '{VERIFIED}' DESC NULLS LAST, round DESC) v ON v.worker_id = w.id
  LEFT JOIN (SELECT DISTINCT ON (worker_id) worker_id, result FROM collecting_attempt WHERE round_id = %(round)s
             ORDER BY worker_id, at DESC, id DESC) a ON a.worker_id = w.id
  LEFT JOIN (SELECT DISTINCT s.worker_id FROM {HANDED_IN}) p ON p.worker_id = w.id
  WHERE w.retired_by_id IS NULL AND ({{inside}})) t
GROUP BY t.division ORDER BY t.division
"""


@dataclass(frozen=True)
class Relation:
    """A SELECT to be put in brackets, and its parameters by name."""

    sql: str
    params: dict[str, Any]


def of(found: Round, divisions: Sequence[str], shape: str = FEW) -> Relation:
    """The tasks of a round under these divisions; none where no division is given. Row-level security applies."""
    condition, params = inside(divisions)
    return Relation(shape.format(inside=condition), {**params, **parameters(found)})


def parameters(found: Round) -> dict[str, Any]:
    return {
        "programme": found.programme,
        "first": found.first,
        "until": found.until,
        "round": found.pk,
        "failed": [str(one) for one in FAILED],
        "undecided": [str(one) for one in UNDECIDED],
    }


def inside(divisions: Sequence[str], column: str = "w.division") -> tuple[str, dict[str, str]]:
    """Condition: under one of these divisions, as ranges, which may use an index under row-level security."""
    parts: list[str] = []
    params: dict[str, str] = {}
    for number, code in enumerate(filter(None, divisions)):
        parts.append(f"({column} >= %(from{number})s AND {column} < %(to{number})s)")
        params |= {f"from{number}": code, f"to{number}": code + AFTER_DIGITS}
    return " OR ".join(parts) or "false", params
