"""What somebody handed in, read back: the flat row of a submission in its JSON shapes (docs/interfaces.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from taizhang.ledger import homes
from taizhang.ledger.flat import as_json
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Paper, Submission

ARGUMENTS = 45  # items per jsonb_build_object: PostgreSQL takes 100 arguments


def values(submission: Submission) -> dict[str, Any]:
    """Item -> value of one row, sealed items left out. A key with None empties the item, a missing one says nothing.

    One query unless the submission came with its paper (`select_related("paper")`). That a phone is emptied is said too.
    """
    batch, paper = submission.batch, submission.paper
    said = [item for item in batch.items if item not in SEALED and item not in (paper.left_out or ())]
    row = as_json({item: getattr(paper, item) for item in said})
    if not batch.clears:
        return {item: value for item, value in row.items() if value is not None}
    return {**row, **({"mobile_phone": None} if _phone_emptied(submission) else {})}


def _phone_emptied(submission: Submission) -> bool:
    left_out = submission.paper.left_out or ()
    return "mobile_phone" in submission.batch.items and not submission.phone_token and "mobile_phone" not in left_out


def values_of(ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """`values` of several submissions by id; those out of scope are missing."""
    rows = Submission.objects.filter(pk__in=list(ids)).select_related("batch", "paper")
    return {row.pk: values(row) for row in rows}


def changed(paper: Submission) -> dict[str, Any]:
    """What a paper changes, item -> new value; what it merely repeats of the ledger as it then was is not said by it. Numbers are left out."""
    return {item: pair[1] for item, pair in (paper.changes or {}).items() if item not in SEALED}


def drop(submissions: QuerySet[Submission]) -> None:
    """Delete rows nobody has seen, with what they say; at once, where Django's collector would load every one."""
    papers = Paper.objects.filter(submission__in=submissions.values("pk"))
    papers._raw_delete(papers.db)
    submissions._raw_delete(submissions.db)


def json_sql(items: Iterable[str], clears: bool) -> str:
    """SQL of a paper `p` as JSON like `values`, of the given items of its batch."""
    pairs = [
        f"'{item}', {homes.as_json(f'p.{item}', homes.home_of()[item].items[item])}"
        for item in items
        if item not in SEALED
    ]
    chunks = [pairs[at : at + ARGUMENTS] for at in range(0, len(pairs), ARGUMENTS)]
    whole = " || ".join(f"jsonb_build_object({', '.join(chunk)})" for chunk in chunks) or "'{}'::jsonb"
    return f"(({whole}) - coalesce(p.left_out, '{{}}'))" if clears else f"jsonb_strip_nulls({whole})"
