"""Dashboards and the cross table. Everything on them is a number; a number opens to its people."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from taizhang import catalogue
from taizhang.accounts.requests import SignedInRequest
from taizhang.catalogue.schema import Programme
from taizhang.divisions import queries as divisions
from taizhang.statistics import actions, counted, pages
from taizhang.statistics.boards import breakdown, headlines, pageparts
from taizhang.statistics.boards.breakdown import Cut


def _asked(request: SignedInRequest) -> tuple[Programme, str, dt.date]:
    """Programme, division and day of an address. Raises NotFound outside the user's divisions."""
    programme = pages.programme_of(request.GET.get("programme", ""), request.user)
    division = request.GET.get("division") or pages.first_division(request.user)
    actions.check_covers(request.user, division)
    return programme, division, pages.read_day(request.GET.get("as_of", ""))


@require_GET
def board(request: SignedInRequest) -> HttpResponse:
    """A division's headline numbers, the units below it, and its people by place, trade, age, skill, wage, return."""
    programme, division, on = _asked(request)
    place, chosen = divisions.get(division), headlines.board_of(programme)
    context = {
        "programme": programme,
        "programmes": list(catalogue.load().programmes.values()),
        "place": place,
        "as_of": on,
        "before": pages.month_moved(on, -1),
        "board": chosen,
        "figures": headlines.read(
            programme, [division], on, lambda one: counted.url("board", programme.id, one.id, division, on)
        ),
        "units": pageparts.units(programme, chosen, place, on) if len(division) < 12 else None,
        "sections": pageparts.sections(programme, chosen, division, on),
        "crumbs": pageparts.crumbs(programme.id, division, on, request.user),
    }
    return render(request, "boards/board.html", context)


@require_GET
def pivot(request: SignedInRequest) -> HttpResponse:
    """Any two items against each other."""
    programme, division, on = _asked(request)
    words = request.GET
    counts = [one for one in programme.indicators.values() if one.of == "worker" and one.measure.kind == "count"]
    cut = Cut(
        programme.id, words.get("indicator") or headlines.board_of(programme).working, division, on,
        words.get("first") or "place", words.get("second") or "age",
    )  # fmt: skip
    context = {
        "programme": programme,
        "programmes": list(catalogue.load().programmes.values()),
        "indicators": counts,
        "place": divisions.get(division),
        "as_of": on,
        "cut": cut,
        "counted": breakdown.subject(cut)[1],
        "choices": breakdown.choice().all.values(),
        "cross": pageparts.cross(cut),
    }
    return render(request, "boards/pivot.html", context)
