"""Pages that belong to no single room: home, 长辈版, 口径与表式."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.contrib.auth.decorators import login_not_required
from django.views.decorators.http import require_GET, require_POST


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is due, by role."""
    return render(request, "site/home.html")


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
urlpatterns = [path("", home, name="home"), path("elder/", elder, name="elder")]
