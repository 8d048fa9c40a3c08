"""Which row counts, and which side is right, before anything is handed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import actions, settling
from taizhang.ledger.models import Batch, Submission, Worker
from taizhang.ledger.states import State
from taizhang.ledger.tests.people import AUGUST, enter, number, only, person, table

SEPTEMBER = dt.date(2017, 9, 20)


@pytest.fixture
def li(db: None) -> Iterator[User]:
    cast.load_divisions()
    officer = cast.county_li()
    with acting_as(officer):
        yield officer


def drafts(actor: User, *rows: dict[str, Any], on: dt.date = SEPTEMBER) -> Batch:
    batch = actions.open_batch(
        actor=actor, source="workbook", programme="mouding-2017", division="532323", collected_on=on
    )
    actions.stage(batch, table(*rows), state=State.DRAFT)
    actions.compare(batch)
    return batch


def row(batch: Batch, row_no: int = 1) -> Submission:
    return Submission.objects.get(batch=batch, row_no=row_no)


def outcomes(batch: Batch) -> list[tuple[int, str, str]]:
    return list(Submission.objects.filter(batch=batch).order_by("row_no").values_list("row_no", "outcome", "state"))


# -- which of several rows counts --------------------------------------------------------------------------------------


def test_the_chosen_row_counts_and_the_others_are_passed_over(li: User) -> None:
    batch = drafts(li, person(monthly_wage=4200), person(monthly_wage=4300), person(monthly_wage=4400), person(13))
    assert outcomes(batch)[:3] == [(1, "new", "draft"), (2, "duplicate", "draft"), (3, "duplicate", "draft")]
    assert settling.keep(actor=li, batch=batch, submission_id=row(batch, 2).pk) == [1, 3]
    assert outcomes(batch) == [
        (1, "duplicate", "withdrawn"),
        (2, "new", "draft"),
        (3, "duplicate", "withdrawn"),
        (4, "new", "draft"),
    ]
    assert row(batch, 2).findings is None
    (told,) = row(batch, 1).findings
    assert (told["rule"], told["message"]) == ("ledger.duplicate", "与本批第 2 行是同一个人，您选了采用那一行。")
    actions.apply(actor=li, batch=batch)
    assert only_wages() == [4300]


def only_wages() -> list[int]:
    from taizhang.ledger.models import Spell

    return [int(wage) for wage in Spell.objects.exclude(monthly_wage=None).values_list("monthly_wage", flat=True)]


def test_one_may_think_again(li: User) -> None:
    batch = drafts(li, person(monthly_wage=4200), person(monthly_wage=4300))
    settling.keep(actor=li, batch=batch, submission_id=row(batch, 2).pk)
    settling.keep(actor=li, batch=batch, submission_id=row(batch, 1).pk)
    assert outcomes(batch) == [(1, "new", "draft"), (2, "duplicate", "withdrawn")]


def test_rows_about_a_known_person_are_one_whether_by_number_or_by_key(li: User) -> None:
    enter(li, person(), on=AUGUST)
    by_key = {"worker_id": str(Worker.objects.get().pk), "base_version": 1, "full_name": "罗小梅"}
    batch = drafts(li, {**by_key, "education": "60"}, person(education="70"))
    settling.keep(actor=li, batch=batch, submission_id=row(batch, 2).pk)
    assert outcomes(batch) == [(1, "duplicate", "withdrawn"), (2, "update", "draft")]


def test_comparing_the_whole_batch_again_leaves_the_choice(li: User) -> None:
    batch = drafts(li, person(monthly_wage=4200), person(monthly_wage=4300))
    settling.keep(actor=li, batch=batch, submission_id=row(batch, 2).pk)
    actions.compare(batch)
    assert outcomes(batch) == [(1, "duplicate", "withdrawn"), (2, "new", "draft")]


def test_a_row_alone_or_with_an_error_cannot_be_chosen(li: User) -> None:
    batch = drafts(li, person(12), person(13))
    Submission.objects.filter(pk=row(batch, 2).pk).update(outcome="error", id_token=bytes(row(batch, 1).id_token))
    for row_no in (1, 2):
        with pytest.raises(DomainError) as refused:
            settling.keep(actor=li, batch=batch, submission_id=row(batch, row_no).pk)
        assert refused.value.code == "not_duplicate"


def test_only_the_owner_of_an_open_batch_chooses(li: User) -> None:
    batch = drafts(li, person(monthly_wage=4200), person(monthly_wage=4300))
    second = row(batch, 2).pk
    with pytest.raises(DomainError) as refused:
        settling.keep(actor=cast.county_zhao(), batch=batch, submission_id=second)
    assert refused.value.code == "not_open"
    with pytest.raises(NotFound):
        settling.keep(actor=cast.township_mo(), batch=batch, submission_id=second)
    Submission.objects.filter(batch=batch).update(state="submitted")
    with pytest.raises(DomainError):
        settling.keep(actor=li, batch=batch, submission_id=second)


# -- which side is right -----------------------------------------------------------------------------------------------


@pytest.fixture
def conflict(li: User) -> Batch:
    """Made from version 1 (70, 4200, group 一组); the ledger now says 60, 4500, 二组; the row says 80, 4700 and still 一组."""
    enter(li, person(education="70", monthly_wage=4200, village_group="一组"), on=AUGUST, title="八月")
    made_from = {"worker_id": str(Worker.objects.get().pk), "base_version": 1}
    enter(li, person(education="60", monthly_wage=4500, village_group="二组"), on=SEPTEMBER, title="九月")
    batch = drafts(li, {**person(education="80", monthly_wage=4700, village_group="一组"), **made_from})
    assert outcomes(batch) == [(1, "conflict", "draft")]
    return batch


def test_both_sides_are_told_with_day_and_batch(conflict: Batch) -> None:
    told = {side.item: side for side in settling.sides(row(conflict))}
    education = told["education"]
    assert (education.base, education.now, education.mine, education.verdict) == ("70", "60", "80", "conflict")
    assert (education.batch.title, education.effective_on) == ("九月", SEPTEMBER)
    assert told["monthly_wage"].verdict == "conflict"
    assert told["village_group"].verdict == "untouched"


def settled(li: User, batch: Batch, *mine: str) -> dict[str, list[Any]]:
    settling.settle(actor=li, batch=batch, submission_id=row(batch).pk, mine=mine, version=2)
    return {item: change[:2] for item, change in (row(batch).changes or {}).items()}


def test_taking_the_ledgers_leaves_nothing_to_change(li: User, conflict: Batch) -> None:
    assert settled(li, conflict) == {}
    assert (row(conflict).outcome, row(conflict).findings) == ("same", None)
    actions.apply(actor=li, batch=conflict)
    assert Worker.objects.get().version == 2


def test_taking_mine_changes_those_items_and_not_what_the_row_never_touched(li: User, conflict: Batch) -> None:
    changes = settled(li, conflict, "education", "monthly_wage")
    assert changes["education"] == ["60", "80"]
    assert set(changes) == {"education", "monthly_wage"}
    assert row(conflict).outcome == "update"
    actions.apply(actor=li, batch=conflict)
    known = only(li)
    assert (known["education"], known["village_group"]) == ("80", "二组")


def test_items_are_chosen_one_by_one(li: User, conflict: Batch) -> None:
    assert settled(li, conflict, "education") == {"education": ["60", "80"]}


def test_a_choice_about_what_has_changed_again_is_refused(li: User, conflict: Batch) -> None:
    enter(li, person(education="50"), on=SEPTEMBER)
    with pytest.raises(DomainError) as refused:
        settling.settle(actor=li, batch=conflict, submission_id=row(conflict).pk, mine=["education"], version=2)
    assert (refused.value.code, refused.value.status) == ("changed", 409)
    assert row(conflict).outcome == "conflict"


def test_a_row_without_conflict_needs_no_choice(li: User) -> None:
    batch = drafts(li, person())
    with pytest.raises(DomainError) as refused:
        settling.settle(actor=li, batch=batch, submission_id=row(batch).pk, mine=[], version=1)
    assert refused.value.code == "not_conflict"


@pytest.mark.parametrize(("mine", "phone"), [(["mobile_phone"], "15400000003"), ([], "15400000002")])
def test_a_phone_both_changed_is_settled_like_any_item(li: User, mine: list[str], phone: str) -> None:
    enter(li, person(mobile_phone="15400000001"), on=AUGUST)
    made_from = {"worker_id": str(Worker.objects.get().pk), "base_version": 1}
    enter(li, person(mobile_phone="15400000002"), on=SEPTEMBER)
    batch = drafts(li, {**person(mobile_phone="15400000003"), **made_from})
    assert settling.sides(row(batch))[0].verdict == "conflict"
    settling.settle(actor=li, batch=batch, submission_id=row(batch).pk, mine=mine, version=2)
    actions.apply(actor=li, batch=batch)
    assert phone_of() == phone


def phone_of() -> str:
    from taizhang.protection import keys

    known = Worker.objects.get()
    return keys.unseal("mobile_phone", bytes(known.phone_sealed), bytes(known.id_token))


def test_the_ledgers_number_stands_and_the_rows_phone_is_kept_readable(li: User) -> None:
    enter(li, person(12), on=AUGUST)
    made_from = {"worker_id": str(Worker.objects.get().pk), "base_version": 1}
    enter(li, {"worker_id": made_from["worker_id"], "base_version": 1, "id_number": number(sequence=14)}, on=SEPTEMBER)
    batch = drafts(li, {**person(13, mobile_phone="15400000003"), **made_from})
    assert [(side.item, side.verdict) for side in settling.sides(row(batch))] == [("id_number", "conflict")]
    settling.settle(actor=li, batch=batch, submission_id=row(batch).pk, mine=[], version=2)
    assert row(batch).outcome == "update"
    actions.apply(actor=li, batch=batch)
    assert phone_of() == "15400000003"
