"""Every read of people, scoped to the actor twice: here, and by row-level security."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from taizhang import rules
from taizhang.accounts.models import User
from taizhang.engine.errors import NotFound
from taizhang.ledger.homes import home_of
from taizhang.ledger.models import Spell, Worker
from taizhang.protection import keys

Row = dict[str, Any]
LIMIT = 50
# What a list may be ordered by, each served by an index: name -> columns.
ORDERS = {
    "division": ("division", "full_name", "id"),
    "name": ("full_name", "id"),
    "initials": ("name_initials", "id"),
}


def workers(actor: User) -> QuerySet[Worker]:
    """Everybody inside the actor's divisions: the only door to `Worker`."""
    if not actor.sees_people:
        return Worker.objects.none()
    condition = " OR ".join(["ledger_worker.division ^@ %s"] * len(actor.scopes))
    return Worker.objects.filter(retired_by=None).extra(where=[f"({condition})"], params=list(actor.scopes))


def _fetch(sql: str, params: Sequence[Any] | dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def flat(actor: User, worker_id: UUID, on: dt.date | None = None) -> Row:
    """One person's flat row now, or with the facts of a day: items plus worker_id, division, version.

    Raises NotFound, also out of scope.
    """
    if not actor.sees_people:
        raise NotFound("person")
    relation = "worker_flat" if on is None else "worker_flat_at(%s)"
    found = _fetch(f"SELECT * FROM {relation} WHERE worker_id = %s", [*([on] if on else []), worker_id])
    if not found or not actor.covers(found[0]["division"]):
        raise NotFound("person")
    return found[0]


def flat_relation(on: dt.date | None = None) -> str:
    """What to select flat rows from: the view, or the function for a day."""
    return "worker_flat" if on is None else f"worker_flat_at(date '{on.isoformat()}')"
