"""Reads of bulletins, always scoped."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

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


def current(actor: User) -> QuerySet[Bulletin]:
    """The same without drafts that a later bulletin of the same kind and period has replaced."""
    same = {name: OuterRef(name) for name in ("kind", "programme", "division", "period")}
    later = Bulletin.objects.filter(**same, made_at__gt=OuterRef("made_at"))
    return bulletins_visible_to(actor).exclude(Q(sealed=False) & Exists(later))


def get(actor: User, bulletin_id: UUID) -> Bulletin:
    """One bulletin. Raises NotFound."""
    found = bulletins_visible_to(actor).filter(pk=bulletin_id).first()
    if found is None:
        raise NotFound("bulletin")
    return found
