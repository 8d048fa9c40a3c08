"""Periods, seals, adjustments and certificates."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.divisions import queries as divisions
from taizhang.engine import jobs as engine
from taizhang.engine.errors import NotFound
from taizhang.engine.pager import Pager
from taizhang.protection import signing
from taizhang.review import periods
from taizhang.review.periodstates import Verb
from taizhang.statistics import actions, adjusting, behind, certifying, handpages, jobs, pages, periodpages, seals
from taizhang.statistics.knowing import Known
from taizhang.statistics.periodpages import PeriodPage

PAGE = 50


@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """Where each unit's period stands, what is due, what the reader may do."""
    page = PeriodPage(request.user, periodpages.read(request.GET, request.user))
    return render(request, "statistics/periods.html", {"page": page, "asked": page.asked})


@require_POST
def move(request: SignedInRequest) -> HttpResponse:
    """Check, hand up, give back, open again. A county that hands up begins to be sealed."""
    asked = periodpages.read(request.POST, request.user)
    verb, unit = request.POST.get("verb", ""), request.POST.get("unit", "")
    if verb not in (Verb.CHECK, Verb.REPORT, Verb.RETURN, Verb.REOPEN):
        raise NotFound("verb")
    periods.move(
        actor=request.user,
        verb=Verb(verb),
        programme=asked.programme.id,
        period=asked.period.id,
        division=unit,
        reason=request.POST.get("reason", ""),
    )
    if verb == Verb.REPORT and len(unit) == 6:
        _begin(request.user, asked, unit)
    return HttpResponseRedirect(asked.url())


@require_POST
def seal_now(request: SignedInRequest) -> HttpResponse:
    """Seal what was handed up and is not sealed yet (the job broke)."""
    asked = periodpages.read(request.POST, request.user)
    page = PeriodPage(request.user, asked)
    if page.waits_for_seal and not (page.task and page.task.is_open):
        _begin(request.user, asked, page.county)
    return HttpResponseRedirect(asked.url())


def _begin(user: User, asked: periodpages.Asked, county: str) -> None:
    engine.start(
        jobs.seal,
        owner=user,
        title=periodpages.seal_title(asked),
        area=county,
        lock=f"seal-{county}-{asked.programme.id}",
        programme=asked.programme.id,
        period=asked.period.id,
        county=county,
    )


@require_GET
def seal(request: SignedInRequest, seal_id: UUID) -> HttpResponse:
    """What one seal holds, whether it is still as it was, and what was adjusted since."""
    found = seals.get(seal_id)
    programme, period = periods.period_of(found.programme, found.period)
    chain = list(seals.visible(found.programme, found.division))
    context = {
        "seal": found,
        "programme": programme,
        "period": period,
        "place": divisions.get(found.division),
        "own": found.division if request.user.covers(found.division) else pages.first_division(request.user),
        "may_certify": request.user.covers(found.division),
        "files": seals.contents(found)["files"].items(),
        "faults": [fault for fault in seals.faults(chain) if fault.seal == str(found) or fault.code == "chain"],
        "versions": seals.of_period(found.programme, found.division, found.period),
        "digest": bytes(found.digest).hex(),
        "fingerprint": signing.fingerprint(signing.public_key()),
        "public_key": signing.public_key().hex(),
        "certificates": certifying.visible().filter(programme=found.programme, as_of=found.cut_off, known="then"),
        "tables": [table for table in programme.tables.values() if table.kind == "cells"],
    }
    return render(request, "statistics/seal.html", context)


@require_GET
def adjustments(request: SignedInRequest, programme: str, period: str) -> HttpResponse:
    """People whom a sealed period would count otherwise today, with batch and reason."""
    settings, found = periods.period_of(programme, period)
    division = request.GET.get("division") or pages.first_division(request.user)
    actions.check_covers(request.user, division)
    counted = adjusting.counts(settings, division, found.cut_off)
    pager = Pager.of(adjusting.total(counted), request.GET.get("page", "1"), PAGE, (("division", division),))
    lines = adjusting.adjustments(settings, division, found.cut_off, limit=PAGE, offset=(pager.number - 1) * PAGE)
    known = {one.worker_id: one for one in behind.people([line.worker_id for line in lines], found.cut_off)}
    context = {
        "programme": settings,
        "period": found,
        "place": divisions.get(division),
        "division": division,
        "seal": seals.latest(programme, division[:6], found.cut_off) if len(division) >= 6 else None,
        "counts": [(adjusting.NAMES[kind], number) for kind, number in counted.items()],
        "total": adjusting.total(counted),
        "lines": [(line, known.get(line.worker_id)) for line in lines],
        "pager": pager,
        "typed": handpages.later(settings, division, found.cut_off),
    }
    return render(request, "statistics/adjustments.html", context)


@require_POST
def certify(request: SignedInRequest, programme: str, table: str) -> HttpResponse:
    """Prove a table: the certificate that still holds, else a job."""
    question = pages.read(f"{programme}/{table}", request.POST, request.user)
    known: Known = "now" if request.POST.get("known") == "now" else "then"
    kept = certifying.find(question.table, question.division, question.as_of, known)
    if kept is not None:
        return HttpResponseRedirect(reverse("statistics:certificate", args=[kept.pk]))
    task = engine.start(
        jobs.certify,
        owner=request.user,
        title=f"表库相符证明：{divisions.get(question.division).name}{actions.find(question.table)[1].title}",
        area=question.division,
        lock=f"certify-{question.table}-{question.division}",
        programme=programme,
        table=table,
        division=question.division,
        as_of=question.as_of.isoformat(),
        known=known,
    )
    return HttpResponseRedirect(reverse("engine:task", args=[task.pk]))


@require_GET
def certificate(request: SignedInRequest, certificate_id: UUID) -> HttpResponse:
    """A certificate to read and print; people only where the reader may see them."""
    found = certifying.get(certificate_id)
    programme, table = actions.find(f"{found.programme}/{found.table}")
    context: dict[str, Any] = {
        "one": found,
        "programme": programme,
        "table": table,
        "place": divisions.get(found.division),
        "differences": certifying.in_words(found, programme),
        "says": certifying.says(found),
        "fingerprint": signing.fingerprint(signing.public_key()),
    }
    return render(request, "statistics/certificate.html", context)


@require_GET
def certificate_file(request: SignedInRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate with its signatures as JSON: opaque ids, no names."""
    found = certifying.get(certificate_id)
    content = certifying.as_file(found)
    response = HttpResponse(content, content_type="application/json")
    name = f"表库相符证明{divisions.get(found.division).name}{found.table}{found.as_of:%Y%m%d}.json"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
