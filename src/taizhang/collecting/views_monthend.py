"""月末报送: the table of a county's or town's points, one point's month, and the steps."""

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
from taizhang.collecting import monthend, monthmoves, monthnumbers, monthstates
from taizhang.collecting.monthend import Line, Unit
from taizhang.collecting.monthnumbers import Asked
from taizhang.collecting.monthstates import Stage, Verb
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
    """A collector's points, or all points of a town or county in one table, with what is an exception."""
    user, division = request.user, division_of(request.user, request.GET)
    asked = monthend.ask(user, request.GET.get("period", ""))
    context: dict[str, Any] = {
        "asked": asked, "periods": monthend.periods(asked), "division": division, "place": divisions.get(division),
        "stages": monthstates.Stage, "way": asked.programme.review, "self": reverse("collecting:monthend"),
    }  # fmt: skip
    lines = monthend.lines(asked, _units(user, division))
    only = request.GET.get("only", "")
    only = only if only in FILTERS else ""
    shown = [(line, monthmoves.may(user, line)) for line in lines if _fits(user, line, only)]
    context |= {
        "lines": lines, "shown": shown, "total": monthend.total([one for one, _ in shown]) if len(shown) > 1 else None,
        "tickable": any(may for _, may in shown),
        "towns": monthend.towns(lines) if len(division) < 9 else None, "only": only, "filters": FILTERS.items(),
        "limits": monthnumbers.Limits.of(asked.programme, asked.until), **_in_one_step(user, lines),
    }  # fmt: skip
    return render(request, "collecting/monthend.html", context)


FILTERS = {"": "全部", "odd": "有例外", "mine": "等我办", "out": "没有报送或被退回"}


def _fits(user: User, line: Line, only: str) -> bool:
    return {
        "odd": bool(line.exceptions),
        "mine": any(verb in monthstates.FOUR_EYES for verb in monthmoves.may(user, line)),
        "out": line.stage in (Stage.DRAFT, Stage.RETURNED),
    }.get(only, True)


def _in_one_step(user: User, lines: list[Line]) -> dict[str, Any]:
    """What the user's office does with those without exceptions, and with how many of them."""
    verb = monthstates.approving(user.role)
    usual = monthmoves.usual_of(user, lines, verb) if verb else []
    odd = sum(bool(one.exceptions) and verb in monthmoves.may(user, one) for one in lines)
    return {"verb": verb, "verb_name": monthstates.VERBS[verb] if verb else "", "usual": len(usual), "odd": odd}


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
    mine = set(monthend.decidable(user, asked, [found]).values_list("pk", flat=True)[:PAPERS])
    waiting = [(paper, paper.pk in mine) for paper in monthend.papers(user, asked, found, UNDECIDED)[:PAPERS]]
    moves = monthstates.possible(stage=line.stage, role=user.role)
    audit.write(user, Action.PEOPLE_LISTED, found.division, {"month": asked.period.id, "unit": found.key})
    context = {
        "asked": asked, "line": line, "unit": found, "numbers": numbers, "place": divisions.get(found.division),
        "added": monthnumbers.worded(numbers.added, "in"), "left": monthnumbers.worded(numbers.left, "out"),
        "unverified": monthnumbers.unverified(asked, found.villages), "waiting": waiting, "mine": len(mine),
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
    """One step of one unit's month, of all ticked ones, or of all of a town or county without exceptions."""
    user, data = request.user, request.POST
    asked, verb = monthend.ask(user, data.get("period", "")), monthstates.move_verb(data.get("verb", ""))
    words = {"period": asked.period.id}
    if data.get("all") == "1":
        division = division_of(user, data)
        done = monthmoves.move_usual(
            actor=user,
            found=monthend.units(user, division),
            asked=asked,
            verb=verb,
            expected=_number(data.get("expected")),
        )
        _say(request, f"{len(done.moves):,} 个采集点", verb, done)
        return _to("collecting:monthend", {**words, "division": division})
    keys = list(dict.fromkeys(data.getlist("unit")))
    leave = [UUID(one) for one in data.getlist("leave") if _is_uuid(one)]
    if "division" in data:  # ticked on the table
        division = division_of(user, data)
        found = [monthend.get_unit(user, key) for key in keys]
        done = monthmoves.move_all(actor=user, units=found, asked=asked, verb=verb, reason=data.get("reason", ""))
        _say(request, "、".join(one.name for one in found), verb, done)
        return _to("collecting:monthend", {**words, "division": division})
    unit = monthend.get_unit(user, keys[0] if keys else "")
    done = monthmoves.move(actor=user, unit=unit, asked=asked, verb=verb, reason=data.get("reason", ""), leave=leave)
    _say(request, unit.name, verb, done)
    return _to("collecting:monthend_unit", {**words, "unit": unit.key})


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _say(request: SignedInRequest, name: str, verb: Verb, done: monthmoves.Moved) -> None:
    text = f"{name}：已{monthstates.VERBS[verb]}。"
    if done.tally:
        decided = done.tally.decided
        if decided.done:
            entered = f"，其中 {decided.entered:,} 份入账" if decided.entered else ""
            text += f"一起通过 {decided.done:,} 份填报{entered}。"
        left = [why for _, _, why in done.tally.refused]
        if left:
            reasons = "；".join(dict.fromkeys(left))
            messages.warning(request, f"{name}：{len(left)} 份没有通过，还在待审里：{reasons}")
        if decided.handed_back:
            messages.warning(request, f"{name}：{decided.handed_back} 份和台账冲突，已退给填报人。")
    messages.success(request, text)


def _to(name: str, words: dict[str, str]) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode(words)}")
