"""`acting_as(user)`: the only way any row about people becomes visible on a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from taizhang.accounts.models import User


def _set_scopes(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('taizhang.scopes', %s, false)", [value])


@contextmanager
def acting_for(scopes: list[str]) -> Iterator[None]:
    """Open the given divisions (code prefixes) on this connection until the block ends. For jobs and maintenance; requests use `acting_as`.

    Nested calls restore what was open before. A connection that breaks comes back with nothing open.
    """
    if any(not scope.isdigit() for scope in scopes):  # "" is a prefix of every code
        raise ValueError("a scope is a division code")
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('taizhang.scopes', true), '')")
        before = cursor.fetchone()[0]
    _set_scopes(",".join(scopes))
    try:
        yield
    finally:
        # In a broken transaction nothing can be set; the rollback that follows undoes our setting's visibility by closing the connection.
        if connection.needs_rollback or (connection.connection is not None and connection.connection.info.transaction_status == 3):
            connection.needs_rollback = connection.needs_rollback
            if not connection.in_atomic_block:
                connection.close()
        else:
            _set_scopes(before)


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Open exactly the divisions `user` is responsible for; administrators and anonymous visitors get none."""
    scopes = list(user.scopes) if getattr(user, "is_authenticated", False) and user.is_active and user.sees_people else []
    with acting_for(scopes):
        yield
