import datetime as dt

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import county_li
from taizhang.ledger import actions
from taizhang.ledger.models import Change, Membership, Movement, Spell, Worker
from taizhang.ledger.tests.people import AUGUST, enter, hand_in, only, person


@pytest.fixture()
def li(db):
    actor = county_li()
    with acting_as(actor):
        yield actor


def test_a_newcomer_enters_with_spell_membership_and_movement(li):
    outcome = enter(li, person(is_working=True, employer_name="晨光服装厂（演示）", start_date=dt.date(2017, 3, 1), work_region="4403"))
    assert outcome.counts == {"new": 1}
    row = only(li)
    assert (row["full_name"], row["name_initials"], row["employer_name"], row["pool_status"]) == ("罗小梅", "LXM", "晨光服装厂（演示）", "10")
    assert Spell.objects.get().from_date == dt.date(2017, 3, 1)
    assert Membership.objects.get().from_date == AUGUST
    assert [(m.direction, m.reason) for m in Movement.objects.all()] == [("in", "8")]


def test_the_same_rows_again_change_nothing(li):
    row = person(is_working=True, employer_name="晨光服装厂（演示）", skill_certificates=["2", "1"])
    enter(li, row)
    assert enter(li, row).counts == {"same": 1}
    assert Change.objects.count() == 1
    assert Worker.objects.get().version == 1


def test_applying_a_batch_twice_writes_nothing_the_second_time(li):
    batch = hand_in(li, person())
    actions.apply(actor=li, batch=batch)
    assert actions.apply(actor=li, batch=batch).counts == {}
    assert Worker.objects.count() == 1


def test_a_later_start_is_a_change(li):
    enter(li, person(is_working=True, employer_name="甲厂", start_date=dt.date(2017, 3, 1), monthly_wage=3000))
    enter(li, person(employer_name="乙厂", start_date=dt.date(2017, 9, 4)), on=dt.date(2017, 9, 20))
    old, new = Spell.objects.order_by("from_date")
    assert (old.to_date, new.from_date, new.is_working, new.monthly_wage) == (dt.date(2017, 9, 3), dt.date(2017, 9, 4), True, None)
