"""工作量: what each collector did in a month, point by point, for 采集经费 (sichuan-2022 四(二): 工作量、专业性和成效)."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import tasks
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import queries as ledger
from taizhang.release import actions as release
from taizhang.release.actions import Kind, Slip

# A change of these alone is a verification, not a change of the person.
VERIFICATION = ["verify_state", "collect_method", "collector", "survey_date"]
SQL = """
WITH done AS (
  SELECT b.submitted_by_id AS user_id, v.division, count(*) AS verified, 0 AS visits, 0 AS calls, 0 AS changed,
         0 AS decided, 0 AS returned
  FROM ledger_verification v JOIN ledger_batch b ON b.id = v.batch_id
  WHERE v.round = %(first)s AND v.verify_state = '1' AND ({of_v}) GROUP BY 1, 2
  UNION ALL
  SELECT a.by_id, a.division, 0, count(*) FILTER (WHERE a.channel = '1'), count(*) FILTER (WHERE a.channel <> '1'), 0, 0, 0
  FROM collecting_attempt a WHERE a.at >= %(since)s AND a.at < %(before)s AND ({of_a}) GROUP BY 1, 2
  UNION ALL
  SELECT b.submitted_by_id, c.division, 0, 0, 0, count(*), 0, 0
  FROM ledger_change c JOIN ledger_batch b ON b.id = c.batch_id
  WHERE c.at >= %(since)s AND c.at < %(before)s AND c.kind IN ('new', 'update') AND ({of_c})
    AND (c.kind = 'new' OR c.changes - %(verification)s::text[] <> '{{}}'::jsonb) GROUP BY 1, 2
  UNION ALL
  -- a row decided at two steps counts once, and as returned if it was returned at any
  SELECT x.user_id, x.division, 0, 0, 0, 0, (SELECT sum(upper(r) - lower(r)) FROM unnest(x.decided) r),
         coalesce((SELECT sum(upper(r) - lower(r)) FROM unnest(x.returned) r), 0)
  FROM (SELECT b.submitted_by_id AS user_id, d.division, b.id, range_agg(d.rows) AS decided,
               range_agg(d.rows) FILTER (WHERE d.verb = 'return') AS returned
        FROM ledger_decision d JOIN ledger_batch b ON b.id = d.batch_id
        WHERE d.at >= %(since)s AND d.at < %(before)s AND d.verb IN ('approve', 'return') AND ({of_d})
        GROUP BY 1, 2, 3) x)
SELECT u.display_name AS collector, u.username, coalesce(p.name, '') AS point, coalesce(p.code, '') AS code,
       sum(verified)::int AS verified, sum(visits)::int AS visits, sum(calls)::int AS calls, sum(changed)::int AS changed,
       sum(decided)::int AS decided, sum(returned)::int AS returned
FROM done
JOIN accounts_user u ON u.id = done.user_id AND u.role = 'collector'
-- the point the village belonged to when the month ended
LEFT JOIN collecting_pointvillage pv ON pv.division = done.division AND pv.from_date <= %(last)s
     AND (pv.to_date IS NULL OR pv.to_date > %(last)s)
LEFT JOIN collecting_point p ON p.id = pv.point_id
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4
"""


@dataclass(frozen=True)
class Line:
    """A collector's month at one point; `code` "" where the village had no point."""

    collector: str
    username: str
    point: str
    code: str
    verified: int
    visits: int
    calls: int
    changed: int
    decided: int
    returned: int

    @property
    def error_rate(self) -> float | None:
        """退回 of 已审; None before anything was decided."""
        return self.returned / self.decided if self.decided else None


HEADS = {
    "collector": "采集员", "username": "账号", "point": "采集点", "code": "编号", "verified": "核实人数", "visits": "入户次数",
    "calls": "电话、微信次数", "changed": "采纳的变动", "decided": "已审份数", "returned": "退回份数",
}  # fmt: skip
RATE = "差错率（退回/已审）"


def read_month(text: str, today: dt.date) -> dt.date:
    """The month of an address ("2026-11"), by default the one of today. Raises DomainError "bad_month"."""
    if not text:
        return today.replace(day=1)
    try:
        return dt.datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise DomainError("bad_month", f"“{text[:10]}”不是月份，请填如 2026-11。") from None


def statement(actor: User, division: str, month: dt.date) -> list[Line]:
    """Every collector who did something in a month under a division, by name and point. Raises NotFound out of scope."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    of: dict[str, str] = {}
    params: dict[str, str] = {}
    for alias in "vacd":
        of[f"of_{alias}"], params = tasks.inside([division], f"{alias}.division")
    return [
        Line(**row)
        for row in ledger.fetch(
            SQL.format(**of),
            {**params, "first": month, "last": last, "since": _midnight(month), "verification": VERIFICATION,
             "before": _midnight(last + dt.timedelta(days=1))},
        )
    ]  # fmt: skip


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def total(lines: Sequence[Line]) -> Line:
    numbers = [one.name for one in fields(Line)][4:]
    return Line("合计", "", "", "", **{name: sum(getattr(one, name) for one in lines) for name in numbers})


def export(*, actor: User, division: str, month: dt.date) -> bytes:
    """The statement as xlsx, through the door out. Raises NotFound out of scope."""
    lines = statement(actor, division, month)
    return release.export(
        actor=actor,
        kind=Kind.TABLE,
        subject="collecting/workload",
        division=division,
        make=lambda slip: _book(slip, lines, division, month),
        month=f"{month:%Y-%m}",
        rows=len(lines),
    )


def _book(slip: Slip, lines: list[Line], division: str, month: dt.date) -> bytes:
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": "采集工作量", "author": slip.watermark})
        sheet = book.add_worksheet("采集工作量")
        head = book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center"})
        text = book.add_format({"num_format": "@", "quote_prefix": True, "border": 1})
        number, rate = book.add_format({"border": 1}), book.add_format({"border": 1, "num_format": "0.0%"})
        title = book.add_format({"bold": True, "font_size": 14})
        sheet.write_string(0, 0, f"{divisions.full_name(division)}{month.year}年{month.month}月采集工作量", title)
        for column, name in enumerate([*HEADS.values(), RATE]):
            sheet.write_string(1, column, name, head)
        for at, line in enumerate([*lines, total(lines)], start=2):
            _row(sheet, at, line, text, number, rate)
        sheet.set_column(0, len(HEADS), 14)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        sheet.set_footer(f"&L{slip.watermark.replace('&', '&&')}&C第 &P 页，共 &N 页")
    return out.getvalue()


def _row(sheet: Any, at: int, line: Line, text: Any, number: Any, rate: Any) -> None:
    for column, name in enumerate(HEADS):
        value = getattr(line, name)
        if isinstance(value, str):
            sheet.write_string(at, column, value, text)
        else:
            sheet.write_number(at, column, value, number)
    if line.error_rate is None:
        sheet.write_string(at, len(HEADS), "", text)
    else:
        sheet.write_number(at, len(HEADS), line.error_rate, rate)
