"""区划: the tree, its changes, and the search that every region picker asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from taizhang.divisions import actions, policies, queries
from taizhang.divisions.forms import AddForm, RenameForm, RetireForm
from taizhang.divisions.models import Division
from taizhang.engine.errors import DomainError

CHANGES_SHOWN = 20


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """To the user's own division, or the provinces for those who have none or several."""
    scopes: list[str] = getattr(request.user, "scopes", [])
    if len(scopes) == 1:
        return redirect("divisions:unit", scopes[0])
    units = Division.objects.filter(pk__in=scopes) if scopes else queries.children(None)
    return render(request, "divisions/index.html", {"units": units})


@require_GET
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit with everything directly beneath it, valid or not, and what was changed."""
    return _page(request, code)


def _page(request: HttpRequest, code: str, status: int = 200, **context: Any) -> HttpResponse:
    found = queries.get(code)
    above = [code[:size] for size in (2, 4, 6, 9) if size < len(code)]
    context |= {
        "unit": found,
        "above": Division.objects.filter(pk__in=above),
        "below": Division.objects.filter(parent=found).select_related("replaced_by"),
        "changes": queries.changes_in(code)[:CHANGES_SHOWN],
        "today": timezone.localdate(),
        "may_edit": request.user.role in policies.EDITOR_ROLES and request.user.covers(code),  # type: ignore[union-attr]
        "may_add": len(code) in policies.LOCAL_NUMBERS,
    }
    return render(request, "divisions/unit.html", context, status=status)


@require_GET
def options(request: HttpRequest) -> JsonResponse:
    """JSON for region pickers: `q` searches, `parent` lists what is beneath ("" the provinces).

    `mine=1` keeps to the user's divisions.
    """
    scopes = _scopes(request)
    if "q" in request.GET:
        found = queries.search(request.GET["q"][:60], scopes)
    else:
        inside = queries.with_children(request.GET.get("parent") or None)
        found = list(inside if scopes is None else inside.filter(queries.inside(scopes)))
    results = [
        {
            "code": one.code,
            "name": one.name,
            "full_name": one.full_name,
            "level": one.level,
            "has_children": one.has_children,  # type: ignore[attr-defined]
        }
        for one in found
    ]
    return JsonResponse({"results": results})


@require_GET
def branch(request: HttpRequest) -> HttpResponse:
    """What is beneath `parent` in the region picker's tree, as a fragment; without `parent` where the tree begins.

    `mine=1` keeps to the user's divisions.
    """
    scopes, parent = _scopes(request), request.GET.get("parent", "")
    units = queries.branch(parent or None, scopes)
    return render(request, "divisions/_branch.html", {"units": units, "mine": scopes is not None})


def _scopes(request: HttpRequest) -> list[str] | None:
    return request.user.scopes if request.GET.get("mine") else None  # type: ignore[union-attr]


@require_POST
def add(request: HttpRequest, code: str) -> HttpResponse:
    return _change(request, code, "add", AddForm, lambda data: actions.add(actor=request.user, parent=code, **data))


@require_POST
def rename(request: HttpRequest, code: str) -> HttpResponse:
    return _change(
        request, code, "rename", RenameForm, lambda data: actions.rename(actor=request.user, code=code, **data)
    )


@require_POST
def retire(request: HttpRequest, code: str) -> HttpResponse:
    return _change(
        request, code, "retire", RetireForm, lambda data: actions.retire(actor=request.user, code=code, **data)
    )


def _change(
    request: HttpRequest, code: str, verb: str, form_class: type[forms.Form], act: Callable[[dict[str, Any]], Division]
) -> HttpResponse:
    """Check the form, act, come back to the page; what is wrong stands beside its field."""
    form = form_class(request.POST)
    if form.is_valid():
        try:
            changed = act(form.cleaned_data)
        except DomainError as error:
            if error.status != 422:
                raise
            form.add_error(None, error.message)
        else:
            messages.success(
                request, {"add": "已新设", "rename": "已更名", "retire": "已撤销"}[verb] + f"：{changed.full_name}。"
            )
            return redirect("divisions:unit", code)
    return _page(request, code, status=422, form=form)
