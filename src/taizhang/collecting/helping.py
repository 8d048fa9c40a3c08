"""一对一帮扶: who has a helper and who has not, the helpers of an office, and whom each of them helps.

Whom somebody is helped by is the ledger's item `helper`, a name: it is written on forms, reviewed and kept in the history
like any other. `Helper` says who bears the name. A name means the helper of that name of the person's own town, else of
the county.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme
from taizhang.collecting.models import Helper
from taizhang.collecting.people import condition, relation, shared
from taizhang.engine.errors import NotAllowed, NotFound
from taizhang.engine.planning import MANY, planned_for
from taizhang.ledger import inforce
from taizhang.ledger import queries as ledger
from taizhang.ledger.listing import Where
from taizhang.ledger.states import GONE, UNDECIDED
from taizhang.protection import keys, masking

# Somebody has handed in another helper for `f`, or none, and nobody has decided yet.
WAITING = """EXISTS (SELECT 1 FROM ledger_submission s
  WHERE s.worker_id = f.worker_id AND NOT s.entered AND s.state = ANY (%s) AND s.changes ? 'helper')"""
FILTERS = {"wanted": "该有没有的", "none": "没有联系人", "waiting": "已提交待审", "helped": "有联系人", "all": "全部"}
CONDITIONS = {
    "wanted": "NOT p.helped AND NOT p.waiting AND p.wanted", "none": "NOT p.helped AND NOT p.waiting",
    "waiting": "p.waiting", "helped": "p.helped", "all": "true",
}  # fmt: skip
# Rows of `f` a helper `h` is named in, by their name and where they serve.
HELPED_BY = "f.helper = %s AND f.division >= %s AND f.division < %s"
OF_THE_TOWN = """NOT EXISTS (SELECT 1 FROM collecting_helper o
  WHERE o.to_date IS NULL AND o.name = f.helper AND o.division = left(f.division, 9))"""
SINCE = """(SELECT c.effective_on FROM ledger_change c WHERE c.worker_id = f.worker_id
  AND (c.changes ? 'helper' OR c.kind = 'new') ORDER BY c.version DESC LIMIT 1)"""


@dataclass(frozen=True)
class Asked:
    """Whose people: a programme as its county has it in force, a division, and the day it is asked on."""

    programme: Programme
    division: str
    today: dt.date


@dataclass(frozen=True)
class Sum:
    """A town's or village's people, those out for good left out. `none`: without a helper and none handed in; `wanted` of
    them should have one."""

    place: str
    people: int
    helped: int
    waiting: int
    none: int
    wanted: int

    @property
    def share(self) -> float | None:
        return self.helped / self.people if self.people else None


@dataclass(frozen=True)
class Helped:
    """A person and their helper. `since`: when the name was written; None where it is not asked."""

    worker_id: UUID
    full_name: str
    division: str
    helper: str | None
    waiting: bool
    wanted: bool
    since: dt.date | None = None


@dataclass(frozen=True)
class Line:
    """A helper of the office, or a name in the ledger nobody registered (`helper` None), and how many they help here."""

    name: str
    helper: Helper | None
    people: int

    @property
    def phone(self) -> str:
        return masked(self.helper) if self.helper else ""


def ask(actor: User, division: str, today: dt.date | None = None) -> Asked:
    """Raises NotFound outside the actor's divisions; NotAllowed for an office with no programme."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    notice = catalogue.load().programmes.get(actor.programme)
    if notice is None:
        raise NotAllowed("no_programme", "您的账号没有对应的采集方案。请安全管理员在账号里选定方案。")
    today = today or timezone.localdate()
    return Asked(inforce.programme(notice, division, today), division, today)


def helpers(actor: User, division: str) -> list[Helper]:
    """Who may be named for people of a division: helpers of its county, of its town, and of the towns below."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")
    found = Helper.objects.filter(to_date=None, division__startswith=division[:6]).order_by("name", "division")
    return [one for one in found if one.division.startswith(division) or division.startswith(one.division)]


def get(actor: User, helper_id: UUID, *, lock: bool = False) -> Helper:
    """A helper whose town or county is the actor's, or lies above the actor's villages. Raises NotFound."""
    found = Helper.objects.filter(pk=helper_id, to_date=None) if actor.sees_people else Helper.objects.none()
    row = (found.select_for_update() if lock else found).first()
    if row is None or not (actor.covers(row.division) or any(one.startswith(row.division) for one in actor.scopes)):
        raise NotFound("helper")
    return row


def number(one: Helper) -> str:
    """The office phone in clear. Whoever shows it writes it down."""
    return keys.unseal("helper_phone", bytes(one.phone_sealed), one.pk.bytes) if one.phone_sealed else ""


def masked(one: Helper) -> str:
    return masking.mask_phone(number(one))


def by_place(asked: Asked) -> list[Sum]:
    """A county by town, a town by village, a village itself."""
    size = 9 if len(asked.division) < 9 else 12
    source, params = _people(asked)
    counted = ", ".join(
        f"count(*) FILTER (WHERE {CONDITIONS[name]}) AS {name}" for name in ("helped", "none", "wanted")
    )
    with planned_for(MANY):
        rows = ledger.fetch(
            f"""SELECT left(p.division, {size}) AS place, count(*) AS people, {counted},
                  count(*) FILTER (WHERE p.waiting) AS waiting
                FROM ({source}) p GROUP BY 1 ORDER BY 1""",
            params,
        )
    return [Sum(**row) for row in rows]


def total(sums: Sequence[Sum]) -> Sum:
    return Sum(
        "", *(sum(getattr(one, name) for one in sums) for name in ("people", "helped", "waiting", "none", "wanted"))
    )


def people(asked: Asked, only: str, window: slice) -> list[Helped]:
    """Those of a division a filter leaves, by village and name."""
    source, params = _people(asked)
    rows = ledger.fetch(
        f"""SELECT p.* FROM ({source}) p WHERE {CONDITIONS[only]} ORDER BY p.division, p.full_name, p.worker_id
            OFFSET %s LIMIT %s""",
        [*params, window.start, window.stop - window.start],
    )
    return [_helped(row) for row in rows]


def _helped(row: ledger.Row) -> Helped:
    return Helped(
        row["worker_id"], row["full_name"] or "（没有姓名）", row["division"], row["helper"], row["waiting"],
        row["wanted"], row.get("since"),
    )  # fmt: skip


def _people(asked: Asked) -> tuple[str, list[Any]]:
    """Everybody of a division but those out for good, with `helped`, `waiting`, `wanted`."""
    rule = shared().helping.wanted
    wanted, params = condition(asked.programme, rule, asked.today)
    sql = f"""SELECT f.worker_id, f.full_name, f.division, f.helper, f.helper IS NOT NULL AS helped,
        h.worker_id IS NOT NULL AS waiting, coalesce({wanted}, false) AS wanted
      FROM {relation(rule.items)} f
      LEFT JOIN (SELECT DISTINCT s.worker_id FROM ledger_submission s WHERE NOT s.entered AND s.state = ANY (%s)
                 AND s.division >= %s AND s.division < %s AND s.changes ? 'helper') h ON h.worker_id = f.worker_id
      WHERE f.division >= %s AND f.division < %s AND f.pool_status < '{GONE}'"""
    ends = [asked.division, asked.division + ledger.AFTER_DIGITS]
    return sql, [*params, UNDECIDED, *ends, *ends]


def lines(asked: Asked, found: Sequence[Helper]) -> list[Line]:
    """How many people of a division each of its helpers helps; then the names nobody registered."""
    ends = [asked.division, asked.division + ledger.AFTER_DIGITS]
    rows = ledger.fetch(
        f"""SELECT f.helper AS name, left(f.division, 9) AS town, count(*) AS people
            FROM {relation(())} f WHERE f.helper IS NOT NULL AND f.division >= %s AND f.division < %s
              AND f.pool_status < '{GONE}' GROUP BY 1, 2""",
        ends,
    )
    at = {(one.name, one.division): one for one in found}
    counts: dict[UUID, int] = {one.pk: 0 for one in found}
    strangers: dict[str, int] = {}
    for row in rows:  # a name of a town
        name, town = row["name"], row["town"]
        one = at.get((name, town)) or at.get((name, town[:6]))
        if one:
            counts[one.pk] += row["people"]
        else:
            strangers[name] = strangers.get(name, 0) + row["people"]
    known = [Line(one.name, one, counts[one.pk]) for one in found]
    return known + [Line(name, None, n) for name, n in sorted(strangers.items(), key=lambda one: (-one[1], one[0]))]


def of_helper(one: Helper) -> Where:
    """Whom a helper helps, those out for good too."""
    parts = [HELPED_BY] if len(one.division) == 9 else [HELPED_BY, OF_THE_TOWN]
    return Where(tuple(parts), (one.name, one.division, one.division + ledger.AFTER_DIGITS), False)


def named(actor: User, name: str) -> Where:
    """Whom somebody of this name helps among the actor's people."""
    ranges = " OR ".join(["(f.division >= %s AND f.division < %s)"] * len(actor.scopes)) or "false"
    ends = [part for code in actor.scopes for part in (code, code + ledger.AFTER_DIGITS)]
    return Where(("f.helper = %s", f"({ranges})"), (name, *ends), False)


def count(conditions: Where) -> int:
    """How many of them are still there."""
    (row,) = ledger.fetch(f"SELECT count(*) AS n FROM ({_still_there(conditions, 'f.worker_id')}) p", conditions.params)
    return int(row["n"])


def list_helped(conditions: Where, window: slice) -> list[Helped]:
    """Whom a helper helps, those out for good left out, by village and name, with the day the name was written."""
    columns = f"f.worker_id, f.full_name, f.division, f.helper, {WAITING} AS waiting, false AS wanted, {SINCE} AS since"
    rows = ledger.fetch(
        f"{_still_there(conditions, columns)} ORDER BY f.division, f.full_name, f.worker_id OFFSET %s LIMIT %s",
        [UNDECIDED, *conditions.params, window.start, window.stop - window.start],
    )
    return [_helped(row) for row in rows]


def _still_there(conditions: Where, columns: str) -> str:
    return f"""SELECT {columns} {conditions.sql} AND NOT EXISTS (SELECT 1 FROM ledger_standing st
        WHERE st.worker_id = f.worker_id AND st.to_date IS NULL AND st.pool_status >= '{GONE}')"""


def village_of(actor: User, worker_id: UUID) -> str:
    """Raises NotFound, also out of scope."""
    return str(ledger.get_worker(actor, worker_id).division)


def of_person(actor: User, worker_id: UUID) -> tuple[str | None, Helper | None, bool]:
    """Who helps a person: the name in the ledger, who bears it if registered, and whether a change waits for review.

    Raises NotFound, also out of scope.
    """
    row = ledger.get_worker(actor, worker_id)
    found = Helper.objects.filter(
        to_date=None, name=row.helper or "", division__in=[row.division[:9], row.division[:6]]
    )
    one = found.order_by("-division").first() if row.helper else None  # the town's sorts after the county's
    (waits,) = ledger.fetch(
        f"SELECT {WAITING} AS waiting FROM (SELECT %s::uuid AS worker_id) f", [UNDECIDED, worker_id]
    )
    return row.helper, one, waits["waiting"]
