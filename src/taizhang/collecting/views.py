"""Rounds of verification: progress, the people behind it, 今日该找谁, attempts, 无变化."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from taizhang import catalogue
from taizhang.accounts.models import Role, User
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import actions, doubts, points, queries, todays
from taizhang.collecting.models import Channel, Result, Round
from taizhang.collecting.queries import Line
from taizhang.collecting.tasks import STATES
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.pager import Pager
from taizhang.ledger import pageparts

ALL = {"": "全部", **STATES}
NEXT_DAYS = 3  # until somebody is tried again, unless another day is chosen


@dataclass(frozen=True)
class Shown(Line):
    """A line of the progress page with where it leads: further down, and to the people behind each number."""

    url: str = ""
    people_url: str = ""


@require_GET
def rounds(request: SignedInRequest) -> HttpResponse:
    """核实: how far a round is, from the county down to the village."""
    user = request.user
    division = division_of(user, request.GET)
    if len(division) < 6:
        context = {"place": divisions.get(division), "rounds": queries.by_county(user)}
        return render(request, "collecting/counties_rounds.html", context)
    found = _chosen(user, request.GET.get("round", ""))
    place = divisions.get(division)
    context = {"place": place, "found": found, "rounds": queries.rounds(user)[: queries.MOST_SHOWN]}
    context |= {"may_close": user.role == Role.COUNTY, "programme": catalogue.load().programmes.get(user.programme)}
    if found is None:
        return render(request, "collecting/rounds.html", context)
    point = points.get(user, _uuid(request.GET["point"])) if request.GET.get("point") else None
    mine = user.role == Role.COLLECTOR and "division" not in request.GET
    if mine:
        lines = queries.own_villages(user, found)
    else:
        lines = queries.progress(user, found, point.division if point else division, point.pk if point else None)
    shown = [_shown(found, one, user) for one in lines]
    context |= {
        "lines": shown, "total": queries.total(lines), "point": point, "mine": mine, "left": queries.days_left(found),
        "closed_programme": catalogue.load().programmes[found.programme],
    }  # fmt: skip
    return render(request, "collecting/rounds.html", context)


def _chosen(user: User, asked: str) -> Round | None:
    """The round an address asks for, else the open one of the user's programme, else the newest."""
    if asked:
        return queries.get_round(user, _uuid(asked))
    current = queries.open_rounds(user)
    return current[0] if current else queries.rounds(user).first()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("round") from None


def _shown(found: Round, line: Line, user: User) -> Shown:
    at = {"point": str(line.point_id)} if line.point_id else {"division": line.code}
    leads = "" if len(line.code) == 12 else f"?{urlencode({'round': str(found.pk), **at})}"
    people = f"{reverse('collecting:people', args=[found.pk])}?{urlencode(at)}" if _listed(line) else ""
    return Shown(**line.__dict__, url=leads, people_url=people)


def _listed(line: Line) -> bool:
    """A county's people are listed village by village or by point, not in one list."""
    return bool(line.point_id) or len(line.code) >= 9


@require_POST
def open_round(request: SignedInRequest) -> HttpResponse:
    """The county begins the current round of its programme without waiting for the hourly job."""
    division = division_of(request.user, request.POST)
    programme = catalogue.load().programmes.get(request.user.programme)
    if programme is None:
        raise DomainError("no_round", "您的账号没有对应的方案。请安全管理员在账号里选定方案。")
    found = actions.open_round(programme, division, timezone.localdate(), actor=request.user)
    messages.success(request, f"{found.name}的核实已经开始，{found.due:%Y年%m月%d日}到期。")
    return HttpResponseRedirect(f"{reverse('collecting:rounds')}?round={found.pk}")


@require_POST
def close(request: SignedInRequest, round_id: UUID) -> HttpResponse:
    """The county ends a round; its numbers stay."""
    found = actions.close_round(actor=request.user, round_id=round_id)
    messages.success(request, f"{found.name}的核实已经结束，各村的数已经留下。")
    return HttpResponseRedirect(f"{reverse('collecting:rounds')}?round={found.pk}")


@require_GET
def people(request: SignedInRequest, round_id: UUID) -> HttpResponse:
    """The people of a round in a village, point or town, by state."""
    user = request.user
    found = queries.get_round(user, round_id)
    point = points.get(user, _uuid(request.GET["point"])) if request.GET.get("point") else None
    division = point.division if point else division_of(user, request.GET)
    villages = [one.code for one in points.line(user, point).villages] if point else [division]
    villages = [one for one in villages if user.covers(one)]
    state = request.GET.get("state", "")
    if state not in ALL or not division.startswith(found.division) or len(division) < 9:
        raise NotFound("state")
    at = {"point": str(point.pk)} if point else {"division": division}
    number = request.GET.get("page", "1")
    total, rows = queries.people(user, found, villages, state, int(number) if number.isdigit() else 1, 50)
    context = {
        "found": found, "place": divisions.get(division), "point": point, "rows": rows, "state": state,
        "states": [(code, name, urlencode({**at, "state": code})) for code, name in ALL.items()],
        "names": STATES, "pager": Pager.of(total, number, 50, tuple({**at, "state": state}.items())),
        "may_verify": pageparts.may_edit(user) and not found.closed_at, "back": request.get_full_path(),
        "channels": dict(Channel.choices), "results": dict(Result.choices),
    }  # fmt: skip
    return render(request, "collecting/people.html", context)


@require_GET
def today(request: SignedInRequest) -> HttpResponse:
    """今日该找谁."""
    lines = todays.today(request.user)
    current = queries.open_rounds(request.user)
    context = {
        "lines": lines, "most": todays.MOST, "found": current[0] if current else None,
        "left": queries.days_left(current[0]) if current else None,
        **_choices(), "back": reverse("collecting:today"), "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "collecting/today.html", context)


def _choices() -> dict[str, object]:
    return {
        "channels": Channel.choices,
        "results": Result.choices,
        "next_on": timezone.localdate() + dt.timedelta(days=NEXT_DAYS),
    }


@require_POST
def verify(request: SignedInRequest) -> HttpResponse:
    """无变化 for those ticked, or for one."""
    found = queries.get_round(request.user, _uuid(request.POST.get("round", "")))
    done = actions.verify_unchanged(
        actor=request.user,
        found=found,
        worker_ids=[_uuid(one) for one in request.POST.getlist("person")],
        day=_day(request.POST.get("day")) or timezone.localdate(),
        method=request.POST.get("method", ""),
    )
    if done.people:
        messages.success(request, f"{done.people:,} 人记为已核实、无变化，已提交；由别人审，审完才进台账。")
    if done.passed:
        messages.warning(request, f"{done.passed:,} 人已经核实、已报待审，或不用核实，没有再记。")
    return HttpResponseRedirect(_back(request))


@require_POST
def attempt(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """Note one attempt to reach a person."""
    row = actions.record_attempt(
        actor=request.user,
        worker_id=worker_id,
        channel=request.POST.get("channel", ""),
        result=request.POST.get("result", ""),
        next_on=_next(request),
    )
    again = f"，{row.next_on.month}月{row.next_on.day}日再联系" if row.next_on else ""
    messages.success(request, f"记下了：{row.get_channel_display()}，{row.get_result_display()}{again}。")
    return HttpResponseRedirect(_back(request))


@require_POST
def answer(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """Say that a list is wrong about a person, and how one knows."""
    doubts.answer(actor=request.user, worker_id=worker_id, text=request.POST.get("answer", ""))
    messages.success(request, "记下了，由县里核定；核定以前台账不变。")
    return HttpResponseRedirect(_back(request))


def _next(request: SignedInRequest) -> dt.date | None:
    """Who was reached is not to be tried again, whatever day the form offers."""
    reached = request.POST.get("result") == Result.REACHED
    return None if reached else _day(request.POST.get("next_on"))


@require_GET
def attempts(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """What was tried to reach a person, as a part of the person's page or by itself."""
    context = {
        "worker_id": worker_id,
        "attempts": queries.attempts(request.user, worker_id)[:20],
        "may_note": pageparts.may_edit(request.user),
        "back": reverse("ledger:person", args=[worker_id]),
        **_choices(),
    }
    part = getattr(request, "htmx", False)
    return render(request, "collecting/_attempts.html" if part else "collecting/attempts.html", context)


def _back(request: SignedInRequest) -> str:
    wanted = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe and wanted.startswith("/") else reverse("collecting:rounds")


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None
