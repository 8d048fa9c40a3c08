"""The phone page's shell, which holds no personal data; the collector's phones; records changed on both sides."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang.accounts.requests import SignedInRequest
from taizhang.engine import certificate
from taizhang.engine.errors import DomainError, NotFound
from taizhang.phone import devices, settling, shell
from taizhang.phone.models import Device


@login_not_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The shell: the same for everybody, so that the phone may keep it and open it without a network."""
    return render(request, "phone/home.html", {name.replace(".", "_"): shell.address(name) for name in shell.pages()})


@login_not_required
@require_GET
def page(request: HttpRequest, version: str, name: str) -> HttpResponse:
    """The shell's scripts and styles. Raises NotFound for another version than today's: a page half of one and half of another would break."""
    text = shell.pages().get(name)
    if version != shell.version() or text is None:
        raise NotFound("page")
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    return HttpResponse(
        text, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


@login_not_required
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, with the list of what it keeps."""
    return HttpResponse(
        shell.service_worker(), content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        shell.manifest(), content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False}
    )


@require_http_methods(["GET", "POST"])
def enrol(request: SignedInRequest) -> HttpResponse:
    """Register this phone; the token is in the answer and nowhere else.

    GET says whose phone it would be, with the form token: the shell, kept without a network, carries neither.
    """
    if request.method == "GET":
        whose = {"name": request.user.display_name, "username": request.user.username}
        return JsonResponse({"csrf": get_token(request), "user": whose})
    try:
        name = str(json.loads(request.body or b"{}").get("name", ""))
    except (ValueError, AttributeError):
        name = ""
    try:
        device, token = devices.enrol(actor=request.user, name=name)
    except DomainError as refusal:
        return JsonResponse({"code": refusal.code, "message": refusal.message}, status=refusal.status)
    user = {"name": request.user.display_name, "username": request.user.username}
    return JsonResponse({"device": str(device.pk), "token": token, "user": user})


@require_GET
def devices_page(request: SignedInRequest) -> HttpResponse:
    """我的手机."""
    found = Device.objects.filter(user=request.user).order_by("revoked_at", "-created_at")
    return render(request, "phone/devices.html", {"devices": found, "most": devices.MOST})


@login_not_required
@require_GET
def trust(request: HttpRequest) -> HttpResponse:
    """How a phone comes to trust the office's own certificate (`./taizhang serve --https`)."""
    made = certificate.authority(settings.DATA_DIR)
    return render(request, "phone/trust.html", {"fingerprint": certificate.fingerprint(made) if made.exists() else ""})


@login_not_required
@require_GET
def authority(request: HttpRequest) -> HttpResponse:
    """The authority's certificate, which is public. Raises NotFound where the office has none of its own."""
    made = certificate.authority(settings.DATA_DIR)
    if not made.exists():
        raise NotFound("authority")
    return HttpResponse(
        made.read_bytes(),
        content_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="taizhang-authority.crt"'},
    )


@require_POST
def revoke(request: SignedInRequest, device_id: UUID) -> HttpResponse:
    device = devices.revoke(actor=request.user, device_id=device_id)
    messages.success(request, f"“{device.name}”已停用。它下次联网时会清除手机上的数据。")
    return HttpResponseRedirect(reverse("phone:devices"))


@require_GET
def conflicts(request: SignedInRequest) -> HttpResponse:
    """两边都改过: what the collector's phones brought that somebody has to settle."""
    return render(request, "phone/conflicts.html", {"conflicts": settling.waiting(request.user)})


@require_http_methods(["GET", "POST"])
def conflict(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One record side by side; the collector picks a value for each item."""
    found = settling.get(request.user, uuid)
    if request.method == "POST":
        chosen = {side.item: request.POST.get(side.item, "") for side in found.sides}
        settling.settle(actor=request.user, uuid=uuid, chosen=chosen, version=request.POST.get("version", ""))
        messages.success(request, "已按您选的提交，等审核。")
        return HttpResponseRedirect(reverse("phone:conflicts"))
    return render(request, "phone/conflict.html", {"found": found})
