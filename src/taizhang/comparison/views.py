"""名单比对: other departments' lists, what each contradicts, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang.accounts.models import Role
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import doubts
from taizhang.comparison import actions, givenback, policies, queries
from taizhang.comparison.forms import BringForm
from taizhang.comparison.models import DepartmentList
from taizhang.engine.errors import DomainError
from taizhang.engine.pager import Pager
from taizhang.intake.refusals import refuse
from taizhang.intake.vault import readable
from taizhang.protection import audit
from taizhang.protection.audit import Action

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 50
TABS = tuple(queries.SHOWN)


@require_GET
def lists(request: SignedInRequest) -> HttpResponse:
    """Every list, newest first, with what of it is still to be asked."""
    found = queries.lists_visible_to(request.user).select_related("by")
    pager = Pager.of(found.count(), request.GET.get("page"))
    page = list(found[pager.slice])
    tallies = queries.tallies(request.user, page)
    known = doubts.departments().kinds
    rows = [(one, known.get(one.kind), tallies[one.pk]) for one in page]
    context = {"rows": rows, "pager": pager, "may_bring": _may_bring(request)}
    return render(request, "comparison/lists.html", context)


def _may_bring(request: SignedInRequest) -> bool:
    return request.user.role == Role.COUNTY and request.user.sees_people


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Bring a list. What is wrong with the file is said beside the box it came from."""
    policies.check_bringer(request.user.role, request.user.sees_people)
    chosen = {"kind": request.GET.get("kind", "")}
    form = BringForm(request.POST or None, request.FILES or None, actor=request.user, initial=chosen)
    context: dict[str, Any] = {"form": form, "kinds": queries.kinds_for(request.user)}
    if request.method == "GET":
        return render(request, "comparison/new.html", context)
    if not form.is_valid():
        return render(request, "comparison/new.html", context, status=422)
    file = form.cleaned_data.pop("file")
    try:  # the one refusal that belongs to a field of this page
        with _path_of(file) as path:
            found = actions.bring(actor=request.user, path=Path(path), name=file.name, **form.cleaned_data)
    except DomainError as refusal:
        form.add_error("file", refusal.message)
        return render(request, "comparison/new.html", {**context, "refusal": refusal}, status=refusal.status)
    return redirect("comparison:list", found.pk)


def _path_of(file: UploadedFile[bytes]) -> AbstractContextManager[Any]:
    """A path to what was sent: Django's temporary file, or a copy of a small one."""
    if (file.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        raise refuse("over_limit", size=(file.size or 0) >> 20, limit=settings.UPLOAD_LIMIT_BYTES >> 20)
    if hasattr(file, "temporary_file_path"):
        return contextlib.nullcontext(file.temporary_file_path())
    return readable(file.read())


@require_GET
def one(request: SignedInRequest, list_id: UUID) -> HttpResponse:
    """Where a list stands: being matched (a bar), refused, or its numbers and the people behind them."""
    return _page(request, queries.get_list(request.user, list_id), request.GET, None)


def _page(
    request: SignedInRequest, found: DepartmentList, data: Mapping[str, str], error: DomainError | None
) -> HttpResponse:
    tally = queries.tallies(request.user, [found])[found.pk]
    heap = data.get("show", "")
    heap = heap if heap in TABS else next((name for name in TABS if tally[name]), TABS[0])
    pager = Pager.of(tally[heap], data.get("page"), PAGE, (("show", heap),))
    lines = queries.lines(request.user, found, heap, pager.slice)
    if lines:
        audit.write(request.user, Action.PEOPLE_LISTED, found.division, {"list": str(found.pk), "people": len(lines)})
    whole = request.user.covers(found.division)
    kind = doubts.get_kind(found.kind)
    context: dict[str, Any] = {
        "found": found, "kind": kind, "lines": lines, "pager": pager, "heap": heap, "error": error,
        "tabs": [(name, label, tally[name]) for name, label in queries.SHOWN.items()],
        "counts": _counts(found, tally) if whole else [],
        "may_decide": _may_bring(request) and whole, "moves": _moves(heap), "whole": whole,
        "unread": queries.unread(found) if whole else [],
        "now": heap in ("open", "answered"),
        "chosen": set(getattr(data, "getlist", lambda _: ())("doubt")) if error else set(),
    }  # fmt: skip
    return render(request, "comparison/list.html", context, status=error.status if error else 200)


def _counts(found: DepartmentList, tally: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """What is not there at all is not told, but for the numbers everybody looks for."""
    told = {**found.counts, "contradicted": sum(n for name, n in tally.items() if name != "names")}
    return [
        (name, label, told.get(name, 0))
        for name, label in policies.COUNTS.items()
        if told.get(name) or name not in ("repeated", "unread")
    ]


def _moves(heap: str) -> list[tuple[str, policies.Move]]:
    """What may be said of a heap as a whole."""
    names = {
        "open": ("refute",),
        "answered": ("refute", "again"),
        "refuted": ("reopen",),
        "names": ("same", "other"),
    }.get(heap, ())
    return [(name, policies.MOVES[name]) for name in names]


@require_POST
def decide(request: SignedInRequest, list_id: UUID) -> HttpResponse:
    """Say what came of those ticked, or of one."""
    found, data = queries.get_list(request.user, list_id), request.POST
    verb, _, single = data.get("one", "").partition(":")
    verb = verb or data.get("verb", "")
    ids = _ids([single] if single else data.getlist("doubt"))
    try:
        n = actions.decide(actor=request.user, list_id=found.pk, ids=ids, verb=verb, reason=data.get("reason", ""))
    except DomainError as refused:
        return _page(request, found, data, refused)
    messages.success(request, f"{n} 人已记为“{policies.MOVES[verb].label}”。")
    words = urlencode({"show": data.get("show", ""), "page": data.get("page", "1")})
    return HttpResponseRedirect(f"{reverse('comparison:list', args=[found.pk])}?{words}")


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in dict.fromkeys(texts):
        with contextlib.suppress(ValueError):
            found.append(UUID(text))
    return found


@require_POST
def withdraw(request: SignedInRequest, list_id: UUID) -> HttpResponse:
    """Take a list back as a whole."""
    found = queries.get_list(request.user, list_id)
    try:
        n = actions.withdraw(actor=request.user, list_id=list_id, reason=request.POST.get("reason", ""))
    except DomainError as refused:
        return _page(request, found, request.POST, refused)
    messages.success(request, f"名单已撤回，{n:,} 人不再问。已经核定的不变。")
    return redirect("comparison:list", list_id)


@require_GET
def unread(request: SignedInRequest, list_id: UUID) -> HttpResponse:
    """The rows that could not be read, as a workbook."""
    name, data = givenback.file_of(actor=request.user, found=queries.get_list(request.user, list_id))
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return HttpResponse(data, content_type=XLSX, headers=headers)
