"""Pages of intake: bring a workbook, match its columns, see what the check found, submit."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang import catalogue
from taizhang.accounts.requests import SignedInRequest
from taizhang.engine.errors import DomainError
from taizhang.engine.pager import Pager
from taizhang.ledger import bothsides
from taizhang.ledger.models import Submission
from taizhang.ledger.states import Mode

from . import actions, answering, choosing, policies, prefilling, queries
from .columns import IGNORED
from .forms import BringForm, SettleForm, TemplateForm
from .models import UploadState
from .refusals import refuse
from .wording import asked_columns, undo_words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 50


@require_GET
def uploads(request: SignedInRequest) -> HttpResponse:
    """My files, newest first, and the template to begin with."""
    found = queries.uploads_visible_to(request.user)
    pager = Pager.of(found.count(), request.GET.get("page"))
    context = {
        "uploads": found[pager.slice],
        "pager": pager,
        "template_form": TemplateForm(actor=request.user),
        "may_bring": _may_bring(request),
    }
    return render(request, "intake/list.html", context)


def _may_bring(request: SignedInRequest) -> bool:
    return request.user.role in policies.BRINGERS and request.user.sees_people


@require_GET
def template(request: SignedInRequest) -> HttpResponse:
    """The collection template of a form for one of my divisions, empty or with its people."""
    form = TemplateForm(request.GET, actor=request.user)
    policies.check_bringer(request.user.role, request.user.sees_people)
    if not form.is_valid():
        context = {"template_form": form, "uploads": (), "pager": Pager.of(0, None), "may_bring": True}
        return render(request, "intake/list.html", context, status=422)
    name, data = prefilling.template_for(actor=request.user, **form.cleaned_data)
    return _file(name, data)


def _file(name: str, data: bytes) -> HttpResponse:
    from urllib.parse import quote

    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return HttpResponse(data, content_type=XLSX, headers=headers)


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Bring a file. What is wrong with it is said on the page, beside the box it came from."""
    policies.check_bringer(request.user.role, request.user.sees_people)
    form = BringForm(request.POST or None, request.FILES or None, actor=request.user)
    if request.method == "GET":
        return render(request, "intake/new.html", {"form": form})
    if not form.is_valid():
        return render(request, "intake/new.html", {"form": form}, status=422)
    file = form.cleaned_data.pop("file")
    try:  # the one refusal that belongs to a field of this page
        with _on_disk(file) as path:
            upload, _ = actions.bring(actor=request.user, path=Path(path), name=file.name, **form.cleaned_data)
    except DomainError as refusal:
        form.add_error("file", refusal.message)
        context = {"form": form, "refusal": refusal, "file_name": file.name}
        return render(request, "intake/new.html", context, status=refusal.status)
    return redirect("intake:upload", upload.pk)


def _on_disk(file: UploadedFile[bytes]) -> Any:
    """A path to what was sent: Django's temporary file, or a copy of a small one. Larger than the limit is refused before copying."""
    if (file.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        raise refuse("over_limit", size=(file.size or 0) >> 20, limit=settings.UPLOAD_LIMIT_BYTES >> 20)
    from .vault import readable

    if hasattr(file, "temporary_file_path"):
        import contextlib

        return contextlib.nullcontext(file.temporary_file_path())
    return readable(file.read())


@require_GET
def upload(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    """Where a file stands: being read or checked (a bar), refused, or what the check found."""
    found = queries.get_upload(request.user, upload_id)
    if found.state == UploadState.COLUMNS:
        return redirect("intake:columns", found.pk)
    context: dict[str, Any] = {"upload": found, "mine": found.owner_id == request.user.pk}
    if found.state in (UploadState.CHECKED, UploadState.SUBMITTED, UploadState.WITHDRAWN) and found.batch_id:
        context |= _result(request, found)
    return render(request, "intake/check.html", context)


def _result(request: SignedInRequest, found: Any) -> dict[str, Any]:
    kind = request.GET.get("show", "")
    kind = kind if kind in queries.KINDS else ""
    rule = request.GET.get("rule", "")
    counts = [(name, found.counts.get(name, 0), *words) for name, words in queries.KINDS.items()]
    good = sum(found.counts.get(name, 0) for name in ("new", "update", "same"))
    bad = sum(found.counts.get(name, 0) for name in ("duplicate", "conflict", "error"))
    context: dict[str, Any] = {
        "counts": counts,
        "show": kind,
        "rule": rule,
        "good": good,
        "bad": bad,
        "modes": Mode.choices,
    }
    if found.state == UploadState.SUBMITTED:
        context["standing"] = queries.standing(found.batch_id)
    base = tuple((name, value) for name, value in (("show", kind), ("rule", rule)) if value)
    if kind in ("new", "update", "same"):
        pager = Pager.of(found.counts.get(kind, 0), request.GET.get("page"), PAGE, base)
        return {**context, "rows": queries.rows(found.batch_id, [kind], window=pager.slice), "pager": pager}
    total = queries.count_problems(found.batch_id, kind, rule)
    pager = Pager.of(total, request.GET.get("page"), PAGE, base)
    layout = actions.layout_of(found)
    listed = [
        (one, answering.place_words(one.item, layout))
        for one in queries.problems(found.batch_id, kind, rule, window=pager.slice)
    ]
    return {
        **context,
        "problems": listed,
        "rules": queries.problem_rules(found.batch_id),
        "pager": pager,
        "total": total,
    }


@require_http_methods(["GET", "POST"])
def columns(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    """Which column means what; correct it, then check."""
    found = queries.get_upload(request.user, upload_id)
    if request.method == "POST":
        chosen = {
            int(name[1:]): request.POST.get(name, "") for name in request.POST if name[0] == "c" and name[1:].isdigit()
        }
        actions.set_columns(actor=request.user, upload_id=upload_id, chosen=chosen)
        if "check" in request.POST:
            actions.start_check(actor=request.user, upload_id=upload_id)
            return redirect("intake:upload", upload_id)
        return redirect("intake:columns", upload_id)
    policies.check_move("check", found.state)
    asked = asked_columns(catalogue.load(), actions.form_of(found.programme))
    layout = actions.layout_of(found)
    context = {
        "upload": found, "layout": layout, "missing": layout.problems(asked), "ignored": IGNORED,
        "asked": [(one.column.id, one.column.label, one.required) for one in asked], "mine": found.owner_id == request.user.pk,
        "unmatched": [match for match in layout.matches if not match.column and match.how != "ignored"],
    }  # fmt: skip
    return render(request, "intake/columns.html", context)


@require_POST
def check(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    actions.start_check(actor=request.user, upload_id=upload_id)
    return redirect("intake:upload", upload_id)


@require_POST
def accept(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    """Take one suggestion over; the file is checked again with it."""
    queries.get_upload(request.user, upload_id)
    row_no = request.POST.get("row", "")
    if not row_no.isdigit():
        raise DomainError("no_suggestion", "没有这一行。请刷新后再试。")
    actions.accept(actor=request.user, upload_id=upload_id, row_no=int(row_no), item=request.POST.get("item", ""))
    return redirect("intake:upload", upload_id)


@require_POST
def turn(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    actions.turn(actor=request.user, upload_id=upload_id, mode=request.POST.get("mode", ""))
    return redirect("intake:upload", upload_id)


@require_POST
def submit(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    _, decided = actions.submit(actor=request.user, upload_id=upload_id)
    messages.success(request, f"已提交 {decided.done:,} 行，等待审核。审核完会进入台账。")
    return redirect("intake:upload", upload_id)


@require_POST
def undo(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    outcome = actions.undo(actor=request.user, upload_id=upload_id, reason=request.POST.get("reason", ""))
    done, left = undo_words(outcome)
    if done:
        messages.success(request, done)
    for words in left:
        messages.warning(request, words)
    return redirect("intake:upload", upload_id)


@require_POST
def discard(request: SignedInRequest, upload_id: UUID) -> HttpResponseRedirect:
    gone = actions.discard(actor=request.user, upload_id=upload_id)
    messages.success(request, f"已作废 {gone.name}，没有写入台账。")
    return redirect("intake:list")


@require_GET
def answer(request: SignedInRequest, upload_id: UUID) -> HttpResponse:
    """The same workbook with bad cells marked."""
    found = queries.get_upload(request.user, upload_id)
    return _file(*answering.answer_for(actor=request.user, upload=found))


@require_GET
def row(request: SignedInRequest, upload_id: UUID, row_id: UUID) -> HttpResponse:
    """One row field by field: what the ledger holds and what the file says; where the clerk has to choose, both sides."""
    found = queries.get_upload(request.user, upload_id)
    if found.batch_id is None:
        raise DomainError("not_checked", "这个文件还没有检查完。", status=409)
    one = queries.get_row(found.batch_id, row_id)
    paper = Submission.objects.get(pk=row_id)
    sealed = {item.id for item in catalogue.load().items.values() if item.sealed}
    context = {
        "upload": found,
        "row": one,
        "sealed": sealed,
        "may": found.owner_id == request.user.pk and found.state == UploadState.CHECKED,
        "alike": choosing.alike(paper) if found.state == UploadState.CHECKED else None,
        "conflict": bothsides.conflict(paper),
        "told": queries.problems_of(found.batch_id, row_id),
    }
    return render(request, "intake/row.html", context)


@require_POST
def keep(request: SignedInRequest, upload_id: UUID, row_id: UUID) -> HttpResponse:
    """Adopt this row of several about one person."""
    passed = choosing.keep(actor=request.user, upload_id=upload_id, row_id=row_id)
    listed = "、".join(str(number) for number in passed)
    messages.success(request, f"已采用这一行；同一个人的第 {listed} 行不要了。")
    return redirect("intake:row", upload_id, row_id)


@require_POST
def settle(request: SignedInRequest, upload_id: UUID, row_id: UUID) -> HttpResponse:
    """Whose value stands, item by item or for the whole row; then the row is compared again."""
    queries.get_upload(request.user, upload_id)
    form = SettleForm(request.POST)
    if not form.is_valid():
        raise DomainError("no_choice", "这一页不完整，没有办理。请刷新后再选。")
    paper = Submission.objects.filter(pk=row_id).first()
    known = bothsides.conflict(paper) if paper else None
    outcome = choosing.settle(
        actor=request.user,
        upload_id=upload_id,
        row_id=row_id,
        mine=form.mine([one.side.item for one in known.both] if known else []),
        version=form.cleaned_data["version"],
    )
    told = {"same": "这一行照台账的，不改动。", "update": "这一行按您选的改，可以提交了。"}
    messages.success(request, told.get(outcome, "已重新比对，请看结果。"))
    return redirect("intake:row", upload_id, row_id)
