"""Which roles may open which address.

An address that does not stand here is refused, so a forgotten line closes instead of opening.

Inside an address, which people and divisions are visible is decided by the actor's scopes, twice (queries, row-level
security).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from taizhang.accounts.models import Role
from taizhang.engine.errors import NotAllowed

EDITORS = frozenset({Role.COLLECTOR, Role.TOWNSHIP, Role.COUNTY})
REVIEWERS = frozenset({Role.TOWNSHIP, Role.COUNTY})
READERS = EDITORS | {Role.CITY, Role.PROVINCE, Role.PARTNER}
TARGET_SETTERS = frozenset({Role.TOWNSHIP, Role.COUNTY, Role.CITY, Role.PROVINCE})
OVERSEERS = frozenset({Role.TOWNSHIP, Role.COUNTY, Role.CITY, Role.PROVINCE})
OFFICES = frozenset({Role.COUNTY, Role.CITY, Role.PROVINCE})
EVERYONE = frozenset(Role)
ACCOUNT_KEEPERS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN})
SYSTEM = frozenset({Role.SYSTEM_ADMIN})
SECURITY = frozenset({Role.SECURITY_ADMIN})
AUDIT = frozenset({Role.AUDIT_ADMIN})

PUBLIC = frozenset(
    {
        "accounts:login",
        "accounts:alive",
        "site:elder",
        "phone:home",
        "phone:page",
        "phone:worker",
        "phone:manifest",
        "phone:trust",
        "phone:authority",
    }
)  # before signing in
BY_TOKEN = "phone_api:"  # addresses under it know a phone by its token and take no notice of cookies
SIGNED_IN = frozenset({"accounts:logout", "accounts:password"})  # whatever the role, also none yet

PERMISSIONS: dict[str, frozenset[Role]] = {
    "site:home": EVERYONE,
    "site:figures": READERS,
    "site:handbook": EVERYONE,
    "site:items": EVERYONE,
    "engine:tasks": EVERYONE,
    "engine:task": EVERYONE,
    "divisions:index": EVERYONE,
    "divisions:unit": EVERYONE,
    "divisions:options": EVERYONE,
    "divisions:branch": EVERYONE,
    "divisions:add": OFFICES,
    "divisions:rename": OFFICES,
    "divisions:retire": OFFICES,
    "accounts:users": ACCOUNT_KEEPERS,
    "accounts:user": ACCOUNT_KEEPERS,
    "accounts:create": SYSTEM,
    "accounts:disable": ACCOUNT_KEEPERS,
    "accounts:enable": SYSTEM,
    "accounts:grant": SECURITY,
    "accounts:unlock": SECURITY,
    "accounts:reset": SECURITY,
    "protection:entries": AUDIT,
    "protection:verify": AUDIT,
    "intake:list": READERS,
    "intake:new": EDITORS,
    "intake:template": EDITORS,
    "intake:upload": EDITORS,
    "intake:columns": EDITORS,
    "intake:check": EDITORS,
    "intake:accept": EDITORS,
    "intake:turn": EDITORS,
    "intake:submit": EDITORS,
    "intake:keep": EDITORS,
    "intake:settle": EDITORS,
    "intake:undo": EDITORS,
    "intake:discard": EDITORS,
    "intake:answer": EDITORS,
    "intake:row": EDITORS,
    "review:queue": EDITORS,
    "review:approve_many": EDITORS,
    "review:return_many": EDITORS,
    "review:returned": EDITORS,
    "review:mine": EDITORS,
    "review:record": EDITORS,
    "review:approve": EDITORS,
    "review:send_back": EDITORS,
    "review:correct": EDITORS,
    "review:withdraw": EDITORS,
    "collecting:points": OVERSEERS,
    "collecting:point": OVERSEERS,
    "collecting:propose": frozenset({Role.COUNTY}),
    "collecting:change": frozenset({Role.COUNTY}),
    "collecting:population": frozenset({Role.COUNTY}),
    "collecting:papers": EDITORS,
    "collecting:paper_ready": EDITORS,
    "collecting:paper_file": EDITORS,
    "collecting:scans": EDITORS,
    "collecting:scan": EDITORS,
    "collecting:picture": EDITORS,
    "collecting:pictures": EDITORS,
    "collecting:additions": EDITORS,
    "collecting:additions_decide": EDITORS,
    "collecting:monthend": EDITORS,
    "collecting:monthend_unit": EDITORS,
    "collecting:monthend_act": EDITORS,
    "collecting:helping": EDITORS,
    "collecting:helping_mine": EDITORS,
    "collecting:helping_assign": REVIEWERS,
    "collecting:helping_register": REVIEWERS,
    "collecting:helper": EDITORS,
    "collecting:helper_change": REVIEWERS,
    "collecting:helper_phone": EDITORS,
    "collecting:helper_of": READERS,
    "collecting:households": EDITORS,
    "collecting:household": EDITORS,
    "collecting:household_head": EDITORS,
    "collecting:household_of": EDITORS,
    "collecting:move_household": EDITORS,
    "comparison:lists": REVIEWERS,
    "comparison:list": REVIEWERS,
    "comparison:new": frozenset({Role.COUNTY}),
    "comparison:decide": frozenset({Role.COUNTY}),
    "comparison:withdraw": frozenset({Role.COUNTY}),
    "comparison:unread": frozenset({Role.COUNTY}),
    "phone:enrol": frozenset({Role.COLLECTOR}),
    "phone:devices": frozenset({Role.COLLECTOR}),
    "phone:revoke": frozenset({Role.COLLECTOR}),
    "phone:conflicts": frozenset({Role.COLLECTOR}),
    "phone:conflict": frozenset({Role.COLLECTOR}),
    "collecting:handover": frozenset({Role.COUNTY}),
    "collecting:work": OVERSEERS,
    "collecting:work_file": OVERSEERS,
    "collecting:today": frozenset({Role.COLLECTOR}),
    "collecting:rounds": EDITORS | {Role.CITY, Role.PROVINCE},
    "collecting:open": frozenset({Role.COUNTY}),
    "collecting:close": frozenset({Role.COUNTY}),
    "collecting:people": EDITORS | {Role.CITY, Role.PROVINCE},
    "collecting:attempts": READERS,
    "collecting:attempt": EDITORS,
    "collecting:verify": EDITORS,
    "collecting:answer": EDITORS,
    "ledger:list": READERS,
    "ledger:count": READERS,
    "ledger:search": READERS,
    "ledger:check_rule": READERS,
    "ledger:columns": READERS,
    "ledger:widths": READERS,
    "ledger:look": READERS,
    "ledger:verify": EDITORS,
    "ledger:stop_many": EDITORS,
    "ledger:save_view": READERS,
    "ledger:view": READERS,
    "ledger:drop_view": READERS,
    "release:people": READERS,
    "release:make": READERS,
    "release:ready": READERS,
    "release:file": READERS,
    "ledger:new": EDITORS,
    "ledger:number": EDITORS,
    "ledger:new_form": EDITORS,
    "ledger:create": EDITORS,
    "ledger:person": READERS,
    "ledger:edit": EDITORS,
    "ledger:both": EDITORS,
    "ledger:stop": EDITORS,
    "ledger:print": READERS,
    "ledger:reveal": EDITORS,
    "ledger:masked": READERS,
    "statistics:list": READERS,
    "statistics:indicators": READERS,
    "statistics:indicator": READERS,
    "statistics:whatif": READERS,
    "statistics:parameter": READERS,
    "statistics:changes": READERS,
    "statistics:version": READERS,
    "statistics:decide": OFFICES,
    "statistics:why": READERS,
    "statistics:compare": READERS,
    "statistics:periods": READERS,
    "statistics:period_move": frozenset({Role.TOWNSHIP, Role.COUNTY, Role.CITY, Role.PROVINCE}),
    "statistics:seal_now": frozenset({Role.COUNTY}),
    "statistics:seal": READERS,
    "statistics:adjustments": READERS,
    "statistics:certify": READERS,
    "statistics:certificate": READERS,
    "statistics:certificate_file": READERS,
    "statistics:table": READERS,
    "statistics:hand": REVIEWERS,
    "statistics:match": READERS,
    "statistics:file": READERS,
    "statistics:report": READERS,
    "statistics:report_file": READERS,
    "boards:board": READERS,
    "boards:pivot": READERS,
    "bulletins:list": READERS,
    "bulletins:make": OFFICES,
    "bulletins:bulletin": READERS,
    "bulletins:issue": OFFICES,
    "bulletins:file": READERS,
    "targets:list": READERS,
    "targets:goal": READERS,
    "targets:set": TARGET_SETTERS,
    "targets:split": TARGET_SETTERS,
}


def check_address(user: Any, view_name: str) -> None:
    """Raises NotAllowed: "unlisted" (nobody may), "no_role" (not granted yet), "wrong_role"."""
    if view_name in SIGNED_IN:
        return
    allowed = PERMISSIONS.get(view_name)
    if allowed is None:
        raise NotAllowed("unlisted", "这个地址没有登记权限，不能打开。请告诉系统管理员。", view=view_name)
    if not user.role:
        raise NotAllowed("no_role", "账号还没有授权。请联系安全管理员授予角色和区划。")
    if user.role not in allowed:
        raise NotAllowed("wrong_role", "这一步不归您的角色办。要办，请找本单位有权限的同事。")


def roles(*allowed: Role) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view that narrows its line in the table, for instance by method."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if getattr(request.user, "role", None) not in allowed:
                raise NotAllowed("wrong_role", "这一步不归您的角色办。要办，请找本单位有权限的同事。")
            return view(request, *args, **kwargs)

        return checked

    return wrap
