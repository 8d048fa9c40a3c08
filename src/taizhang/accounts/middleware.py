"""Each request runs as its user; sessions end after idling or after a working day."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from taizhang.accounts.acting import acting_as

Handler = Callable[[HttpRequest], HttpResponse]


class SessionLimitsMiddleware:
    """Idle and absolute time-outs (等保). The session holds two times: of sign-in and of the last request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            started = request.session.setdefault("started", now)
            last = request.session.get("last", now)
            if (
                now - last > settings.SESSION_IDLE.total_seconds()
                or now - started > settings.SESSION_ABSOLUTE.total_seconds()
            ):
                logout(request)
            else:
                request.session["last"] = now
        return self.get_response(request)


class ActingAsMiddleware:
    """Opens the user's divisions in the database for the length of the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(request.user):  # type: ignore[arg-type]
            return self.get_response(request)
