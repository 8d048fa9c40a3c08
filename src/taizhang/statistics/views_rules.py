"""口径: every indicator read out, why somebody counts, two indicators side by side."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.catalogue.schema import Programme
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import NotFound
from taizhang.ledger import person
from taizhang.protection import audit
from taizhang.protection.audit import Action
from taizhang.statistics import actions, comparing, definitions, pages, proposing, reasons, versions
from taizhang.statistics.definitions import Definition
from taizhang.statistics.rulepages import Comparison


@require_GET
def indicators(request: SignedInRequest) -> HttpResponse:
    """Every indicator of a programme, the user's own first; `find` narrows."""
    known = definitions.programmes(request.user.programme)
    wanted = request.GET.get("programme", "")
    programme = next((one for one in known if one.id == wanted), known[0] if known and not wanted else None)
    if programme is None:
        raise NotFound("programme")
    county = pages.first_division(request.user)
    text = request.GET.get("find", "")[:40]
    here = versions.in_force(programme, county, timezone.localdate())
    found = definitions.definitions(here, text)
    own = {one.indicator.id for one in found if one.indicator.where is not programme.indicators[one.indicator.id].where}
    context = {
        "programmes": known,
        "programme": programme,
        "find": text,
        "found": found,
        "own": own,
        "parameters": _parameters(here, programme),
        "waiting": proposing.waiting(request.user),
    }
    return render(request, "statistics/indicators.html", context)


def _parameters(here: Programme, notice: Programme) -> list[dict[str, Any]]:
    """The thresholds a county may change: name, value in force, and whether it is the county's own."""
    return [
        {"name": name, "parameter": here.parameters[name], "own": here.parameters[name] != notice.parameters[name],
         "uses": len(using)}
        for name, using in proposing.changeable(notice).items()
    ]  # fmt: skip


@require_GET
def indicator(request: SignedInRequest, programme: str, indicator: str) -> HttpResponse:
    """One indicator as it is in force in the user's county: words, rule, thresholds, columns it feeds, versions."""
    notice = definitions.find(programme, indicator)
    today, division = timezone.localdate(), pages.first_division(request.user)
    here = versions.in_force(notice.programme, division, today)
    found = Definition(here, here.indicators[indicator])
    context = {
        "one": found,
        "notice": notice,
        "own": found.indicator.where is not notice.indicator.where,
        "thresholds": found.thresholds(today, (here.scope.rule, *found.rules)),
        "changeable": proposing.changeable(notice.programme),
        "scope": here.scope,
        "today": today,
        "place": divisions.get(division[:6]),
        "history": versions.history(division[:6], programme, indicator=indicator) if len(division) >= 6 else [],
    }
    return render(request, "statistics/indicator.html", context)


@require_GET
def why(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """为什么算/不算: one person under one indicator on a day."""
    as_of = pages.read_day(request.GET.get("as_of", ""))
    found = _asked(request)
    every = found.programme.indicators.values()
    row = reasons.rows(request.user, [worker_id], as_of, every).get(str(worker_id))
    if row is None:
        raise NotFound("person")
    audit.write(request.user, Action.PERSON_VIEWED, str(worker_id))
    near, resolve = person.places([row]), versions.remembered()
    context = {
        "worker_id": worker_id,
        "name": row.get("full_name") or "（没有姓名）",
        "one": found,
        "as_of": as_of,
        "choices": _choices(request),
        "others": _others(found, row, as_of, near, resolve),
    }
    if found.indicator.of == "worker":
        context["why"] = reasons.why(found.programme, found.indicator, row, as_of, near, resolve=resolve)
    else:
        context["facts"] = _facts(request.user, worker_id, found, as_of, resolve)
    return render(request, "statistics/why.html", context)


def _facts(
    user: User, worker_id: UUID, one: Definition, as_of: dt.date, resolve: versions.Resolve
) -> list[dict[str, Any]]:
    """Every fact of the person of the kind an indicator counts, each with its reasons."""
    subject = one.indicator.of
    rows = reasons.facts(user, subject, [worker_id], as_of, [one.indicator])
    if subject == "movement":  # of another programme's pool: never counted by this one
        rows = {key: row for key, row in rows.items() if row["programme"] == one.programme.id}
    near = person.places(list(rows.values()))
    return [
        {
            "told": reasons.told(subject, row, near),
            "why": reasons.why(one.programme, one.indicator, row, as_of, near, resolve=resolve),
        }
        for row in rows.values()
    ]


def _asked(request: SignedInRequest) -> Definition:
    """The indicator an address names, else the first with a rule of the user's own programme."""
    if request.GET.get("indicator"):
        return definitions.named(request.GET["indicator"])
    found = [one for _, group in _choices(request) for one in group]
    if not found:
        raise NotFound("indicator")
    return next((one for one in found if one.indicator.where), found[0])


def _choices(request: SignedInRequest) -> list[tuple[str, list[Definition]]]:
    """(programme's short name, its indicators)."""
    return [
        (programme.short_name, definitions.definitions(programme))
        for programme in definitions.programmes(request.user.programme)
    ]


def _others(
    shown: Definition, row: reasons.Row, as_of: dt.date, near: dict[str, str], resolve: versions.Resolve
) -> list[dict[str, Any]]:
    """The person under the other indicators of the programme that count people, in one line each."""
    return [
        {"one": one, "why": reasons.why(one.programme, one.indicator, row, as_of, near, resolve=resolve)}
        for one in definitions.definitions(shown.programme)
        if one.indicator.id != shown.indicator.id and one.indicator.of == "worker"
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
    groups = [[one for one in group if one.indicator.of == "worker"] for _, group in _choices(request)]
    firsts = [next((one for one in group if one.indicator.where), group[0]) for group in groups if group]
    if not firsts:
        raise NotFound("indicator")
    keys = [f"{one.programme.id}.{one.indicator.id}" for one in (firsts[0], firsts[1 % len(firsts)])]
    return keys[0], keys[1]
