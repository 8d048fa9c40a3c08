"""Somebody else changed a person while a form or a row about the same one was made: both sides beside each other, and what
whoever filled a form picks item by item. What was not picked stays to be read in the paper."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotFound
from taizhang.ledger import settling
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.settling import Side
from taizhang.ledger.states import ACCEPTED, Outcome, Source, State
from taizhang.ledger.webedit import Wrong
from taizhang.protection import keys, masking

MASKS = {"id_number": masking.mask_id, "mobile_phone": masking.mask_phone}
NOT_PICKED = "not_picked"  # of a finding: what was filled and gave way to the ledger


@dataclass(frozen=True)
class Cell:
    """One value beside another; `text`: words for numbers that are not shown."""

    value: Any
    text: str = ""


@dataclass(frozen=True)
class Both:
    """An item changed on both sides, as the page shows it."""

    side: Side
    now: Cell
    mine: Cell


@dataclass(frozen=True)
class Conflict:
    """Both sides of a row. `both`: items changed on both; `others`: what else the ledger changed meanwhile; `version`: of the ledger's entry."""

    both: list[Both]
    others: list[Side]
    version: int


def conflict(submission: Submission) -> Conflict | None:
    """What to choose between; None when there is nothing to choose."""
    known = Worker.objects.filter(pk=submission.worker_id, retired_by=None).first() if submission.worker_id else None
    if submission.outcome != Outcome.CONFLICT or known is None:
        return None
    sides = settling.sides(submission)
    return Conflict(
        [_both(side, known, submission) for side in sides if side.verdict == "conflict"],
        [side for side in sides if side.verdict != "conflict"],
        known.version,
    )


def _both(side: Side, known: Worker, row: Submission) -> Both:
    if side.item not in SEALED:
        return Both(side, Cell(side.now), Cell(side.mine))
    now = masked(known, side.item, known.id_token)
    mine = masked(row, side.item, row.id_token or known.id_token)
    return Both(side, Cell(None, now), Cell(None, mine if mine != now else f"{mine}（打星号的部分不同）"))


def masked(row: Submission | Worker, item: str, context: Any) -> str:
    """A number of a row or of the ledger with its middle hidden; in clear only here, in memory."""
    at = row.paper if isinstance(row, Submission) else row
    sealed = at.id_sealed if item == "id_number" else at.phone_sealed
    return MASKS[item](keys.unseal(item, bytes(sealed), bytes(context or b""))) if sealed else "—"


# -- a form of the office's own page -----------------------------------------------------------------------------------


def _waiting(actor: User, worker_id: UUID) -> QuerySet[Submission]:
    mine = Submission.objects.filter(batch__source=Source.WEB, batch__submitted_by=actor, worker_id=worker_id)
    return mine.filter(state=State.DRAFT, outcome=Outcome.CONFLICT)


def waiting(actor: User, worker_id: UUID) -> Submission | None:
    """The actor's form about a person that waits for a choice, the newest."""
    return _waiting(actor, worker_id).select_related("batch", "paper").order_by("-batch__created_at").first()


def get(actor: User, worker_id: UUID) -> tuple[Submission, Conflict]:
    """That form and both its sides. Raises NotFound."""
    paper = waiting(actor, worker_id)
    found = conflict(paper) if paper else None
    if paper is None or found is None:
        raise NotFound("conflict")
    return paper, found


@transaction.atomic
def settle(*, actor: User, worker_id: UUID, mine: Collection[str], version: int) -> Submission | None:
    """Hand the form in with the actor's values for the items `mine`, the ledger's for all others both changed; None when nothing
    is left to change.

    Raises NotFound; Wrong where the picks do not go together; DomainError "changed" (409) when the ledger has moved on.
    """
    paper, found = get(actor, worker_id)
    lost = [one for one in found.both if one.side.item not in mine]
    settling.settle(actor=actor, batch=paper.batch, submission_id=paper.pk, mine=mine, version=version)
    forget(actor, worker_id)  # this one is in conflict no more
    paper.refresh_from_db()
    if paper.outcome == Outcome.SAME:
        Submission.objects.filter(pk=paper.pk).update(state=State.WITHDRAWN)
        return None
    if paper.outcome not in ACCEPTED:
        raise Wrong([one for one in paper.findings or [] if one.get("severity") == "error"])
    paper.findings = [*(paper.findings or []), *map(_told, lost)]
    paper.save(update_fields=["findings"])
    import_string(settings.INTAKE_SUBMIT)(actor=actor, batch=paper.batch)
    paper.refresh_from_db()
    return paper


def forget(actor: User, worker_id: UUID) -> None:
    """Withdraw the actor's earlier forms about a person that wait for a choice: a newer one was handed in."""
    _waiting(actor, worker_id).update(state=State.WITHDRAWN)


def _told(one: Both) -> dict[str, Any]:
    """What was filled and not picked, for whoever reviews."""
    words = one.mine.text or _words(one.side.item, one.mine.value)
    message = f"两边都改过，填报人选了台账的；自己原来填的是“{words}”。"
    return {
        "item": one.side.item,
        "rule": NOT_PICKED,
        "severity": "warning",
        "message": message,
        "suggestion": None,
        "value": None,
    }


def _words(item: str, value: Any) -> str:
    known = catalogue.load()
    kind = known.items[item].kind
    if value is None:
        return "空"
    if kind == "region":
        return Division.objects.filter(pk=value).values_list("full_name", flat=True).first() or str(value)
    if kind in ("enum", "bool"):
        return known.label(item, str(value).lower() if kind == "bool" else value) or str(value)
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
