"""Many rows decided at once: batch by batch, what may not be decided is told row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from taizhang.accounts.models import User
from taizhang.engine.errors import NotAllowed
from taizhang.ledger.models import Batch, Submission
from taizhang.review import actions
from taizhang.review.actions import Decided

Decide = Callable[[Batch, list[UUID]], Decided]


@dataclass
class Tally:
    """What became of all rows: `decided` added up; `refused`: (title of the batch, row number, why)."""

    decided: Decided = field(default_factory=Decided)
    refused: list[tuple[str, int, str]] = field(default_factory=list)


def approve(*, actor: User, found: QuerySet[Submission]) -> Tally:
    """Approve those of `found` that `actor` may approve."""
    return _each(found, lambda batch, ids: actions.approve_each(actor=actor, batch=batch, ids=ids))


def send_back(*, actor: User, found: QuerySet[Submission], reason: str) -> Tally:
    """Return those of `found` that `actor` may return, all with the same reason. Raises DomainError "reason_missing"."""

    def decide(batch: Batch, ids: list[UUID]) -> Decided:
        try:
            return actions.send_back(actor=actor, batch=batch, ids=ids, reason=reason)
        except NotAllowed as refusal:  # a single row of its batch: listed like the others
            numbers = Submission.objects.filter(pk__in=ids).values_list("row_no", flat=True)
            return Decided(refused=dict.fromkeys(numbers, refusal.message))

    return _each(found, decide)


def _each(found: QuerySet[Submission], decide: Decide) -> Tally:
    by_batch: dict[UUID, list[UUID]] = defaultdict(list)
    for batch_id, identifier in found.order_by().values_list("batch_id", "pk"):
        by_batch[batch_id].append(identifier)
    tally = Tally()
    for batch in Batch.objects.filter(pk__in=by_batch).select_related("submitted_by").order_by("pk"):
        decided = decide(batch, by_batch[batch.pk])
        tally.decided.done += decided.done
        tally.decided.entered += decided.entered
        tally.decided.handed_back += decided.handed_back
        title = batch.title or str(batch.get_source_display())
        tally.refused += [(title, row, why) for row, why in sorted(decided.refused.items())]
    return tally
