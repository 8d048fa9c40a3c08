"""Each request runs as its user, within that user's rights; sessions end after idling or after a working day."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from taizhang.accounts import permissions, policies
from taizhang.accounts.acting import acting_as
from taizhang.engine.errors import NotAllowed

Handler = Callable[[HttpRequest], HttpResponse]
STAMP_EVERY = 20  # seconds: not every click writes the session


class SessionLimitsMiddleware:
    """Idle and absolute time-outs (等保). The session holds two times: of sign-in and of the last request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time.time()
            started, last = request.session.setdefault("started", now), request.session.setdefault("last", now)
            idle, absolute = settings.SESSION_IDLE.total_seconds(), settings.SESSION_ABSOLUTE.total_seconds()
            if now - last > idle or now - started > absolute:
                logout(request)
                request.session["expired"] = "idle" if now - last > idle else "absolute"  # the sign-in page says why
            elif now - last > STAMP_EVERY:
                request.session["last"] = now
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Every address asks who it is, but those that know a phone by its token."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if request.resolver_match and request.resolver_match.view_name.startswith(permissions.BY_TOKEN):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class PermissionsMiddleware:
    """Holds `permissions.PERMISSIONS`; somebody whose password must change gets nowhere else first."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in permissions.PUBLIC or name.startswith(permissions.BY_TOKEN) or not request.user.is_authenticated:
            return None  # LoginRequiredMiddleware has sent strangers away from everything else
        if policies.password_due(request.user) and name not in permissions.SIGNED_IN:
            return HttpResponseRedirect(reverse("accounts:password"))
        try:
            permissions.check_address(request.user, name)
        except NotAllowed as error:  # raised here it would pass by the middleware that renders errors of views
            template = "site/_refusal.html" if getattr(request, "htmx", False) else "site/refusal.html"
            return render(request, template, {"error": error}, status=error.status)
        return None


class ActingAsMiddleware:
    """Opens the user's divisions in the database for the length of the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(request.user):  # type: ignore[arg-type]
            return self.get_response(request)
