"""One person: page, revealed numbers, print."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from taizhang.accounts.models import Role, User
from taizhang.accounts.requests import SignedInRequest
from taizhang.engine.errors import NotAllowed, NotFound
from taizhang.ledger import asking, bothsides, listing, pageparts, paper, person, webedit
from taizhang.ledger.flat import as_json
from taizhang.ledger.person import Person
from taizhang.protection import audit
from taizhang.protection.audit import Action

REASONS = (("check", "核对本人证件"), ("subsidy", "办理补贴"), ("reply", "回复比对单位"), ("call", "打电话核实"))
ACTIVE = {"10", None}
NO_REVEAL = frozenset({Role.PARTNER, Role.CITY, Role.PROVINCE})


def may_reveal(user: User) -> bool:
    """Offices that deal with the person; analysts and partners work with masked numbers."""
    return user.sees_people and user.role not in NO_REVEAL


@require_GET
def page(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """一人一档."""
    user = request.user
    words = asking.lexicon(user)
    found = person.get(user, worker_id)
    audit.write(user, Action.PERSON_VIEWED, str(worker_id))
    age = words.derived("age")
    context = {
        "person": found,
        "blocks": person.blocks(found, words),
        "spells": person.spells(found, words),
        "counted": person.counted(found, words),
        "timeline": person.timeline(user, found, words),
        "pending": person.pending(found),
        "both": bothsides.waiting(user, worker_id),
        "today": timezone.localdate(),
        "age": age.evaluate(as_json(found.values), words.parameters()) if age else None,
        "may_edit": pageparts.may_edit(user),
        "may_reveal": may_reveal(user),
        "stopped": found.values["pool_status"] not in ACTIVE,
    }
    return render(request, "ledger/person.html", context)


def _sealed(user: User, worker_id: UUID, item: str) -> tuple[Person, str]:
    found = person.get(user, worker_id)
    if item not in listing.SEALED:
        raise NotFound("item")
    return found, asking.lexicon(user).label(item)


@require_http_methods(["GET", "POST"])
def reveal(request: SignedInRequest, worker_id: UUID, item: str) -> HttpResponse:
    """Ask for a reason; with one, show the whole number for 30 seconds and write it down."""
    user = request.user
    found, label = _sealed(user, worker_id, item)
    if not may_reveal(user):
        raise NotAllowed("reveal", "您的角色只看遮住的号码。确需完整号码的，请县级经办人提供。")
    context = {"person": found, "item": item, "label": label, "reasons": REASONS, "masked": found.numbers[item]}
    why = dict(REASONS).get(request.POST.get("why", ""))
    name = "_reveal_ask" if getattr(request, "htmx", False) else "reveal"
    if request.method == "GET" or why is None:
        wrong = request.method == "POST"
        return render(request, f"ledger/{name}.html", {**context, "error": wrong}, status=422 if wrong else 200)
    audit.write(user, Action.PERSON_REVEALED, str(worker_id), {"item": item, "reason": request.POST["why"]})
    context |= {"number": webedit.clear_number(worker_id, item), "why": why}
    return render(
        request, "ledger/_revealed.html" if getattr(request, "htmx", False) else "ledger/reveal.html", context
    )


@require_GET
def masked(request: SignedInRequest, worker_id: UUID, item: str) -> HttpResponse:
    """The number hidden again."""
    user = request.user
    found, label = _sealed(user, worker_id, item)
    return render(
        request,
        "ledger/_number.html",
        {"person": found, "item": item, "label": label, "masked": found.numbers[item], "may_reveal": may_reveal(user)},
    )


@require_GET
def printed(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """一人一表 on A4, as the programme's form."""
    user = request.user
    words, form = webedit.form_of(user)
    found = person.get(user, worker_id)
    audit.write(user, Action.PERSON_PRINTED, str(worker_id))
    context = {
        "person": found,
        "form": form,
        "groups": paper.groups(found, words),
        "programme": words.programme,
        "now": timezone.localtime(),
    }
    return render(request, "ledger/print.html", context)
