"""户: every member of a household, who of them is in the pool and verified this month, and which households have no work.

A household is a number within a village. Moving somebody to another one and naming a new head are handed in like any edit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.collecting.people import MEMBER, condition, relation, shared
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import inforce, person, pools, webedit
from taizhang.ledger import queries as ledger
from taizhang.ledger.flat import as_json
from taizhang.ledger.models import Household
from taizhang.ledger.states import GONE, UNDECIDED
from taizhang.protection import audit

HEAD = "02"  # CL-RELATION
HEADS = ("01", "02")  # 本人, 户主: how forms say it
VERIFIED = "1"  # CL-VERIFY
LONGEST = 30  # signs of a household's number
FILTERS = {"zero": "零就业家庭", "unverified": "没有全部核实"}
CONDITIONS = {"zero": "g.able AND NOT g.working", "unverified": "g.pool > g.verified"}


@dataclass(frozen=True)
class Asked:
    """A programme as its county has it in force, and the day it is asked on."""

    programme: Programme
    today: dt.date

    @property
    def month(self) -> dt.date:
        return self.today.replace(day=1)


@dataclass(frozen=True)
class Member:
    """`why`: why they are not in the pool, in words. `gone`: dead, moved away ...: no member any more."""

    id: UUID
    name: str
    sex: str | None
    birth_date: dt.date | None
    relation: str | None
    status: str
    employment: str | None
    inside: bool
    able: bool
    working: bool
    verified: bool
    waiting: bool
    gone: bool
    why: str = ""

    @property
    def is_head(self) -> bool:
        return self.relation in HEADS


@dataclass(frozen=True)
class House:
    """One household with its members. Coverage: 不漏一户、不缺一人."""

    household: Household
    members: tuple[Member, ...]
    gone: tuple[Member, ...]

    @property
    def head(self) -> str:
        heads = [one.name for one in self.members if one.is_head]
        return heads[0] if heads else str(self.household.household_head_name or "")

    @property
    def pool(self) -> list[Member]:
        return [one for one in self.members if one.inside]

    @property
    def verified(self) -> list[Member]:
        return [one for one in self.pool if one.verified]

    @property
    def zero(self) -> bool:
        """零就业家庭."""
        return any(one.able for one in self.pool) and not any(one.working for one in self.members)


def ask(actor: User, division: str, today: dt.date | None = None) -> Asked:
    """Raises NotFound outside the actor's divisions; NotAllowed for an office with no programme."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    notice = catalogue.load().programmes.get(actor.programme)
    if notice is None:
        raise NotAllowed("no_programme", "您的账号没有对应的采集方案。请安全管理员在账号里选定方案。")
    today = today or timezone.localdate()
    return Asked(inforce.programme(notice, division, today), today)


def get(actor: User, household_id: int) -> Household:
    """Raises NotFound, also out of scope."""
    found = Household.objects.filter(pk=household_id).first() if actor.sees_people else None
    if found is None or not actor.covers(found.division):
        raise NotFound("household")
    return found


def of_person(actor: User, worker_id: UUID) -> Household | None:
    """The household a person belongs to. Raises NotFound for a person out of scope."""
    row = ledger.get_worker(actor, worker_id)
    return Household.objects.filter(division=row.division, household_no=row.household_no, to_date=None).first()


def read(actor: User, household: Household, today: dt.date | None = None) -> House:
    """A household's members, the head first."""
    asked = ask(actor, household.division, today)
    rows = _members(asked, household)
    outside = [row["worker_id"] for row in rows if not row["inside"] and row["status"] < GONE]
    why = _why(actor, asked, outside)
    members = [_member(row, why) for row in rows]
    return House(
        household,
        tuple(one for one in members if not one.gone),
        tuple(one for one in members if one.gone),
    )


def _members(asked: Asked, household: Household) -> list[ledger.Row]:
    sql, params = _flags(asked)
    return ledger.fetch(
        f"""SELECT f.worker_id, f.full_name, f.sex, f.birth_date, f.relation_to_head, f.status, f.employment_status,
              f.inside, f.able, f.working, f.verified,
              EXISTS (SELECT 1 FROM ledger_submission p WHERE p.worker_id = f.worker_id AND NOT p.entered
                AND p.state = ANY(%s)) AS waiting
            FROM ({sql} AND f.division = %s AND f.household_no = %s) f
            ORDER BY f.relation_to_head IN ('01', '02') DESC NULLS LAST, f.relation_to_head, f.birth_date, f.worker_id""",
        [UNDECIDED, *params, household.division, household.household_no],
    )


def _flags(asked: Asked) -> tuple[str, list[Any]]:
    """Everybody with a household number, as `f`: in the pool, verified this month, able, working. Ends in its WHERE."""
    rules = shared().household
    able, able_params = condition(asked.programme, rules.able, asked.today)
    working, working_params = condition(asked.programme, rules.working, asked.today)
    items = rules.able.items | rules.working.items | {"employment_status"}
    sql = f"""SELECT f.worker_id, f.division, f.household_no, f.full_name, f.sex, f.birth_date, f.relation_to_head,
                f.household_head_name, f.pool_status AS status, f.employment_status, {MEMBER} AS inside,
                coalesce({able}, false) AS able, coalesce({working}, false) AS working,
                EXISTS (SELECT 1 FROM ledger_verification v WHERE v.worker_id = f.worker_id AND v.round = %s
                  AND v.verify_state = '{VERIFIED}') AS verified
              FROM {relation(items)} f WHERE f.household_no IS NOT NULL"""
    return sql, [asked.programme.id, *able_params, *working_params, asked.month]


def _why(actor: User, asked: Asked, ids: list[UUID]) -> dict[UUID, str]:
    """Why these few are not in the pool, by the programme's own scope."""
    found = {}
    rows = {row["worker_id"]: as_json(row) for row in ledger.people_by_ids(actor, ids)}
    near = person.places(list(rows.values()))
    params = pools.parameters(asked.programme, asked.today)
    for worker, row in rows.items():
        decided = asked.programme.scope.rule.decide(row, params, near)
        found[worker] = "合统计范围，还没有纳入" if decided.value else decided.text
    return found


def _member(row: ledger.Row, why: Mapping[UUID, str]) -> Member:
    return Member(
        row["worker_id"], row["full_name"] or "（没有姓名）", row["sex"], row["birth_date"], row["relation_to_head"],
        row["status"], row["employment_status"], row["inside"], row["able"], row["working"], row["verified"],
        row["waiting"], row["status"] >= GONE, why.get(row["worker_id"], ""),
    )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A household on the list, or the sum of a village's. `id`: None where the ledger holds no row for the number."""

    id: int | None
    number: str
    head: str
    members: int
    pool: int
    verified: int
    zero: bool


@dataclass(frozen=True)
class Sums:
    """A village's households. `loose`: people with no household number: nobody can say that none of theirs is missing."""

    division: str
    households: int
    people: int
    zero: int
    unverified: int
    loose: int


def _grouped(asked: Asked, division: str) -> tuple[str, list[Any]]:
    """`g`: one row per household under a division, with who is a member still."""
    sql, params = _flags(asked)
    grouped = f"""SELECT f.division, f.household_no, count(*) AS members, count(*) FILTER (WHERE f.inside) AS pool,
        count(*) FILTER (WHERE f.inside AND f.verified) AS verified, bool_or(f.inside AND f.able) AS able,
        bool_or(f.working) AS working,
        coalesce(min(f.full_name) FILTER (WHERE f.relation_to_head IN ('01', '02')), min(f.household_head_name)) AS head
      FROM ({sql} AND f.division >= %s AND f.division < %s AND f.pool_status < '{GONE}') f GROUP BY 1, 2"""
    return grouped, [*params, division, division + ledger.AFTER_DIGITS]


def sums(actor: User, division: str, today: dt.date | None = None) -> list[Sums]:
    """Per village of a town, or of the village itself."""
    asked = ask(actor, division, today)
    grouped, params = _grouped(asked, division)
    rows = ledger.fetch(
        f"""SELECT coalesce(h.division, l.division) AS division, coalesce(h.households, 0) AS households,
              coalesce(h.people, 0) AS people, coalesce(h.zero, 0) AS zero, coalesce(h.unverified, 0) AS unverified,
              coalesce(l.loose, 0) AS loose
            FROM (SELECT g.division, count(*) AS households, sum(g.members)::int AS people,
                    count(*) FILTER (WHERE {CONDITIONS["zero"]}) AS zero,
                    count(*) FILTER (WHERE {CONDITIONS["unverified"]}) AS unverified
                  FROM ({grouped}) g GROUP BY 1) h
            FULL JOIN (SELECT w.division, count(*) AS loose FROM ledger_worker w
                  WHERE w.retired_by_id IS NULL AND w.household_no IS NULL AND w.division >= %s AND w.division < %s
                  GROUP BY 1) l ON l.division = h.division
            ORDER BY 1""",
        [*params, division, division + ledger.AFTER_DIGITS],
    )
    return [Sums(**row) for row in rows]


def count(actor: User, village: str, only: str = "", today: dt.date | None = None) -> int:
    """How many households of a village, or of those a filter (FILTERS) keeps."""
    grouped, params = _grouped(ask(actor, village, today), village)
    (row,) = ledger.fetch(f"SELECT count(*) AS n FROM ({grouped}) g {_kept(only)}", params)
    return int(row["n"])


def lines(actor: User, village: str, window: slice, only: str = "", today: dt.date | None = None) -> list[Line]:
    """One page of a village's households, by number."""
    grouped, params = _grouped(ask(actor, village, today), village)
    rows = ledger.fetch(
        f"""SELECT h.id, g.household_no AS number, coalesce(g.head, '') AS head, g.members, g.pool, g.verified,
              {CONDITIONS["zero"]} AS zero
            FROM ({grouped}) g LEFT JOIN ledger_household h
              ON h.division = g.division AND h.household_no = g.household_no AND h.to_date IS NULL
            {_kept(only)} ORDER BY g.household_no OFFSET %s LIMIT %s""",
        [*params, window.start, window.stop - window.start],
    )
    return [Line(**row) for row in rows]


def _kept(only: str) -> str:
    return f"WHERE {CONDITIONS[only]}" if only in CONDITIONS else ""


@transaction.atomic
def move(
    *, actor: User, worker_id: UUID, number: str, relation_to_head: str = "", head: str = "", reason: str = ""
) -> None:
    """Hand in that somebody belongs to another household of their village, or to a new one.

    Raises NotFound; DomainError "no_number", "bad_relation", "number_in_reason", "nothing_changed".
    """
    found = person.get(actor, worker_id)
    number = " ".join(number.split())
    if not number or len(number) > LONGEST or audit.holds_number(number):
        raise DomainError("no_number", f"户编号没有填好。请填 1 到 {LONGEST} 个字，不要填身份证号。")
    facts = {"household_no": number, "relation_to_head": _relation(relation_to_head)}
    facts["household_head_name"] = head.strip()[:50] or _head_of(found.division, number)
    if facts["relation_to_head"] in HEADS:
        facts["household_head_name"] = found.name
    _hand_in(actor, found, facts, "换户", reason)


def _relation(code: str) -> str | None:
    if code and code not in catalogue.load().lists["CL-RELATION"].codes:
        raise DomainError("bad_relation", "与户主的关系不在代码表里。请从列表里选。")
    return code or None


def _head_of(village: str, number: str) -> str | None:
    row = ledger.fetch(
        """SELECT coalesce(min(full_name) FILTER (WHERE relation_to_head IN ('01', '02')), min(household_head_name)) AS head
           FROM ledger_worker WHERE division = %s AND household_no = %s AND retired_by_id IS NULL""",
        [village, number],
    )[0]
    return str(row["head"]) if row["head"] else None


@transaction.atomic
def name_head(
    *, actor: User, household_id: int, worker_id: UUID, relations: Mapping[UUID, str], reason: str = ""
) -> int:
    """Hand in that a member is the head from now on, and what the others are to them; returns of how many.

    relations: member -> CL-RELATION; who is left out keeps theirs, unless it says head: that is emptied.
    Raises NotFound for somebody who is no member; DomainError "bad_relation", "nothing_changed".
    """
    house = read(actor, get(actor, household_id))
    head = next((one for one in house.members if one.id == worker_id), None)
    if head is None:
        raise NotFound("member")
    handed_in = 0
    for one in house.members:  # a family
        code = HEAD if one is head else _relation(relations.get(one.id, "")) or (None if one.is_head else one.relation)
        if one is not head and code in HEADS:
            raise DomainError("bad_relation", "一户只有一个户主。请给其他人选与新户主的关系。")
        try:
            with transaction.atomic():
                facts = {"household_head_name": head.name, "relation_to_head": code}
                _hand_in(actor, person.get(actor, one.id), facts, "换户主", reason)
            handed_in += 1
        except DomainError as refused:
            if refused.code != "nothing_changed":
                raise
    if not handed_in:
        raise DomainError("nothing_changed", "户主和各人的关系都没有变。")
    return handed_in


def _hand_in(actor: User, found: person.Person, facts: Mapping[str, Any], title: str, reason: str) -> None:
    if audit.holds_number(reason):
        raise DomainError("number_in_reason", "说明里不要写身份证号和手机号。")
    webedit.hand_in_facts(
        actor=actor, person=found, facts=facts, since=timezone.localdate(), title=title, reason=reason.strip()[:200]
    )
