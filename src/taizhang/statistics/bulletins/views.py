"""Bulletins: what there is, asking for one, reading it, sending it out, its files."""

from __future__ import annotations

import json
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.permissions import OFFICES
from taizhang.accounts.requests import SignedInRequest
from taizhang.divisions import queries as divisions
from taizhang.engine import jobs
from taizhang.engine.errors import DomainError, NotFound
from taizhang.release import actions as release
from taizhang.statistics import actions as statistics
from taizhang.statistics import pages
from taizhang.statistics.bulletins import actions, gathering, layouts, papers, queries
from taizhang.statistics.bulletins.jobs import draw_up
from taizhang.statistics.bulletins.opening import Opening

MOST = 50  # bulletins on the list


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The bulletins of the user's divisions, and a form to ask for one."""
    user = request.user
    programme = pages.programme_of(request.GET.get("programme", ""), user)
    division = request.GET.get("division") or pages.first_division(user)
    statistics.check_covers(user, division)
    kind = request.GET.get("kind", "month")
    context = {
        "programme": programme,
        "programmes": gathering.programmes_with_periods(),
        "place": divisions.get(division),
        "kind": kind,
        "kind_name": gathering.KINDS.get(kind, ""),
        "kinds": gathering.KINDS,
        "periods": gathering.choices(programme, timezone.localdate(), kind),
        "found": queries.current(user)[:MOST],
        "may_make": user.role in OFFICES,
    }
    return render(request, "bulletins/list.html", context)


@require_POST
def make(request: SignedInRequest) -> HttpResponse:
    """Start drawing one up; the same asked while it runs waits for it, asked afterwards is the one there is."""
    words, user = request.POST, request.user
    names = ("kind", "programme", "division", "period")
    asked = gathering.order(user, *(words.get(name, "") for name in names))
    ids = {name: words[name] for name in names}
    title = f"{divisions.get(asked.division).name}{asked.period.name}{gathering.KINDS[asked.kind]}"
    lock = "bulletin:" + ":".join(ids.values())
    progress = jobs.start(draw_up, owner=user, title=title, area=asked.division, lock=lock, owner_id=user.pk, **ids)
    return redirect("engine:task", progress.pk)


@require_GET
def bulletin(request: SignedInRequest, bulletin_id: UUID) -> HttpResponse:
    """A bulletin as it will be on paper, with what may be done with it."""
    row = queries.get(request.user, bulletin_id)
    facts, issued = json.loads(row.content), getattr(row, "issue", None)
    context = {
        "row": row,
        "facts": facts,
        "parts": layouts.parts(facts, Opening.of(facts)),
        "notes": layouts.notes(facts),
        "issued": issued,
        "intact": actions.intact(row, issued) if issued else True,
        "may_issue": row.sealed and not issued and request.user.role in OFFICES,
    }
    return render(request, "bulletins/bulletin.html", context)


@require_POST
def issue(request: SignedInRequest, bulletin_id: UUID) -> HttpResponse:
    """Send it out; a mistake comes back as a message above the bulletin."""
    row = queries.get(request.user, bulletin_id)
    try:
        actions.issue(actor=request.user, row=row, paper=request.POST.get("paper", ""))
    except DomainError as error:
        if error.code not in ("no_paper", "issued", "not_sealed"):
            raise
        messages.error(request, error.message)
    else:
        messages.success(request, "已印发，内容和文件从此不变。")
    return HttpResponseRedirect(request.path.removesuffix("issue/"))


@require_POST
def file(request: SignedInRequest, bulletin_id: UUID) -> HttpResponse:
    """The Word or PDF file; audited."""
    row = queries.get(request.user, bulletin_id)
    name = {"docx": papers.DOCX, "pdf": papers.PDF}.get(request.POST.get("format", ""))
    if name is None:
        raise NotFound("file")
    content = release.export(
        actor=request.user, kind=release.Kind.BULLETIN, subject=str(row.pk), division=row.division,
        make=lambda slip: actions.file(row, name), format=name.rpartition(".")[2],
    )  # fmt: skip
    response = HttpResponse(content, content_type=papers.TYPES[name])
    called = f"{row.title}{'' if hasattr(row, 'issue') else '（草稿）'}.{name.rpartition('.')[2]}"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(called)}"
    return response
