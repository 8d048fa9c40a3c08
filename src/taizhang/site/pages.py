"""Pages that belong to no single room: home, 长辈版, 口径与表式."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from taizhang.accounts.requests import SignedInRequest
from taizhang.catalogue import load
from taizhang.engine.errors import NotFound
from taizhang.site import duties, figures, handbook, menu, waiting


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """What is due and what waits, by role. The numbers come after the page, so that it never waits for a count."""
    user = request.user
    programme = load().programmes.get(user.programme)
    today = timezone.localdate()
    due = duties.upcoming(programme, today) if programme and user.sees_people else []
    context = {
        "today": today,
        "programme": programme,
        "first": due[0] if due else None,
        "later": due[1:5],
        "tasks": waiting.tasks(user),
        "sees_people": user.sees_people,
        "may_import": user.role in menu.EDITORS,
    }
    return render(request, "site/home.html", context)


@require_GET
def home_figures(request: SignedInRequest) -> HttpResponse:
    """The figures, as a fragment or, without script, as a page."""
    name = "site/_figures.html" if getattr(request, "htmx", False) else "site/figures.html"
    context = {
        "figures": figures.figures(request.user),
        "progress": figures.target_progress(request.user),
        "today": timezone.localdate(),
    }
    return render(request, name, context)


@require_GET
def handbook_page(request: SignedInRequest) -> HttpResponse:
    """口径与表式 of the programmes that are loaded."""
    found = handbook.programmes(request.user)
    wanted = request.GET.get("programme", "")
    programme = next((one for one in found if one.id == wanted), found[0] if found else None)
    if wanted and (programme is None or programme.id != wanted):
        raise NotFound("programme")
    return render(request, "site/handbook.html", {"programmes": found, "programme": programme})


@require_GET
def items_page(request: SignedInRequest) -> HttpResponse:
    """数据元手册: every item, what it is called, what may be entered."""
    text = request.GET.get("find", "")[:40]
    return render(request, "site/items.html", {"entries": handbook.entries(text), "find": text})


@login_not_required
@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Turn 长辈版 on or off: remembered with the account, before sign-in with the session."""
    user = request.user
    if user.is_authenticated:
        user.preferences = {**user.preferences, "elder": not user.preferences.get("elder")}
        user.save(update_fields=["preferences"])
    else:
        request.session["elder"] = not request.session.get("elder")
    return HttpResponseRedirect(_same_site(request, request.POST.get("next", "/")))


def _same_site(request: HttpRequest, url: str) -> str:
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}) else "/"


app_name = "site"
urlpatterns = [
    path("", home, name="home"),
    path("figures/", home_figures, name="figures"),
    path("elder/", elder, name="elder"),
    path("handbook/", handbook_page, name="handbook"),
    path("handbook/items/", items_page, name="items"),
]
