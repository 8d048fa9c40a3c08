"""Headers for every answer, and refusals and faults as pages."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.loader import render_to_string

from taizhang.engine import faults
from taizhang.engine.errors import DomainError

Handler = Callable[[HttpRequest], HttpResponse]
AGAIN = ("40001", "40P01")  # serialization failure (a seal came in between, statistics.models.Cut), deadlock


class SmallMiddleware(GZipMiddleware):
    """Scripts, styles and the phone's downloads go out compressed: its networks carry 100 kB a second.

    Only these: none of them holds a session's secret beside what somebody else may choose (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path.startswith((settings.STATIC_URL, "/api/", "/phone/sw.js", "/phone/page/")):
            return response
        return super().process_response(request, response)


class SecurityHeadersMiddleware:
    """Data pages are never cached: the back button after signing out shows nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response


class DomainErrorMiddleware:
    """Turns `DomainError` into a page or, for htmx, a fragment.

    Any other exception into a page with a number to quote.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if getattr(exception.__cause__, "sqlstate", "") in AGAIN:
            exception = DomainError(
                "again", "别人刚好在办同一件事（入账、封账），这一步没有办成。请再点一次。", status=409
            )
        if not isinstance(exception, DomainError):
            return None
        template = "site/_refusal.html" if getattr(request, "htmx", False) else "site/refusal.html"
        return render(request, template, {"error": exception}, status=exception.status)


def fault(request: HttpRequest) -> HttpResponse:
    """handler500: nothing here may need the database or the session."""
    import sys

    exception = sys.exc_info()[1]
    number = faults.report(exception)
    page = render_to_string("site/500.html", {"error_id": number, "static_url": settings.STATIC_URL})
    return HttpResponse(page, status=500)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404: no such address."""
    error = DomainError("not_found", "没有这一页。地址可能抄错了，或者这一页已经不在了。", status=404)
    return render(request, "site/refusal.html", {"error": error}, status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403: this role may not."""
    error = DomainError("forbidden", "这一步不归您的角色办。要办，请找本单位有权限的同事。", status=403)
    return render(request, "site/refusal.html", {"error": error}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400."""
    error = DomainError("bad_request", "收到的内容不完整，没有办成。退回上一页重新提交。", status=400)
    return render(request, "site/refusal.html", {"error": error}, status=400)


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: the page was open too long, or another site sent it."""
    error = DomainError("csrf", "这一页开得太久，已经失效。退回上一页，刷新后重新提交；填好的内容还在。", status=403)
    return render(request, "site/refusal.html", {"error": error}, status=403)
