"""What a page past the sign-in gets: LoginRequiredMiddleware lets nobody else through."""

from __future__ import annotations

from django.http import HttpRequest

from taizhang.accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody signed in. For annotations only: nothing makes one."""

    user: User
