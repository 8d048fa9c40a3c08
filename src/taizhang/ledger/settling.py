"""Before a batch is handed in: which of several rows about one person counts, and which side is right where somebody else changed the same item.

Works on drafts only and writes nothing to people; the rows are compared again by the door's own steps.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import door, matching, submitted
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Batch, Paper, Submission, Worker
from taizhang.ledger.states import ACCEPTED, BatchState, Outcome, State
from taizhang.protection import keys

COUNTED = (*ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT)  # rows without errors of their own
PASSED = "passed"  # of a duplicate's finding: the clerk chose the other row


@dataclass(frozen=True)
class Side:
    """One item that the ledger changed since the row was made. `verdict`: conflict (both changed it), agreed (to the same) or untouched (only the
    ledger did). Of numbers `base`, `now` and `mine` are tokens. `batch`: None where it belongs to somebody else's divisions."""

    item: str
    base: Any
    now: Any
    mine: Any
    verdict: str
    effective_on: dt.date
    at: dt.datetime
    batch: Batch | None


def same_person(submission: Submission) -> list[Submission]:
    """The rows of a batch about the person of `submission`, itself included, in the file's order; rows with errors are left out."""
    about = Q(pk=submission.pk)
    if submission.worker_id:
        about |= Q(worker_id=submission.worker_id)
    if submission.id_token:
        about |= Q(id_token=submission.id_token)
    found = Submission.objects.filter(about, batch_id=submission.batch_id, outcome__in=COUNTED)
    return list(found.filter(state__in=(State.DRAFT, State.WITHDRAWN)).order_by("row_no"))


@transaction.atomic
def keep(*, actor: User, batch: Batch, submission_id: UUID) -> list[int]:
    """Let this row count and pass the others about the same person over; row numbers of those.

    Raises NotFound; DomainError "not_open", "not_duplicate" (no other row, or this one has an error).
    """
    chosen = _draft(actor, batch, submission_id)
    rows = same_person(chosen)
    others = [row for row in rows if row.pk != chosen.pk]
    if not others or chosen.pk not in {row.pk for row in rows}:
        raise DomainError("not_duplicate", "这一行有错误，或者本批里没有同一个人的另一行，不用选。")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE ledger_submission s SET state = '{State.WITHDRAWN}', outcome = '{Outcome.DUPLICATE}', changes = NULL, needs_second = false,
                  version = s.version + 1,
                  findings = jsonb_path_query_array(coalesce(s.findings, '[]'), '$[*] ? (!(@.rule starts with "{matching.OWN}"))')
                    || jsonb_build_array(jsonb_build_object('item', NULL, 'rule', '{matching.OWN}duplicate', 'severity', 'error',
                         'message', %s::text, 'about', '{PASSED}', 'suggestion', NULL, 'value', NULL))
                WHERE s.id = ANY (%s::uuid[])""",
            [
                f"与本批第 {chosen.row_no} 行是同一个人，您选了采用那一行。",
                [row.pk for row in others],
            ],
        )
        cursor.execute(
            "UPDATE ledger_submission SET state = %s, version = version + 1 WHERE id = %s", [State.DRAFT, chosen.pk]
        )
    _again(batch, chosen)
    return [row.row_no for row in others]


def sides(submission: Submission) -> list[Side]:
    """What the ledger changed since `submission` was made, by item; the row says something about each."""
    batch = submission.batch
    said = [item for item in batch.items if item not in SEALED]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH late AS (
              SELECT e.key, c.version, e.value -> 0 AS base, e.value -> 1 AS now, c.effective_on, c.at, c.batch_id,
                     CASE e.key WHEN 'id_number' THEN to_jsonb(encode(s.id_token, 'hex'))
                                WHEN 'mobile_phone' THEN to_jsonb(encode(s.phone_token, 'hex')) ELSE {submitted.json_sql(said, batch.clears)} -> e.key END AS mine
              FROM ledger_submission s JOIN ledger_paper p ON p.submission_id = s.id JOIN ledger_change c ON c.worker_id = s.worker_id AND c.version > s.base_version, jsonb_each(c.changes) e
              WHERE s.id = %s
            ), items AS (
              SELECT DISTINCT ON (key) key, first_value(base) OVER (PARTITION BY key ORDER BY version) AS base, now, mine, effective_on, at, batch_id
              FROM late WHERE mine IS NOT NULL ORDER BY key, version DESC
            )
            SELECT key, base, now, mine, CASE WHEN mine = base THEN 'untouched' WHEN mine = now THEN 'agreed' ELSE 'conflict' END,
                   effective_on, at, batch_id FROM items ORDER BY key
            """,
            [submission.pk],
        )
        found = cursor.fetchall()
    batches = Batch.objects.filter(pk__in={line[-1] for line in found}).select_related("submitted_by").in_bulk()
    return [
        Side(item, _read(base), _read(now), _read(mine), verdict, day, at, batches.get(batch))
        for item, base, now, mine, verdict, day, at, batch in found
    ]


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def ledger_version(submission: Submission) -> int | None:
    """Version of the person's entry now, to be sent back with a choice."""
    if submission.worker_id is None:
        return None
    return Worker.objects.filter(pk=submission.worker_id, retired_by=None).values_list("version", flat=True).first()


@transaction.atomic
def settle(*, actor: User, batch: Batch, submission_id: UUID, mine: Collection[str], version: int) -> None:
    """Of a row in conflict keep what it says of the items `mine`; for all others the ledger changed, the ledger stands. Then compare again.

    Args:
        version: of the person's entry as it was shown.
    Raises NotFound; DomainError "not_open", "not_conflict", "changed" (409) when the ledger has moved on.
    """
    row = _draft(actor, batch, submission_id)
    if row.outcome != Outcome.CONFLICT or row.worker_id is None:
        raise DomainError("not_conflict", "这一行现在没有冲突，不用选。请刷新后再看。", status=409)
    now = Worker.objects.select_for_update().filter(pk=row.worker_id).values_list("version", flat=True).first()
    if now != version:
        raise DomainError("changed", "台账里这个人刚刚又有了新的内容，您的选择没有生效。请看新的再选。", status=409)
    left = [
        side.item
        for side in sides(row)
        if side.verdict == "untouched" or (side.verdict == "conflict" and side.item not in mine)
    ]
    paper = row.paper
    _forget_numbers(row, paper, row.worker_id, left)
    for item in left:
        if item not in SEALED:
            setattr(paper, item, None)
    paper.left_out = sorted({*(paper.left_out or ()), *left})
    paper.save()
    row.base_version, row.version = version, row.version + 1
    row.save()
    _again(batch, row)


def _forget_numbers(row: Submission, paper: Paper, worker_id: UUID, items: Collection[str]) -> None:
    """Let the ledger's numbers stand. A phone the row keeps is sealed anew: it is bound to the identity number."""
    if "mobile_phone" in items:
        row.phone_token = paper.phone_sealed = None
    if "id_number" not in items:
        return
    worker = Worker.objects.values("id_token", "id_sealed", "id_tail").get(pk=worker_id)
    if paper.phone_sealed:
        clear = keys.unseal("mobile_phone", bytes(paper.phone_sealed), bytes(row.id_token or b""))
        (paper.phone_sealed,) = keys.seal_many("mobile_phone", [clear], [bytes(worker["id_token"] or b"")])
    row.id_token, paper.id_sealed, paper.id_tail = worker["id_token"], worker["id_sealed"], worker["id_tail"]


def _draft(actor: User, batch: Batch, submission_id: UUID) -> Submission:
    """The row of a batch that is still its submitter's own, locked."""
    found = Batch.objects.select_for_update().filter(pk=batch.pk).first()
    if found is None or not actor.covers(found.division):
        raise NotFound("batch")
    row = Submission.objects.select_for_update().filter(pk=submission_id, batch=batch).first()
    if row is None:
        raise NotFound("submission")
    if (
        found.state != BatchState.OPEN
        or found.submitted_by_id != actor.pk
        or row.state not in (State.DRAFT, State.WITHDRAWN)
    ):
        raise DomainError("not_open", "这一行已经提交，不能再选。", status=409)
    return row


def _again(batch: Batch, row: Submission) -> None:
    door.decide(batch, [row.pk], preview=True)
    door.note(batch, enter=False)


# Every item of SEALED is handled in `_forget_numbers`; a third one would be forgotten silently.
assert set(SEALED) == {"id_number", "mobile_phone"}
