"""月末报送: the table of a town's points, one point's month, and the steps."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import monthend, monthstates
from taizhang.collecting.monthend import Asked, Unit
from taizhang.collecting.monthstates import Verb
from taizhang.collecting.tasks import UNDECIDED
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.ledger.states import State
from taizhang.protection import audit
from taizhang.protection.audit import Action
from taizhang.review import policies

PAPERS = 200  # shown


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """A collector's points, a town's points in one table, a county's towns."""
    user, division = request.user, division_of(request.user, request.GET)
    asked = monthend.ask(user, request.GET.get("period", ""))
    context: dict[str, Any] = {
        "asked": asked, "periods": monthend.periods(asked), "division": division, "place": divisions.get(division),
        "stages": monthstates.Stage, "way": asked.programme.review, "self": reverse("collecting:monthend"),
    }  # fmt: skip
    if len(division) < 9:
        return render(request, "collecting/monthend.html", {**context, "towns": monthend.towns(user, asked, division)})
    found = _units(user, division)
    lines = monthend.lines(asked, found)
    context |= {"lines": lines, "total": monthend.total(lines) if len(lines) > 1 else None}
    return render(request, "collecting/monthend.html", context)


def _units(user: User, division: str) -> list[Unit]:
    """Of a collector with several villages: the points of all of them."""
    places = user.scopes if len(division) == 12 else [division]
    found = {unit.key: unit for place in places for unit in monthend.units(user, place)}
    return sorted(found.values(), key=lambda unit: unit.division)


@require_GET
def unit(request: SignedInRequest) -> HttpResponse:
    """One point's month: the numbers, what is not in order, what may be done."""
    user = request.user
    found = monthend.get_unit(user, request.GET.get("unit", ""))
    asked = monthend.ask(user, request.GET.get("period", ""))
    (line,) = monthend.lines(asked, [found])
    numbers = line.numbers
    mine = set(monthend.decidable(user, asked, found).values_list("pk", flat=True)[:PAPERS])
    waiting = [(paper, paper.pk in mine) for paper in monthend.papers(user, asked, found, UNDECIDED)[:PAPERS]]
    moves = monthstates.possible(stage=line.stage, role=user.role)
    audit.write(user, Action.PEOPLE_LISTED, found.division, {"month": asked.period.id, "unit": found.key})
    context = {
        "asked": asked, "line": line, "unit": found, "numbers": numbers, "place": divisions.get(found.division),
        "added": monthend.worded(numbers.added, "in"), "left": monthend.worded(numbers.left, "out"),
        "unverified": monthend.unverified(asked, found), "waiting": waiting, "mine": len(mine),
        "returned": monthend.papers(user, asked, found, [State.RETURNED])[:PAPERS],
        "moves": moves, "approving": any(one.verb in monthstates.FOUR_EYES for one in moves),
        "way": asked.programme.review, "offices": _offices(asked),
    }  # fmt: skip
    return render(request, "collecting/monthend_unit.html", context)


def _offices(asked: Asked) -> str:
    """How the programme reviews, in order."""
    steps = asked.programme.review.steps
    return " → ".join(step.name or str(policies.OFFICES[step.by].label) for step in steps)


@require_POST
def act(request: SignedInRequest) -> HttpResponse:
    """One step of one unit's month, or of several ticked ones."""
    user, data = request.user, request.POST
    asked = monthend.ask(user, data.get("period", ""))
    verb = monthstates.move_verb(data.get("verb", ""))
    found = [monthend.get_unit(user, key) for key in dict.fromkeys(data.getlist("unit"))] or [
        monthend.get_unit(user, "")
    ]
    leave = [UUID(one) for one in data.getlist("leave") if _is_uuid(one)]
    for one in found:
        done = monthend.move(
            actor=user, unit=one, asked=asked, verb=verb, reason=data.get("reason", ""), leave=leave
        )  # fmt: skip
        _say(request, one, verb, done)
    words = {"period": asked.period.id}
    if len(found) == 1:
        return _to("collecting:monthend_unit", {**words, "unit": found[0].key})
    return _to("collecting:monthend", {**words, "division": found[0].town})


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _say(request: SignedInRequest, unit: Unit, verb: Verb, done: monthend.Moved) -> None:
    text = f"{unit.name}：已{monthstates.VERBS[verb]}。"
    if done.tally:
        decided = done.tally.decided
        text += f"一起通过 {decided.done:,} 份填报{f'，其中 {decided.entered:,} 份入账' if decided.entered else ''}。"
        left = [why for _, _, why in done.tally.refused]
        if left:
            reasons = "；".join(dict.fromkeys(left))
            messages.warning(request, f"{unit.name}：{len(left)} 份没有通过，还在待审里：{reasons}")
        if decided.handed_back:
            messages.warning(request, f"{unit.name}：{decided.handed_back} 份和台账冲突，已退给填报人。")
    messages.success(request, text)


def _to(name: str, words: dict[str, str]) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode(words)}")
