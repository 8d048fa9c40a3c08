"""What a phone says of somebody beside what the ledger says and what else waits for review."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from taizhang.accounts.models import User
from taizhang.ledger import submitted
from taizhang.ledger.flat import as_json
from taizhang.ledger.homes import SEALED, home_of
from taizhang.ledger.models import Submission
from taizhang.ledger.person import Person
from taizhang.ledger.settling import sides
from taizhang.ledger.states import UNDECIDED
from taizhang.phone.models import Kind, Outcome, Receipt
from taizhang.review import record as review_record


def pending(actor: User, worker: UUID | None) -> tuple[Submission | None, Receipt | None]:
    """The collector's own paper about a person that somebody still has to decide on, and how it came if by phone."""
    paper = (
        Submission.objects.filter(
            worker_id=worker, entered=False, state__in=UNDECIDED, batch__submitted_by=actor, batch__clears=True
        )
        .select_related("batch", "paper")
        .order_by("-batch__created_at")
        .first()
    )
    return paper, Receipt.objects.filter(submission_id=paper.pk).first() if paper else None


def standing(known: Person, waiting: Submission | None) -> dict[str, Any]:
    """What a phone is shown of somebody, item -> value: the ledger, and over it the collector's own waiting paper with its numbers in clear."""
    answers = {item: value for item, value in as_json(known.values).items() if item not in SEALED}
    if waiting is not None:
        answers |= submitted.changed(waiting)
        new = {item for item in SEALED if item in (waiting.changes or {})}
        if new:
            answers |= {item: pair[1] for item, pair in review_record.numbers_of(waiting).items() if item in new}
    return answers


def own(paper: Submission, known: Person | None, said: dict[str, Any]) -> dict[str, Any]:
    """What a paper says by itself, of all it says: what it merely repeated, of the ledger of its day or of today, would take back what others said since."""
    if known is None:
        return said
    now = as_json(known.values)
    repeated = {side.item for side in sides(paper) if side.verdict == "untouched"}
    return {
        item: value for item, value in said.items() if item not in repeated and not same(item, value, now.get(item))
    }


def said_later(device: UUID, worker: UUID | None, seq: int) -> set[str]:
    """Items of a person about which a phone said something after its record number `seq`, though it may have come first."""
    later = Receipt.objects.filter(device=device, worker_id=worker, seq__gt=seq, kind=Kind.EDIT)
    said = later.exclude(outcome=Outcome.REFUSED).values_list("items", flat=True)
    return {item for items in said for item in items}


def same(item: str, one: Any, other: Any) -> bool:
    """Whether two answers say the same: a phone keeps them as typed, the ledger as it writes them."""
    empty: tuple[Any, ...] = (None, "", [])
    if one in empty or other in empty:
        return one in empty and other in empty
    if isinstance(one, list) or isinstance(other, list):
        return isinstance(one, list) and isinstance(other, list) and sorted(map(str, one)) == sorted(map(str, other))
    kind = home_of()[item].items[item] if item in home_of() else ""
    left, right = str(one).strip(), str(other).strip()
    if kind == "date":  # a month is kept as its first day
        size = min(len(left), len(right))
        return left[:size] == right[:size]
    if kind.startswith(("numeric", "integer", "smallint")):
        with suppress(InvalidOperation):
            return Decimal(left) == Decimal(right)
    return left == right
