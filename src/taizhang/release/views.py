"""Taking the list of people along as a file: say what leaves, then make it now or by a job."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.engine import jobs
from taizhang.ledger import asking, inwords, listcolumns, selection
from taizhang.release import jobs as own_jobs
from taizhang.release import people as files

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_POST
def people(request: SignedInRequest) -> HttpResponse:
    """How many, which columns, which numbers: what leaves is said before it does."""
    user = request.user
    words = asking.lexicon(user)
    chosen = selection.read(request.POST, words, request.session.get("searches", {}))
    return _page(request, user, words, chosen)


def _page(
    request: SignedInRequest, user: User, words: asking.Lexicon, chosen: selection.Selection, error: str = ""
) -> HttpResponse:
    total = selection.count(selection.where(chosen, words, user), chosen)
    columns = listcolumns.chosen(user, words)
    query = urlencode(chosen.question.query())
    context = {
        "chosen": chosen,
        "saying": selection.saying(chosen, words),
        "total": total,
        "most": files.MOST,
        "too_many": total > files.MOST,
        "by_job": total > files.AT_ONCE,
        "columns": [words.label(item) for item in columns],
        "may_whole": user.role in files.WHOLE_NUMBERS and inwords.numbers_asked(columns),
        "has_numbers": inwords.numbers_asked(columns),
        "reasons": files.REASONS.items(),
        "error": error,
        "back": reverse("ledger:list") + (f"?{query}" if query else ""),
    }
    return render(request, "release/people.html", context, status=422 if error else 200)


@require_POST
def make(request: SignedInRequest) -> HttpResponse:
    """The file itself, or the job that makes it."""
    user = request.user
    words = asking.lexicon(user)
    chosen = selection.read(request.POST, words, request.session.get("searches", {}))
    reason = request.POST.get("reason", "") if request.POST.get("numbers") == "whole" else ""
    if request.POST.get("numbers") == "whole" and not reason:
        return _page(request, user, words, chosen, "导出完整号码，先选为什么要。")
    wanted = files.order(actor=user, chosen=chosen, words=words, reason=reason)
    if len(wanted.ids) <= files.AT_ONCE:
        return _as_file(files.make(actor=user, wanted=wanted))
    key = files.keep(wanted)
    started = jobs.start(
        own_jobs.make_people,
        owner=user,
        title=f"导出名单 {len(wanted.ids):,} 人",
        area=wanted.divisions[0],
        export_id=str(key),
    )
    return HttpResponseRedirect(reverse("engine:task", args=[started.pk]))


@require_GET
def ready(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """A file a job has made, to be taken within a day."""
    user = request.user
    wanted = files.kept(user, export_id)
    context = {
        "wanted": wanted,
        "total": len(wanted.ids),
        "made": files.VAULT.has(export_id, "file"),
        "key": export_id,
        "hours": int(files.KEPT_HOURS),
    }
    return render(request, "release/ready.html", context)


@require_GET
def file(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    """The file, to its owner only."""
    return _as_file(files.file_of(request.user, export_id))


def _as_file(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    name = f"台账名单{timezone.localdate():%Y%m%d}.xlsx"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
