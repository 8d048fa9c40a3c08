import datetime as dt

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import county_li
from taizhang.engine.errors import DomainError
from taizhang.ledger import actions, verify
from taizhang.ledger.models import Batch, Change, Membership, Movement, Spell, Submission, Worker
from taizhang.ledger.queries import workers
from taizhang.ledger.tests.people import JUNTUN, enter, only, person

MARCH, SEPTEMBER, OCTOBER = dt.date(2017, 3, 1), dt.date(2017, 9, 20), dt.date(2017, 10, 20)
JOB = {"is_working": True, "employer_name": "晨光服装厂（演示）", "start_date": MARCH, "work_region": "4403"}


@pytest.fixture
def li(db):
    actor = county_li()
    with acting_as(actor):
        yield actor
        assert verify.check_all() == []


def undo(actor, outcome):
    return actions.undo(actor=actor, batch=outcome.batch, reason="文件用错了")


def values(actor):
    return {name: value for name, value in only(actor).items() if name != "version"}


def test_undoing_a_change_brings_everything_back_as_it_was(li):
    enter(li, person(**JOB, education="70"))
    before = values(li)
    wrong = enter(
        li,
        person(
            hukou_region=JUNTUN,
            employer_name="乙厂",
            start_date=dt.date(2017, 9, 4),
            education="60",
            survey_date=SEPTEMBER,
            wants_job=True,
        ),
        on=SEPTEMBER,
    )
    assert undo(li, wrong).counts == {"update": 1}
    assert values(li) == before
    assert [(s.from_date, s.to_date) for s in Spell.objects.all()] == [(MARCH, None)]
    assert Membership.objects.get(to_date=None).reason_in == "8"
    assert Worker.objects.get().version == 3


def test_undoing_a_death_reopens_spell_and_membership(li):
    enter(li, person(**JOB))
    before = values(li)
    undo(li, enter(li, person(pool_status="31", status_date=dt.date(2017, 9, 5)), on=SEPTEMBER))
    assert values(li) == before
    assert [(m.direction, m.reason) for m in Movement.objects.order_by("id")] == [
        ("in", "8"),
        ("out", "31"),
        ("in", "98"),
    ]
    assert Membership.objects.get().to_date is None


def test_undoing_an_import_retires_the_newcomers_without_deleting_them(li):
    first = enter(li, person(**JOB))
    assert undo(li, first).counts == {"new": 1}
    assert workers(li).count() == 0
    assert Worker.objects.get().retired_by_id is not None
    assert Membership.objects.get().to_date == Membership.objects.get().from_date
    assert enter(li, person()).counts == {"new": 1}


def test_rows_on_which_something_newer_stands_are_left_and_named(li):
    first = enter(li, person(1), person(2))
    enter(li, person(2, education="70"), on=SEPTEMBER)
    outcome = undo(li, first)
    assert (outcome.counts, outcome.refused) == ({"new": 1}, [2])
    assert Batch.objects.get(pk=first.batch.pk).state == "applied"


def test_what_stood_newer_may_be_undone_first_and_then_the_older(li):
    first = enter(li, person(education="70"))
    before = values(li)
    second = enter(li, person(education="60", ethnicity="07"), on=SEPTEMBER)
    third = enter(li, person(education="80"), on=OCTOBER)
    assert undo(li, second).refused == [1]
    undo(li, third)
    assert only(li)["education"] == "60"
    assert undo(li, second).refused == []
    assert values(li) == before
    undo(li, first)
    assert workers(li).count() == 0


def test_a_batch_is_undone_once_with_a_reason_and_never_an_undo(li):
    first = enter(li, person())
    with pytest.raises(DomainError, match="no_reason"):
        actions.undo(actor=li, batch=first.batch, reason=" ")
    by = undo(li, first).batch
    with pytest.raises(DomainError, match="not_applied"):
        undo(li, first)
    with pytest.raises(DomainError, match="undo_of_undo"):
        actions.undo(actor=li, batch=by, reason="再来")


def test_an_undone_batch_does_not_enter_again(li):
    first = enter(li, person())
    undo(li, first)
    assert actions.apply(actor=li, batch=first.batch).counts == {}
    assert Submission.objects.get().state == "withdrawn"


def test_a_form_made_before_the_undo_meets_the_undone_values_as_a_change_of_somebody_else(li):
    enter(li, person(education="70"))
    second = enter(li, person(education="60"), on=SEPTEMBER)
    form = {"worker_id": str(Worker.objects.get().pk), "base_version": 2, "education": "80"}
    undo(li, second)
    assert enter(li, form, source="phone").counts == {"conflict": 1}
    assert Change.objects.get(version=3).changes == {"education": ["60", "70", "correction"]}
