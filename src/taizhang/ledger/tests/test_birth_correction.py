"""A birth date corrected to later than a fact that already stands: refused where everything else is checked.

`verify` would find such a person afterwards (before_birth_*); the door does not let it come to that.
"""

from __future__ import annotations

import datetime as dt

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.ledger import actions, verify
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.tests.people import enter, hand_in, number, person

MESSAGE = (
    "出生日期改成 2001年3月12日，比台账里就业经历的开始日期 2000年3月1日还晚，不能改。"
    "先核对出生日期；确实没错的，先改就业经历的开始日期，再改出生日期。"
)


@pytest.fixture
def li(db: None) -> User:
    """罗小梅, born 1985, at work since 1 March 2000."""
    cast.load_divisions()
    user = cast.county_li()
    with acting_as(user):
        job = {"is_working": True, "employer_name": "晨光服装厂（演示）", "start_date": dt.date(2000, 3, 1)}
        enter(user, person(12, **job), on=dt.date(2017, 8, 20))
    return user


def corrected(li: User, birth: dt.date) -> Submission:
    worker = Worker.objects.get()
    row = {"worker_id": str(worker.pk), "id_number": number(f"{birth:%Y%m%d}", 12), "birth_date": birth}
    batch = hand_in(li, row, mode="correction")
    actions.compare(batch)
    actions.apply(actor=li, batch=batch)
    return Submission.objects.get(batch=batch)


def test_an_earlier_fact_does_not_hinder_a_birth_date_before_it(li: User) -> None:
    with acting_as(li):
        assert corrected(li, dt.date(1984, 3, 12)).outcome == "update"
        assert Worker.objects.get().birth_date == dt.date(1984, 3, 12)
        assert verify.check_all() == []


def test_a_birth_date_after_a_fact_is_refused_with_what_to_do_first(li: User) -> None:
    with acting_as(li):
        paper = corrected(li, dt.date(2001, 3, 12))
        assert paper.outcome == "error"
        assert [one["message"] for one in paper.findings if one["severity"] == "error"] == [MESSAGE]
        assert [one["item"] for one in paper.findings if one["severity"] == "error"] == ["birth_date"]
        assert Worker.objects.get().birth_date == dt.date(1985, 3, 12)


def test_what_always_holds_still_holds_after_the_attempt(li: User) -> None:
    with acting_as(li):
        corrected(li, dt.date(2001, 3, 12))
        assert [problem.code for problem in verify.check_all()] == []


def test_a_birth_date_moved_together_with_the_first_day_of_the_fact_is_taken(li: User) -> None:
    with acting_as(li):
        worker, birth = Worker.objects.get(), dt.date(2001, 3, 12)
        row = {"worker_id": str(worker.pk), "id_number": number(f"{birth:%Y%m%d}", 12), "birth_date": birth,
               "is_working": True, "employer_name": "晨光服装厂（演示）", "start_date": dt.date(2016, 3, 1)}  # fmt: skip
        batch = hand_in(li, row, mode="correction")
        actions.compare(batch)
        actions.apply(actor=li, batch=batch)
        assert Submission.objects.get(batch=batch).outcome == "update"
        assert Worker.objects.get().birth_date == birth
        assert verify.check_all() == []
