"""The states a collection point's month goes through (sichuan-2022 三(三)): 草稿, 已报送, 已退回, 乡镇已审, 县已复核. Pure: a table
that code, tests and the diagram in the docs all read.

The table is the same for both ways of review. Where nothing enters before it is reviewed, approving the month is what lets the
waiting papers on; where entry comes first, it is the monthly audit of what is in the ledger already.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db import models

from taizhang.accounts.models import Role
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.protection.audit import Action


class Stage(models.TextChoices):
    """Stored values never change."""

    DRAFT = "draft", "没有报送"
    SUBMITTED = "submitted", "已报送"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "乡镇已审"
    RECHECKED = "rechecked", "县已复核"


class Verb(StrEnum):
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    RECHECK = "recheck"


VERBS: dict[Verb, str] = {
    Verb.SUBMIT: "报送",
    Verb.RETURN: "退回",
    Verb.APPROVE: "审核通过",
    Verb.RECHECK: "复核通过",
}
AUDIT: dict[Verb, Action] = {
    Verb.SUBMIT: Action.MONTH_SUBMITTED,
    Verb.RETURN: Action.MONTH_RETURNED,
    Verb.APPROVE: Action.MONTH_APPROVED,
    Verb.RECHECK: Action.MONTH_RECHECKED,
}
DONE = frozenset({Stage.APPROVED, Stage.RECHECKED})  # a town's period may be checked


@dataclass(frozen=True)
class Move:
    verb: Verb
    source: Stage
    target: Stage
    owner: Role
    reason: bool = False  # must be given


MOVES: tuple[Move, ...] = (
    Move(Verb.SUBMIT, Stage.DRAFT, Stage.SUBMITTED, Role.COLLECTOR),
    Move(Verb.SUBMIT, Stage.RETURNED, Stage.SUBMITTED, Role.COLLECTOR),
    Move(Verb.SUBMIT, Stage.DRAFT, Stage.SUBMITTED, Role.TOWNSHIP, reason=True),  # in the point's place
    Move(Verb.SUBMIT, Stage.RETURNED, Stage.SUBMITTED, Role.TOWNSHIP, reason=True),
    Move(Verb.RETURN, Stage.SUBMITTED, Stage.RETURNED, Role.TOWNSHIP, reason=True),
    Move(Verb.APPROVE, Stage.SUBMITTED, Stage.APPROVED, Role.TOWNSHIP),
    Move(Verb.RETURN, Stage.APPROVED, Stage.RETURNED, Role.COUNTY, reason=True),
    Move(Verb.RECHECK, Stage.APPROVED, Stage.RECHECKED, Role.COUNTY),
    Move(Verb.RETURN, Stage.RECHECKED, Stage.RETURNED, Role.COUNTY, reason=True),
)
FOUR_EYES = frozenset({Verb.APPROVE, Verb.RECHECK})  # never by who submitted, or decided before


def check_move(verb: str, *, stage: str, role: str, own: bool, reason: str = "") -> Move:
    """The move `verb` makes from `stage` for this role. `own`: the actor submitted this month, or decided on it.

    Raises NotAllowed: "wrong_state", "wrong_role", "own_record"; DomainError "no_reason".
    """
    here = [one for one in MOVES if one.verb == verb and one.source == stage]
    if not here:
        raise NotAllowed("wrong_state", f"现在是“{Stage(stage).label}”，这一步办不了。请刷新后再看。", verb=verb)
    move = next((one for one in here if one.owner == role), None)
    if move is None:
        offices = "、".join(dict.fromkeys(Role(one.owner).label for one in here))
        raise NotAllowed("wrong_role", f"{VERBS[move_verb(verb)]}由{offices}办。", verb=verb)
    if own and move.verb in FOUR_EYES:
        raise NotAllowed("own_record", "自己报送、自己审过的不能再由自己审，请交给本单位其他人。", verb=verb)
    if move.reason and not reason.strip():
        what = "代采集点报送的，要写明原因。" if move.verb is Verb.SUBMIT else "退回要写明原因。"
        raise DomainError("no_reason", what, verb=verb)
    return move


def move_verb(text: str) -> Verb:
    """Raises NotFound for a verb there is none of."""
    try:
        return Verb(text)
    except ValueError:
        raise NotFound("verb") from None


def possible(*, stage: str, role: str) -> list[Move]:
    """The moves a role may make now."""
    return [one for one in MOVES if one.source == stage and one.owner == role]


def approving(role: str) -> Verb | None:
    """How a role's office lets a month on: a town approves, a county checks again."""
    return next((one.verb for one in MOVES if one.owner == role and one.verb in FOUR_EYES), None)


def diagram() -> str:
    """The table as a Mermaid state diagram (docs/review-states.md holds it)."""
    lines = ["### 采集点月末报送的状态", "", "```mermaid", "stateDiagram-v2", "    [*] --> draft"]
    lines += [
        f"    {m.source.value} --> {m.target.value}: {VERBS[m.verb]}（{m.owner.label}{'，写明原因' if m.reason else ''}）"
        for m in MOVES
    ]
    lines += [f"    {stage.value}: {stage.label}" for stage in Stage]
    return "\n".join([*lines, "```", ""])
