"""Signing in and out, passwords, and the administrators' account pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from taizhang import catalogue
from taizhang.accounts import actions, policies, queries
from taizhang.accounts.forms import GrantForm, NewUserForm, PasswordForm, SignInForm
from taizhang.accounts.models import Role, User
from taizhang.accounts.requests import SignedInRequest
from taizhang.engine.errors import DomainError
from taizhang.protection import audit
from taizhang.protection.audit import Action


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The same answer for an unknown name, a wrong password and a closed account."""
    target = _after_login(request)
    if request.method == "GET":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return render(request, "accounts/login.html", {"expired": request.session.pop("expired", ""), "next": target})
    form = SignInForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/login.html", {"form": form, "next": target}, status=422)
    if queries.failures_from(request.META["REMOTE_ADDR"]) >= settings.LOGIN_FAILURES_PER_ADDRESS:
        return locked_out(request)
    username = form.cleaned_data["username"].strip().lower()
    user = auth.authenticate(request, username=username, password=form.cleaned_data["password"])
    if user is None or _initial_is_over(user):
        left = max(0, settings.AXES_FAILURE_LIMIT - queries.failures(username))
        audit.write(None, Action.SIGN_IN_FAILED if left else Action.LOCKED_OUT)
        context = {"failed": True, "left": left, "username": username, "next": target, "minutes": _minutes()}
        return render(request, "accounts/login.html", context, status=422)
    _begin_session(request, user)
    return HttpResponseRedirect(target)


def _initial_is_over(user: Any) -> bool:
    return bool(user.initial_until and user.initial_until < timezone.now())


def _begin_session(request: HttpRequest, user: Any) -> None:
    if user.initial_until:
        actions.use_initial_password(actor=user)
    auth.login(request, user)
    audit.write(user, Action.SIGN_IN, str(user.pk))


def _after_login(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or "/"
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else "/"


def _minutes() -> int:
    return int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)


@login_not_required
def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    """What django-axes answers for a locked name, known or not."""
    return render(request, "accounts/locked.html", {"minutes": _minutes()}, status=429)


@login_not_required
@never_cache
@require_GET
def alive(request: HttpRequest) -> JsonResponse:
    """Who is signed in, asked by a page that takes long to fill: whoever types is at work. With the token its form needs
    after signing in again on the spot."""
    user = request.user
    return JsonResponse({"user": user.username if user.is_authenticated else "", "csrf": get_token(request)})


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out; the session is gone on the server."""
    audit.write(request.user, Action.SIGN_OUT, str(request.user.pk))
    auth.logout(request)
    return redirect("accounts:login")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: SignedInRequest) -> HttpResponse:
    """Choose one's own password; the first thing after an initial one."""
    user = request.user
    form = PasswordForm(request.POST or None)
    context = {"form": form, "due": policies.password_due(user), "ask_current": user.has_usable_password()}
    if request.method == "GET":
        return render(request, "accounts/password.html", context)
    if form.is_valid() and _changed(form, user):
        auth.update_session_auth_hash(request, user)  # every other session of this user ends here
        messages.success(request, "密码已改。其他电脑和手机上的登录已退出。")
        return redirect("/")
    return render(request, "accounts/password.html", context, status=422)


def _changed(form: PasswordForm, user: User) -> bool:
    """Try to change; what is wrong goes to the form, beside the field it concerns."""
    data = form.cleaned_data
    try:
        actions.change_password(actor=user, current=data["current"], new=data["new"])
    except ValidationError as error:
        form.add_error("new", error)
    except DomainError as error:
        form.add_error("current" if error.code == "current" else "new", error.message)
    return form.is_valid()


@require_GET
def users(request: HttpRequest) -> HttpResponse:
    """Every account with its rights and state."""
    rows = list(queries.users_visible_to(request.user))
    return render(request, "accounts/users.html", {"users": rows, "locked": queries.locked_usernames()})


@require_GET
def user(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One account: what it may, and the buttons the actor's role has."""
    return _user_page(request, user_id)


def _user_page(request: HttpRequest, user_id: UUID, status: int = 200, **context: Any) -> HttpResponse:
    found = queries.get_user(request.user, user_id)
    context |= {
        "account": found,
        "locked": found.username in queries.locked_usernames(),
        "roles": Role.choices,
        "programmes": catalogue.load().programmes.values(),
    }
    return render(request, "accounts/user.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new account; the answer shows the initial password, once."""
    form = NewUserForm(request.POST or None)
    if request.method == "GET":
        return render(request, "accounts/new.html", {"form": form})
    if form.is_valid():
        try:
            made, initial = actions.create_user(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.add_error("username" if error.code.startswith("username") else "display_name", error.message)
        else:
            return render(request, "accounts/initial.html", {"account": made, "initial": initial})
    return render(request, "accounts/new.html", {"form": form}, status=422)


@require_POST
def grant(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Role and divisions."""
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            changed = actions.grant(actor=request.user, user_id=user_id, **form.cleaned_data)
        except DomainError as error:
            if error.status != 422:
                raise
            form.add_error("scopes" if "scope" in error.code else "role", error.message)
        else:
            messages.success(request, f"{changed.display_name}现在是{changed.get_role_display()}。")
            return redirect("accounts:user", user_id)
    return _user_page(request, user_id, status=422, form=form)


@require_POST
def disable(request: HttpRequest, user_id: UUID) -> HttpResponse:
    changed = actions.disable(actor=request.user, user_id=user_id)
    messages.success(request, f"{changed.display_name}的账号已停用，正在用的页面立即退出。")
    return redirect("accounts:user", user_id)


@require_POST
def enable(request: HttpRequest, user_id: UUID) -> HttpResponse:
    changed = actions.enable(actor=request.user, user_id=user_id)
    messages.success(request, f"{changed.display_name}的账号已启用，角色和区划与停用前相同。")
    return redirect("accounts:user", user_id)


@require_POST
def unlock(request: HttpRequest, user_id: UUID) -> HttpResponse:
    changed = actions.unlock(actor=request.user, user_id=user_id)
    messages.success(request, f"{changed.display_name}的账号已解锁，可以再次登录。")
    return redirect("accounts:user", user_id)


@never_cache
@require_POST
def reset(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A new initial password, shown once."""
    changed, initial = actions.reset_password(actor=request.user, user_id=user_id)
    return render(request, "accounts/initial.html", {"account": changed, "initial": initial})
