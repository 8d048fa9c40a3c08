"""The states a unit's period goes through until its figures are closed: 草稿, 校核, 上报, 锁定, 更正. Pure: a table that
code, tests and the diagram in the docs all read.

A town checks its period and hands it up (上报); the county does the same when all its towns have, which seals the
figures of the whole county (锁定). What was handed up can be given back by the level above; what is sealed only that
level opens again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import models

from taizhang.accounts.models import Role
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.protection.audit import Action


class Stage(models.TextChoices):
    """Stored values never change."""

    DRAFT = "draft", "草稿"
    CHECKED = "checked", "校核"
    REPORTED = "reported", "上报"
    SEALED = "sealed", "锁定"
    CORRECTING = "correcting", "更正"


class Verb(StrEnum):
    CHECK = "check"
    REPORT = "report"
    SEAL = "seal"
    RETURN = "return"
    REOPEN = "reopen"


class Who(StrEnum):
    """Whose move it is, seen from the unit."""

    OWN = "own"  # its own office; the office above in its place, with a reason
    ABOVE = "above"
    SYSTEM = "system"  # the county's seal


VERBS: dict[Verb, str] = {
    Verb.CHECK: "校核无误",
    Verb.REPORT: "上报",
    Verb.SEAL: "封账",
    Verb.RETURN: "退回",
    Verb.REOPEN: "重开",
}
WHO: dict[Who, str] = {Who.OWN: "本级", Who.ABOVE: "上一级", Who.SYSTEM: "系统，随县级封账"}
AUDIT: dict[Verb, Action] = {
    Verb.CHECK: Action.PERIOD_CHECKED,
    Verb.REPORT: Action.PERIOD_REPORTED,
    Verb.SEAL: Action.PERIOD_SEALED,
    Verb.RETURN: Action.PERIOD_RETURNED,
    Verb.REOPEN: Action.PERIOD_REOPENED,
}
# Who answers for a unit of so many digits, and who stands above. A county's figures go to the prefecture; where a
# notice knows none (牟定, 古丈), its accounts or the province's still are the only ones that may open a sealed county.
OWN: dict[int, tuple[Role, ...]] = {9: (Role.TOWNSHIP,), 6: (Role.COUNTY,)}
ABOVE: dict[int, tuple[Role, ...]] = {9: (Role.COUNTY,), 6: (Role.CITY, Role.PROVINCE)}


@dataclass(frozen=True)
class Move:
    verb: Verb
    source: Stage
    target: Stage
    owner: Who
    reason: bool = False  # must be given


MOVES: tuple[Move, ...] = (
    Move(Verb.CHECK, Stage.DRAFT, Stage.CHECKED, Who.OWN),
    Move(Verb.CHECK, Stage.CORRECTING, Stage.CHECKED, Who.OWN),
    Move(Verb.REPORT, Stage.CHECKED, Stage.REPORTED, Who.OWN),
    Move(Verb.SEAL, Stage.REPORTED, Stage.SEALED, Who.SYSTEM),
    Move(Verb.RETURN, Stage.CHECKED, Stage.DRAFT, Who.ABOVE, reason=True),
    Move(Verb.RETURN, Stage.REPORTED, Stage.DRAFT, Who.ABOVE, reason=True),
    Move(Verb.REOPEN, Stage.SEALED, Stage.CORRECTING, Who.ABOVE, reason=True),
)


def check_move(verb: Verb, *, stage: str, role: str, division: str, reason: str = "") -> Move:
    """The move `verb` makes from `stage` for this role.

    Raises NotAllowed: "wrong_role", "wrong_state"; DomainError "no_reason" where one must be given.
    """
    move = next((one for one in MOVES if one.verb == verb and one.source == stage), None)
    if move is None:
        raise NotAllowed(
            "wrong_state", f"现在是“{Stage(stage).label}”，不能{VERBS[verb]}。请刷新后再看。", verb=verb, stage=stage
        )
    own, above = OWN.get(len(division), ()), ABOVE.get(len(division), ())
    in_place = move.owner is Who.OWN and role in above and len(division) == 9
    if not in_place and role not in {Who.OWN: own, Who.ABOVE: above, Who.SYSTEM: OWN[6]}[move.owner]:
        offices = "、".join(Role(one).label for one in {Who.OWN: own, Who.ABOVE: above}.get(move.owner, OWN[6]))
        raise NotAllowed("wrong_role", f"{VERBS[verb]}由{offices}办。", verb=verb)
    if (move.reason or in_place) and not reason.strip():
        what = "代乡镇办的，要写明原因。" if in_place else f"{VERBS[verb]}要写明原因。"
        raise DomainError("no_reason", what, verb=verb)
    return move


def possible(*, stage: str, role: str, division: str) -> list[Move]:
    """The moves a role may make now; whether a reason is needed stands in the move or follows from acting for a town."""
    found = []
    for move in MOVES:
        if move.source != stage or move.owner is Who.SYSTEM:
            continue
        try:
            found.append(check_move(move.verb, stage=stage, role=role, division=division, reason="-"))
        except NotAllowed:
            continue
    return found


def needs_reason(move: Move, *, role: str, division: str) -> bool:
    return move.reason or (move.owner is Who.OWN and role not in OWN.get(len(division), ()))


def check_towns(stages: Mapping[str, str], names: Mapping[str, str]) -> None:
    """A county hands up when every town with people has. Raises DomainError "towns_missing" naming the others."""
    missing = [names[code] for code, stage in stages.items() if stage not in (Stage.REPORTED, Stage.SEALED)]
    if missing:
        shown = "、".join(missing[:8]) + (f"等 {len(missing)} 个" if len(missing) > 8 else "")
        raise DomainError("towns_missing", f"还有乡镇没有上报：{shown}。等乡镇上报，或写明原因代报后再封账。")


def diagram() -> str:
    """The table as a Mermaid state diagram (docs/review-states.md holds it)."""
    lines = ["### 每期数字的状态", "", "```mermaid", "stateDiagram-v2", "    [*] --> draft"]
    lines += [f"    {m.source.value} --> {m.target.value}: {VERBS[m.verb]}（{WHO[m.owner]}）" for m in MOVES]
    lines += [f"    {stage.value}: {stage.label}" for stage in Stage]
    return "\n".join([*lines, "```", ""])
