"""Reads of bulletins, always scoped."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from taizhang.accounts.models import User
from taizhang.engine.errors import NotFound
from taizhang.statistics.bulletins.models import Bulletin


def bulletins_visible_to(actor: User) -> QuerySet[Bulletin]:
    """Bulletins about divisions that lie wholly in the actor's, newest first."""
    condition = Q(pk__in=[])
    for scope in actor.scopes if actor.sees_people else []:
        condition |= Q(division__startswith=scope)
    found = Bulletin.objects.filter(condition).select_related("issue__issued_by", "made_by")
    return found.order_by("-made_at")


def get(actor: User, bulletin_id: UUID) -> Bulletin:
    """One bulletin. Raises NotFound."""
    found = bulletins_visible_to(actor).filter(pk=bulletin_id).first()
    if found is None:
        raise NotFound("bulletin")
    return found
