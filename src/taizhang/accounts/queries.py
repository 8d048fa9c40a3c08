"""Reads of accounts: for administrators only, and no personal data of the people in the ledger."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import BooleanField, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone

from taizhang.accounts.models import ADMINISTRATORS, Role, User
from taizhang.engine.errors import NotFound

KEEPERS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})


def users_visible_to(actor: Any) -> QuerySet[User]:
    """Every account for the system and the security administrator; nobody else needs the list."""
    return User.objects.order_by("username") if actor.role in KEEPERS else User.objects.none()


def get_user(actor: Any, user_id: UUID, *, lock: bool = False) -> User:
    """One account. Raises NotFound."""
    found = users_visible_to(actor)
    user = (found.select_for_update() if lock else found).filter(pk=user_id).first()
    if user is None:
        raise NotFound("user")
    return user


def collectors_of(actor: User) -> QuerySet[User]:
    """Collectors whose divisions all lie inside a county officer's own, and those who have none at all, by name; closed
    accounts too."""
    if actor.role != Role.COUNTY or not actor.sees_people:
        return User.objects.none()
    # `scopes` is an array: a code of it that begins with none of the actor's lies elsewhere
    inside = RawSQL(
        "NOT EXISTS (SELECT 1 FROM unnest(accounts_user.scopes) s WHERE NOT s ^@ ANY (%s::text[]))",
        [list(filter(None, actor.scopes))],
        output_field=BooleanField(),
    )
    found = User.objects.annotate(inside=inside).filter(inside=True, role=Role.COLLECTOR)
    return found.order_by("display_name", "username")


def get_collector(actor: User, user_id: UUID, *, lock: bool = False) -> User:
    """One of `collectors_of`. Raises NotFound."""
    found = collectors_of(actor)
    user = (found.select_for_update() if lock else found).filter(pk=user_id).first()
    if user is None:
        raise NotFound("user")
    return user


def failures(username: str) -> int:
    """Failed sign-ins of a name, known or not, inside the lockout window."""
    return int(_recent().filter(username=username).aggregate(n=Sum("failures_since_start"))["n"] or 0)


def failures_from(address: str) -> int:
    """Failed sign-ins from one address, whatever the name."""
    return int(_recent().filter(ip_address=address).aggregate(n=Sum("failures_since_start"))["n"] or 0)


def locked_usernames() -> set[str]:
    """Names that are locked now."""
    rows = (
        _recent().values("username").annotate(n=Sum("failures_since_start")).filter(n__gte=settings.AXES_FAILURE_LIMIT)
    )
    return {row["username"] for row in rows}


def _recent() -> QuerySet[AccessAttempt]:
    since: dt.datetime = timezone.now() - settings.AXES_COOLOFF_TIME
    found: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__gte=since)
    return found.order_by()


def is_administrator(user: Any) -> bool:
    return user.role in ADMINISTRATORS
