"""Forgetting files: a day after the last of their rows is decided, and at once what no upload knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from taizhang.accounts.acting import acting_for
from taizhang.ledger.models import Submission
from taizhang.ledger.states import BatchState, State

from . import vault
from .models import Upload, UploadState

KEPT = dt.timedelta(days=1)
# Not the provinces of the tree: a file of a division that is missing there would be taken for nobody's.
EVERYWHERE = [str(number) for number in range(10, 100)]
UNDECIDED = (State.SUBMITTED, State.RETURNED, State.TOWNSHIP_APPROVED, State.COUNTY_ACCEPTED, State.TEAM_CONFIRMED)


def sweep_closed(now: dt.datetime | None = None) -> int:
    """Remove the files of closed uploads, and what is left of uploads that never came to be; returns how many.

    Closed: entered, undone or withdrawn a day ago, no row waiting or returned. What was never submitted stays with its owner.
    """
    limit = (now or timezone.now()) - KEPT
    found = dict(_lying())
    with acting_for(EVERYWHERE):
        known = set(Upload.objects.filter(pk__in=found).values_list("pk", flat=True))
        closed = set(_closed(limit).filter(pk__in=found).values_list("pk", flat=True))
    orphans = {key for key, directory in found.items() if key not in known and _changed(directory) < limit}
    for key in closed | orphans:
        vault.sweep(key)
    return len(closed | orphans)


def _lying() -> Iterator[tuple[UUID, Path]]:
    """Directories of the vault by upload."""
    for directory in vault.directory(UUID(int=0)).parent.glob("*-*-*-*-*"):
        try:
            yield UUID(directory.name), directory
        except ValueError:
            continue


def _changed(directory: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(directory.stat().st_mtime, dt.UTC)


def _closed(limit: dt.datetime) -> QuerySet[Upload]:
    undecided = Submission.objects.filter(batch=OuterRef("batch"), state__in=UNDECIDED)
    entered = Q(
        state=UploadState.SUBMITTED,
        batch__state__in=(BatchState.APPLIED, BatchState.UNDONE),
        batch__applied_at__lt=limit,
    )
    gone = Q(state__in=(UploadState.WITHDRAWN, UploadState.DISCARDED, UploadState.REFUSED))
    return Upload.objects.filter(entered & ~Exists(undecided) | gone & Q(created_at__lt=limit))
