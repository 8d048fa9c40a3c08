"""Where a batch came from, for rooms below that show its name."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from taizhang.accounts.models import User
from taizhang.intake import queries


def of_batches(actor: User, batches: Iterable[UUID]) -> dict[UUID, str]:
    """Batch -> address of the upload that brought it, for those uploads the actor may open."""
    found = queries.uploads_visible_to(actor).filter(batch_id__in=list(batches)).values_list("batch_id", "pk")
    return {batch: reverse("intake:upload", args=[upload]) for batch, upload in found if batch}
