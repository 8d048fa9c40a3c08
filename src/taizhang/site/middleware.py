"""Headers for every answer, and refusals as pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from taizhang.engine.errors import DomainError

Handler = Callable[[HttpRequest], HttpResponse]


class SecurityHeadersMiddleware:
    """Data pages are never cached: the back button after signing out shows nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response


class DomainErrorMiddleware:
    """Turns `DomainError` into a page or, for htmx, a fragment."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return render(request, "site/refusal.html", {"error": exception}, status=exception.status)
