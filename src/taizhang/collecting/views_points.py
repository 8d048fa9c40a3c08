"""Collection points: the list against the rule, the proposal, one point and its changes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang.accounts.models import Role, User
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import pointactions, points, policies
from taizhang.collecting.models import Office
from taizhang.collecting.points import VillageLine
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound


def division_of(user: User, words: QueryDict) -> str:
    """The division an address asks for, else the user's own. Raises NotFound outside the user's divisions."""
    code = words.get("division") or (user.scopes[0] if user.scopes else "")
    if not code or not user.sees_people or not user.covers(code):
        raise NotFound("division")
    return divisions.get(code).code


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """采集点: a county's or town's points against the rule; above the county, one line per county."""
    division = division_of(request.user, request.GET)
    context = {"place": divisions.get(division), "division": division, "may_set": _may_set(request.user)}
    if len(division) < 6:
        return render(request, "collecting/counties.html", {**context, "counties": points.by_county(division)})
    found = points.coverage(request.user, division)
    return render(request, "collecting/points.html", {**context, "found": found, "narrow": _narrow(division)})


def _may_set(user: User) -> bool:
    return user.role == Role.COUNTY


def _narrow(division: str) -> list[tuple[str, str]]:
    """Towns to look into."""
    return [(one.code, one.name) for one in divisions.children(division)] if len(division) == 6 else []


@require_http_methods(["GET", "POST"])
def propose(request: SignedInRequest) -> HttpResponse:
    """按规则生成: a name beside every uncovered village; villages of a town under one name make one point."""
    words = request.POST if request.method == "POST" else request.GET
    division = division_of(request.user, words)
    pointactions.check_county(request.user, division)
    found = points.coverage(request.user, division)
    names = {
        village.code: policies.name_for(group)
        for group in policies.propose(found.uncovered, found.least)
        for village in group
    }
    error = None
    if request.method == "POST":
        names = {one.code: request.POST.get(f"name-{one.code}", "").strip() for one in found.uncovered}
        try:
            made = pointactions.add(actor=request.user, county=division[:6], wanted=_wanted(found.uncovered, names))
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, f"设了 {len(made)} 个采集点。下一步给每个点指定采集员。")
            return HttpResponseRedirect(f"{reverse('collecting:points')}?{urlencode({'division': division})}")
    context = {
        "place": divisions.get(division), "division": division, "found": found, "error": error,
        "lines": [(one, names[one.code]) for one in found.uncovered],
    }  # fmt: skip
    return render(request, "collecting/propose.html", context, status=error.status if error else 200)


def _wanted(uncovered: tuple[VillageLine, ...], names: dict[str, str]) -> list[tuple[str, list[str]]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for one in uncovered:
        if names[one.code]:
            groups.setdefault((one.town, names[one.code]), []).append(one.code)
    if not groups:
        raise DomainError("no_villages", "一个名称都没有填，没有设采集点。请给要设点的村填上采集点的名称。")
    return [(name, codes) for (_, name), codes in groups.items()]


@require_POST
def population(request: SignedInRequest) -> HttpResponse:
    """The county writes in how many people a village counts."""
    village = request.POST.get("village") or request.POST.get("division", "")
    row = pointactions.write_population(actor=request.user, village=village, people=request.POST.get("people", ""))
    messages.success(request, f"{divisions.get(village).name}人口记为 {row.people:,} 人。")
    return HttpResponseRedirect(f"{reverse('collecting:points')}?{urlencode({'division': village[:9]})}#v{village}")


@require_GET
def point(request: SignedInRequest, point_id: UUID) -> HttpResponse:
    """One point: villages, who collects, who leads, who helps."""
    user = request.user
    found = points.get(user, point_id)
    line = points.line(user, found)
    may_set = _may_set(user)
    others = points.villages(found.division) if may_set else []
    context = {
        "point": found,
        "line": line,
        "posts": points.posts(found),
        "leaders": points.leaders(found),
        "offices": Office.choices,
        "may_set": may_set,
        "siblings": points.siblings(user, found) if may_set else [],
        "outside": [one for one in others if one.point_id != found.pk],
        "collectors": points.collectors(user) if may_set else [],
        "helpers": points.helpers([one.code for one in line.villages]),
    }
    return render(request, "collecting/point.html", context)


@require_POST
def change(request: SignedInRequest, point_id: UUID) -> HttpResponse:
    """One change of a point, named by `verb`. Raises NotFound for a verb there is none of."""
    user = request.user
    found = points.get(user, point_id)
    verb = VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        raise NotFound("verb")
    at, said = verb(user, found.pk, request.POST)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("collecting:point", args=[at]))


Told = tuple[UUID, str]  # the point to show afterwards, and what was done


def _rename(user: User, point_id: UUID, words: QueryDict) -> Told:
    row = pointactions.rename(actor=user, point_id=point_id, name=words.get("name", ""))
    return row.pk, f"改名为{row.name}。"


def _move_in(user: User, point_id: UUID, words: QueryDict) -> Told:
    row = pointactions.move_in(actor=user, point_id=point_id, codes=words.getlist("village"))
    return row.pk, f"{len(words.getlist('village'))} 个村划进{row.name}，采集员的区划已跟着改。"


def _merge(user: User, point_id: UUID, words: QueryDict) -> Told:
    row = pointactions.merge(actor=user, point_id=point_id, into=_id(words.get("into", "")))
    return row.pk, f"已并入{row.name}，采集员的区划已跟着改。"


def _split(user: User, point_id: UUID, words: QueryDict) -> Told:
    row = pointactions.split(actor=user, point_id=point_id, codes=words.getlist("village"), name=words.get("name", ""))
    return row.pk, f"另设了{row.name}，采集员暂时不变。"


def _assign(user: User, point_id: UUID, words: QueryDict) -> Told:
    row = pointactions.assign(actor=user, point_id=point_id, user_id=_id(words.get("user", "")))
    return point_id, f"{row.user.display_name}做这个点的采集员，账号只看得到自己各点的村。"


def _release(user: User, point_id: UUID, words: QueryDict) -> Told:
    pointactions.release(actor=user, point_id=point_id, user_id=_id(words.get("user", "")))
    return point_id, "不再做这个点的采集员，账号看不到这些村了。"


def _add_leader(user: User, point_id: UUID, words: QueryDict) -> Told:
    row = pointactions.add_leader(
        actor=user, point_id=point_id, kind=words.get("kind", ""), name=words.get("name", ""),
        office=words.get("office", ""),
    )  # fmt: skip
    return point_id, f"{row.get_kind_display()}：{row.name}。"


def _end_leader(user: User, point_id: UUID, words: QueryDict) -> Told:
    leader = words.get("leader", "")
    pointactions.end_leader(actor=user, point_id=point_id, leader_id=int(leader) if leader.isdigit() else 0)
    return point_id, "不再挂钩，以前的记录保留。"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("user") from None


VERBS: dict[str, Callable[[User, UUID, QueryDict], Told]] = {
    "rename": _rename,
    "move_in": _move_in,
    "merge": _merge,
    "split": _split,
    "assign": _assign,
    "release": _release,
    "add_leader": _add_leader,
    "end_leader": _end_leader,
}
