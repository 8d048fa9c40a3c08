"""一人一表 on paper: printed with a QR code for a village, a point, a household or a person; scanned back to its person."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from taizhang.accounts.models import User
from taizhang.accounts.requests import SignedInRequest
from taizhang.collecting import jobs as own_jobs
from taizhang.collecting import paper, pictures, points, scans
from taizhang.collecting.models import PictureState
from taizhang.collecting.paper import Order
from taizhang.collecting.views_points import division_of
from taizhang.divisions import queries as divisions
from taizhang.engine import jobs
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.pager import Pager
from taizhang.ledger import listing
from taizhang.ledger import queries as ledger
from taizhang.protection import audit
from taizhang.protection.audit import Action

SHOWN = 50  # pictures on a page
FOUND = 20  # people offered for a picture


@require_http_methods(["GET", "POST"])
def papers(request: SignedInRequest) -> HttpResponse:
    """Choose whose forms; made at once for few, by a job for many."""
    user = request.user
    data = request.POST if request.method == "POST" else request.GET
    wanted = _wanted(user, data)
    if request.method == "POST":
        if wanted is None:
            division_of(user, data)  # elsewhere is not found, whatever its size
            raise DomainError("no_village", "还没有选村。请先选一个村（社区）、采集点、一户或一个人。")
        return _print(user, wanted)
    if wanted is None:
        return _choose(request, division_of(user, data))
    context = {
        "wanted": wanted, "total": len(wanted.ids), "by_job": len(wanted.ids) > paper.AT_ONCE, "most": paper.MOST,
        "round": paper.current_round(user, wanted.divisions[0]), "asked": [(k, data[k]) for k in ASKED if k in data],
    }  # fmt: skip
    return render(request, "collecting/papers.html", context)


ASKED = ("person", "household", "point", "division")


def _wanted(user: User, data: QueryDict) -> Order | None:
    """Who an address asks for; None above a village."""
    person, household, point, division = (str(data.get(name, "")) for name in ASKED)
    if person:
        return paper.of_person(user, _uuid(person))
    if household:
        return paper.of_household(user, _uuid(household))
    if point:
        return paper.of_point(user, _uuid(point))
    return paper.of_village(user, division) if len(division) > 9 else None


def _choose(request: SignedInRequest, division: str) -> HttpResponse:
    """A collector's own villages; towns of a county, villages and points of a town."""
    user = request.user
    mine = list(user.scopes) if all(len(one) == 12 for one in user.scopes) else []
    if mine:
        places = [(code, divisions.get(code).name) for code in mine]
    else:
        places = [(one.code, one.name) for one in divisions.children(division)]
    town = len(division) == 9 and not mine
    context = {
        "place": divisions.get(division), "places": places, "mine": bool(mine),
        "points": points.visible(user).filter(division=division, to_date=None).order_by("code") if town else [],
    }  # fmt: skip
    return render(request, "collecting/papers_choose.html", context)


def _print(user: User, wanted: Order) -> HttpResponse:
    if len(wanted.ids) <= paper.AT_ONCE:
        return _as_pdf(paper.make(actor=user, wanted=wanted), len(wanted.ids))
    key = paper.keep(wanted)
    started = jobs.start(
        own_jobs.print_forms,
        owner=user,
        title=f"印一人一表 {len(wanted.ids):,} 份",
        area=wanted.divisions[0],
        paper_id=str(key),
    )
    return HttpResponseRedirect(reverse("engine:task", args=[started.pk]))


@require_GET
def paper_ready(request: SignedInRequest, paper_id: UUID) -> HttpResponse:
    """Forms a job has made, to be taken within a day."""
    wanted = paper.kept(request.user, paper_id)
    context = {
        "wanted": wanted, "total": len(wanted.ids), "made": paper.made(paper_id), "key": paper_id,
        "hours": int(paper.KEPT_HOURS),
    }  # fmt: skip
    return render(request, "collecting/paper_ready.html", context)


@require_GET
def paper_file(request: SignedInRequest, paper_id: UUID) -> HttpResponse:
    """The file, to its owner only."""
    user = request.user
    return _as_pdf(paper.file_of(user, paper_id), len(paper.kept(user, paper_id).ids))


def _as_pdf(content: bytes, forms: int) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    name = f"一人一表{forms}份{timezone.localdate():%Y%m%d}.pdf"
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@require_http_methods(["GET", "POST"])
def scans_page(request: SignedInRequest) -> HttpResponse:
    """扫回纸表: bring pictures; what came of the last ones; 没认出来的."""
    user = request.user
    if request.method == "POST":
        return _bring(request)
    upload = _uuid(request.GET["upload"]) if request.GET.get("upload") else None
    state = request.GET.get("state", PictureState.UNREAD)
    found = scans.listed(user, state, upload)
    pager = Pager.of(found.count(), request.GET.get("page"), SHOWN, (("state", state),))
    rows = list(found[pager.slice])
    context = {
        "rows": rows, "names": pictures.names(user, rows), "state": state, "upload": upload, "pager": pager,
        "tabs": [
            (code, name, scans.listed(user, code, upload).count(),
             urlencode({"state": code, **({"upload": str(upload)} if upload else {})}))
            for code, name in PictureState.choices
        ],
        "limit": pictures.LIMIT >> 20, "most": scans.MOST, "pages": scans.MOST,
    }  # fmt: skip
    return render(request, "collecting/scans.html", context)


def _bring(request: SignedInRequest) -> HttpResponse:
    user = request.user
    brought: list[Any] = list(request.FILES.getlist("pictures"))
    done = scans.receive(actor=user, files=brought)
    for number, why in done.refused:
        messages.error(request, f"第 {number} 个文件{why}")
    if done.again:
        messages.warning(request, f"{done.again} 张以前收过，没有再收。")
    if not done.kept:
        return HttpResponseRedirect(reverse("collecting:scans"))
    if done.kept > scans.AT_ONCE:
        started = jobs.start(
            own_jobs.read_scans, owner=user, title=f"认 {done.kept} 张纸表", area=user.scopes[0],
            upload_id=str(done.upload),
        )  # fmt: skip
        return HttpResponseRedirect(reverse("engine:task", args=[started.pk]))
    scans.recognise_all(actor=user, upload=done.upload)
    attached = scans.listed(user, PictureState.ATTACHED, done.upload).count()
    if attached:
        messages.success(request, f"{attached} 张认出来了，已归到人。")
    if attached < done.kept:
        messages.warning(request, f"{done.kept - attached} 张没认出来，原因写在下面；图片都留着。")
    state = PictureState.UNREAD if attached < done.kept else PictureState.ATTACHED
    return HttpResponseRedirect(
        f"{reverse('collecting:scans')}?{urlencode({'upload': str(done.upload), 'state': state})}"
    )


@require_http_methods(["GET", "POST"])
def scan(request: SignedInRequest, picture_id: UUID) -> HttpResponse:
    """One picture: pick its person by hand, put it away, have it back. A name looked for never stands in an address."""
    user, verb = request.user, request.POST.get("verb", "")
    found = pictures.get(user, picture_id)
    people = None
    if request.method == "POST" and verb != "find":
        return _decide(request, picture_id, verb)
    if verb == "find":
        people = _people(user, request.POST.get("text", ""))
    context = {
        "found": found, "people": people, "text": request.POST.get("text", ""),
        "name": pictures.names(user, [found]).get(found.worker_id) if found.worker_id else None,
    }  # fmt: skip
    return render(request, "collecting/scan.html", context)


def _people(user: User, text: str) -> list[tuple[UUID, str, str, str]]:
    """People a name or number may mean: id, name, division, masked number."""
    ids = ledger.find(user, text.strip(), FOUND) if text.strip() else []
    numbers = listing.masked_numbers(ids, "id_number")
    rows = (
        ledger.workers(user).filter(pk__in=ids).order_by("full_name", "id").values_list("pk", "full_name", "division")
    )
    return [(pk, name, division, numbers.get(pk, "")) for pk, name, division in rows]


def _decide(request: SignedInRequest, picture_id: UUID, verb: str) -> HttpResponse:
    user, here = request.user, reverse("collecting:scan", args=[picture_id])
    if verb == "attach":
        if not request.POST.get("person"):
            raise DomainError("nobody_selected", "还没有选人。请先选这张表是谁的。")
        scans.attach(actor=user, picture_id=picture_id, worker_id=_uuid(request.POST["person"]))
        messages.success(request, "已归到人。")
    elif verb == "discard":
        scans.discard(actor=user, picture_id=picture_id)
        messages.success(request, "放进“不要的”了，随时可以找回。")
    elif verb == "restore":
        scans.restore(actor=user, picture_id=picture_id)
        messages.success(request, "找回来了，请选人。")
    else:
        raise DomainError("no_verb", "没有这个操作。请回到扫回纸表重新点。")
    return HttpResponseRedirect(here)


@require_GET
def picture(request: SignedInRequest, picture_id: UUID) -> HttpResponse:
    """The picture itself; who looked is written down."""
    found = pictures.get(request.user, picture_id)
    data = pictures.bytes_of(found)
    audit.write(request.user, Action.PICTURE_VIEWED, str(found.pk))
    kind = pictures.type_of(data) or "application/octet-stream"
    return HttpResponse(data, content_type=kind, headers={"Cache-Control": "no-store"})


@require_GET
def pictures_of(request: SignedInRequest, worker_id: UUID) -> HttpResponse:
    """The signed papers of a person, as a part of the person's page or of review, or by itself."""
    context = {
        "worker_id": worker_id,
        "pictures": pictures.of_worker(request.user, worker_id)[:12],
        "short": "short" in request.GET,
    }
    part = getattr(request, "htmx", False)
    return render(request, "collecting/_pictures.html" if part else "collecting/pictures.html", context)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("person") from None
