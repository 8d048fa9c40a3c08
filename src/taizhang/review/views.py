"""Pages of those who decide: the queue, one record beside the ledger, approve, return."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.engine.errors import DomainError
from taizhang.engine.pager import Pager
from taizhang.ledger.models import Submission
from taizhang.ledger.states import Outcome, Source
from taizhang.protection import audit
from taizhang.review import actions, queries, record
from taizhang.review.forms import DecideForm, ReturnForm
from taizhang.review.queries import Asked
from taizhang.review.reasons import REASONS

PAGE = 50
OUTCOMES = [(outcome.value, outcome.label) for outcome in (Outcome.NEW, Outcome.UPDATE, Outcome.SAME)]


def asked_of(request: SignedInRequest) -> Asked:
    """The part of the queue an address names."""
    return Asked.of(request.GET.dict())


@require_GET
def queue(request: SignedInRequest) -> HttpResponse:
    """What waits for this office, folded by batch, and the rows."""
    return render(request, "review/queue.html", queue_context(request.user, asked_of(request), request.GET.get("page")))


def queue_context(user: User, asked: Asked, page: str | None) -> dict[str, Any]:
    """What the page of the queue shows of the part `asked`."""
    everything = queries.waiting_for(user)
    found = queries.waiting_for(user, asked)
    counts = queries.by_outcome(queries.waiting_for(user, asked.but(outcome="")))
    total = found.order_by().count()
    pager = Pager.of(total, page, PAGE, tuple(asked.pairs()))
    rows = list(queries.with_returns(found)[pager.slice])
    batches = queries.by_batch(everything)
    for batch in batches:
        batch["source"] = Source(batch["source"]).label
    own = sum(batch["rows"] for batch in batches if batch["submitted_by"] == user.pk)
    town = asked.region[:9]
    return {
        "asked": asked,
        "total": total,
        "pager": pager,
        "rows": rows,
        "batches": batches,
        "waiting": sum(batch["rows"] for batch in batches) - own,
        "own_rows": own,
        "begin": next((paper for paper in rows if paper.batch.submitted_by_id != user.pk), None),
        "towns": queries.by_region(queries.waiting_for(user, asked.but(region="")), 9),
        "villages": queries.by_region(queries.waiting_for(user, asked.but(region=town)), 12) if len(town) == 9 else (),
        "months": queries.by_month(queries.waiting_for(user, asked.but(month=""))),
        "outcomes": [(code, label, counts[code]) for code, label in OUTCOMES],
        "identity": counts["identity"],
        "unchanged": queries.unchanged(user, asked).order_by().count(),
        "back": queries.returned_to(user).count(),
        "without_batch": asked.but(batch="").query,
    }


@require_GET
def one(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """One paper beside the ledger."""
    user = request.user
    paper = queries.get_submission(user, submission_id)
    audit.write(user, audit.Action.PERSON_VIEWED, str(paper.worker_id or paper.pk), {"submission": str(paper.pk)})
    return _record_page(request, paper)


def _record_page(request: SignedInRequest, paper: Submission, form: ReturnForm | None = None) -> HttpResponse:
    user = request.user
    asked = asked_of(request)
    may, why_not = record.allowed(user, paper)
    place = queries.place_of(paper, queries.waiting_for(user, asked))
    sent = request.POST
    context = {
        "record": record.read(user, paper),
        "paper": paper,
        "steps": record.steps(paper, queries.history(paper)),
        "place": place,
        "left": queries.decidable(user, asked).order_by().count(),
        "may": may,
        "why_not": why_not,
        "own": paper.batch.submitted_by_id == user.pk,
        "after": record.after_approval(paper),
        "asked": asked,
        "reasons": REASONS,
        "form": form,
        "picked": sent.getlist("reason"),
        "marked": sent.getlist("item"),
        "note": sent.get("note", ""),
        "towns": queries.by_region(queries.waiting_for(user, asked.but(region="")), 9),
    }
    return render(request, "review/record.html", context, status=422 if form else 200)


@require_POST
def approve(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Approve what was shown and open the next record."""
    user = request.user
    paper = queries.get_submission(user, submission_id)
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise DomainError("no_version", "这一页不完整，没有办理。请刷新后再通过。")
    following = _next(request, paper)
    decided = actions.approve(actor=user, batch=paper.batch, ids=[paper.pk], version=form.cleaned_data["version"])
    if decided.handed_back:
        messages.warning(request, "上一条没有入账：台账里同一项已被别人改过，已连同说明退给填报人。")
    else:
        messages.success(request, f"上一条已通过{'，已入账' if decided.entered else ''}。")
    return redirect(following)


@require_POST
def send_back(request: SignedInRequest, submission_id: UUID) -> HttpResponse:
    """Return it with reasons and remarks, and open the next record."""
    user = request.user
    paper = queries.get_submission(user, submission_id)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _record_page(request, paper, form)
    following = _next(request, paper)
    actions.send_back(
        actor=user,
        batch=paper.batch,
        ids=[paper.pk],
        reason=form.said,
        remarks=form.remarks,
        version=form.cleaned_data["version"],
    )
    messages.success(request, f"上一条已退回给{paper.batch.submitted_by.display_name}。")
    return redirect(following)


def _next(request: SignedInRequest, paper: Submission) -> str:
    """The next record of the same part of the queue; after the last one, the part itself."""
    asked = asked_of(request)
    place = queries.place_of(paper, queries.waiting_for(request.user, asked))
    following = place.next or place.previous
    return (reverse("review:record", args=[following]) if following else reverse("review:queue")) + asked.query
