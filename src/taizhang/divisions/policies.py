"""Who may change the tree, and into what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from taizhang.divisions.models import Division
from taizhang.engine.errors import DomainError, NotAllowed, NotFound

EDITOR_ROLES = frozenset({"county", "city", "province"})
# Numbers the national lists leave free, so that a local unit never collides with one: (digits of the parent) ->
# (width, first, last).
LOCAL_NUMBERS = {4: (2, 90, 99), 6: (3, 900, 999), 9: (3, 900, 999)}


def check_edit(actor: Any, unit: Division | None, on: dt.date) -> None:
    """Raises NotFound outside the actor's divisions, NotAllowed "wrong_role", DomainError "retired"."""
    if unit is None or not actor.covers(unit.code):
        raise NotFound("division")
    if actor.role not in EDITOR_ROLES:
        raise NotAllowed("wrong_role", "区划由县级经办人维护。请联系县级经办人。")
    if not unit.is_valid(on):
        raise DomainError("retired", f"{unit.name}在这一天不存在或已撤销，请换一个日期。")


def check_name(name: str, siblings: Iterable[str]) -> str:
    """The trimmed name. Raises DomainError "name_empty", "name_long", "name_taken"."""
    name = "".join(name.split())
    if not name:
        raise DomainError("name_empty", "名称没有填，请填上。")
    if len(name) > 60:
        raise DomainError("name_long", f"名称有 {len(name)} 个字，请缩短到 60 个字以内。")
    if name in siblings:
        raise DomainError("name_taken", f"同一上级下已有“{name}”，请换一个名称，或先撤销原来的。")
    return name


def next_local_code(parent: str, taken: Sequence[str]) -> str:
    """The next free code for a unit the national list does not have. Raises DomainError "no_room", "too_deep"."""
    if len(parent) not in LOCAL_NUMBERS:
        raise DomainError("too_deep", "这里不能再设下级：省下设市、村下设组不在本台账内。")
    width, first, last = LOCAL_NUMBERS[len(parent)]
    used = set(taken)
    for number in range(first, last + 1):
        code = f"{parent}{number:0{width}d}"
        if code not in used:
            return code
    raise DomainError("no_room", f"自设代码已用完（{first}—{last}）。请联系系统管理员。")


def check_retire(unit: Division, open_children: int, merged_into: str) -> None:
    """Raises DomainError "has_children", "merge_self", "merge_level"."""
    if open_children:
        raise DomainError("has_children", f"{unit.name}下面还有 {open_children} 个单位，请先撤销或并走它们。")
    if merged_into == unit.code:
        raise DomainError("merge_self", "不能并入自己，请选另一个单位。")
    if merged_into and len(merged_into) != len(unit.code):
        raise DomainError("merge_level", "只能并入同一级的单位，请重选。")
