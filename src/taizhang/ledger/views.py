"""The list of people: search, filters, columns, saved views."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.requests import SignedInRequest
from taizhang.engine.pager import SIZES
from taizhang.ledger import asking, finding, listcolumns, listing, pageparts, peoplesets, savedviews
from taizhang.ledger.asking import Lexicon, Private, Question
from taizhang.rules import RuleError


def _question(request: SignedInRequest, words: Lexicon) -> Question:
    return asking.read(request.GET, words, request.session.get("searches", {}))


def _address(question: Question) -> str:
    query = urlencode(question.query())
    return reverse("ledger:list") + (f"?{query}" if query else "")


@require_GET
def people(request: SignedInRequest) -> HttpResponse:
    """One page of the list."""
    words = asking.lexicon(request.user)
    return _list_page(request, words, _question(request, words))


def _list_page(
    request: SignedInRequest, words: Lexicon, question: Question, error: RuleError | None = None, rule: str = ""
) -> HttpResponse:
    user = request.user
    columns, widths = listcolumns.chosen(user, words), listcolumns.widths(user)
    context: dict[str, Any] = {"question": question, "error": error, "rule": rule or question.private.rule}
    if error is None:
        conditions = listing.where(question, words, user)
        total = listing.count(conditions)
        size = pageparts.page_size(user)
        pager = pageparts.pager(total, request.GET.get("page"), size, question)
        context |= {
            "total": total,
            "more": total > listing.COUNT_AT_MOST,
            "pager": pager,
            "rows": pageparts.in_words(listing.page(conditions, columns, words, pager.slice), words, widths),
        }
        if total == 0:
            context["relaxed"] = pageparts.relaxations(question, words, user)
    context |= {
        "form": pageparts.query_form(question, words),
        "chips": pageparts.chips(question, words),
        "saying": pageparts.saying(question, words),
        "columns": pageparts.table_columns(columns, words, widths),
        "name_width": widths.get(listcolumns.NAME),
        "region_items": [
            item for item in columns if item in words.catalogue.items and words.catalogue.items[item].kind == "region"
        ],
        "settings": pageparts.column_settings(columns, words, widths),
        "views": savedviews.listed(user, question),
        "set": peoplesets.people_of(user, question.people) if question.people else None,
        "dense": bool(user.preferences.get("dense")),
        "query": urlencode(question.query()),
        "sizes": SIZES,
        "may_edit": pageparts.may_edit(user),
    }
    return render(request, "ledger/list.html", context, status=422 if error else 200)


@require_GET
def exact_count(request: SignedInRequest) -> HttpResponse:
    """The number behind "10,000 人以上", asked for after the page stands."""
    words = asking.lexicon(request.user)
    total = listing.count(listing.where(_question(request, words), words, request.user), None)
    return render(request, "ledger/_total.html", {"total": total})


@require_POST
def search(request: SignedInRequest) -> HttpResponse:
    """From the query form or the box in the top bar to an address without personal data."""
    words = asking.lexicon(request.user)
    found = finding.read_text(request.user, request.POST.get("q") or request.POST.get("name") or "")
    if found.only is not None and "q" in request.POST:
        return HttpResponseRedirect(reverse("ledger:person", args=[found.only]))
    rule = request.POST.get("rule", "").strip()
    private = Private(found.name, rule, found.ids, found.said)
    question = asking.read(request.POST, words, {})
    try:
        asking.check_rule(rule, words)
    except RuleError as error:
        return _list_page(request, words, question, error, rule)
    key = asking.keep(request.session, private) if private else ""
    question = Question(question.regions, question.chosen, question.ranges, private, key, request.POST.get("set", ""))
    return HttpResponseRedirect(_address(question))


@require_POST
def check_rule(request: SignedInRequest) -> HttpResponse:
    """While somebody types a 口径: what it says, or what is wrong and where."""
    words = asking.lexicon(request.user)
    text = request.POST.get("rule", "")
    try:
        rule, error = asking.check_rule(text, words), None
    except RuleError as wrong:
        rule, error = None, wrong
    return render(request, "ledger/_rule_check.html", {"rule": rule, "error": error, "text": text})


@require_POST
def columns(request: SignedInRequest) -> HttpResponse:
    """Remember columns, their order and widths. `move` = "item:up" or "item:down" moves one."""
    words = asking.lexicon(request.user)
    shown = request.POST.getlist("order")
    asked = {name[2:]: request.POST.get(name, "") for name in request.POST if name.startswith("w_")}
    if "reset" in request.POST:
        asked = dict.fromkeys(listcolumns.widths(request.user), "")
    listcolumns.remember_widths(request.user, asked, words)
    items = (
        []
        if "reset" in request.POST
        else pageparts.reordered(request.POST.getlist("column"), request.POST.get("move", ""), shown)
    )
    listcolumns.remember(request.user, items, words)
    return _back(request)


@require_POST
def widths(request: SignedInRequest) -> HttpResponse:
    """Remember the width of one column, dragged or stepped in the table's head: `item`, `width` in pixels."""
    words = asking.lexicon(request.user)
    item, width = request.POST.get("item", ""), request.POST.get("width", "")
    listcolumns.remember_widths(request.user, {item: width}, words)
    return HttpResponse(status=204)


@require_POST
def look(request: SignedInRequest) -> HttpResponse:
    """Density and rows per page, remembered with the account."""
    pageparts.remember_look(request.user, request.POST)
    return _back(request)


def _back(request: SignedInRequest) -> HttpResponse:
    """To the list as it was asked; only what the list itself understands is kept of the address."""
    words = asking.lexicon(request.user)
    question = asking.read(QueryDict(request.POST.get("query", "")), words, request.session.get("searches", {}))
    return HttpResponseRedirect(_address(question))


@require_POST
def save_view(request: SignedInRequest) -> HttpResponse:
    """Keep the question under a name."""
    words = asking.lexicon(request.user)
    question = asking.read(QueryDict(request.POST.get("query", "")), words, request.session.get("searches", {}))
    savedviews.save(request.user, request.POST.get("title", ""), question)
    return HttpResponseRedirect(_address(question))


@require_GET
def open_view(request: SignedInRequest, number: int) -> HttpResponse:
    """A saved view as an address."""
    words = asking.lexicon(request.user)
    return HttpResponseRedirect(_address(savedviews.question(request.user, number, words, request.session)))


@require_POST
def drop_view(request: SignedInRequest, number: int) -> HttpResponse:
    """Forget a saved view."""
    savedviews.drop(request.user, number)
    return _back(request)
