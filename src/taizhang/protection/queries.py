"""Reads of the audit chain."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from taizhang.protection.models import AuditEntry


def entries(*, action: str = "", actor: UUID | None = None, day: dt.date | None = None) -> QuerySet[AuditEntry]:
    """Entries, newest first, narrowed by what is given."""
    found = AuditEntry.objects.order_by("-seq")
    if action:
        found = found.filter(action=action)
    if actor:
        found = found.filter(actor=actor)
    if day:
        found = found.filter(at__date=day)
    return found


def actor_names(rows: list[AuditEntry]) -> dict[UUID, str]:
    """Name and office of everybody in `rows`."""
    users = get_user_model().objects.filter(pk__in={row.actor for row in rows if row.actor})
    return {user.pk: f"{user.display_name}（{user.office}）" if user.office else user.display_name for user in users}
