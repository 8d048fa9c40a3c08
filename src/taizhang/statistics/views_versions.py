"""Changing rules and thresholds: tried out first, proposed, decided by somebody else."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang.accounts.models import Role
from taizhang.accounts.requests import SignedInRequest
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError
from taizhang.engine.pager import Pager
from taizhang.rules import RuleError
from taizhang.statistics import actions, definitions, pages, proposing, versions, versionstates, whatif
from taizhang.statistics.models import RuleVersion
from taizhang.statistics.rulepages import Outcome
from taizhang.statistics.versionstates import State
from taizhang.statistics.whatif import Trial

LISTED = 30


@require_http_methods(["GET", "POST"])
def try_rule(request: SignedInRequest, programme: str, indicator: str) -> HttpResponse:
    """Another rule for an indicator: who would enter, who would leave; then, if wanted, proposed for the county.

    The rule, which may hold a name while it is only tried, is sent in the body and stands in no address.
    """
    one = definitions.find(programme, indicator)
    division, as_of = _place_and_day(request)
    here = versions.in_force(one.programme, division, timezone.localdate()).indicators[indicator]
    text = request.POST.get("rule", here.where.text if here.where else proposing.TAKES_ALL).strip()
    if "notice" in request.POST:
        text = one.indicator.where.text if one.indicator.where else proposing.TAKES_ALL
    context = _context(request, division, as_of) | {"one": one, "here": here, "rule": text}
    if request.method == "GET":
        return render(request, "statistics/whatif.html", context)
    try:
        outcome = Outcome(whatif.trial(one, text), division, as_of, request.user)
        context |= {"outcome": outcome, "moved": outcome.both(request.POST)}
        if "save" in request.POST:
            given = {"indicator": indicator, "text": text}
            return _saved(request, programme, given, {indicator: outcome.effect}, tried=text)
    except RuleError as wrong:
        return render(request, "statistics/whatif.html", context | {"error": wrong}, status=422)
    except _NotSaved as why:
        return render(request, "statistics/whatif.html", context | {"refusal": why.message}, status=422)
    return render(request, "statistics/whatif.html", context)


@require_http_methods(["GET", "POST"])
def try_value(request: SignedInRequest, programme: str, parameter: str) -> HttpResponse:
    """Another value for a threshold: what it does to every figure it decides; then, if wanted, proposed."""
    settings = definitions.programme_of(programme)
    using = proposing.check_parameter(settings, parameter)
    division, as_of = _place_and_day(request)
    own = settings.parameters[parameter]
    here = versions.in_force(settings, division, timezone.localdate()).parameters[parameter]
    text = request.POST.get("value", str(here.value)).strip()
    if "notice" in request.POST:
        text = str(own.value)
    context = _context(request, division, as_of) | {
        "programme": settings, "name": parameter, "own": own, "here": here, "using": using, "value": text,
        "history": versions.history(division[:6], programme, parameter=parameter) if len(division) >= 6 else [],
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "statistics/parameter.html", context)
    try:
        values = {parameter: versions.value_of(own, text)}
        trials = {one.id: whatif.trial_of_values(settings, one, values) for one in using}
        outcomes = {name: Outcome(one, division, as_of, request.user) for name, one in trials.items()}
        opened = outcomes.get(request.POST.get("open", ""))
        context |= {
            "outcomes": [(settings.indicators[name], outcome) for name, outcome in outcomes.items()],
            "opened": opened,
            "moved": opened.both(request.POST) if opened else [],
        }
        if "save" in request.POST:
            given = {"parameter": parameter, "text": text}
            effect = {name: outcome.effect for name, outcome in outcomes.items()}
            return _saved(request, programme, given, effect, tried=text)
    except RuleError as wrong:
        return render(request, "statistics/parameter.html", context | {"error": wrong}, status=422)
    except _NotSaved as why:
        return render(request, "statistics/parameter.html", context | {"refusal": why.message}, status=422)
    return render(request, "statistics/parameter.html", context)


def _place_and_day(request: SignedInRequest) -> tuple[str, dt.date]:
    division = request.GET.get("division") or pages.first_division(request.user)
    actions.check_covers(request.user, division)
    return division, pages.read_day(request.GET.get("as_of", ""))


def _context(request: SignedInRequest, division: str, as_of: dt.date) -> dict[str, Any]:
    return {
        "place": divisions.get(division),
        "as_of": as_of,
        "may_save": request.user.role == Role.COUNTY and len(division) == 6,
        "valid_from": request.POST.get("valid_from") or timezone.localdate().isoformat(),
        "reason": request.POST.get("reason", ""),
    }


class _NotSaved(Exception):
    """A proposal that cannot be kept as it is; the page says why and keeps what was typed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _saved(
    request: SignedInRequest, programme: str, given: dict[str, str], effect: dict[str, Any], *, tried: str
) -> HttpResponse:
    """The proposal, made from what was shown; to its page. Raises _NotSaved, RuleError."""
    if request.POST.get("tried", "").strip() != tried:
        raise _NotSaved("试算以后又改过。下面是改后的结果，看过再提出。")
    try:
        start = dt.date.fromisoformat(request.POST.get("valid_from", ""))
    except ValueError:
        raise _NotSaved("请填起用日期，写成 2026-12-01 这样。") from None
    try:
        made = proposing.propose(
            actor=request.user, programme=programme, indicator=given.get("indicator", ""),
            parameter=given.get("parameter", ""), text=given["text"], valid_from=start,
            reason=request.POST.get("reason", ""), effect=effect,
        )  # fmt: skip
    except DomainError as refused:
        raise _NotSaved(refused.message) from None
    messages.success(
        request, f"已提出{made.target}第 {made.number} 版，请另一位经办人（或上级）来批。批准前，报表照旧。"
    )
    return redirect("statistics:version", made.pk)


@require_GET
def changes(request: SignedInRequest) -> HttpResponse:
    """Every version of the user's counties, those that wait first."""
    rows = proposing.visible(request.user)
    state = request.GET.get("state", "")
    if state in list(State):
        rows = rows.filter(state=state)
    pager = Pager.of(rows.count(), request.GET.get("page"), LISTED, (("state", state),) if state else ())
    shown = list(rows[pager.slice])
    names = {row.county: divisions.get(row.county).name for row in shown}
    context = {
        "lines": [
            (row, names[row.county], versions.changes(row), versionstates.NAMES[State(row.state)]) for row in shown
        ],
        "pager": pager,
        "state": state,
        "states": [(one.value, name) for one, name in versionstates.NAMES.items()],
    }
    return render(request, "statistics/changes.html", context)


@require_GET
def version(request: SignedInRequest, version_id: UUID) -> HttpResponse:
    """One version: what it changes, for whom, who proposed and who decided."""
    row = proposing.get(request.user, version_id)
    return render(request, "statistics/version.html", _version(request, row))


def _version(request: SignedInRequest, row: RuleVersion) -> dict[str, Any]:
    notice = definitions.programme_of(row.programme)
    names = {one: notice.indicators[one].name for one in row.effect if one in notice.indicators}
    context: dict[str, Any] = {
        "row": row,
        "programme": notice,
        "county": divisions.get(row.county),
        "changes": versions.changes(row),
        "state": versionstates.NAMES[State(row.state)],
        "shown": [(names.get(one, one), told) for one, told in row.effect.items()],
        "own": row.proposed_by_id == request.user.pk,
        "open": row.state == State.PROPOSED,
        "may_decide": row.state == State.PROPOSED
        and request.user.role in versionstates.APPROVERS
        and request.user.covers(row.county),
    }
    if context["may_decide"]:
        context |= _now(request, row, whatif.trial_of_version(row))
    return context


def _now(request: SignedInRequest, row: RuleVersion, trials: dict[str, Trial]) -> dict[str, Any]:
    """The figures as they are today, and the people of one of them."""
    today, notice = timezone.localdate(), definitions.programme_of(row.programme)
    outcomes = {name: Outcome(one, row.county, today, request.user) for name, one in trials.items()}
    opened = request.GET.get("open") or next(iter(outcomes))
    return {
        "today": today,
        "outcomes": [(notice.indicators[name], outcome, name == opened) for name, outcome in outcomes.items()],
        "opened": opened,
        "moved": outcomes[opened].both(request.GET) if opened in outcomes else [],
    }


@require_POST
def decide(request: SignedInRequest, version_id: UUID) -> HttpResponse:
    """Approve, refuse or take back a proposal."""
    verb = request.POST.get("verb", "")
    row = proposing.decide(actor=request.user, version_id=version_id, verb=verb, answer=request.POST.get("answer", ""))
    said = {"approve": f"已批准，{row.valid_from.isoformat()} 起用。", "refuse": "没有批准。", "withdraw": "已撤回。"}
    messages.success(request, f"{row.target}第 {row.number} 版{said[verb]}")
    return redirect("statistics:version", row.pk)
