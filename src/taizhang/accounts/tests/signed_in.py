"""Somebody of the cast in a browser: what they may see in the database, and a session as signing in makes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.engine.tests.serving import Answer, beside


def ask(question: Callable[[], Answer], actor: Callable[[], User] = cast.county_li) -> Answer:
    """Ask the database beside Playwright's loop, as the county unless another is named."""

    def run() -> Answer:
        with acting_as(actor()):
            return question()

    return beside(run)


def cookie(site: str, actor: Callable[[], User]) -> dict[str, Any]:
    """For a browser's context: a new session of `actor`."""
    return {"name": "sessionid", "value": beside(lambda: session(actor())), "url": site}


def session(user: User) -> str:
    """The key of a new session. Asks the database: before Playwright's loop runs, or through `beside`."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    kept = SessionStore()
    kept[SESSION_KEY], kept[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    kept[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    kept["started"] = kept["last"] = time.time()
    kept.create()
    return str(kept.session_key)
