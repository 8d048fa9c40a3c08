"""Who may move a unit's period from which state to which: written by hand, never derived from MOVES."""

import pytest

from taizhang.accounts.models import Role
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.review import periodstates
from taizhang.review.periodstates import Stage, Verb

TOWN, COUNTY = "532323101", "532323"
# (verb, state, role) -> state, with a reason given
ALLOWED = {
    TOWN: {
        ("check", "draft", "township"): "checked",
        ("check", "draft", "county"): "checked",  # in the town's place
        ("check", "correcting", "township"): "checked",
        ("check", "correcting", "county"): "checked",
        ("report", "checked", "township"): "reported",
        ("report", "checked", "county"): "reported",
        ("return", "checked", "county"): "draft",
        ("return", "reported", "county"): "draft",
        ("reopen", "sealed", "county"): "correcting",
    },
    COUNTY: {
        ("check", "draft", "county"): "checked",
        ("check", "correcting", "county"): "checked",
        ("report", "checked", "county"): "reported",
        ("seal", "reported", "county"): "sealed",
        ("return", "checked", "city"): "draft",
        ("return", "checked", "province"): "draft",
        ("return", "reported", "city"): "draft",
        ("return", "reported", "province"): "draft",
        ("reopen", "sealed", "city"): "correcting",
        ("reopen", "sealed", "province"): "correcting",
    },
}
# Of those, the ones nobody may make without saying why.
WITH_REASON = {
    TOWN: {("check", "county"), ("report", "county"), ("return", "county"), ("reopen", "county")},
    COUNTY: {("return", "city"), ("return", "province"), ("reopen", "city"), ("reopen", "province")},
}


@pytest.mark.parametrize("division", [TOWN, COUNTY])
@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("role", list(Role))
def test_only_listed_moves_are_allowed(division, verb, role):
    if verb is Verb.SEAL and division == TOWN:
        return  # the county's seal takes its towns along, asked as the county's move
    for stage in Stage:
        ask = {"stage": stage, "role": role, "division": division}
        target = ALLOWED[division].get((verb.value, stage.value, role.value))
        if target is None:
            with pytest.raises(NotAllowed):
                periodstates.check_move(verb, **ask, reason="漏报")
            continue
        assert periodstates.check_move(verb, **ask, reason="漏报").target == target
        if (verb.value, role.value) in WITH_REASON[division]:
            with pytest.raises(DomainError, match="no_reason"):
                periodstates.check_move(verb, **ask, reason="  ")
        else:
            assert periodstates.check_move(verb, **ask).target == target


def test_the_page_offers_what_the_policy_allows_and_never_the_seal():
    found = periodstates.possible(stage=Stage.REPORTED, role=Role.COUNTY, division=TOWN)
    assert [move.verb for move in found] == [Verb.RETURN]
    assert periodstates.possible(stage=Stage.REPORTED, role=Role.COUNTY, division=COUNTY) == []
    assert periodstates.possible(stage=Stage.SEALED, role=Role.PARTNER, division=COUNTY) == []


def test_towns_that_have_not_handed_up_are_named():
    stages = {"1": Stage.REPORTED, "2": Stage.DRAFT, "3": Stage.SEALED, "4": Stage.CHECKED}
    with pytest.raises(DomainError) as refusal:
        periodstates.check_towns(stages, {"1": "甲乡", "2": "乙乡", "3": "丙乡", "4": "丁乡"})
    assert "乙乡、丁乡" in refusal.value.message
    periodstates.check_towns({"1": Stage.REPORTED}, {"1": "甲乡"})
