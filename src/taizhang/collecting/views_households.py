"""户: the households of a village, one household, who belongs to it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from taizhang import catalogue
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import households
from taizhang.collecting.people import shared
from taizhang.collecting.views_additions import own_places
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.engine.pager import Pager
from taizhang.ledger import person
from taizhang.ledger.pageparts import may_edit
from taizhang.protection import audit
from taizhang.protection.audit import Action

PAGE = 50


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """A village's households; of a town its villages; above it the towns to choose from."""
    user, division = request.user, division_of(request.user, request.GET)
    context = {
        "place": divisions.get(division), "division": division, "own": own_places(user, division),
        "narrow": [(one.code, one.name) for one in divisions.children(division)] if len(division) < 9 else [],
        "filters": households.FILTERS.items(), "rules": shared().household,
    }  # fmt: skip
    if len(division) < 9:
        return render(request, "collecting/households.html", context)
    sums = households.sums(user, division)
    if len(division) == 9:
        return render(request, "collecting/households.html", {**context, "sums": sums})
    only = request.GET.get("only", "")
    only = only if only in households.FILTERS else ""
    total = households.count(user, division, only)
    pager = Pager.of(total, request.GET.get("page"), PAGE, (("division", division), ("only", only)))
    lines = households.lines(user, division, pager.slice, only)
    context |= {"village": sums[0] if sums else None, "lines": lines, "pager": pager, "only": only}
    return render(request, "collecting/households.html", context)


@require_GET
def household(request: SignedInRequest, household_id: int) -> HttpResponse:
    """One household: every member, who is verified, what is missing."""
    user = request.user
    house = households.read(user, households.get(user, household_id))
    audit.write(user, Action.PEOPLE_LISTED, house.household.division, {"household": household_id})
    context = {
        "house": house, "place": divisions.get(house.household.division), "rules": shared().household,
        "may_edit": may_edit(user), "relations": _relations(),
    }  # fmt: skip
    return render(request, "collecting/household.html", context)


def _relations() -> list[tuple[str, str]]:
    codes = catalogue.load().lists["CL-RELATION"].codes.values()
    return [(code.code, code.label) for code in codes if code.parent is None]


@require_GET
def of_person(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """The household of a person; who has none is asked for its number."""
    found = households.of_person(request.user, worker_id)
    if found:
        return HttpResponseRedirect(reverse("collecting:household", args=[found.pk]))
    context = {
        "person": person.get(request.user, worker_id), "may_edit": may_edit(request.user), "relations": _relations(),
    }  # fmt: skip
    return render(request, "collecting/no_household.html", context)


@require_POST
def move(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """Hand in that somebody belongs to another household of the village."""
    data = request.POST
    households.move(
        actor=request.user, worker_id=worker_id, number=data.get("number", ""),
        relation_to_head=data.get("relation", ""), head=data.get("head", ""), reason=data.get("reason", ""),
    )  # fmt: skip
    messages.success(request, "换户已提交；自己填的由别人审，审完才换。")
    return HttpResponseRedirect(reverse("ledger:person", args=[worker_id]))


@require_POST
def head(request: SignedInRequest, household_id: int) -> HttpResponse:
    """Hand in who is the head now, and what the others are to them."""
    data = request.POST
    found = households.get(request.user, household_id)
    members = [one.id for one in households.read(request.user, found).members]
    chosen = next((one for one in members if str(one) == data.get("head")), UUID(int=0))
    n = households.name_head(
        actor=request.user, household_id=household_id, worker_id=chosen, reason=data.get("reason", ""),
        relations={one: data.get(f"relation-{one}", "") for one in members},
    )  # fmt: skip
    messages.success(request, f"换户主已提交，{n} 人；自己填的由别人审，审完才换。")
    return HttpResponseRedirect(reverse("collecting:household", args=[household_id]))
