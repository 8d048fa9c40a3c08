"""口径: every indicator read out, why somebody counts, two indicators side by side."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from taizhang.accounts.requests import SignedInRequest
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import NotFound
from taizhang.ledger import person
from taizhang.protection import audit
from taizhang.protection.audit import Action
from taizhang.rules import RuleError
from taizhang.statistics import actions, comparing, definitions, pages, reasons
from taizhang.statistics.definitions import Definition
from taizhang.statistics.rulepages import Comparison, Outcome
from taizhang.statistics.whatif import trial


@require_GET
def indicators(request: SignedInRequest) -> HttpResponse:
    """Every indicator of a programme, the user's own first; `find` narrows."""
    known = definitions.programmes(request.user.programme)
    wanted = request.GET.get("programme", "")
    programme = next((one for one in known if one.id == wanted), known[0] if known and not wanted else None)
    if programme is None:
        raise NotFound("programme")
    text = request.GET.get("find", "")[:40]
    found = definitions.definitions(programme, text)
    context = {"programmes": known, "programme": programme, "find": text, "found": found}
    return render(request, "statistics/indicators.html", context)


@require_GET
def indicator(request: SignedInRequest, programme: str, indicator: str) -> HttpResponse:
    """One indicator: words, rule, thresholds, the columns it feeds."""
    found = definitions.find(programme, indicator)
    today = timezone.localdate()
    scope = found.programme.scope
    context = {
        "one": found,
        "thresholds": found.thresholds(today, (scope.rule, *found.rules)),
        "scope": scope,
        "today": today,
    }
    return render(request, "statistics/indicator.html", context)


@require_GET
def why(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """为什么算/不算: one person under one indicator on a day."""
    as_of = pages.read_day(request.GET.get("as_of", ""))
    row = reasons.rows(request.user, [worker_id], as_of).get(str(worker_id))
    if row is None:
        raise NotFound("person")
    found = _asked(request)
    audit.write(request.user, Action.PERSON_VIEWED, str(worker_id))
    near = person.places([row])
    context = {
        "worker_id": worker_id,
        "name": row.get("full_name") or "（没有姓名）",
        "one": found,
        "why": reasons.why(found.programme, found.indicator, row, as_of, near),
        "as_of": as_of,
        "choices": _choices(request),
        "others": _others(found, row, as_of, near),
    }
    return render(request, "statistics/why.html", context)


def _asked(request: SignedInRequest) -> Definition:
    """The indicator an address names, else the first with a rule of the user's own programme."""
    if request.GET.get("indicator"):
        return definitions.named(request.GET["indicator"])
    found = [one for _, group in _choices(request) for one in group]
    if not found:
        raise NotFound("indicator")
    return next((one for one in found if one.indicator.where), found[0])


def _choices(request: SignedInRequest) -> list[tuple[str, list[Definition]]]:
    """(programme's short name, its indicators that count people)."""
    return [
        (programme.short_name, [one for one in definitions.definitions(programme) if one.indicator.of == "worker"])
        for programme in definitions.programmes(request.user.programme)
    ]


def _others(shown: Definition, row: reasons.Row, as_of: dt.date, near: dict[str, str]) -> list[dict[str, Any]]:
    """The person under the other indicators of the programme, in one line each."""
    known = [one for one in definitions.definitions(shown.programme) if one.indicator.of == "worker"]
    return [
        {"one": one, "why": reasons.why(one.programme, one.indicator, row, as_of, near)}
        for one in known
        if one.indicator.id != shown.indicator.id
    ]


@require_GET
def compare(request: SignedInRequest) -> HttpResponse:
    """The same people under two indicators; a part opens to its people with the reasons of both sides."""
    words = request.GET
    division = words.get("division") or pages.first_division(request.user)
    actions.check_covers(request.user, division)
    as_of = pages.read_day(words.get("as_of", ""))
    first, second = _pair(request)
    chosen = comparing.sides(words.get("first") or first, words.get("second") or second, words.get("pool", "first"))
    page = Comparison(chosen, division, as_of, words.get("part", ""), words.get("unit", ""), words.get("page", ""))
    context = {
        "page": page,
        "chosen": chosen,
        "place": divisions.get(division),
        "as_of": as_of,
        "choices": _choices(request),
        "listed": page.listed(request.user),
    }
    return render(request, "statistics/compare.html", context)


def _pair(request: SignedInRequest) -> tuple[str, str]:
    """What a comparison begins with: the first indicator with a rule of the user's programme and of the next."""
    firsts = [next((one for one in group if one.indicator.where), group[0]) for _, group in _choices(request) if group]
    if not firsts:
        raise NotFound("indicator")
    keys = [f"{one.programme.id}.{one.indicator.id}" for one in (firsts[0], firsts[1 % len(firsts)])]
    return keys[0], keys[1]


@require_http_methods(["GET", "POST"])
def whatif(request: SignedInRequest, programme: str, indicator: str) -> HttpResponse:
    """Another rule for an indicator: who would enter, who would leave. Nothing is saved; the rule, which may hold a
    name, is sent in the body and stands in no address."""
    one = definitions.find(programme, indicator)
    if one.indicator.of != "worker":
        raise NotFound("indicator")
    division = request.GET.get("division") or pages.first_division(request.user)
    actions.check_covers(request.user, division)
    as_of = pages.read_day(request.GET.get("as_of", ""))
    text = request.POST.get("rule", one.indicator.where.text if one.indicator.where else "")
    context: dict[str, Any] = {"one": one, "place": divisions.get(division), "as_of": as_of, "rule": text}
    if request.method == "POST":
        try:
            outcome = Outcome(trial(one, text), division, as_of, request.user)
        except RuleError as wrong:
            return render(request, "statistics/whatif.html", context | {"error": wrong}, status=422)
        enter = outcome.moved("second", "enter", "会算进来", request.POST.get("enter", ""))
        leave = outcome.moved("first", "leave", "不再算", request.POST.get("leave", ""))
        context |= {"outcome": outcome, "moved": [enter, leave]}
    return render(request, "statistics/whatif.html", context)
