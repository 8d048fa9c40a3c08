"""Who may bring lists, and what may be said of a doubt. Values in, nothing or a refusal out."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from taizhang.accounts.models import Role
from taizhang.collecting.models import DoubtState as S
from taizhang.engine.errors import DomainError, NotAllowed

MOST = 200  # doubts decided in one go: what one page holds
COUNTS = {  # of a matched list, `contradicted` asked when shown; known + strangers = listed, listed + repeated + unread = rows
    "rows": "名单行数",
    "listed": "名单人数",
    "known": "台账里有",
    "contradicted": "与台账不符",
    "strangers": "不在台账",
    "names": "姓名不同",
    "repeated": "重复的行",
    "unread": "没有读成的行",
}


class Move(NamedTuple):
    """From where to where; of the same person, the target is SAME where the ledger does not contradict the list."""

    sources: frozenset[S]
    target: S
    label: str
    reason: bool  # must be given


MOVES = {
    "refute": Move(frozenset({S.OPEN}), S.REFUTED, "核过，名单不对", True),
    "again": Move(frozenset({S.OPEN}), S.OPEN, "请采集员再问", False),
    "reopen": Move(frozenset({S.REFUTED}), S.OPEN, "重新核", False),
    "same": Move(frozenset({S.NAME, S.OTHER}), S.OPEN, "是同一个人", False),
    "other": Move(frozenset({S.NAME}), S.OTHER, "不是同一个人", False),
}


def check_bringer(role: str, sees_people: bool) -> None:
    """Raises NotAllowed "county_only"."""
    if role != Role.COUNTY or not sees_people:
        raise NotAllowed("county_only", "部门的名单由县级经办人上传、核定。")


def check_day(day: dt.date, today: dt.date) -> None:
    """Raises DomainError "day_in_future"."""
    if day > today:
        raise DomainError("day_in_future", "名单截止日不能晚于今天。请写名单上的人数是哪一天的。")


def get_move(verb: str) -> Move:
    """Raises DomainError "unknown_verb"."""
    if verb not in MOVES:
        raise DomainError("unknown_verb", "请点“核过，名单不对”等按钮来办。")
    return MOVES[verb]


def check_decision(move: Move, people: int, reason: str) -> None:
    """Raises DomainError "nobody_selected", "too_many", "no_reason"."""
    if not people:
        raise DomainError("nobody_selected", "还没有选人。先在名单左边勾选，再办。")
    if people > MOST:
        raise DomainError("too_many", f"一次最多办 {MOST} 人。")
    if move.reason and not reason:
        raise DomainError("no_reason", "请写明怎么核的，名单哪里不对。例如：入户见到本人，派出所说是同名。")
