"""Who may give which rights, and when a password has had its time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from taizhang.accounts.models import ADMINISTRATORS, Role
from taizhang.engine.errors import DomainError, NotAllowed

INITIAL_VALID = dt.timedelta(hours=24)
# Shortest and longest code a role's scope may have: a county officer is never given a province by a slip of the pen.
SCOPE_DIGITS: dict[str, tuple[int, int]] = {
    Role.COLLECTOR: (9, 12),
    Role.TOWNSHIP: (9, 9),
    Role.COUNTY: (6, 6),
    Role.CITY: (4, 4),
    Role.PROVINCE: (2, 2),
    Role.PARTNER: (2, 12),
}
LEVEL_WORDS = {2: "省", 4: "市（州）", 6: "县（市、区）", 9: "乡镇（街道）", 12: "村（社区）"}
USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,49}")


def password_due(user: Any) -> bool:
    """Whether the password must be changed before anything else: an initial one, or older than the allowed age."""
    if user.must_change_password:
        return True
    changed, age = user.password_changed_at, settings.PASSWORD_AGE
    return bool(age and changed and timezone.now() - changed > age)


def check_role(actor: Any, *allowed: Role) -> None:
    """Raises NotAllowed "wrong_role"."""
    if actor.role not in allowed:
        names = "、".join(role.label for role in allowed)
        raise NotAllowed("wrong_role", f"这一步由{names}办，请联系。")


def check_not_self(actor: Any, user: Any) -> None:
    """Raises NotAllowed "own_account": nobody changes their own rights."""
    if actor.pk == user.pk:
        raise NotAllowed("own_account", "不能改自己的账号，请由另一位管理员办理。")


def check_username(username: str) -> str:
    """Raises DomainError "username"."""
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise DomainError("username", "账号用 2 到 50 个小写字母、数字、点或横线，以字母开头，如 liwenjing。")
    if re.search(r"\d{11}", username):  # phone or identity numbers would stand in every log of sign-ins
        raise DomainError("username_number", "账号里不要用手机号或证件号，请用姓名拼音。")
    return username


def check_grant(role: str, scopes: Sequence[str], known: Sequence[str]) -> list[str]:
    """Sorted scopes without those inside another.

    Raises DomainError "role", "admin_scope", "no_scope", "scope_unknown", "scope_level".
    """
    if role not in Role.values:
        raise DomainError("role", "没有选角色，请选一个。")
    if role in ADMINISTRATORS:
        if scopes:
            raise DomainError("admin_scope", "管理员不看群众信息，不能给区划。请把区划清空。")
        return []
    if not scopes:
        raise DomainError("no_scope", "没有选区划，请至少选一个。")
    for scope in scopes:
        if scope not in known:
            raise DomainError("scope_unknown", f"没有代码为 {scope} 的区划，或已撤销。请重选。")
        shortest, longest = SCOPE_DIGITS[role]
        if not shortest <= len(scope) <= longest:
            wanted = "或".join(word for digits, word in LEVEL_WORDS.items() if shortest <= digits <= longest)
            raise DomainError("scope_level", f"{Role(role).label}的区划应是{wanted}，{scope} 不是。请重选。")
    return sorted(s for s in set(scopes) if not any(s != other and s.startswith(other) for other in scopes))
