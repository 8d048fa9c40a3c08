"""Accounts: the system administrator makes and closes them, the security administrator gives rights.

Neither learns a password in use.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from axes.utils import reset as axes_reset
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from taizhang.accounts import policies, queries
from taizhang.accounts.models import Role, User
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.protection import audit
from taizhang.protection.audit import Action

_CLEAR = (
    "abcdefghjkmnpqrstuvwxyz",
    "ABCDEFGHJKMNPQRSTUVWXYZ",
    "23456789",
    "#%+=?@",
)  # nothing that reads like another sign


def initial_password() -> str:
    """Sixteen random signs of four classes; read out once, used once."""
    signs = [secrets.choice(kind) for kind in _CLEAR] + [secrets.choice("".join(_CLEAR)) for _ in range(12)]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


@transaction.atomic
def install(*, names: dict[Role, str]) -> dict[str, str]:
    """The three administrators of a new installation: username -> initial password.

    Only while there is no account at all.

    Args:
        names: username for each administrator role.
    """
    if User.objects.exists():
        raise DomainError("installed", "已经有账号，不能再次初始化。新账号请由系统管理员在“账号”页面建立。")
    passwords = {}
    for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
        user = User(username=policies.check_username(names[role]), display_name=str(role.label), role=role)
        passwords[user.username] = _give_initial_password(user)
        user.save(force_insert=True)
        audit.write(None, Action.USER_CREATED, str(user.pk), {"role": str(role)})
    return passwords


@transaction.atomic
def create_user(
    *, actor: Any, username: str, display_name: str, office: str = "", programme: str = ""
) -> tuple[User, str]:
    """A new account without any rights, and its initial password (shown once, valid once, for 24 hours).

    The security administrator gives role and divisions with `grant`.
    """
    policies.check_role(actor, Role.SYSTEM_ADMIN)
    name = policies.check_username(username)
    if not display_name.strip():
        raise DomainError("display_name", "姓名没有填，请填上；一人一号，不建公用账号。")
    user = User(
        username=name, display_name=display_name.strip()[:50], office=office.strip()[:100], programme=programme, role=""
    )
    password = _give_initial_password(user)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise DomainError("username_taken", f"账号“{name}”已有人用，请换一个，如加上数字。") from None
    audit.write(actor, Action.USER_CREATED, str(user.pk))
    return user, password


@transaction.atomic
def grant(*, actor: Any, user_id: UUID, role: str, scopes: Sequence[str], programme: str | None = None) -> User:
    """Give a role and its divisions; what was there before is replaced.

    Takes effect with the next click of that user.
    """
    policies.check_role(actor, Role.SECURITY_ADMIN)
    user = queries.get_user(actor, user_id, lock=True)
    policies.check_not_self(actor, user)
    user.programme = user.programme if programme is None else programme
    return _give_rights(actor, user, role, policies.check_grant(role, list(scopes), _valid(scopes)))


@transaction.atomic
def assign_villages(*, actor: User, user_id: UUID, villages: Sequence[str]) -> User:
    """A county shares its villages out among the collectors the security administrator has given it; what the account
    had before is replaced. No villages: the account sees nobody until it gets some.

    Raises NotAllowed "wrong_role", "out_of_scope"; NotFound for anybody but a collector of the actor's own county;
    DomainError "scope_unknown".
    """
    policies.check_role(actor, Role.COUNTY)
    user = queries.get_collector(actor, user_id, lock=True)
    if not all(actor.covers(one) for one in villages):
        raise NotAllowed("out_of_scope", "有的村不在您负责的区划内，没有分派。")
    scopes = policies.check_grant(user.role, list(villages), _valid(villages)) if villages else []
    return _give_rights(actor, user, user.role, scopes)


def _valid(scopes: Sequence[str]) -> list[str]:
    return list(divisions.valid().filter(code__in=list(scopes)).values_list("code", flat=True))


def _give_rights(actor: Any, user: User, role: str, scopes: list[str]) -> User:
    user.scopes, user.role = scopes, role
    user.save(update_fields=["role", "scopes", "programme"])
    audit.write(actor, Action.RIGHTS_GRANTED, str(user.pk), {"role": role, "scopes": user.scopes})
    return user


@transaction.atomic
def disable(*, actor: Any, user_id: UUID) -> User:
    """Close an account at once, on every device. Either administrator may."""
    policies.check_role(actor, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)
    return _set_active(actor, user_id, False)


@transaction.atomic
def enable(*, actor: Any, user_id: UUID) -> User:
    """Open a closed account again, with the rights it had."""
    policies.check_role(actor, Role.SYSTEM_ADMIN)
    return _set_active(actor, user_id, True)


def _set_active(actor: Any, user_id: UUID, active: bool) -> User:
    user = queries.get_user(actor, user_id, lock=True)
    policies.check_not_self(actor, user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    audit.write(actor, Action.USER_ENABLED if active else Action.USER_DISABLED, str(user.pk))
    return user


@transaction.atomic
def unlock(*, actor: Any, user_id: UUID) -> User:
    """Forget the failed sign-ins that locked an account."""
    policies.check_role(actor, Role.SECURITY_ADMIN)
    user = queries.get_user(actor, user_id, lock=True)
    axes_reset(username=user.username)
    audit.write(actor, Action.USER_UNLOCKED, str(user.pk))
    return user


@transaction.atomic
def reset_password(*, actor: Any, user_id: UUID) -> tuple[User, str]:
    """A new initial password for somebody who forgot theirs; ends all their sessions."""
    policies.check_role(actor, Role.SECURITY_ADMIN)
    user = queries.get_user(actor, user_id, lock=True)
    policies.check_not_self(actor, user)
    password = _give_initial_password(user)
    user.save(update_fields=["password", "must_change_password", "initial_until"])
    axes_reset(username=user.username)
    audit.write(actor, Action.PASSWORD_RESET, str(user.pk))
    return user, password


def _give_initial_password(user: User) -> str:
    password = initial_password()
    user.set_password(password)
    user.must_change_password = True
    user.initial_until = timezone.now() + policies.INITIAL_VALID
    return password


@transaction.atomic
def use_initial_password(*, actor: User) -> None:
    """After signing in with an initial password it is gone: only choosing one's own password leads on."""
    actor.set_unusable_password()
    actor.initial_until = None
    actor.save(update_fields=["password", "initial_until"])


@transaction.atomic
def change_password(*, actor: User, current: str, new: str) -> None:
    """One's own password. Raises DomainError "current"; ValidationError with what the new one lacks."""
    if actor.has_usable_password():
        if not actor.check_password(current):
            raise DomainError("current", "现在的密码不对，请重新输入。")
        if current == new:
            raise DomainError("same", "新密码和现在的一样，请换一个。")
    validate_password(new, actor)
    actor.set_password(new)
    actor.must_change_password = False
    actor.initial_until = None
    actor.password_changed_at = timezone.now()
    actor.save(update_fields=["password", "must_change_password", "initial_until", "password_changed_at"])
    audit.write(actor, Action.PASSWORD_CHANGED, str(actor.pk))
