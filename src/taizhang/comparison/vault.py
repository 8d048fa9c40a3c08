"""Files of lists at rest: the list itself until it is matched, the rows that could not be read for a week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from taizhang.accounts.acting import acting_for
from taizhang.comparison.models import DepartmentList, ListState
from taizhang.intake.sweeping import EVERYWHERE
from taizhang.protection.vault import Vault

VAULT = Vault("lists", "department_list")
FILE, UNREAD, REASONS = "file", "unread", "reasons"
KEPT = dt.timedelta(days=7)  # rows given back
ORPHANED = dt.timedelta(days=1)


def forget_file(key: UUID) -> None:
    """The list itself: what is needed of it is matched."""
    (VAULT.directory(key) / FILE).unlink(missing_ok=True)


def sweep(now: dt.datetime | None = None) -> int:
    """Files of lists that are matched or refused, rows given back a week ago, and what no list knows; returns how many
    directories went whole."""
    now, gone = now or timezone.now(), 0
    found = dict(_lying())
    with acting_for(EVERYWHERE):
        known = dict(DepartmentList.objects.filter(pk__in=found).values_list("pk", "state"))
    for key, directory in found.items():
        if known.get(key, ListState.DONE) == ListState.MATCHING:
            continue
        changed = dt.datetime.fromtimestamp(directory.stat().st_mtime, dt.UTC)
        if changed < now - (KEPT if key in known else ORPHANED):
            VAULT.sweep(key)
            gone += 1
        elif key in known:
            forget_file(key)
    return gone


def _lying() -> Iterator[tuple[UUID, Path]]:
    for directory in VAULT.directory(UUID(int=0)).parent.glob("*-*-*-*-*"):
        try:
            yield UUID(directory.name), directory
        except ValueError:
            continue
