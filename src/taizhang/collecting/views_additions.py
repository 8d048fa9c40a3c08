"""增减候选: who should be asked about this month, and what was said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
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
from taizhang.catalogue.collecting import Candidates
from taizhang.collecting import additions
from taizhang.collecting.additions import Asked
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError
from taizhang.engine.pager import Pager
from taizhang.ledger.pageparts import may_edit
from taizhang.protection import audit
from taizhang.protection.audit import Action

PAGE = 50
ADDED = (("1", "新成长劳动力"), ("2", "外地迁入"), ("3", "复退军人"), ("7", "其他（漏登补录）"))  # CL-ADD


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """The lists with how many each holds, and the people of one."""
    asked = additions.ask(request.user, division_of(request.user, request.GET))
    return _page(request, asked, request.GET, None)


def _page(request: SignedInRequest, asked: Asked, data: Mapping[str, str], error: DomainError | None) -> HttpResponse:
    found = additions.lists(asked.programme)
    counts = [(one, additions.count(asked, one)) for one in found]
    first = next((one.id for one, n in counts if n), found[0].id)
    one = additions.get_list(asked.programme, data.get("list") or first)
    total = {each.id: n for each, n in counts}[one.id]
    pager = Pager.of(total, data.get("page"), PAGE, (("division", asked.division), ("list", one.id)))
    people = additions.people(asked, one, pager.slice)
    if people:
        audit.write(request.user, Action.PEOPLE_LISTED, asked.division, {"candidates": one.id, "people": len(people)})
    context: dict[str, Any] = {
        "place": divisions.get(asked.division), "asked": asked, "counts": counts, "one": one, "pager": pager,
        "people": people, "most": additions.COUNTED, "basis": additions.basis(one, asked.today), "added": ADDED,
        "noted": additions.notes(asked), "may_edit": may_edit(request.user), "error": error,
        "narrow": _narrow(asked, one), "own": own_places(request.user, asked.division),
    }  # fmt: skip
    return render(request, "collecting/additions.html", context, status=error.status if error else 200)


def own_places(user: User, division: str) -> list[tuple[str, str]]:
    """The divisions of somebody who answers for several, such as the villages of a point."""
    if len(user.scopes) < 2:
        return []
    return [(code, divisions.get(code).name) for code in dict.fromkeys([division, *user.scopes])]


def _narrow(asked: Asked, one: Candidates) -> list[tuple[str, str, int]]:
    """Towns or villages to look into: code, name, how many."""
    if len(asked.division) >= 12:
        return []
    names = {child.code: child.name for child in divisions.children(asked.division)}
    return [(code, names.get(code, code), n) for code, n in additions.by_place(asked, one).items() if code in names]


@require_POST
def decide(request: SignedInRequest) -> HttpResponse:
    """确认, 补填 or 否定 for those ticked, or for one."""
    data = request.POST
    asked = additions.ask(request.user, division_of(request.user, data))
    one = additions.get_list(asked.programme, data.get("list", ""))
    single = data.get("one", "")
    verb, _, worker = single.partition(":")
    verb = verb or data.get("verb", "")
    ids = _ids([worker] if worker else data.getlist("person"))
    try:
        if verb == "confirm":
            day = _day(data.get("day")) or asked.today
            n = additions.confirm(actor=request.user, asked=asked, one=one, ids=ids, day=day)
            messages.success(request, f"{n} 人“{one.confirm}”已提交；自己填的由别人审，审完才进台账。")
            if left := len(ids) - n:
                messages.warning(request, f"{left} 人这一天还不能办，没有提交。")
        elif verb == "fill":
            until = _day(data.get("until"))
            if until is None:
                raise DomainError("no_day", f"{one.fill_text}：还没有填哪一天。")
            n = additions.fill(actor=request.user, asked=asked, one=one, ids=ids, day=until)
            messages.success(request, f"{n} 人“{one.fill_text}”已提交；自己填的由别人审，审完才进台账。")
        else:
            n = additions.refuse(actor=request.user, asked=asked, one=one, ids=ids, note=data.get("note", ""))
            messages.success(request, f"{n} 人记为“{one.refuse}”，这个月不再出现。")
    except DomainError as refused:
        return _page(request, asked, data, refused)
    words = urlencode({"division": asked.division, "list": one.id})
    return HttpResponseRedirect(f"{reverse('collecting:additions')}?{words}")


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in dict.fromkeys(texts):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None
