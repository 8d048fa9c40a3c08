"""Handing everything over, and the statement of work."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import handover, points, workload
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import NotFound

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "POST"])
def hand_over(request: SignedInRequest) -> HttpResponse:
    """移交: who has what, and to whom all of it goes."""
    if request.method == "POST":
        done = handover.hand_over(
            actor=request.user,
            giver=_id(request.POST.get("giver", "")),
            taker=_id(request.POST.get("taker", "")),
            reason=request.POST.get("reason", ""),
            helpers=request.POST.get("helpers") == "1",
        )
        messages.success(request, _said(done))
        return HttpResponseRedirect(reverse("collecting:handover"))
    context = {"holdings": handover.holdings(request.user), "takers": points.collectors(request.user)}
    return render(request, "collecting/handover.html", context)


def _said(done: handover.Holding) -> str:
    parts = [f"{len(done.points)} 个采集点、{len(done.villages)} 个村移交给{done.user.display_name}。"]
    if done.returned:
        parts.append(f"被退回的 {done.returned} 份排在今日该找谁的最前面。")
    if done.helped:
        parts.append(f"{done.helped} 人的帮扶责任人已提交更改，由别人审。")
    return "".join(parts)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("user") from None


@require_GET
def work(request: SignedInRequest) -> HttpResponse:
    """工作量 of a month."""
    division = division_of(request.user, request.GET)
    month = workload.read_month(request.GET.get("month", ""), timezone.localdate())
    lines = workload.statement(request.user, division, month)
    context = {
        "place": divisions.get(division), "month": month, "lines": lines, "total": workload.total(lines),
    }  # fmt: skip
    return render(request, "collecting/workload.html", context)


@require_POST
def work_file(request: SignedInRequest) -> HttpResponse:
    """The same as xlsx."""
    division = division_of(request.user, request.POST)
    month = workload.read_month(request.POST.get("month", ""), timezone.localdate())
    content = workload.export(actor=request.user, division=division, month=month)
    name = f"{divisions.get(division).name}{month:%Y-%m}采集工作量.xlsx"
    header = content_disposition_header(True, name)
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": header or "attachment"})
