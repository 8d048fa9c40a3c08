"""任务中心: what is running for me, and how far it is."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from taizhang.engine import queries

SHOWN = 50


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """My latest jobs; the list asks again by itself while one is open."""
    found = list(queries.jobs_of(request.user)[:SHOWN])
    template = "engine/_tasks.html" if request.headers.get("HX-Request") else "engine/tasks.html"
    return render(request, template, {"tasks": found, "any_open": any(task.is_open for task in found)})


@require_GET
def task(request: HttpRequest, progress_id: UUID) -> HttpResponse:
    """One job. A room's page may include `engine/_task.html`; it is drawn anew when the job has ended."""
    found = queries.get_job(request.user, progress_id)
    if not request.headers.get("HX-Request"):
        return render(request, "engine/task.html", {"task": found})
    response = render(request, "engine/_task.html", {"task": found})
    if not found.is_open and urlsplit(request.headers.get("HX-Current-URL", "")).path != request.path:
        response["HX-Refresh"] = "true"  # nobody should have to press a button to see what they wait for
    return response
