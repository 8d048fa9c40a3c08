"""The left menu and the top bar: which rooms a role may enter, and what waits there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.urls.exceptions import NoReverseMatch
from django.utils import timezone

from taizhang.accounts.models import Role, User
from taizhang.accounts.permissions import PERMISSIONS
from taizhang.site.waiting import WAITING

EDITORS = frozenset({Role.COLLECTOR, Role.TOWNSHIP, Role.COUNTY})
SEE_PEOPLE = EDITORS | {Role.CITY, Role.PROVINCE, Role.PARTNER}
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Place:
    """One menu entry; `waiting` names the count that stands beside it."""

    label: str
    icon: str
    url: str
    roles: frozenset[Role]
    waiting: str = ""
    rule: bool = False  # a line above


PLACES = (
    Place("今日该找谁", "phone", "/collecting/today/", frozenset({Role.COLLECTOR})),
    Place("工作台", "home", "/", EVERYBODY),
    Place("台账", "people", "/people/", SEE_PEOPLE),
    Place("导入", "upload", "/imports/", EDITORS),
    Place("手机采集", "phone", "/phone/devices/", frozenset({Role.COLLECTOR}), waiting="conflicts"),
    Place("审核", "review", "/review/", EDITORS, waiting="review"),
    Place("核实", "check", "/collecting/", SEE_PEOPLE, rule=True),
    Place("增减候选", "compare", "/collecting/additions/", EDITORS),
    Place("名单比对", "compare", "/comparison/", frozenset({Role.TOWNSHIP, Role.COUNTY})),
    Place("月末报送", "up", "/collecting/monthend/", EDITORS),
    Place("户", "home", "/collecting/households/", EDITORS),
    Place("一对一帮扶", "people", "/collecting/helping/", EDITORS),
    Place("一人一表", "print", "/collecting/papers/", EDITORS),
    Place("扫回纸表", "upload", "/collecting/scans/", EDITORS),
    Place("采集点", "pin", "/collecting/points/", SEE_PEOPLE),
    Place("报表", "table", "/tables/", SEE_PEOPLE, rule=True),
    Place("看板", "chart", "/board/", SEE_PEOPLE),
    Place("口径", "compare", "/tables/indicators/", SEE_PEOPLE, waiting="rules"),
    Place("期限与封账", "seal", "/tables/periods/", SEE_PEOPLE),
    Place("目标任务", "todo", "/targets/", SEE_PEOPLE),
    Place("通报", "doc", "/bulletins/", SEE_PEOPLE),
    Place("任务中心", "task", "/tasks/", SEE_PEOPLE, waiting="tasks", rule=True),
    Place("口径与表式", "book", "/handbook/", EVERYBODY),
    Place("区划", "pin", "/divisions/", EVERYBODY),
    Place("账号", "gear", "/accounts/", frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})),
    Place("审计", "doc", "/audit/", frozenset({Role.AUDIT_ADMIN})),
)


@dataclass(frozen=True)
class Entry:
    label: str
    icon: str
    url: str
    current: bool
    count: int
    rule: bool


def _open_to(user: User, place: Place) -> bool:
    """Whether the room exists, the table of permissions opens it to the role, and it is of use there."""
    try:
        view = resolve(place.url).view_name
    except Resolver404:
        return False
    return user.role in place.roles and user.role in PERMISSIONS.get(view, frozenset())


def _address(*names: str) -> str:
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


class Frame:
    """Computed when a template asks, so a fragment pays for nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: User = request.user  # type: ignore[assignment]

    @cached_property
    def menu(self) -> list[Entry]:
        places = [place for place in PLACES if _open_to(self.user, place)]
        inside = [place.url for place in places if self.request.path.startswith(place.url)]
        here = max(inside, key=len, default="")
        return [
            Entry(
                place.label,
                place.icon,
                place.url,
                place.url == here and (here != "/" or self.request.path == "/"),
                self._count(place),
                place.rule,
            )
            for place in places
        ]

    def _count(self, place: Place) -> int:
        counter: Callable[[User], int] | None = WAITING.get(place.waiting)
        return counter(self.user) if counter else 0

    @cached_property
    def scope_line(self) -> str:
        """牟定县 · 牟定方案（2017） · 2026年7月; an administrator's line names the role instead."""
        today = timezone.localdate()
        return " · ".join([*_scope_names(self.user), *_programme_name(self.user), f"{today.year}年{today.month}月"])

    @property
    def demo(self) -> bool:
        return bool(getattr(settings, "DEMO", False))

    @property
    def search_url(self) -> str:
        return _address("ledger:search") if self.user.sees_people else ""

    @property
    def region_url(self) -> str:
        """Where a <region-picker> looks places up."""
        return _address("divisions:options")

    @property
    def password_url(self) -> str:
        return _address("accounts:password", "accounts:change_password")

    @property
    def logout_url(self) -> str:
        return _address("accounts:logout")


def _scope_names(user: User) -> list[str]:
    from taizhang.site.templatetags.words import division_name

    if not user.sees_people:
        return [user.get_role_display()]
    names = [division_name(code) for code in user.scopes[:2]]
    return ["、".join(names) + ("等" if len(user.scopes) > 2 else "")]


def _programme_name(user: User) -> list[str]:
    from taizhang.catalogue import load

    programme = load().programmes.get(user.programme)
    return [programme.short_name] if programme else []
