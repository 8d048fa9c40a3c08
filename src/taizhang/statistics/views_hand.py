"""The sheet in which the cells are typed that no ledger holds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from taizhang.accounts.requests import SignedInRequest
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError
from taizhang.statistics import handpages, handwriting, pages, sheets
from taizhang.statistics.handpages import Sheet


@require_http_methods(["GET", "POST"])
def hand(request: SignedInRequest, programme: str, table: str) -> HttpResponse:
    """Type and save; what is refused comes back as it was typed."""
    words = request.POST if request.method == "POST" else request.GET
    question = pages.read(f"{programme}/{table}", words, request.user)
    sheet = handpages.sheet_of(question)
    if request.method != "POST":
        return _page(request, sheet)
    typed = handpages.sent(request.POST)
    try:
        saved = handwriting.save(actor=request.user, question=question, rows=sheet.rows, texts=typed)
    except DomainError as error:  # those that belong to fields of this page
        if error.code not in ("mistakes", "sealed"):
            raise
        return _page(request, Sheet(question, sheet.result, typed, getattr(error, "cells", {})), error)
    messages.success(request, handpages.told(saved, sheet))
    return HttpResponseRedirect(handpages.url(question))


def _page(request: SignedInRequest, sheet: Sheet, error: DomainError | None = None) -> HttpResponse:
    question, result = sheet.question, sheet.result
    context = {
        "programme": result.programme,
        "table": result.table,
        "question": question,
        "sheet": sheet,
        "error": error,
        "place": divisions.get(question.division),
        "crumbs": sheets.crumbs(question, request.user),
        "before": handpages.url(question, day=pages.month_moved(question.as_of, -1)),
        "after": handpages.url(question, day=pages.month_moved(question.as_of, 1)),
        "closed": handwriting.closed(result.programme, question.division, question.as_of),
    }
    return render(request, "statistics/hand.html", context, status=error.status if error else 200)
