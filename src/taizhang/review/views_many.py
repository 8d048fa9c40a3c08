"""Pages that decide on many rows at once: first how many and what happens, then the deed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.ledger.models import Submission
from taizhang.review import many, queries, record
from taizhang.review.forms import ManyForm, ReasonForm
from taizhang.review.many import Tally
from taizhang.review.queries import Asked
from taizhang.review.reasons import REASONS
from taizhang.review.views import OUTCOMES, asked_of, queue_context


@require_POST
def approve_many(request: SignedInRequest) -> HttpResponse:
    """Approve the ticked rows, or all unchanged of a part, when that was confirmed and still holds."""
    user = request.user
    asked, form = asked_of(request), ManyForm(request.POST)
    if not form.is_valid():
        return _not_chosen(request, asked, form)
    chosen = form.cleaned_data["rows"]
    found = queries.submissions_visible_to(user).filter(pk__in=chosen) if chosen else queries.unchanged(user, asked)
    total = found.order_by().count()
    if total and "confirmed" in request.POST and (chosen or total == form.cleaned_data["expected"]):
        tally = many.approve(actor=user, found=found)
        entered = f"，其中 {tally.decided.entered:,} 行已入账" if tally.decided.entered else ""
        return _decided(request, asked, tally, f"已通过 {tally.decided.done:,} 行{entered}。")
    sample = found.first()
    after = record.after_approval(sample) if sample else ""
    return render(request, "review/confirm.html", {**_shown(user, asked, found, chosen), "after": after})


@require_POST
def return_many(request: SignedInRequest) -> HttpResponse:
    """Return the ticked rows with one reason, when that was given and confirmed."""
    user = request.user
    asked, form, reasons = asked_of(request), ManyForm(request.POST), ReasonForm(request.POST)
    if form.is_valid() and not form.cleaned_data["rows"]:
        form.add_error(None, "还没有勾选。先在名单里勾选要退回的行。")
    if not form.is_valid():
        return _not_chosen(request, asked, form)
    chosen = form.cleaned_data["rows"]
    found = queries.submissions_visible_to(user).filter(pk__in=chosen)
    confirmed = "confirmed" in request.POST and found.exists()
    if confirmed and reasons.is_valid():
        tally = many.send_back(actor=user, found=found, reason=reasons.said)
        return _decided(request, asked, tally, f"已退回 {tally.decided.done:,} 行。")
    context = {
        **_shown(user, asked, found, chosen),
        "errors": _words(reasons) if confirmed else [],
        "reasons": REASONS,
        "picked": request.POST.getlist("reason"),
        "note": request.POST.get("note", ""),
    }
    return render(request, "review/return_many.html", context, status=422 if confirmed else 200)


def _words(form: Form) -> list[str]:
    return [str(message) for told in form.errors.values() for message in told]


def _not_chosen(request: SignedInRequest, asked: Asked, form: ManyForm) -> HttpResponse:
    context = {**queue_context(request.user, asked, None), "errors": _words(form)}
    return render(request, "review/queue.html", context, status=422)


def _shown(user: User, asked: Asked, found: QuerySet[Submission], chosen: list[UUID]) -> dict[str, Any]:
    """Which rows the decision is about."""
    counts = queries.by_outcome(found)
    return {
        "asked": asked,
        "chosen": chosen,
        "total": found.order_by().count(),
        "own": found.filter(batch__submitted_by=user).order_by().count(),
        "identity": counts["identity"],
        "outcomes": [(label, counts[code]) for code, label in OUTCOMES if counts[code]],
        "places": queries.by_region(found, 12),
        "sample": list(found.order_by(*queries.ORDER)[:8]) if chosen else (),
    }


def _decided(request: SignedInRequest, asked: Asked, tally: Tally, told: str) -> HttpResponse:
    if tally.decided.handed_back:
        told += f"{tally.decided.handed_back:,} 行没有入账：台账里同一项已被别人改过，已连同说明退给填报人。"
    if not tally.refused:
        messages.success(request, told)
        return redirect(reverse("review:queue") + asked.query)
    return render(request, "review/done.html", {"asked": asked, "told": told, "lines": tally.refused})
