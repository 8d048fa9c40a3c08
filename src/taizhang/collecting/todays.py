"""今日该找谁: whom a collector should see or ring up today, those first where it most reduces doubt.

One statement finds, orders and cuts off; nothing loops over people but the page's thirty lines.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.collecting import doubts, people, queries, tasks
from taizhang.collecting.models import Round
from taizhang.ledger import queries as ledger
from taizhang.ledger.asking import Lexicon, lexicon
from taizhang.ledger.states import GONE, State

MOST = 30
HOURS = "跟踪服务时限"  # guzhang-2020 三(二)2: 72 hours for who came back and is out of work
DEFAULT_HOURS = 72
RECENT = 30  # days in which a return is news
SOON = 7  # days before an expected return
STALE = 180  # days since somebody was last verified

# Reasons in the order of their weight. Each is a condition over the joins below, `state` and the rule of who has work.
REASONS = {
    "paper": "b.worker_id IS NOT NULL",
    "urgent": f"r.is_returned AND NOT {{working}} AND r.returned_on > %(today)s - {RECENT}"
    " AND coalesce(l.survey_date < r.returned_on, true)",
    "again": "a.next_on <= %(today)s",
    "contradicted": "x.worker_id IS NOT NULL",
    "back": "r.is_returned AND coalesce(l.survey_date < r.returned_on, true)",
    "expected": f"s.expected_return <= %(today)s + {SOON}",
    "unreached": "c.state = 'unreached'",
    "never": "l.worker_id IS NULL",
    "due": "c.state IN ('open', 'unreached')",
}
LISTED = ", ".join(f"CASE WHEN {condition} THEN '{code}' END" for code, condition in REASONS.items())
# Every join looks one worker up by index: the statement's time goes with the people of the villages, not of the county.
SQL = f"""
SELECT * FROM (
  SELECT w.id AS worker_id, w.division, w.full_name, w.version, c.state, a.attempts, a.at AS tried_at, a.next_on,
         l.survey_date AS verified_on, r.returned_on, s.expected_return, b.reason AS remark,
         x.kind AS doubt, x.since AS doubt_since,
         array_remove(ARRAY[{LISTED}], NULL) AS reasons
  FROM ledger_worker w
  LEFT JOIN ledger_membership m ON m.worker_id = w.id AND m.programme = %(programme)s AND m.to_date IS NULL
  {tasks.KNOWN}
  CROSS JOIN LATERAL (
    SELECT CASE WHEN m.worker_id IS NOT NULL AND %(round)s::uuid IS NOT NULL THEN {tasks.STATE} END AS state) c
  LEFT JOIN ledger_standing s ON s.worker_id = w.id AND s.to_date IS NULL
  LEFT JOIN ledger_spell sp ON sp.worker_id = w.id AND sp.to_date IS NULL
  LEFT JOIN ledger_returnflow r ON r.worker_id = w.id AND r.is_current
  LEFT JOIN LATERAL (
    SELECT worker_id, survey_date FROM ledger_verification
    WHERE worker_id = w.id AND verify_state = '{tasks.VERIFIED}' ORDER BY round DESC LIMIT 1) l ON true
  LEFT JOIN LATERAL (
    SELECT u.worker_id, d.reason FROM ledger_submission u
    LEFT JOIN ledger_decision d ON d.batch_id = u.batch_id AND d.rows @> u.row_no AND d.to_state = u.state
    WHERE u.worker_id = w.id AND NOT u.entered AND u.state = '{State.RETURNED.value}'
    ORDER BY d.id DESC NULLS LAST LIMIT 1) b ON true
  {{doubt}}
  WHERE w.retired_by_id IS NULL AND ({{inside}}) AND coalesce(s.pool_status, '10') < '{GONE}'
    AND (c.state IS NOT NULL OR b.worker_id IS NOT NULL OR x.worker_id IS NOT NULL OR s.expected_return <= %(today)s + {SOON}
         OR (r.is_returned AND r.returned_on > %(today)s - {RECENT}))) found
WHERE cardinality(reasons) > 0
  -- verified or handed in since: only what came afterwards is news
  AND (state IS NULL OR state IN ('open', 'unreached') OR reasons && ARRAY['paper', 'urgent', 'contradicted', 'expected'])
  -- tried today, or told when to try again: not before that day, unless the office sent something back
  AND ('paper' = reasons[1] OR (coalesce(next_on <= %(today)s, true)
       AND coalesce((tried_at AT TIME ZONE 'Asia/Shanghai')::date < %(today)s, true)))
ORDER BY array_position(%(order)s::text[], reasons[1]), cardinality(reasons) DESC, verified_on NULLS FIRST, full_name,
         worker_id
LIMIT {MOST}
"""
NO_ROUND: dict[str, Any] = {"first": None, "until": None, "round": None, "failed": [], "undecided": []}


@dataclass(frozen=True)
class Line:
    """A person to see today: why, in words, and what to ask. `round_id` None: no open round, nothing to verify."""

    worker_id: UUID
    name: str
    division: str
    version: int
    state: str | None
    reasons: tuple[str, ...]  # codes, the weightiest first
    sayings: tuple[str, ...]
    questions: tuple[str, ...]
    verified_on: dt.date | None
    attempts: int
    round_id: UUID | None

    @property
    def to_verify(self) -> bool:
        return self.round_id is not None and self.state in ("open", "unreached")


def today(actor: User, on: dt.date | None = None) -> list[Line]:
    """At most thirty people of the actor's divisions. Without an open round: who is back, sent back or expected."""
    words = lexicon(actor)
    if not actor.sees_people or words.programme is None:
        return []
    on = on or timezone.localdate()
    current = next((one for one in queries.open_rounds(actor) if one.first <= on <= one.until), None)
    condition, params = tasks.inside(actor.scopes)
    of_round = tasks.parameters(current) if current else {**NO_ROUND, "programme": words.programme.id}
    working, given = _working(words.programme, on)
    doubt, asking = doubts.to_ask()
    statement = SQL.format(inside=condition, working=working, doubt=doubt)
    rows = ledger.fetch(statement, {**params, **of_round, **given, **asking, "today": on, "order": list(REASONS)})
    asked = _questions(words, [row["worker_id"] for row in rows])
    return [_line(row, current, words.programme, asked, on) for row in rows]


def _working(programme: Programme, on: dt.date) -> tuple[str, dict[str, Any]]:
    """Who has work, by the rule of collecting.yaml that also tells 零就业家庭, over the open spell `sp`; its parameters by name."""
    sql, values = people.condition(programme, people.shared().household.working, on, "sp")
    names = [f"working{number}" for number in range(len(values))]
    for name in names:
        sql = sql.replace("%s", f"%({name})s", 1)
    return sql, dict(zip(names, values, strict=True))


def _questions(words: Lexicon, ids: list[UUID]) -> dict[UUID, tuple[str, ...]]:
    """What the programme asks of each: the first of its `asks` whose condition holds."""
    assert words.programme is not None
    asks = words.programme.rounds.asks if words.programme.rounds else ()
    if not asks or not ids:
        return {}
    cases, params = [], []
    for number, one in enumerate(asks):
        if one.when is None:
            cases.append(f"WHEN true THEN {number}")
            continue
        sql = one.when.to_postgres(words.parameters(), column=lambda item: f"f.{item}")
        cases.append(f"WHEN {sql.text} THEN {number}")
        params += list(sql.params)
    rows = ledger.fetch(
        f"SELECT f.worker_id, CASE {' '.join(cases)} END AS asked FROM worker_flat f WHERE f.worker_id = ANY (%s)",
        [*params, ids],
    )
    return {row["worker_id"]: asks[row["asked"]].ask for row in rows if row["asked"] is not None}


def _line(
    row: dict[str, Any], current: Round | None, programme: Programme, asked: dict[UUID, tuple[str, ...]], on: dt.date
) -> Line:
    return Line(
        worker_id=row["worker_id"],
        name=row["full_name"],
        division=row["division"],
        version=row["version"],
        state=row["state"],
        reasons=tuple(row["reasons"]),
        sayings=tuple(_sayings(row, current, programme, on)),
        questions=(*_of_doubt(row), *asked.get(row["worker_id"], ())),
        verified_on=row["verified_on"],
        attempts=row["attempts"] or 0,
        round_id=current.pk if current else None,
    )


def _of_doubt(row: dict[str, Any]) -> tuple[str, ...]:
    """What to ask because of a list, before anything else."""
    return (doubts.get_kind(row["doubt"]).question,) if "contradicted" in row["reasons"] else ()


def _sayings(row: dict[str, Any], current: Round | None, programme: Programme, on: dt.date) -> list[str]:
    """The reasons in words; what a weightier one says already is left out."""
    said, codes = [], row["reasons"]
    if "paper" in codes:
        said.append(f"填报被退回：{(row['remark'] or '请看退回意见').rstrip('。')}")
    if "urgent" in codes:
        hours = int(programme.parameter_values(on).get(HOURS, DEFAULT_HOURS))
        until = row["returned_on"] + dt.timedelta(hours=hours)
        said.append(f"失业返乡（{_day(row['returned_on'])}），{hours} 小时内要跟上服务，到{_day(until)}")
    elif "back" in codes:
        said.append(f"{_day(row['returned_on'])}返乡，回来后还没有核实")
    if "again" in codes:
        said.append(f"约好{_day(row['next_on'])}再联系")
    if "contradicted" in codes:
        kind = doubts.get_kind(row["doubt"])
        said.append(f"{_day(row['doubt_since'])}的{kind.name}（{kind.department}）写着{kind.says}，和台账不一样")
    if "expected" in codes:
        said.append(f"暂时退出，预计{_day(row['expected_return'])}返回")
    if "unreached" in codes:
        said.append(f"联系不上，试过 {row['attempts']} 次")
    if "never" in codes:
        said.append("从来没有核实过")
    elif row["verified_on"] and (on - row["verified_on"]).days > STALE:
        said.append(f"上次核实是{_day(row['verified_on'])}，过了 {(on - row['verified_on']).days} 天")
    if "due" in codes and current:
        said.append(_due(current, on))
    return said


def _due(current: Round, on: dt.date) -> str:
    left = (current.due - on).days
    when = f"还有 {left} 天" if left > 0 else "今天到期" if left == 0 else f"过期 {-left} 天"
    return f"{current.name}还没有核实，{when}"


def _day(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
