"""Reads of people that every room may use. Scoped twice: here, and by row-level security. Lists and searches are in
`listing`, `finding`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from taizhang.accounts.models import User
from taizhang.engine.errors import NotFound
from taizhang.ledger import submitted
from taizhang.ledger.models import Change, Decision, Spell, Submission, Worker
from taizhang.ledger.states import ChangeKind, Outcome

Row = dict[str, Any]
AFTER_DIGITS = ":"  # follows "9": a prefix as a range, which may use an index under row-level security


def inside(scopes: Sequence[str]) -> Q:
    """Condition on `division`: under one of `scopes`."""
    found = Q(pk__in=[])
    for scope in filter(None, scopes):  # "" is a prefix of every code
        found |= Q(division__gte=scope, division__lt=scope + AFTER_DIGITS)
    return found


def workers(actor: User) -> QuerySet[Worker]:
    """Everybody inside the actor's divisions and nobody else: the only door to `Worker`."""
    return Worker.objects.filter(inside(actor.scopes), retired_by=None) if actor.sees_people else Worker.objects.none()


def papers_of(worker: UUID) -> QuerySet[Submission]:
    """Every paper about a person, in whatever state. What changed the person is found by the change, the rest by the
    index of the rest."""
    changed = Change.objects.filter(worker_id=worker, submission_id__isnull=False).values("submission_id")
    others = Submission.objects.filter(Q(entered=False) | Q(outcome=Outcome.SAME), worker_id=worker).values("pk")
    # united, for PostgreSQL answers "in these or of those" by reading every paper there is
    return Submission.objects.filter(pk__in=changed.union(others))


def decisions_on(papers: Iterable[UUID]) -> list[Decision]:
    """Decisions on these papers, oldest first, each with its `submission_id`; one about two of them stands twice."""
    return list(
        Decision.objects.raw(
            """SELECT d.*, s.id AS submission_id FROM ledger_decision d
               JOIN ledger_submission s ON s.batch_id = d.batch_id AND d.rows @> s.row_no
               WHERE s.id = ANY (%s) ORDER BY d.at, d.id, s.row_no""",
            [list(papers)],
        ).prefetch_related("actor")
    )


def find(actor: User, text: str, limit: int = 50) -> list[UUID]:
    """People meant by a name or its beginning, pinyin initials, an ID number, its last four signs, or a phone number;
    by name."""
    from taizhang.ledger.finding import read_text

    found = read_text(actor, text)
    people = workers(actor)
    if found.ids is not None:
        people = people.filter(pk__in=found.ids)
    else:
        column, start = ("name_initials", found.name.upper()) if found.name.isascii() else ("full_name", found.name)
        people = (
            people.filter(**{f"{column}__gte": start, f"{column}__lt": start + "\U0010ffff"})
            if start
            else people.none()
        )
        return list(people.order_by(column, "id").values_list("id", flat=True)[:limit])
    return list(people.order_by("full_name", "id").values_list("id", flat=True)[:limit])


def fetch(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def flat(actor: User, worker_id: UUID, on: dt.date | None = None) -> Row:
    """One person's flat row now, or with the facts of a day: items plus worker_id, division, version and tokens.

    Raises NotFound, also out of scope.
    """
    found = people_by_ids(actor, [worker_id], on)
    if not found:
        raise NotFound("person")
    return found[0]


def people_by_ids(actor: User, ids: Sequence[UUID], on: dt.date | None = None) -> list[Row]:
    """Flat rows of those of `ids` the actor may see, in the order of `ids`."""
    if not actor.sees_people or not ids:
        return []
    # A condition on the view itself reaches its indexes; a join with the ids would not.
    # On one id it also passes through `worker_flat_at(day)`.
    condition, params = ("= %s", list(ids)) if len(ids) == 1 else ("= ANY (%s)", [list(ids)])
    found = {
        row["worker_id"]: row
        for row in fetch(f"SELECT f.* FROM {flat_relation(on)} f WHERE f.worker_id {condition}", params)
    }
    return [found[one] for one in ids if one in found and actor.covers(found[one]["division"])]


def flat_relation(on: dt.date | None = None) -> str:
    """What to select flat rows from: the view, or the function for a day. Row-level security applies.

    Reading a whole county, `engine.planning.plan_for_bulk` first.
    """
    return "worker_flat" if on is None else f"worker_flat_at(date '{on.isoformat()}')"


def timeline(actor: User, worker_id: UUID) -> list[Row]:
    """Every change of a person, newest first: version, kind, changes, effective_on, at, and the batch it came with.

    `changes` of numbers are blind tokens: say only that the number was replaced. Of the newcomer's change, `values`
    holds the items.
    Raises NotFound, also out of scope.
    """
    get_worker(actor, worker_id)
    changes = fetch(
        """
        SELECT c.version, c.kind, c.changes, c.effective_on, c.at, c.submission_id, b.id AS batch_id, b.source,
        b.title, b.programme,
               b.collected_on, b.reason, u.display_name AS submitted_by, d.display_name AS decided_by
        FROM ledger_change c JOIN ledger_batch b ON b.id = c.batch_id JOIN accounts_user u ON u.id = b.submitted_by_id
        LEFT JOIN ledger_submission s ON s.id = c.submission_id
        LEFT JOIN accounts_user d ON d.id = coalesce(s.decided_by_id, b.decided_by_id)
        WHERE c.worker_id = %s ORDER BY c.version DESC
        """,
        [worker_id],
    )
    first = submitted.values_of(row["submission_id"] for row in changes if row["kind"] == ChangeKind.NEW)
    return [{**row, "values": first.get(row["submission_id"])} for row in changes]


def get_worker(actor: User, worker_id: UUID, *, lock: bool = False) -> Worker:
    """One person. Raises NotFound, also out of scope."""
    people = workers(actor)
    try:
        return (people.select_for_update() if lock else people).get(pk=worker_id)
    except Worker.DoesNotExist:
        raise NotFound("person") from None


def spells(actor: User, worker_id: UUID) -> QuerySet[Spell]:
    """就业经历, newest first. Raises NotFound, also out of scope."""
    return Spell.objects.filter(worker=get_worker(actor, worker_id)).order_by("-from_date")


def versions(actor: User, worker_id: UUID) -> QuerySet[Change]:
    """The changes themselves, newest first. Raises NotFound, also out of scope."""
    return Change.objects.filter(worker=get_worker(actor, worker_id)).order_by("-version")
