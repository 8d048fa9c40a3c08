"""Who may move a record from which state to which: tables that code, tests and the diagram in the docs all read.

A programme's `review:` names its steps in order; the steps become the `approve` rows of the table. Everything else is
the same for all programmes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from taizhang.accounts.models import Role
from taizhang.catalogue.schema import Review
from taizhang.engine.errors import NotAllowed
from taizhang.ledger.states import State
from taizhang.protection.audit import Action


class Verb(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    CORRECT = "correct"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


class Enters(StrEnum):
    """Which of the rows a move takes go through the ledger's door with it."""

    NONE = ""
    ALL = "all"
    PLAIN = "plain"  # those that change nobody's identity
    IDENTITY = "identity"  # those that do: never without a second person


class Who(StrEnum):
    """Owners of a move that are not an office of a step."""

    SUBMITTER = "submitter"  # whoever handed the record in
    SYSTEM = "system"  # a newer version of the record arrived


# Which account decides at a step the notices name. 专班 is a county body: its members hold county accounts.
OFFICES: dict[str, Role] = {
    "village": Role.COLLECTOR,
    "township": Role.TOWNSHIP,
    "county": Role.COUNTY,
    "team": Role.COUNTY,
    "city": Role.CITY,
    "province": Role.PROVINCE,
}
AUDIT: dict[Verb, Action] = {
    Verb.SUBMIT: Action.REVIEW_SUBMIT,
    Verb.APPROVE: Action.REVIEW_APPROVE,
    Verb.RETURN: Action.REVIEW_RETURN,
    Verb.CORRECT: Action.REVIEW_SUPERSEDE,
    Verb.WITHDRAW: Action.REVIEW_WITHDRAW,
    Verb.SUPERSEDE: Action.REVIEW_SUPERSEDE,
}
VERBS: dict[Verb, str] = {
    Verb.SUBMIT: "提交",
    Verb.APPROVE: "通过",
    Verb.RETURN: "退回",
    Verb.CORRECT: "改好重交",
    Verb.WITHDRAW: "撤回",
    Verb.SUPERSEDE: "被新的填报代替",
}


ENTRY: dict[Enters, str] = {
    Enters.NONE: "",
    Enters.ALL: "，入账",
    Enters.PLAIN: "，入账，更正身份的除外",
    Enters.IDENTITY: "，更正身份的入账",
}


@dataclass(frozen=True)
class Move:
    """`verb` leads from `source` to `target`, done by `owner`; `name` is what the notice calls the step."""

    verb: Verb
    source: State
    target: State
    owner: Role | Who
    enters: Enters = Enters.NONE
    name: str = ""


def moves(review: Review) -> tuple[Move, ...]:
    """The whole transition table of a programme, in the order a record walks it.

    A returned record is corrected by a newer one that takes its place, from the page (CORRECT) or from the next
    workbook (SUPERSEDE).
    """
    before = review.entry == "before"
    table = [Move(Verb.SUBMIT, State.DRAFT, State.SUBMITTED, Who.SUBMITTER, Enters.PLAIN if before else Enters.NONE)]
    source = State.SUBMITTED
    for number, step in enumerate(review.steps, start=1):
        last = number == len(review.steps)
        office, name = OFFICES[step.by], step.name or ""
        if before:
            enters = Enters.IDENTITY if number == 1 else Enters.NONE
        else:
            enters = Enters.ALL if last else Enters.NONE
        # With entry after review the last approval is the entry; with entry before it, it only closes the record.
        target = State.ENTERED if last else State(step.state)
        table.append(Move(Verb.APPROVE, source, target, office, enters, name))
        table.append(Move(Verb.RETURN, source, State.RETURNED, office, name=name))
        table.append(Move(Verb.SUPERSEDE, source, State.SUPERSEDED, Who.SYSTEM))
        source = State(step.state)
    table.append(Move(Verb.CORRECT, State.RETURNED, State.SUPERSEDED, Who.SUBMITTER))
    table.append(Move(Verb.SUPERSEDE, State.RETURNED, State.SUPERSEDED, Who.SYSTEM))
    # What is in the ledger already is not withdrawn: it is mended, or the batch is undone.
    taken_back = (State.DRAFT,) if before else (State.DRAFT, State.SUBMITTED, State.RETURNED)
    table += [Move(Verb.WITHDRAW, state, State.WITHDRAWN, Who.SUBMITTER) for state in taken_back]
    return tuple(table)


def check_move(review: Review, verb: Verb, *, state: str, role: str, own_record: bool) -> Move:
    """The move `verb` makes from `state` for this actor.

    Raises NotAllowed: "own_record" (four eyes: never this actor), "not_yours" (only the submitter),
    "wrong_role" (another office's turn), "wrong_state" (not now).
    """
    here = [
        move for move in moves(review) if move.verb == verb and move.source == state and move.owner is not Who.SYSTEM
    ]
    if not here:
        message = f"这条记录现在是“{State(state).label}”，不能{VERBS[verb]}。请刷新后再看。"
        raise NotAllowed("wrong_state", message, verb=verb, state=state)
    (move,) = here
    if move.owner is Who.SUBMITTER:
        if not own_record:
            raise NotAllowed("not_yours", f"只有填报人自己可以{VERBS[verb]}。", verb=verb)
        return move
    if own_record:
        raise NotAllowed("own_record", "自己填报的不能自己审，请交给其他审核人。", verb=verb)
    if move.owner != role:
        raise NotAllowed("wrong_role", f"现在由{Role(move.owner).label}办理。", verb=verb)
    return move


def waiting_states(review: Review, role: str) -> tuple[State, ...]:
    """The states in which a record waits for an office of this role."""
    return tuple(move.source for move in moves(review) if move.verb is Verb.APPROVE and move.owner == role)


def diagram(name: str, review: Review) -> str:
    """The table as a Mermaid state diagram (docs/review-states.md is made of these)."""
    owners: dict[Role | Who, str] = {
        **{role: Role(role).label for role in Role},
        Who.SUBMITTER: "填报人",
        Who.SYSTEM: "系统",
    }
    lines = [f"### {name}", "", "```mermaid", "stateDiagram-v2", "    [*] --> draft"]
    used: list[State] = []
    for move in moves(review):
        who = owners[move.owner] + ENTRY[move.enters]
        lines.append(f"    {move.source.value} --> {move.target.value}: {VERBS[move.verb]}（{who}）")
        used += [move.source, move.target]
    lines += [f"    {state.value}: {state.label}" for state in dict.fromkeys(used)]
    return "\n".join([*lines, "```", ""])
