"""Who may do what: tables written by hand from the notices, never derived from the code's own."""

from contextlib import nullcontext

import pytest

from taizhang import catalogue
from taizhang.accounts.models import Role
from taizhang.catalogue.schema import Review
from taizhang.engine.errors import NotAllowed
from taizhang.ledger.states import State
from taizhang.review import policies
from taizhang.review.policies import Enters, Verb, Who
from taizhang.review.tests.papers import review_from

# (verb, role, state) -> where it leads, for a record somebody else handed in
ALLOWED = {
    "mouding-2017": {  # 乡镇审核，县级复核
        ("approve", "township", "submitted"): "township_approved",
        ("return", "township", "submitted"): "returned",
        ("approve", "county", "township_approved"): "entered",
        ("return", "county", "township_approved"): "returned",
    },
    "shanxi-2022": {  # 县级导入
        ("approve", "county", "submitted"): "entered",
        ("return", "county", "submitted"): "returned",
    },
    "guzhang-2020": {  # 专班确认后入库
        ("approve", "county", "submitted"): "entered",
        ("return", "county", "submitted"): "returned",
    },
    "heyuan-2018": {  # 与扶贫部门核对确认
        ("approve", "county", "submitted"): "entered",
        ("return", "county", "submitted"): "returned",
    },
    "sichuan_a": {
        ("approve", "township", "submitted"): "township_approved",
        ("return", "township", "submitted"): "returned",
        ("approve", "county", "township_approved"): "entered",
        ("return", "county", "township_approved"): "returned",
    },
    "sichuan_b": {
        ("approve", "township", "submitted"): "township_approved",
        ("return", "township", "submitted"): "returned",
        ("approve", "county", "township_approved"): "entered",
        ("return", "county", "township_approved"): "returned",
    },
}
# (verb, state) -> where it leads, for one's own record, whatever the role
OWN_AFTER = {
    ("submit", "draft"): "submitted",
    ("correct", "returned"): "superseded",
    ("withdraw", "draft"): "withdrawn",
    ("withdraw", "submitted"): "withdrawn",
    ("withdraw", "returned"): "withdrawn",
}
OWN_BEFORE = {
    ("submit", "draft"): "submitted",
    ("correct", "returned"): "superseded",
    ("withdraw", "draft"): "withdrawn",
}
OWN = {name: OWN_BEFORE if name == "sichuan_b" else OWN_AFTER for name in ALLOWED}
# Which move opens the ledger's door
DOOR = {
    "mouding-2017": {("approve", "township_approved"): Enters.ALL},
    "shanxi-2022": {("approve", "submitted"): Enters.ALL},
    "guzhang-2020": {("approve", "submitted"): Enters.ALL},
    "heyuan-2018": {("approve", "submitted"): Enters.ALL},
    "sichuan_a": {("approve", "township_approved"): Enters.ALL},
    "sichuan_b": {("submit", "draft"): Enters.PLAIN, ("approve", "submitted"): Enters.IDENTITY},
}


def review_of(name: str) -> Review:
    return review_from(name) if name.startswith("sichuan_") else catalogue.load().programmes[name].review


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("own", [False, True])
def test_only_listed_moves_are_allowed(name: str, verb: Verb, own: bool) -> None:
    review = review_of(name)
    for role in Role:
        for state in State:
            wanted = OWN[name].get((verb, state)) if own else ALLOWED[name].get((verb, role, state))
            with nullcontext() if wanted else pytest.raises(NotAllowed):
                move = policies.check_move(review, verb, state=state, role=role, own_record=own)
                assert move.target == wanted, (verb, role, state)


@pytest.mark.parametrize("name", ALLOWED)
def test_nobody_approves_or_returns_their_own_record(name: str) -> None:
    for verb, role, state in ALLOWED[name]:
        with pytest.raises(NotAllowed) as refusal:
            policies.check_move(review_of(name), Verb(verb), state=state, role=role, own_record=True)
        assert refusal.value.code == "own_record"


@pytest.mark.parametrize("name", DOOR)
def test_the_door_opens_where_the_notice_says(name: str) -> None:
    opens = {(move.verb, move.source): move.enters for move in policies.moves(review_of(name)) if move.enters}
    assert opens == DOOR[name]


def test_a_record_waits_for_the_office_whose_turn_it_is() -> None:
    review = review_of("mouding-2017")
    assert policies.waiting_states(review, Role.TOWNSHIP) == (State.SUBMITTED,)
    assert policies.waiting_states(review, Role.COUNTY) == (State.TOWNSHIP_APPROVED,)
    assert policies.waiting_states(review, Role.PARTNER) == ()


@pytest.mark.parametrize("name", ALLOWED)
def test_every_state_but_the_last_ones_can_be_left(name: str) -> None:
    table = policies.moves(review_of(name))
    ends = {move.target for move in table} - {move.source for move in table}
    assert ends == {State.ENTERED, State.WITHDRAWN, State.SUPERSEDED}


def test_a_newer_paper_takes_the_place_of_one_that_waits_or_was_returned() -> None:
    table = policies.moves(review_of("mouding-2017"))
    superseded = {move.source for move in table if move.verb is Verb.SUPERSEDE and move.owner is Who.SYSTEM}
    assert superseded == {State.SUBMITTED, State.TOWNSHIP_APPROVED, State.RETURNED}


def test_the_diagram_says_every_move_and_every_state() -> None:
    assert policies.diagram("山西", review_of("shanxi-2022")) == (
        "### 山西\n\n```mermaid\nstateDiagram-v2\n    [*] --> draft\n"
        "    draft --> submitted: 提交（填报人）\n"
        "    submitted --> entered: 通过（县级经办人，入账）\n"
        "    submitted --> returned: 退回（县级经办人）\n"
        "    submitted --> superseded: 被新的填报代替（系统）\n"
        "    returned --> superseded: 改好重交（填报人）\n"
        "    returned --> superseded: 被新的填报代替（系统）\n"
        "    draft --> withdrawn: 撤回（填报人）\n"
        "    submitted --> withdrawn: 撤回（填报人）\n"
        "    returned --> withdrawn: 撤回（填报人）\n"
        "    draft: 草稿\n    submitted: 已提交\n    entered: 已入账\n"
        "    returned: 已退回\n    superseded: 已被替换\n    withdrawn: 已作废\n"
        "```\n"
    )


def test_entry_before_review_is_drawn_with_its_exception() -> None:
    drawn = policies.diagram("四川", review_of("sichuan_b"))
    assert "draft --> submitted: 提交（填报人，入账，更正身份的除外）" in drawn
    assert "submitted --> township_approved: 通过（乡镇审核员，更正身份的入账）" in drawn
