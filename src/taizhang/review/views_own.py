"""Pages of those who hand in: what came back, what still waits, mending a returned paper."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang.accounts.requests import SignedInRequest
from taizhang.engine.errors import DomainError
from taizhang.engine.pager import Pager
from taizhang.ledger.models import Submission
from taizhang.ledger.states import Mode
from taizhang.ledger.webedit import Filled, Wrong
from taizhang.review import actions, correcting, queries, record
from taizhang.review.forms import DecideForm

PAGE = 50


@require_GET
def returned(request: SignedInRequest) -> HttpResponse:
    """What came back to me, with the reasons."""
    found = queries.returned_to(request.user)
    pager = Pager.of(found.count(), request.GET.get("page"), PAGE)
    rows = [
        (paper, (paper.remarks or {}).get("", ""), correcting.remarks(paper))
        for paper in found.select_related("decided_by")[pager.slice]
    ]
    return render(request, "review/returned.html", {"rows": rows, "pager": pager})


@require_GET
def mine(request: SignedInRequest) -> HttpResponse:
    """My papers that somebody else still has to decide on."""
    found = queries.in_review(request.user)
    pager = Pager.of(found.order_by().count(), request.GET.get("page"), PAGE)
    return render(request, "review/mine.html", {"rows": found[pager.slice], "pager": pager})


@require_http_methods(["GET", "POST"])
def correct(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """The form with what I handed in; the reviewer's remarks come first."""
    user = request.user
    paper = correcting.get_returned(user, submission_id)
    if request.method == "GET":
        return _form_page(request, paper)
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise DomainError("no_version", "这一页不完整，没有提交。请刷新后再填。")
    filled = _filled(request)
    try:  # what is still wrong belongs to fields of this page
        correcting.hand_in_again(
            actor=user, submission_id=submission_id, version=form.cleaned_data["version"], filled=filled
        )
    except Wrong as wrong:
        return _form_page(request, paper, filled, wrong)
    messages.success(request, "已改好重交，等别人审。原来的内容和退回理由留在记录里。")
    return redirect("review:returned")


def _filled(request: SignedInRequest) -> Filled:
    """The posted form. Anything the page does not send counts as empty and fails the form's own checks."""
    data = request.POST
    try:
        answers = json.loads(data.get("answers") or "{}")
    except json.JSONDecodeError:
        answers = {}
    try:
        since = dt.date.fromisoformat(data.get("since", ""))
    except ValueError:
        since = None
    base, mode = data.get("base_version", ""), data.get("mode", "")
    return Filled(
        answers if isinstance(answers, dict) else {},
        Mode(mode) if mode in Mode.values else Mode.AUTO,
        since,
        data.get("reason", "").strip()[:200],
        int(base) if base.isdigit() and len(base) < 18 else None,
    )


def _form_page(
    request: SignedInRequest, paper: Submission, filled: Filled | None = None, wrong: Wrong | None = None
) -> HttpResponse:
    user = request.user
    data = correcting.form_data(user, paper, filled.answers if filled else None, wrong.findings if wrong else None)
    data["regionUrl"] = reverse("divisions:options")
    context: dict[str, Any] = {
        "paper": paper,
        "data": data,
        "wrong": wrong,
        "remarks": correcting.remarks(paper),
        "said": (paper.remarks or {}).get("", ""),
        "known": record.known_person(user, paper),
        "modes": Mode.choices,
        "mode": filled.mode if filled else paper.batch.mode,
        "since": filled.since if filled else paper.batch.collected_on,
        "today": timezone.localdate(),
        "reason": filled.reason if filled else "",
    }
    return render(request, "review/correct.html", context, status=422 if wrong else 200)


@require_POST
def withdraw(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Take one of my papers back."""
    user = request.user
    paper = queries.get_submission(user, submission_id)
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise DomainError("no_version", "这一页不完整，没有办理。请刷新后再撤回。")
    actions.withdraw(actor=user, batch=paper.batch, ids=[paper.pk], version=form.cleaned_data["version"])
    messages.success(request, "这份填报已撤回，没有写入台账。")
    return redirect("review:returned" if paper.state == "returned" else "review:mine")
