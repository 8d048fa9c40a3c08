"""What a clerk decides about rows on the page: which of two rows counts, whose value stands. Remembered beside the file, so that checking it again
(after a suggestion was taken over) finds the same decisions."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import settling, submitted
from taizhang.ledger.bothsides import Cell, masked
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.states import Outcome

from . import actions, policies, queries, vault
from .models import Upload

PART = "choices"  # of the vault: {"keep": [row numbers], "sides": {row number: [version, items of mine]}}


@transaction.atomic
def keep(*, actor: User, upload_id: UUID, row_id: UUID) -> list[int]:
    """Adopt this row; row numbers of the others about the same person. Raises as `ledger.settling.keep`; DomainError "wrong_state"."""
    upload, batch = _open(actor, upload_id)
    row = _row(batch, row_id)
    passed = settling.keep(actor=actor, batch=batch, submission_id=row_id)
    choices = read(upload)
    choices["keep"] = sorted({*choices["keep"], row.row_no} - set(passed))
    _changed(upload, choices)
    return passed


@transaction.atomic
def settle(*, actor: User, upload_id: UUID, row_id: UUID, mine: Collection[str], version: int) -> str:
    """Take the row's value for the items `mine`, the ledger's for the others; the row's outcome now. Raises as `ledger.settling.settle`."""
    upload, batch = _open(actor, upload_id)
    row = _row(batch, row_id)
    settling.settle(actor=actor, batch=batch, submission_id=row_id, mine=mine, version=version)
    choices = read(upload)
    choices["sides"][str(row.row_no)] = [version, sorted(mine)]
    _changed(upload, choices)
    return str(_row(batch, row_id).outcome)


def repeat(upload: Upload, batch: Batch) -> None:
    """Decide again as before on a batch staged anew. What no longer fits (the row was mended, the ledger moved on) is left to be decided."""
    choices = read(upload)
    wanted = [*choices["keep"], *map(int, choices["sides"])]
    rows = {row.row_no: row for row in Submission.objects.filter(batch=batch, row_no__in=wanted)} if wanted else {}
    for row_no in choices["keep"]:
        row = rows.get(row_no)
        if row and len(settling.same_person(row)) > 1:
            settling.keep(actor=upload.owner, batch=batch, submission_id=row.pk)
    for number, (version, mine) in choices["sides"].items():
        row = rows.get(int(number))
        if row and row.outcome == Outcome.CONFLICT and settling.ledger_version(row) == version:
            settling.settle(actor=upload.owner, batch=batch, submission_id=row.pk, mine=mine, version=version)


def read(upload: Upload) -> dict[str, Any]:
    """The decisions so far."""
    return json.loads(vault.get(upload.pk, PART)) if vault.has(upload.pk, PART) else {"keep": [], "sides": {}}


def _open(actor: User, upload_id: UUID) -> tuple[Upload, Batch]:
    upload = actions.own(actor, upload_id)
    policies.check_move("submit", upload.state)
    if upload.batch is None:
        raise DomainError("not_checked", "这个文件还没有检查完。", status=409)
    return upload, upload.batch


def _row(batch: Batch, row_id: UUID) -> Submission:
    found = Submission.objects.filter(batch=batch, pk=row_id).first()
    if found is None:
        raise NotFound("submission")
    return found


def _changed(upload: Upload, choices: dict[str, Any]) -> None:
    assert upload.batch_id is not None
    vault.put(upload.pk, PART, json.dumps(choices).encode())
    (vault.directory(upload.pk) / "answer").unlink(missing_ok=True)
    upload.counts = queries.outcome_counts(upload.batch_id)
    upload.problems = queries.count_problems(upload.batch_id)
    upload.save(update_fields=["counts", "problems"])


# -- what the page shows -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alike:
    """Rows about one person beside each other: `lines` are the items in which they differ, a cell per row."""

    rows: list[Submission]
    lines: list[tuple[str, list[Cell]]]


def alike(submission: Submission) -> Alike | None:
    """The other rows about this person and where they differ; None when there is none."""
    rows = settling.same_person(submission)
    if len(rows) < 2:
        return None
    said = [submitted.values(row) for row in rows]
    items = list(dict.fromkeys(item for row in said for item in row if item not in SEALED))
    lines = [
        (item, [Cell(row.get(item)) for row in said])
        for item in items
        if len({json.dumps(row.get(item), sort_keys=True) for row in said}) > 1
    ]
    if len({bytes(row.phone_token or b"") for row in rows}) > 1:
        lines.append(("mobile_phone", [Cell(None, masked(row, "mobile_phone", row.id_token)) for row in rows]))
    known = list(catalogue.load().items)
    return Alike(rows, sorted(lines, key=lambda line: known.index(line[0]) if line[0] in known else len(known)))
