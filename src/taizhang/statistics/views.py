"""The table pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from taizhang import catalogue
from taizhang.accounts.requests import SignedInRequest
from taizhang.divisions import queries as divisions
from taizhang.engine.pager import Pager
from taizhang.statistics import actions, books, handpages, pages, panels, registers, reports, sheets
from taizhang.statistics.jobs import make_report
from taizhang.statistics.pages import Question
from taizhang.statistics.sheets import TablePage

BESIDES = (("", "不比"), ("month", "比上月"), ("year", "比上年同月"))
KNOWNS = (("now", "按现在所知"), ("then", "按当时所知"))


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Every programme's tables; the user's own programme first."""
    division = pages.first_division(request.user)
    own = request.user.programme
    programmes = sorted(catalogue.load().programmes.values(), key=lambda programme: (programme.id != own, programme.id))
    return render(
        request,
        "statistics/list.html",
        {"programmes": [p for p in programmes if p.tables], "place": divisions.get(division)},
    )


@require_GET
def table(request: SignedInRequest, programme: str, table: str) -> HttpResponse:
    """A report table with the panel of its open cell, or a register."""
    settings, chosen = actions.find(f"{programme}/{table}")
    question = pages.read(f"{programme}/{table}", request.GET, request.user)
    context = {
        "programme": settings,
        "table": chosen,
        "question": question,
        "place": divisions.get(question.division),
        "crumbs": sheets.crumbs(question, request.user),
        "before": question.url(as_of=pages.month_moved(question.as_of, -1)),
        "after": question.url(as_of=pages.month_moved(question.as_of, 1)),
    }
    if chosen.kind == "register":
        return _register(request, question, context)
    result = pages.result_of(question)
    hand = handpages.panel_of(question, result)
    context |= {
        "page": TablePage(question, result, pages.result_of(question.before) if question.before else None),
        "result": result,
        "basis": pages.basis(question),
        "besides": [(name, question.url(beside=value), question.beside == value) for value, name in BESIDES],
        "knowns": [(name, question.url(known=value), question.known == value) for value, name in KNOWNS],
        "hand": hand,
        "panel": None if hand else panels.panel_of(question, result, request.user),
        "sheet_url": handpages.url(question) if handpages.may_type(request.user, result) else "",
        "closed": question.url(cell=None, page=1),
        "match_unasked": pages.match_unasked(question),
    }
    return render(request, "statistics/table.html", context)


def _register(request: SignedInRequest, question: Question, context: dict[str, Any]) -> HttpResponse:
    """One town's book page by page; above the town, the towns with their books (一乡一册)."""
    programme, chosen = context["programme"], context["table"]
    if chosen.level == "town" and len(question.division) < 9 and len(programme.registers) == 2:
        return render(
            request,
            "statistics/books.html",
            context
            | {
                "books": books.books_of(question, programme),
                "registers": [programme.tables[name] for name in programme.registers],
                "whole": registers.partition_of(programme, question.division, question.as_of),
            },
        )
    offset = (question.page - 1) * registers.PAGE
    register = registers.read(programme.id, chosen.id, question.division, question.as_of, offset=offset)
    pager = Pager.of(register.total, str(question.page), registers.PAGE, question.words(page=1))
    if pager.number != question.page:
        register = registers.read(
            programme.id, chosen.id, question.division, question.as_of, offset=(pager.number - 1) * registers.PAGE
        )
    return render(
        request,
        "statistics/register.html",
        context
        | {
            "register": register,
            "page_lines": books.lines_of(register),
            "pager": pager,
            "partition": registers.partition_of(programme, question.division, question.as_of),
        },
    )


@require_GET
def match(request: SignedInRequest, programme: str, table: str) -> HttpResponse:
    """The line 表库相符: every number counted once more in the ledger. A fragment, or a page for who has no script."""
    actions.find(f"{programme}/{table}")
    question = pages.read(f"{programme}/{table}", request.GET, request.user)
    differences, at = pages.match_of(question)
    result = pages.result_of(question)
    context = {
        "differences": [
            (difference, question.url(cell=(difference.code, difference.columns[0]))) for difference in differences
        ],
        "at": at,
        "page": TablePage(question, result),
        "question": question,
        "table": result.table,
    }
    fragment = bool(request.headers.get("HX-Request"))
    return render(request, "statistics/_match.html" if fragment else "statistics/match.html", context)


@require_POST
def download(request: SignedInRequest, programme: str, table: str) -> HttpResponse:
    """The table or register as a file; audited. A long register is made by a job, or lies ready since it was asked
    last."""
    question = pages.read(f"{programme}/{table}", request.POST, request.user)
    wanted = request.POST.get("format", "xlsx")
    long = reports.ask(request.user, question.table, question.division, question.as_of, wanted)
    if long is not None:
        if long.made:
            return HttpResponseRedirect(reverse("statistics:report", args=[long.key]))
        return HttpResponseRedirect(reverse("engine:task", args=[reports.start(request.user, long, make_report).pk]))
    content = actions.export(
        actor=request.user,
        programme_table=question.table,
        division=question.division,
        as_of=question.as_of,
        format=wanted,
        before=question.before.as_of if question.before else None,
        known=question.known,
    )
    _, chosen = actions.find(question.table)
    name = f"{divisions.get(question.division).name}{chosen.title}{question.as_of:%Y%m%d}.{wanted}"
    return _as_file(content, wanted, name)


@require_GET
def report(request: SignedInRequest, report_id: UUID) -> HttpResponse:
    """A long register's file, to be taken within a day."""
    found = reports.get(request.user, report_id)
    programme, chosen = actions.find(found.table)
    context = {"report": found, "programme": programme, "table": chosen, "hours": int(reports.KEPT_HOURS)}
    return render(request, "statistics/report.html", context)


@require_GET
def report_file(request: SignedInRequest, report_id: UUID) -> HttpResponse:
    """The file, to who asked for it only."""
    found = reports.get(request.user, report_id)
    return _as_file(reports.take(request.user, report_id), found.format, found.file_name)


def _as_file(content: bytes, format: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=actions.FORMATS[format])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
