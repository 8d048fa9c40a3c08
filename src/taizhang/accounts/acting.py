"""`acting_as(user)`: the only way any row about people becomes visible on a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection
from psycopg.pq import TransactionStatus

from taizhang.accounts.models import User


@contextmanager
def acting_for(scopes: list[str]) -> Iterator[None]:
    """Open the given divisions (code prefixes) on this connection until the block ends.

    For jobs and maintenance; requests use `acting_as`.

    Nested calls restore what was open before. PostgreSQL rolls a setting back with its transaction or savepoint, so
    after an error inside `atomic` the rollback restores it; a connection that broke is closed, and a new one has
    nothing open.
    """
    if any(not scope.isdigit() for scope in scopes):  # "" is a prefix of every code
        raise ValueError("a scope is a division code")
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('taizhang.scopes', true), '')")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('taizhang.scopes', %s, false)", [",".join(scopes)])
    used = connection.connection
    try:
        yield
    finally:
        if connection.connection is used:  # else it was replaced: the new session began with nothing open
            _restore(before)


def _restore(value: str) -> None:
    """Set the scopes past Django's bookkeeping.

    Django refuses statements inside an `atomic` that is going to roll back.
    """
    session = connection.connection
    status = session.info.transaction_status
    if status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
        session.execute("SELECT set_config('taizhang.scopes', %s, false)", [value])
    elif status == TransactionStatus.INERROR and connection.in_atomic_block:
        pass  # our own setting was made inside what is about to be rolled back, and goes with it
    else:
        session.close()


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Open exactly the divisions `user` is responsible for; administrators and anonymous visitors get none."""
    scopes = (
        list(user.scopes) if getattr(user, "is_authenticated", False) and user.is_active and user.sees_people else []
    )
    with acting_for(scopes):
        yield


@contextmanager
def acting_as_owner(user_id: UUID) -> Iterator[None]:
    """The same for a job's owner, with the rights the account has now, not when the job was queued."""
    with acting_as(User.objects.get(pk=user_id)):
        yield
