"""审计: what the audit administrator reads. Ids and counts only; the people behind them stay closed."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from taizhang.protection import audit, inwords, queries

PAGE = 50


@require_GET
def entries(request: HttpRequest) -> HttpResponse:
    """The chain, newest first."""
    action, day = request.GET.get("action", ""), _day(request.GET.get("day", ""))
    page = Paginator(queries.entries(action=action, day=day), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    names = queries.actor_names(rows)
    shown = [
        {
            "entry": row,
            "action": audit.NAMES.get(row.action, row.action),  # type: ignore[call-overload]
            "actor": names.get(row.actor, "—") if row.actor else "未登录",
            "parts": inwords.parts(row.action, row.detail),
        }
        for row in rows
    ]
    return render(
        request,
        "protection/entries.html",
        {"rows": shown, "page": page, "action": action, "day": day, "actions": audit.NAMES},
    )


def _day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Walk the chain and say what came out."""
    problem = audit.verify_chain()
    if problem:
        messages.error(request, f"审计记录不完整：{problem.message}请保留现场，报告单位负责人。")
    else:
        messages.success(request, "审计记录完整，逐条核对没有发现改动。")
    audit.write(request.user, audit.Action.MAINTENANCE, "verify", {"problem": problem.code if problem else ""})
    return redirect("protection:entries")
