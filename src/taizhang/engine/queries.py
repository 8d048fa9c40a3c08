"""Reads about jobs: everybody sees their own and no one else's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from taizhang.engine.errors import NotFound
from taizhang.engine.models import Progress


def jobs_of(actor: Any) -> QuerySet[Progress]:
    """Every job `actor` started, newest first."""
    return Progress.objects.filter(owner_id=actor.pk) if actor.pk else Progress.objects.none()


def get_job(actor: Any, progress_id: UUID) -> Progress:
    """One job of `actor`. Raises NotFound, also for somebody else's."""
    found = jobs_of(actor).filter(pk=progress_id).first()
    if found is None:
        raise NotFound("job")
    return found
