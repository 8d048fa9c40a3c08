"""Filling the form on a page: search before create, new, edit, stop. Everything is handed in for review."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from taizhang.accounts.models import Role, User
from taizhang.accounts.requests import SignedInRequest
from taizhang.catalogue import load
from taizhang.divisions.models import Division
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.ledger import bothsides, duplicates, pageparts, person, stopping, webedit
from taizhang.ledger.flat import as_json
from taizhang.ledger.models import Submission
from taizhang.ledger.person import Person
from taizhang.ledger.states import Mode, State
from taizhang.ledger.webedit import Filled, Wrong

SEARCHED = "ledger.searched"  # salt: a new record starts from a search
SEARCH_HOLDS = 1800  # seconds
OFFICES = {
    "village": "村",
    "township": "乡镇审核员",
    "county": "县级经办人",
    "team": "县级专班",
    "city": "市级",
    "province": "省级",
}


def editor_of(request: SignedInRequest) -> User:
    """The user, who must be one who fills forms. Raises NotAllowed "read_only"."""
    user = request.user
    if not pageparts.may_edit(user):
        raise NotAllowed("read_only", f"{Role(user.role).label}只能查看，不能填报。")
    return user


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Search before create: by number, and by name among the people of the office's divisions."""
    user = editor_of(request)
    if request.method == "GET":
        return render(request, "ledger/new.html", _added(request.GET.get("why", "")))
    asked, added = duplicates.Asked.of(request.POST), _added(request.POST.get("why", ""))
    if not asked.good:
        return render(request, "ledger/new.html", {"asked": asked, "wrong": True, **added}, status=422)
    found = duplicates.look(user, asked)
    token = "" if found.same_number else signing.dumps({"by": str(user.pk)}, salt=SEARCHED)
    return render(request, "ledger/new.html", {"asked": asked, "found": found, "token": token, **added})


@require_POST
def number(request: SignedInRequest) -> HttpResponse:
    """What a number being typed says, and whose it is: nothing while it is short. `worker`: whom the form is about."""
    user = editor_of(request)
    told = duplicates.tell(user, request.POST.get("id_number", ""), request.POST.get("worker", ""))
    return render(request, "ledger/_number_said.html", {"told": told, "form": "worker" in request.POST})


def _added(code: str) -> dict[str, str]:
    """Why somebody is added, if that is one of the list's reasons: its code and words."""
    known = load().lists["CL-ADD"].codes
    return {"why": code, "why_label": known[code].label} if code in known else {"why": "", "why_label": ""}


def _check_searched(request: SignedInRequest, user: User) -> str:
    token = request.POST.get("searched", "")
    try:
        by = signing.loads(token, salt=SEARCHED, max_age=SEARCH_HOLDS)["by"]
    except signing.BadSignature:
        by = ""
    if by != str(user.pk):
        raise NotAllowed("search_first", "先查重，确定台账里没有这个人，再新增。查重的结果半小时内有效。")
    return token


@require_POST
def new_form(request: SignedInRequest) -> HttpResponse:
    """The empty form with what the search was about already in it."""
    user = editor_of(request)
    token = _check_searched(request, user)
    asked = duplicates.Asked.of(request.POST)
    return _form_page(
        request, user, None, {"full_name": asked.name or None, "id_number": asked.number or None}, token=token
    )


@require_POST
def create(request: SignedInRequest) -> HttpResponse:
    """Hand a new person in."""
    user = editor_of(request)
    token = _check_searched(request, user)
    filled = _filled(request)
    try:
        paper = webedit.hand_in(actor=user, person=None, filled=filled)
    except Wrong as wrong:
        return _form_page(request, user, None, filled.answers, filled=filled, wrong=wrong, token=token)
    return _handed_in(request, paper)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """The form of a known person; numbers stay masked unless they are to be corrected."""
    user = editor_of(request)
    found = person.get(user, worker_id)
    if request.method == "GET":
        return _form_page(request, user, found, as_json(found.values))
    filled = _filled(request)
    try:
        paper = webedit.hand_in(actor=user, person=found, filled=replace(filled, keep_conflict=True))
    except Wrong as wrong:
        return _form_page(request, user, found, filled.answers, filled=filled, wrong=wrong)
    if paper.state == State.DRAFT:
        return HttpResponseRedirect(reverse("ledger:both", args=[found.id]))
    bothsides.forget(user, found.id)
    return _handed_in(request, paper)


@require_http_methods(["GET", "POST"])
def both(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """Somebody else changed the same items while the form was filled: both values beside each other, and a choice for each."""
    user = editor_of(request)
    found = person.get(user, worker_id)
    _, sides = bothsides.get(user, worker_id)
    if request.method == "GET":
        return render(request, "ledger/both.html", {"person": found, "conflict": sides})
    items, whole = [one.side.item for one in sides.both], request.POST.get("all", "")
    chosen = {item: whole or request.POST.get(f"item-{item}", "") for item in items}
    if not set(chosen.values()) <= {"mine", "ledger"}:
        raise DomainError("not_chosen", "还有没选的项。每一项选一个：台账的，或者您填的。")
    version = request.POST.get("version", "")
    paper = bothsides.settle(
        actor=user,
        worker_id=worker_id,
        mine=[item for item, side in chosen.items() if side == "mine"],
        version=int(version) if version.isdigit() else 0,
    )
    if paper is None:
        messages.success(request, "都照台账的，没有要改的。")
        return HttpResponseRedirect(reverse("ledger:person", args=[worker_id]))
    return _handed_in(request, paper)


def _filled(request: SignedInRequest) -> Filled:
    """The posted form. Anything that is not what the page sends counts as empty and fails the form's own checks."""
    data = request.POST
    try:
        answers = json.loads(data.get("answers") or "{}")
    except json.JSONDecodeError:
        answers = {}
    base = data.get("base_version", "")
    return Filled(
        answers if isinstance(answers, dict) else {},
        Mode(data["mode"]) if data.get("mode") in Mode.values else Mode.AUTO,
        _day(data.get("since")),
        data.get("reason", "").strip()[:200],
        int(base) if base.isdigit() else None,
        add_reason=_added(data.get("why", ""))["why"],
    )


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def _form_page(
    request: SignedInRequest,
    user: User,
    found: Person | None,
    answers: dict[str, Any],
    *,
    filled: Filled | None = None,
    wrong: Wrong | None = None,
    token: str = "",
) -> HttpResponse:
    words, form = webedit.form_of(user)
    definition = words.catalogue.form_json(form)
    shown = {item: answers.get(item) for item in form.items}
    sealed = {
        item: number
        for item, number in (found.numbers if found else {}).items()
        if number and not (filled and item in filled.answers)
    }
    codes = {value for item, value in shown.items() if words.catalogue.items[item].kind == "region" and value}
    data = {
        "form": definition,
        "answers": {item: value for item, value in shown.items() if item not in sealed},
        "sealed": sealed,
        "findings": wrong.findings if wrong else [],
        "asOf": timezone.localdate().isoformat(),
        "regionUrl": _region_url(),
        "regions": dict(Division.objects.filter(code__in=codes).values_list("code", "full_name")),
    }
    context = {
        "person": found,
        "data": data,
        "wrong": wrong,
        "filled": filled,
        "form": form,
        "token": token,
        **_added(request.POST.get("why", "")),
        "today": timezone.localdate(),
        "deciders": [step.name or OFFICES[step.by] for step in words.programme.review.steps] if words.programme else [],
    }
    return render(request, "ledger/edit.html", context, status=422 if wrong else 200)


def _region_url() -> str:
    from django.urls import NoReverseMatch

    try:
        return reverse("divisions:options")
    except NoReverseMatch:
        return ""


def _handed_in(request: SignedInRequest, paper: Submission) -> HttpResponse:
    """Say what happens next: who decides, and that nobody decides on their own."""
    words, _ = webedit.form_of(request.user)
    steps = words.programme.review.steps if words.programme else ()
    next_step = steps[0].name or OFFICES[steps[0].by] if steps else "审核"
    changed = len(paper.changes or {})
    what = "新增 1 人" if paper.outcome == "new" else f"修改 {changed} 项"
    messages.success(request, f"{what}已提交，等“{next_step}”。自己填的由别人审，审完才进台账。")
    target = (
        reverse("ledger:person", args=[paper.worker_id])
        if paper.outcome != "new" and paper.worker_id
        else reverse("ledger:list")
    )
    return HttpResponseRedirect(target)


@require_http_methods(["GET", "POST"])
def stop(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """停用 with a reason, or 恢复; the record and its changes stay."""
    user = editor_of(request)
    found = person.get(user, worker_id)
    words, _ = webedit.form_of(user)
    stopped = found.values["pool_status"] not in ("10", None)
    reasons = stopping.reasons(words)
    context: dict[str, Any] = {
        "person": found,
        "reasons": reasons,
        "stopped": stopped,
        "today": timezone.localdate(),
        "error": None,
        "expected_return": request.POST.get("expected_return", ""),
        "move_out_region": request.POST.get("move_out_region", "")[:12],
    }
    if request.method == "GET":
        return render(request, "ledger/stop.html", context)
    status = "10" if stopped else request.POST.get("status", "")
    since = _day(request.POST.get("since"))
    if status not in dict(reasons) and not stopped:
        return render(request, "ledger/stop.html", {**context, "error": "先选为什么停用。"}, status=422)
    if since is None:
        return render(request, "ledger/stop.html", {**context, "error": "填哪天起，如 2026-07-16。"}, status=422)
    try:
        paper = webedit.hand_in_standing(
            actor=user, person=found, status=status, since=since, reason=request.POST.get("reason", "").strip()[:200],
            expected_return=_day(request.POST.get("expected_return")), moved_to=request.POST.get("move_out_region", ""),
        )  # fmt: skip
    except Wrong as wrong:
        return render(request, "ledger/stop.html", {**context, "error": wrong.message}, status=422)
    return _handed_in(request, paper)
