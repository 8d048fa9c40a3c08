"""The life of a changed rule: who may do what in which state, and from when it may count. Pure."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from taizhang.accounts.models import Role
from taizhang.engine.errors import NotAllowed


class State(StrEnum):
    """Stored values never change."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


NAMES = {State.PROPOSED: "待审批", State.IN_FORCE: "已批准", State.REFUSED: "未批准", State.WITHDRAWN: "已撤回"}

PROPOSERS = frozenset({Role.COUNTY})
APPROVERS = frozenset({Role.COUNTY, Role.CITY, Role.PROVINCE})

# verb: from, to, by whom, whether by who proposed it (four eyes: never the same person, but for taking it back)
MOVES: dict[str, tuple[State, State, frozenset[Role], bool]] = {
    "approve": (State.PROPOSED, State.IN_FORCE, APPROVERS, False),
    "refuse": (State.PROPOSED, State.REFUSED, APPROVERS, False),
    "withdraw": (State.PROPOSED, State.WITHDRAWN, PROPOSERS, True),
}


def check_propose(role: str) -> None:
    """Raises NotAllowed "wrong_role"."""
    if role not in PROPOSERS:
        raise NotAllowed("wrong_role", "口径由县级经办人提出修改。请联系本县经办人。")


def check_move(verb: str, *, state: str, role: str, own: bool) -> State:
    """The state `verb` leads to. Raises NotAllowed: "wrong_role", "own_proposal", "not_own", "wrong_state"."""
    source, target, allowed, by_proposer = MOVES[verb]
    if role not in allowed:
        raise NotAllowed("wrong_role", "这一步不归您的角色办。要办，请找本单位有权限的同事。")
    if own and not by_proposer:
        raise NotAllowed("own_proposal", "自己提出的修改不能自己批，请另一位经办人来批。")
    if by_proposer and not own:
        raise NotAllowed("not_own", "只有提出的人能撤回。不同意的，请点“不批准”。")
    if state != source:
        raise NotAllowed("wrong_state", f"这一版已经是“{NAMES[State(state)]}”，不能再办。", state=state)
    return target


def check_start(valid_from: dt.date, *, today: dt.date, sealed_until: dt.date | None) -> None:
    """Figures already reported do not move: a rule may begin this month at the earliest, and after what is sealed.

    Raises NotAllowed "too_early".
    """
    first = today.replace(day=1)
    if valid_from < first:
        raise NotAllowed(
            "too_early", f"起用日期最早是本月一日（{first.isoformat()}）：以前月份的数已经报出，不能跟着变。"
        )
    if sealed_until and valid_from <= sealed_until:
        raise NotAllowed("too_early", f"截至 {sealed_until.isoformat()} 的数已经封账，起用日期要在这之后。")
