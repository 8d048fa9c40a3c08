"""增减候选: who should be asked about this month, by the rules of the catalogue's collecting.yaml.

A list only proposes. Whoever is confirmed is handed in for review like any other; whoever is not stays and is noted, and
does not come again until next month. Nobody is ever taken out because of their age.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.collecting import DAY, Candidates
from taizhang.catalogue.schema import Programme
from taizhang.collecting.models import CandidateNote
from taizhang.collecting.people import MEMBER, condition, relation, shared
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import asking, inforce, together
from taizhang.ledger import queries as ledger
from taizhang.ledger.listing import Where
from taizhang.ledger.states import UNDECIDED, Mode
from taizhang.protection import audit
from taizhang.protection.audit import Action

COUNTED = 5_000  # a list is counted up to here: for more, choose a township
MOST = 200  # people confirmed in one go: what one page holds
NOTED = (
    "EXISTS (SELECT 1 FROM collecting_candidatenote n"
    " WHERE n.worker_id = f.worker_id AND n.programme = %s AND n.candidates = %s AND n.month = %s)"
)
VERIFIED, BY_VISIT = "1", "1"  # CL-VERIFY, CL-METHOD


@dataclass(frozen=True)
class Asked:
    """Whose list: a programme as its county has it in force, a division, and the day it is asked on."""

    programme: Programme
    division: str
    today: dt.date

    @property
    def month(self) -> dt.date:
        return self.today.replace(day=1)


@dataclass(frozen=True)
class Candidate:
    """`ready`: may be confirmed now (of those who are to be added: the scope holds today). `waiting`: a paper about them
    is in review. `day`: what makes them due: birthday, or expected return."""

    id: UUID
    name: str
    division: str
    place: str
    sex: str | None
    birth_date: dt.date | None
    status: str | None
    expected_return: dt.date | None
    ready: bool
    waiting: bool


def ask(actor: User, division: str, today: dt.date | None = None) -> Asked:
    """Raises NotFound outside the actor's divisions; NotAllowed for an office with no programme."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    notice = catalogue.load().programmes.get(actor.programme)
    if notice is None:
        raise NotAllowed("no_programme", "您的账号没有对应的采集方案。请安全管理员在账号里选定方案。")
    today = today or timezone.localdate()
    return Asked(inforce.programme(notice, division, today), division, today)


def lists(programme: Programme) -> list[Candidates]:
    """The lists of use to a programme."""
    return shared().lists(programme)


def get_list(programme: Programme, name: str) -> Candidates:
    """Raises NotFound."""
    found = next((one for one in lists(programme) if one.id == name), None)
    if found is None:
        raise NotFound("candidates")
    return found


def basis(one: Candidates, today: dt.date) -> dt.date:
    """:基准日 of a list: the last day of this month, or of the next."""
    first = today.replace(day=1)
    if one.day == "next_month_end":
        first = (first + dt.timedelta(days=31)).replace(day=1)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def count(asked: Asked, one: Candidates) -> int:
    """How many, up to COUNTED + 1."""
    sql, params = _who(asked, one)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {sql} LIMIT {COUNTED + 1}) counted", params)
        return int(cursor.fetchone()[0])


def by_place(asked: Asked, one: Candidates) -> dict[str, int]:
    """Code of the next level below -> how many."""
    sql, params = _who(asked, one)
    size = 9 if len(asked.division) < 9 else 12
    rows = ledger.fetch(
        f"SELECT left(f.{one.place}, {size}) AS place, count(*) AS n {sql} GROUP BY 1 ORDER BY 1", params
    )
    return {row["place"]: row["n"] for row in rows}


def people(asked: Asked, one: Candidates, window: slice, ids: Sequence[UUID] | None = None) -> list[Candidate]:
    """Those on the list, by village and name; of `ids` those who are on it."""
    sql, params = _who(asked, one, ids)
    limit = "" if ids is not None else f" OFFSET {int(window.start)} LIMIT {int(window.stop - window.start)}"
    found = ledger.fetch(
        f"""WITH listed AS MATERIALIZED (
              SELECT f.worker_id, f.full_name, f.division, f.{one.place} AS place {sql}
              ORDER BY f.{one.place}, f.full_name, f.worker_id{limit})
            SELECT l.*, w.sex, w.birth_date, coalesce(s.pool_status, '10') AS status, s.expected_return,
              EXISTS (SELECT 1 FROM ledger_submission p WHERE p.worker_id = l.worker_id AND NOT p.entered
                AND p.state = ANY(%s)) AS waiting
            FROM listed l JOIN ledger_worker w ON w.id = l.worker_id
            LEFT JOIN ledger_standing s ON s.worker_id = l.worker_id AND s.to_date IS NULL
            ORDER BY l.place, l.full_name, l.worker_id""",
        [*params, UNDECIDED],
    )
    ready = _inside(asked, [row["worker_id"] for row in found], asked.today) if one.scope else None
    return [
        Candidate(
            row["worker_id"], row["full_name"] or "（没有姓名）", row["division"], row["place"] or row["division"],
            row["sex"], row["birth_date"], row["status"], row["expected_return"],
            ready is None or row["worker_id"] in ready, row["waiting"],
        )
        for row in found
    ]  # fmt: skip


def _inside(asked: Asked, ids: Sequence[UUID], day: dt.date) -> set[UUID]:
    """Those of `ids` for whom the programme's scope holds on a day."""
    scope, params = condition(asked.programme, asked.programme.scope.rule, day)
    rows = ledger.fetch(
        f"SELECT f.worker_id FROM worker_flat f WHERE f.worker_id = ANY(%s) AND {scope}", [list(ids), *params]
    )
    return {row["worker_id"] for row in rows}


def _who(asked: Asked, one: Candidates, ids: Sequence[UUID] | None = None) -> tuple[str, list[Any]]:
    """FROM and WHERE of a list, over `f`. The list's own rule is asked first, of the tables it reads alone, and the scope
    only of those it finds: joining everything about a whole county would take minutes."""
    day = basis(one, asked.today)
    rule, params = condition(asked.programme, one.where, day)
    found = [*params, asked.division, asked.division + ledger.AFTER_DIGITS]
    source = f"(SELECT * FROM {relation(one.where.items)} f WHERE {rule} AND f.{one.place} >= %s AND f.{one.place} < %s OFFSET 0)"
    parts = []
    if one.scope:
        scope, params = condition(asked.programme, asked.programme.scope.rule, day, "g")
        parts.append(f"EXISTS (SELECT 1 FROM worker_flat g WHERE g.worker_id = f.worker_id AND {scope})")
        found += params
    if one.pool != "any":
        parts.append(f"{'NOT ' if one.pool == 'outside' else ''}{MEMBER}")
        found.append(asked.programme.id)
    parts.append(f"NOT {NOTED}")
    found += [asked.programme.id, one.id, asked.month]
    if ids is not None:
        parts.append("f.worker_id = ANY(%s)")
        found.append(list(ids))
    return f"FROM {source} f WHERE {' AND '.join(parts)}", found


@transaction.atomic
def confirm(*, actor: User, asked: Asked, one: Candidates, ids: Sequence[UUID], day: dt.date) -> int:
    """Hand in, as of `day`, what the list says of those of `ids` who are on it; returns for how many.

    Raises DomainError "nobody_selected", "too_many", "future_day", "on_the_form", "not_candidates" (nobody of them is on
    the list, or may be confirmed yet), "nothing_changed".
    """
    _check(ids)
    if day > asked.today:
        raise DomainError("future_day", f"{day:%Y年%m月%d日}还没有到。请填今天或以前的日期。")
    if one.edit:
        raise DomainError("on_the_form", "这一项要打开这个人的表来改。")
    found = [who.id for who in people(asked, one, slice(0), ids) if not who.waiting]
    if one.scope:  # of age by then, not by today
        found = [who for who in found if who in _inside(asked, found, day)]
    facts, mode = _facts(one, day, actor), Mode.CHANGE if one.facts else Mode.AUTO
    return _hand_in(actor, asked, one, found, day, one.confirm, facts, mode)


@transaction.atomic
def fill(*, actor: User, asked: Asked, one: Candidates, ids: Sequence[UUID], day: dt.date) -> int:
    """Hand in that the list's `fill`, such as when somebody is expected back, is `day`; returns for how many.

    Raises NotFound for a list with nothing to fill in; DomainError "nobody_selected", "too_many", "past_day",
    "not_candidates".
    """
    if not one.fill:
        raise NotFound("fill")
    _check(ids)
    if day <= asked.today:
        raise DomainError("past_day", f"{day:%Y年%m月%d日}已经到了。请填今后的一天；已经恢复的，点“{one.confirm}”。")
    found = [who.id for who in people(asked, one, slice(0), ids) if not who.waiting]
    facts = {one.fill: pa.scalar(day, pa.date32())}
    # what they are stays as it is: a change would begin a new state, of which only the day is known
    return _hand_in(actor, asked, one, found, asked.today, one.fill_text, facts, Mode.CORRECTION)


def _hand_in(
    actor: User, asked: Asked, one: Candidates, found: list[UUID], day: dt.date, title: str,
    facts: dict[str, pa.Scalar], mode: Mode,
) -> int:  # fmt: skip
    if not found:
        raise DomainError(
            "not_candidates", "选的人这一天还不能办：没有到龄、已经提交待审，或已不在名单上。请刷新后再看。"
        )
    handed_in = together.hand_in(
        actor=actor,
        words=asking.Lexicon(catalogue.load(), asked.programme),
        conditions=Where(("f.worker_id = ANY(%s)",), (found,), False),
        passed="false",
        day=day,
        title=f"{one.name}：{title}",
        facts=facts,
        mode=mode,
        reason=one.name,
    )
    if not handed_in:
        raise DomainError("nothing_changed", "这样填和台账一样，没有要改的。请打开这个人看看。")
    return handed_in


def _facts(one: Candidates, day: dt.date, actor: User) -> dict[str, pa.Scalar]:
    """What is handed in, typed. Of those verified: when, how and by whom."""
    items = catalogue.load().items
    found = {item: pa.scalar(day if code == DAY else code, items[item].arrow_type) for item, code in one.facts.items()}
    if one.verify:
        found |= {
            "verify_state": pa.scalar(VERIFIED),
            "collect_method": pa.scalar(BY_VISIT),
            "collector": pa.scalar(actor.display_name[:50]),
            "survey_date": pa.scalar(day, pa.date32()),
        }
    return found


@transaction.atomic
def refuse(*, actor: User, asked: Asked, one: Candidates, ids: Sequence[UUID], note: str = "") -> int:
    """Note that they were asked about and stay as they are: they do not come again until next month.

    Raises DomainError "nobody_selected", "too_many", "not_candidates", "number_in_reason".
    """
    _check(ids)
    if audit.holds_number(note):
        raise DomainError("number_in_reason", "说明里不要写身份证号和手机号。")
    found = people(asked, one, slice(0), ids)
    if not found:
        raise DomainError("not_candidates", "选的人已不在名单上。请刷新后再看。")
    CandidateNote.objects.bulk_create([
        CandidateNote(
            worker_id=who.id, division=who.division, programme=asked.programme.id, candidates=one.id,
            month=asked.month, note=note.strip()[:200], by=actor,
        )
        for who in found
    ])  # fmt: skip
    audit.write(actor, Action.PERSON_TRIED, asked.division, {"candidates": one.id, "people": len(found)})
    return len(found)


def _check(ids: Sequence[UUID]) -> None:
    if not ids:
        raise DomainError("nobody_selected", "还没有选人。先在名单左边勾选，再办。")
    if len(ids) > MOST:
        raise DomainError("too_many", f"一次最多办 {MOST} 人。")


def notes(asked: Asked) -> int:
    """How many were asked about this month and stay as they are."""
    inside = ledger.inside([asked.division])
    return CandidateNote.objects.filter(inside, programme=asked.programme.id, month=asked.month).count()
