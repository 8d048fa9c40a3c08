"""Targets: how far each is, who is behind, setting one, sharing it out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from taizhang import catalogue
from taizhang.accounts.requests import SignedInRequest
from taizhang.catalogue.schema import Programme
from taizhang.catalogue.targets import UNITS
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.statistics import actions as statistics
from taizhang.statistics import pages
from taizhang.statistics.boards import headlines
from taizhang.statistics.targets import actions, pageparts, policies, progress, tree
from taizhang.statistics.targets.tree import Goal


@dataclass(frozen=True)
class Where:
    """What an address asks: a programme's targets of a period, inside a division, on a day."""

    programme: Programme
    division: str
    period: str
    periods: tuple[str, ...]
    days: progress.Scale
    as_of: dt.date

    def words(self, **change: str) -> str:
        found = {
            "programme": self.programme.id,
            "division": self.division,
            "period": self.period,
            "as_of": self.as_of.isoformat(),
        }
        return urlencode({**found, **change})


def _where(request: SignedInRequest) -> Where:
    """Raises NotFound outside the user's divisions, DomainError "bad_period", "bad_date"."""
    words = request.POST if request.method == "POST" else request.GET
    programme = pages.programme_of(words.get("programme", ""), request.user)
    division = words.get("division") or pages.first_division(request.user)
    statistics.check_covers(request.user, division)
    divisions.get(division)
    as_of = pages.read_day(words.get("as_of", ""))
    this_year = str(as_of.year)
    known = tree.periods(request.user, programme, division)
    period = words.get("period") or next((one for one in known if one == this_year), known[0] if known else this_year)
    policies.period(period)
    shown = tuple(sorted({*known, this_year, period}, reverse=True))
    return Where(programme, division, period, shown, progress.scale(programme, period, as_of), as_of)


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Every goal of a programme with how far the whole of it is."""
    where = _where(request)
    aims = tree.standing(request.user, where.programme, where.period, where.division)
    pace = headlines.at_hand(where.division, where.days.since) or "pace" in request.GET
    found = progress.read(where.programme, tree.tops(aims), where.days, pace=pace)
    every = progress.read(where.programme, aims, where.days, pace=False)
    context = {
        "where": where,
        "goals": pageparts.goal_rows(where, found, aims),
        "compounds": pageparts.compounds(where.programme, found),
        "behind": pageparts.behind(where, every),
        "settable": pageparts.settable(where, tree.goals(where.programme), aims, request.user),
        "pace": pace,
        "programmes": list(catalogue.load().programmes.values()),
        "place": divisions.get(where.division),
    }
    return render(request, "targets/list.html", context)


def _goal(where: Where, key: str) -> Goal:
    return tree.goal(where.programme, key)


@require_GET
def goal(request: SignedInRequest, programme: str, goal: str) -> HttpResponse:
    """One goal: the unit's own target, the units below it from the most reached down, who is behind, the history."""
    where = _where(request)
    if where.programme.id != programme:
        raise NotFound("programme")
    chosen = _goal(where, goal)
    aims = tree.standing(request.user, where.programme, where.period, where.division, goal)
    own = next((one for one in aims if one.division == where.division), None)
    below = tree.parts_of(own, aims) if own else tree.tops(aims)
    pace = headlines.at_hand(where.division, where.days.since) or "pace" in request.GET
    found = progress.read(where.programme, [*([own] if own else []), *below], where.days, pace=pace)
    whole, parts = (found[0], found[1:]) if own else (None, found)
    context = {
        "where": where,
        "goal": chosen,
        "indicator": where.programme.indicators.get(chosen.key),
        "whole": whole,
        "balance": tree.balance(own, aims) if own else None,
        "ranked": pageparts.ranked_rows(where, parts),
        "behind": [one for one in parts if one.status in ("behind", "missed")],
        "chart": pageparts.chart(chosen, parts, where.days),
        "pace": pace,
        "place": divisions.get(where.division),
        "crumbs": pageparts.crumbs(where, chosen, request.user),
        "history": tree.history(request.user, where.programme, goal, where.division, where.period),
        "may_set": actions.may_set(request.user, chosen, where.division, where.period),
        "may_split": bool(own and own.adds_up and len(where.division) < 12 and request.user.role in policies.SETTERS),
    }
    return render(request, "targets/goal.html", context)


@require_http_methods(["GET", "POST"])
def set_target(request: SignedInRequest, programme: str, goal: str) -> HttpResponse:
    """The form of one target; a mistake comes back with what was typed."""
    where = _where(request)
    if where.programme.id != programme:
        raise NotFound("programme")
    chosen = _goal(where, goal)
    actions.check_may_set(request.user, chosen, where.division, where.period)
    versions = tree.history(request.user, where.programme, goal, where.division, where.period)
    form = pageparts.form(chosen, versions, request.POST if request.method == "POST" else None)
    context = {
        "where": where, "goal": chosen, "place": divisions.get(where.division), "form": form, "units": UNITS,
        "signs": tree.SIGNS, "versions": versions,
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "targets/set.html", context)
    try:
        withdraw = request.POST.get("withdraw") == "1"
        value = None if withdraw else actions.read_value(form["value"], form["unit"])
        actions.set_target(
            actor=request.user, goal=chosen, division=where.division, period=where.period,
            asked=actions.Asked(form["comparator"], value, form["unit"], form["basis"]), version=int(form["version"]),
        )  # fmt: skip
    except DomainError as error:
        if error.status not in (409, 422):
            raise
        if error.status == 409:
            form["version"] = versions[-1].number if versions else -1
        return render(request, "targets/set.html", context | {"error": error}, status=error.status)
    messages.success(request, "任务数已撤销。" if value is None else "任务数已设定。")
    return HttpResponseRedirect(pageparts.goal_url(where, goal, where.division))


@require_http_methods(["GET", "POST"])
def split(request: SignedInRequest, programme: str, goal: str) -> HttpResponse:
    """What each unit below would get by its people, then doing it."""
    where = _where(request)
    if where.programme.id != programme:
        raise NotFound("programme")
    chosen = _goal(where, goal)
    aims = tree.standing(request.user, where.programme, where.period, where.division, goal)
    own = next((one for one in aims if one.division == where.division), None)
    if own is None:
        raise NotFound("target")
    basis = request.POST.get("basis", "")
    if request.method == "POST":
        changed = actions.split(actor=request.user, aim=own, goal=chosen, on=where.as_of, basis=basis)
        messages.success(request, f"已分解到 {changed} 个单位。" if changed else "各单位的任务数没有变化。")
        return HttpResponseRedirect(pageparts.goal_url(where, goal, where.division))
    parts = actions.proposal(actor=request.user, aim=own, goal=chosen, on=where.as_of)
    context = {
        "where": where, "goal": chosen, "aim": own, "place": divisions.get(where.division), "parts": parts,
        "people": sum(part.people for part in parts), "total": sum(part.value for part in parts),
    }  # fmt: skip
    return render(request, "targets/split.html", context)
