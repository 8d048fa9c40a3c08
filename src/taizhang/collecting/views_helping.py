"""一对一帮扶: who has a helper and who has not, the helpers and whom they help, naming and changing them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.models import User
from taizhang.accounts.permissions import EDITORS
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import helping, helpingactions
from taizhang.collecting.models import Helper
from taizhang.collecting.people import shared
from taizhang.collecting.views_additions import own_places
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.pager import Pager
from taizhang.ledger.listing import Where
from taizhang.protection import audit
from taizhang.protection.audit import Action

PAGE = 50


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """A county's towns or a town's villages with how many have a helper; with `only`, and of a village, the people."""
    user, division = request.user, division_of(request.user, request.GET)
    asked = helping.ask(user, division)
    sums = helping.by_place(asked)
    found = helping.helpers(user, division)
    only = request.GET.get("only", "none" if len(division) == 12 else "")
    context: dict[str, Any] = {
        "place": divisions.get(division), "division": division, "asked": asked, "sums": sums,
        "total": helping.total(sums), "helpers": found, "may_assign": _may_assign(user), "rules": shared().helping,
        "own": own_places(user, division), "mine": helping.count(helping.named(user, user.display_name)),
        "filters": helping.FILTERS.items(), "only": "", "today": asked.today,
    }  # fmt: skip
    if only in helping.FILTERS and len(division) >= 9:
        context |= _listed(request, asked, only, context["total"])
    else:
        context["lines"] = helping.lines(asked, found)
    return render(request, "collecting/helping.html", context)


def _may_assign(user: User) -> bool:
    return user.role in helpingactions.OFFICES


def _listed(request: SignedInRequest, asked: helping.Asked, only: str, total: helping.Sum) -> dict[str, Any]:
    counted = total.people if only == "all" else getattr(total, only)
    pager = Pager.of(counted, request.GET.get("page"), PAGE, (("division", asked.division), ("only", only)))
    people = helping.people(asked, only, pager.slice)
    if people:
        audit.write(request.user, Action.PEOPLE_LISTED, asked.division, {"helping": only, "people": len(people)})
    return {"only": only, "people": people, "pager": pager, "listed": True}


@require_GET
def mine(request: SignedInRequest) -> HttpResponse:
    """Whom the signed-in person helps, by their name."""
    user = request.user
    if not user.scopes:
        raise NotFound("helper")
    return render(request, "collecting/helper.html", _whom(request, helping.named(user, user.display_name), "mine"))


@require_GET
def helper(request: SignedInRequest, helper_id: UUID) -> HttpResponse:
    """A helper and whom they help."""
    return _helper(request, helping.get(request.user, helper_id), "")


def _helper(request: SignedInRequest, found: Helper, number: str) -> HttpResponse:
    user = request.user
    context = _whom(request, helping.of_helper(found), str(found.pk))
    others = [one for one in helping.helpers(user, _of(user, found)) if one.pk != found.pk]
    context |= {
        "helper": found, "masked": helping.masked(found), "number": number, "others": others, "today": timezone.localdate(),
        "may_assign": _may_assign(user), "may_write": _may_assign(user) and user.covers(found.division),
    }  # fmt: skip
    return render(request, "collecting/helper.html", context)


def _whom(request: SignedInRequest, conditions: Where, key: str) -> dict[str, Any]:
    user = request.user
    total = helping.count(conditions)
    pager = Pager.of(total, request.GET.get("page"), PAGE)
    people = helping.list_helped(conditions, pager.slice)
    if people:
        audit.write(user, Action.PEOPLE_LISTED, user.scopes[0], {"helper": key, "people": len(people)})
    return {"people": people, "pager": pager, "total": total}


def _of(user: User, found: Helper) -> str:
    """Where somebody decides on a helper's people: where the helper serves, or the part of it that is theirs."""
    return found.division if user.covers(found.division) else user.scopes[0]


@require_POST
def reveal(request: SignedInRequest, helper_id: UUID) -> HttpResponse:
    """The helper's page with the whole office phone, written down."""
    number = helpingactions.reveal(actor=request.user, helper_id=helper_id)
    return _helper(request, helping.get(request.user, helper_id), number)


@require_GET
def of_person(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """Who helps a person, as a part of the person's page or by itself."""
    user = request.user
    name, found, waiting = helping.of_person(user, worker_id)
    division = helping.village_of(user, worker_id)
    context = {
        "worker_id": worker_id, "name": name, "helper": found, "masked": helping.masked(found) if found else "",
        "waiting": waiting, "division": division, "may_assign": _may_assign(user), "may_open": user.role in EDITORS,
        "helpers": helping.helpers(user, division) if _may_assign(user) else [], "today": timezone.localdate(),
    }  # fmt: skip
    part = getattr(request, "htmx", False)
    return render(request, "collecting/_helper_of.html" if part else "collecting/helper_of.html", context)


@require_POST
def assign(request: SignedInRequest) -> HttpResponse:
    """One helper for those ticked, or for everybody of a place without one; or none any more for those ticked."""
    user, data = request.user, request.POST
    division = division_of(user, data)
    everybody = data.get("all") == "1"
    whom = helpingactions.without(division) if everybody else helpingactions.ticked(_ids(data.getlist("person")))
    to = None if data.get("verb") == "end" and not everybody else _id(data.get("helper", ""))
    n = helpingactions.assign(
        actor=user, whom=whom, division=division, helper_id=to, day=_day(data), reason=data.get("reason", "")
    )
    _say(request, n, "不再有联系人" if to is None else f"由{helping.get(user, to).name}联系")
    person = data.get("back", "")
    if person:
        return HttpResponseRedirect(reverse("ledger:person", args=[_id(person)]))
    only = data.get("only", "")
    words = {"division": division, **({"only": only} if only in helping.FILTERS else {})}
    return HttpResponseRedirect(f"{reverse('collecting:helping')}?{urlencode(words)}")


def _say(request: SignedInRequest, n: int, what: str) -> None:
    messages.success(request, f"{n:,} 人{what}，已提交；自己填的由别人审，审完才进台账。")


@require_POST
def register(request: SignedInRequest) -> HttpResponse:
    """A new helper of a town or county."""
    division, data = division_of(request.user, request.POST), request.POST
    row = helpingactions.register(
        actor=request.user, division=division, name=data.get("name", ""), post=data.get("post", ""),
        phone=data.get("phone", ""),
    )  # fmt: skip
    messages.success(request, f"登记了联系人{row.name}。")
    return HttpResponseRedirect(f"{reverse('collecting:helping')}?{urlencode({'division': division})}#helpers")


@require_POST
def change(request: SignedInRequest, helper_id: UUID) -> HttpResponse:
    """One change of a helper, named by `verb`. Raises NotFound for a verb there is none of."""
    found = helping.get(request.user, helper_id)
    verb = VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        raise NotFound("verb")
    return verb(request, found, request.POST)


def _rewrite(request: SignedInRequest, found: Helper, words: QueryDict) -> HttpResponse:
    helpingactions.rewrite(
        actor=request.user, helper_id=found.pk, post=words.get("post", ""), phone=words.get("phone", "")
    )
    messages.success(request, "单位、职务和办公电话已改。")
    return _to(found)


def _hand_on(request: SignedInRequest, found: Helper, words: QueryDict) -> HttpResponse:
    to = helping.get(request.user, _id(words.get("helper", "")))
    if to.pk == found.pk:
        raise DomainError("itself", "不能交给自己。请选另一位联系人。")
    _all(request, found, words, to)
    return _to(found)


def _end(request: SignedInRequest, found: Helper, words: QueryDict) -> HttpResponse:
    _all(request, found, words, None)
    return _to(found)


def _all(request: SignedInRequest, found: Helper, words: QueryDict, to: Helper | None) -> None:
    """Everybody this one helps, among the actor's people."""
    n = helpingactions.assign(
        actor=request.user, whom=helping.of_helper(found), division=_of(request.user, found),
        helper_id=to.pk if to else None, day=_day(words), reason=words.get("reason", ""),
    )  # fmt: skip
    _say(request, n, f"由{to.name}联系" if to else "不再有联系人")


def _retire(request: SignedInRequest, found: Helper, words: QueryDict) -> HttpResponse:
    helpingactions.retire(actor=request.user, helper_id=found.pk)
    messages.success(request, f"{found.name}不再是联系人，以前的记录保留。")
    return HttpResponseRedirect(f"{reverse('collecting:helping')}?{urlencode({'division': found.division})}")


VERBS: dict[str, Callable[[SignedInRequest, Helper, QueryDict], HttpResponse]] = {
    "rewrite": _rewrite,
    "hand_on": _hand_on,
    "end": _end,
    "retire": _retire,
}


def _to(found: Helper) -> HttpResponse:
    return HttpResponseRedirect(reverse("collecting:helper", args=[found.pk]))


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in dict.fromkeys(texts):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _id(text: str) -> UUID:
    """Raises DomainError "no_helper" where nobody is chosen."""
    if not text:
        raise DomainError("no_helper", "还没有选联系人。没有可选的，先登记联系人。")
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("helper") from None


def _day(words: QueryDict) -> dt.date:
    text = words.get("day", "")
    try:
        return dt.date.fromisoformat(text) if text else timezone.localdate()
    except ValueError:
        raise DomainError("no_day", f"“{text[:20]}”不是日期。填哪天起，如 2026-07-16。") from None
