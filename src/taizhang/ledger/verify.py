"""What always holds (ledger.md), proved over everything visible: `./taizhang verify` runs it as the owner, tests
inside a scope.

Every check is one SQL statement that returns the offenders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from taizhang import catalogue
from taizhang.ledger.homes import Home, homes
from taizhang.ledger.states import GONE, OTHER_REASONS, State

LEVELS = {"县": 6, "乡镇": 9, "村": 12}
EXAMPLES = 5
APPROVALS = (State.TOWNSHIP_APPROVED, State.COUNTY_ACCEPTED, State.TEAM_CONFIRMED)


@dataclass(frozen=True)
class Problem:
    """Something that should never be. `examples`: what to look at, as opaque ids, divisions and dates."""

    code: str
    message: str
    count: int
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    """`sql` yields one text column, one row per offender."""

    code: str
    message: str
    sql: str


def check_all() -> list[Problem]:
    """Every problem found; empty when all is well."""
    return [problem for check in checks() if (problem := _run(check))]


def _run(check: Check) -> Problem | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), (array_agg(offender))[1:{EXAMPLES}] FROM ({check.sql}) AS found(offender)")
        count, examples = cursor.fetchone()
    return Problem(check.code, check.message, count, examples) if count else None


def checks() -> Iterator[Check]:
    for name, length in LEVELS.items():
        yield Check(f"balance_{length}", f"期初＋增－减不等于期末（{name}，按方案、月份）", balance(length))
    yield Check("movement_reason", "增减原因不在代码表内", _unknown_reasons())
    yield Check("membership_movement", "在库起止没有对应的增减记录", _memberships_without_movement())
    yield Check(
        "membership_overlap",
        "同一人在同一方案的在库时间重叠",
        _overlap("ledger_membership", "programme", half_open=True),
    )
    for home in homes().values():
        if home.kind == "dated":
            yield Check(f"overlap_{home.name}", f"{home.name}：同一人的时间段重叠", _overlap(home.table))
            yield Check(f"before_birth_{home.name}", f"{home.name}：早于出生日期", _before_birth(home))
        if home.kind == "keyed":
            yield Check(f"current_{home.name}", f"{home.name}：最新一条没有标为当前", _not_current(home))
        yield Check(f"history_{home.name}", f"{home.name}：历史的最后一条与现在不一致", _history(home))
    yield Check("open_after_exit", "永久退出后仍有未结束的就业经历或意愿", _open_after_exit())
    yield from _provenance()


def balance(length: int) -> str:
    """Heads gained in a month by the memberships against entries less exits by the movements, for divisions of
    `length` digits.

    Both begin at nothing, so equal gains in every month mean that opening + in - out = closing holds in every month.
    """
    key = f"programme, left(division, {length}) AS place"
    return f"""
    WITH heads AS (
      SELECT {key}, date_trunc('month', from_date)::date AS month, 1 AS n FROM ledger_membership
      UNION ALL SELECT {key}, date_trunc('month', to_date)::date, -1 FROM ledger_membership WHERE to_date IS NOT NULL
    ), flows AS (
      SELECT {key}, date_trunc('month', effective_on)::date AS month, CASE direction WHEN 'in' THEN 1 ELSE -1 END AS n
        FROM ledger_movement
    ), both_sides AS (
      SELECT programme, place, month, n AS heads, 0 AS flows FROM heads UNION ALL SELECT programme, place, month, 0, n
        FROM flows
    )
    SELECT concat_ws(' ', programme, place, month, sum(heads), sum(flows)) FROM both_sides
    GROUP BY programme, place, month HAVING sum(heads) <> sum(flows)
    """


def _unknown_reasons() -> str:
    lists = catalogue.load().lists
    known = {
        direction: ", ".join(f"'{code}'" for code in (*lists[name].codes, *OTHER_REASONS))
        for direction, name in (("in", "CL-ADD"), ("out", "CL-STATUS"))
    }
    return f"""
    SELECT id::text FROM ledger_movement
    WHERE NOT CASE direction WHEN 'in' THEN reason IN ({known["in"]}) ELSE reason IN ({known["out"]}) END
    """


def _memberships_without_movement() -> str:
    return """
    SELECT m.id::text FROM ledger_membership m WHERE NOT EXISTS (
      SELECT 1 FROM ledger_movement v WHERE v.worker_id = m.worker_id AND v.programme = m.programme AND v.division
        = m.division
        AND v.direction = 'in' AND v.effective_on = m.from_date AND v.reason = m.reason_in)
    OR m.to_date IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM ledger_movement v WHERE v.worker_id = m.worker_id AND v.programme = m.programme AND v.division
        = m.division
        AND v.direction = 'out' AND v.effective_on = m.to_date AND v.reason = m.reason_out)
    """


def _overlap(table: str, also: str = "", *, half_open: bool = False) -> str:
    """Rows that begin while an earlier one still holds.

    `half_open`: `to_date` is the first day that no longer counts, and a row that was taken back holds on no day at all.
    """
    held = "WHERE to_date IS DISTINCT FROM from_date" if half_open else ""
    key = ", ".join(filter(None, ("worker_id", also)))
    return f"""
    SELECT worker_id::text FROM (
      SELECT worker_id, from_date, lag(coalesce(to_date, 'infinity')) OVER (PARTITION BY {key} ORDER BY from_date,
        to_date NULLS LAST, id) AS held
      FROM {table} {held}) t
    WHERE from_date {"<" if half_open else "<="} held
    """


def _before_birth(home: Home) -> str:
    both = f"{home.table} t JOIN ledger_worker w ON w.id = t.worker_id"
    return f"SELECT t.worker_id::text FROM {both} WHERE t.from_date < w.birth_date"


def _not_current(home: Home) -> str:
    return f"""
    SELECT worker_id::text FROM (
      SELECT worker_id, is_current, row_number() OVER (PARTITION BY worker_id ORDER BY {home.key} DESC) AS place
        FROM {home.table}) t
    WHERE is_current <> (place = 1)
    """


def _history(home: Home) -> str:
    """What history says of the last version must fit the row; of a person, every version before must be there once."""
    gaps = f"""
    UNION SELECT w.id::text FROM {home.table} w LEFT JOIN (
      SELECT id, count(DISTINCT version) AS versions, max(version) AS last FROM {home.table}event GROUP BY id) e USING (id)
    WHERE w.version > 1 AND (e.versions IS DISTINCT FROM w.version - 1 OR e.last IS DISTINCT FROM w.version - 1)
    """
    return f"""
    SELECT coalesce(t.id, e.id)::text FROM {home.table} t FULL JOIN (
      SELECT DISTINCT ON (id) id, pgh_label FROM {home.table}event ORDER BY id, pgh_id DESC) e ON e.id = t.id
    WHERE (t.id IS NULL) IS DISTINCT FROM (e.pgh_label IS NOT DISTINCT FROM 'delete')
    {gaps if home.name == "worker" else ""}
    """


def _open_after_exit() -> str:
    return f"""
    SELECT o.worker_id::text FROM (
      SELECT worker_id FROM ledger_spell WHERE to_date IS NULL UNION ALL SELECT worker_id FROM ledger_intention
        WHERE to_date IS NULL) o
    JOIN ledger_standing s ON s.worker_id = o.worker_id AND s.to_date IS NULL AND s.pool_status >= '{GONE}'
    """


def _provenance() -> Iterator[Check]:
    """Every row names its batch and person and lies in that person's division; every change its version; every
    approval another's."""
    facts = [home.table for home in homes().values() if home.kind != "attributes"]
    for table in (*facts, "ledger_change", "ledger_membership", "ledger_movement"):
        known = "SELECT 1 FROM ledger_worker w WHERE w.id = t.worker_id"
        nobody = f"SELECT t.worker_id::text FROM {table} t WHERE NOT EXISTS ({known})"
        yield Check(f"no_person_{table}", f"{table}：找不到对应的人", nobody)
    for table in (*facts, "ledger_worker", "ledger_household", "ledger_change", "ledger_membership", "ledger_movement"):
        named = "worker_id" if table == "ledger_change" else "id"
        known = "SELECT 1 FROM ledger_batch b WHERE b.id = t.batch_id"
        sql = f"SELECT t.{named}::text FROM {table} t WHERE NOT EXISTS ({known})"
        yield Check(f"no_batch_{table}", f"{table}：没有来源批次", sql)
    for table in facts:
        both = f"{table} t JOIN ledger_worker w ON w.id = t.worker_id"
        sql = f"SELECT t.worker_id::text FROM {both} WHERE w.division <> t.division"
        yield Check(f"division_{table}", f"{table}：区划与本人不一致", sql)
    yield Check(
        "versions",
        "版本号与变更记录不一致",
        """
        SELECT w.id::text FROM ledger_worker w LEFT JOIN (SELECT worker_id, count(*) AS n, max(version) AS top FROM
        ledger_change GROUP BY 1) c
        ON c.worker_id = w.id WHERE w.version IS DISTINCT FROM c.n OR w.version IS DISTINCT FROM c.top
        """,
    )
    yield Check(
        "empty_batch",
        "已入账的批次没有人",
        """
        SELECT b.id::text FROM ledger_batch b WHERE b.applied_at IS NOT NULL AND coalesce((b.counts ->> 'new')::int,
        0) > 0
          AND NOT EXISTS (SELECT 1 FROM ledger_change c WHERE c.batch_id = b.id)
        """,
    )
    states = ", ".join(f"'{state}'" for state in APPROVALS)
    yield Check(
        "own_decision",
        "自己审核了自己提交的内容",
        f"""
        SELECT d.id::text FROM ledger_decision d JOIN ledger_batch b ON b.id = d.batch_id
        WHERE d.to_state IN ({states}) AND d.actor_id = b.submitted_by_id
        """,
    )
