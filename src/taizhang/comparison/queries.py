"""Reads of lists and of what they make doubtful: inside the actor's divisions, a county's list also from its towns."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.departments import ListKind
from taizhang.collecting import doubts
from taizhang.collecting.models import DoubtState
from taizhang.collecting.tasks import UNDECIDED, VERIFIED, inside
from taizhang.comparison import vault
from taizhang.comparison.models import DepartmentList
from taizhang.engine.errors import NotFound
from taizhang.ledger import queries as ledger

SHOWN = {"open": "待核", "answered": "待核定", "mended": "已核实属实", "refuted": "已核不属实", "names": "姓名不同"}
NAMES = (DoubtState.NAME, DoubtState.OTHER, DoubtState.SAME)


@dataclass(frozen=True)
class Line:
    """A doubt of a list, as it stands now. `held`: the ledger now for one that is open, else as it was; `verified_on`: when
    somebody last verified the person since, `waits`: a paper about them is in review; `mended_at`: the last change since."""

    id: UUID
    worker_id: UUID
    full_name: str
    division: str
    shown: str
    state: str
    said: Mapping[str, str]
    held: Mapping[str, Any]
    name: str
    reason: str
    decided_at: dt.datetime | None
    decided_by: str | None
    answer: str
    answered_at: dt.datetime | None
    answered_by: str | None
    verified_on: dt.date | None
    method: str | None
    waits: bool
    mended_at: dt.datetime | None

    @property
    def key(self) -> str:
        """As a form sends it."""
        return str(self.id)


def kinds_for(actor: User) -> list[ListKind]:
    """Kinds of lists of use to the actor's programme."""
    programme = catalogue.load().programmes.get(actor.programme)
    return doubts.departments().of_use(programme) if programme else []


def lists_visible_to(actor: User) -> QuerySet[DepartmentList]:
    """Newest first."""
    if not actor.sees_people:
        return DepartmentList.objects.none()
    visible = Q()
    for scope in filter(None, actor.scopes):
        visible |= Q(division__startswith=scope) | Q(division=scope[:6])
    return DepartmentList.objects.filter(visible) if visible else DepartmentList.objects.none()


def get_list(actor: User, list_id: UUID) -> DepartmentList:
    """Raises NotFound."""
    found = lists_visible_to(actor).select_related("by", "progress").filter(pk=list_id).first()
    if found is None:
        raise NotFound("list")
    return found


def _shown() -> tuple[str, dict[str, Any]]:
    """Which heap of SHOWN a doubt `d` of a worker `w` with JOINS is on."""
    condition, params = doubts.holds()
    text = (
        f"CASE WHEN d.state = '{DoubtState.OPEN.value}' THEN CASE WHEN NOT {condition} THEN 'mended'"
        " WHEN d.answered_at IS NULL THEN 'open' ELSE 'answered' END"
        f" WHEN d.state = '{DoubtState.REFUTED.value}' THEN 'refuted' ELSE 'names' END"
    )
    return text, params


def tallies(actor: User, lists: Sequence[DepartmentList]) -> dict[UUID, dict[str, int]]:
    """List -> heap of SHOWN -> how many, of the people in the actor's divisions."""
    shown, params = _shown()
    places, named = inside(actor.scopes, "d.division")
    rows = ledger.fetch(
        f"""SELECT source, shown, count(*) AS n FROM (
              SELECT d.source, {shown} AS shown FROM collecting_doubt d JOIN ledger_worker w ON w.id = d.worker_id {doubts.JOINS}
              WHERE d.source = ANY (%(sources)s) AND d.state <> %(gone)s AND ({places})) found GROUP BY 1, 2""",
        {**params, **named, "sources": [one.pk for one in lists], "gone": DoubtState.WITHDRAWN.value},
    )
    found = {one.pk: dict.fromkeys(SHOWN, 0) for one in lists}
    for row in rows:
        found[row["source"]][row["shown"]] = row["n"]
    return found


def lines(actor: User, found: DepartmentList, heap: str, window: slice) -> list[Line]:
    """A page of a heap, by village and name."""
    shown, params = _shown()
    places, named = inside(actor.scopes, "d.division")
    held = ", ".join(f"'{item}', {doubts.column(item)}" for item in doubts.get_kind(found.kind).shows)
    rows = ledger.fetch(
        f"""
        WITH page AS MATERIALIZED (
          SELECT * FROM (
            SELECT d.id, d.worker_id, w.full_name, w.division, {shown} AS shown, d.state, d.said, d.name, d.reason, d.decided_at,
                   d.decided_by_id, d.answer, d.answered_at, d.answered_by_id, d.opened_at, d.held AS held_then, jsonb_strip_nulls(jsonb_build_object({held})) AS held_now
            FROM collecting_doubt d JOIN ledger_worker w ON w.id = d.worker_id {doubts.JOINS}
            WHERE d.source = %(source)s AND d.state <> %(gone)s AND ({places})) every
          WHERE shown = %(heap)s ORDER BY division, full_name, id OFFSET %(start)s LIMIT %(size)s)
        SELECT p.id, p.worker_id, p.full_name, p.division, p.shown, p.state, p.said, p.name, p.reason, p.decided_at, p.answer, p.answered_at, y.display_name AS answered_by,
               CASE WHEN p.shown IN ('open', 'answered') THEN p.held_now ELSE p.held_then END AS held,
               u.display_name AS decided_by, v.survey_date AS verified_on, v.collect_method AS method,
               CASE WHEN p.shown = 'mended' THEN (
                 SELECT max(c.at) FROM ledger_change c WHERE c.worker_id = p.worker_id AND c.at > p.opened_at) END AS mended_at,
               EXISTS (SELECT 1 FROM ledger_submission b WHERE b.worker_id = p.worker_id AND NOT b.entered
                 AND b.state = ANY (%(undecided)s)) AS waits
        FROM page p LEFT JOIN accounts_user u ON u.id = p.decided_by_id LEFT JOIN accounts_user y ON y.id = p.answered_by_id
        LEFT JOIN LATERAL (
          SELECT n.survey_date, n.collect_method FROM ledger_verification n JOIN ledger_batch nb ON nb.id = n.batch_id
          WHERE n.worker_id = p.worker_id AND n.verify_state = '{VERIFIED}' AND nb.created_at > p.opened_at
          ORDER BY n.round DESC LIMIT 1) v ON true
        ORDER BY p.division, p.full_name, p.id
        """,
        {
            **params, **named, "source": found.pk, "heap": heap, "start": window.start, "size": window.stop - window.start,
            "gone": DoubtState.WITHDRAWN.value, "undecided": [str(state) for state in UNDECIDED],
        },
    )  # fmt: skip
    return [Line(**{**row, "said": _json(row["said"]), "held": _json(row["held"])}) for row in rows]


def _json(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def answered(actor: User) -> list[tuple[DepartmentList, int]]:
    """Lists of which collectors say that they are wrong about somebody, and how many the county has not decided on; the newest
    first."""
    condition, params = doubts.holds()
    places, named = inside(actor.scopes, "d.division")
    rows = ledger.fetch(
        f"SELECT d.source, count(*) AS n FROM collecting_doubt d JOIN ledger_worker w ON w.id = d.worker_id {doubts.JOINS}"
        f" WHERE d.answered_at IS NOT NULL AND d.state = '{DoubtState.OPEN.value}' AND ({places}) AND {condition} GROUP BY 1",
        {**params, **named},
    )
    counted = {row["source"]: row["n"] for row in rows}
    return [(one, counted[one.pk]) for one in lists_visible_to(actor).filter(pk__in=counted)]


def contradicted(found: DepartmentList, ids: Sequence[UUID]) -> list[UUID]:
    """Those of these doubts of a list in which the ledger contradicts it now."""
    condition, params = doubts.holds()
    rows = ledger.fetch(
        f"SELECT d.id FROM collecting_doubt d JOIN ledger_worker w ON w.id = d.worker_id {doubts.JOINS}"
        f" WHERE d.source = %(source)s AND d.id = ANY (%(ids)s) AND {condition}",
        {**params, "source": found.pk, "ids": list(ids)},
    )
    return [row["id"] for row in rows]


def unread(found: DepartmentList) -> list[dict[str, Any]]:
    """The first rows that could not be read: row_no, message; nothing once they are swept."""
    if not vault.VAULT.has(found.pk, vault.REASONS):
        return []
    rows: list[dict[str, Any]] = json.loads(vault.VAULT.get(found.pk, vault.REASONS))
    return rows
