"""户: who belongs to a household, who is missing, which has no work; moving and a new head go through review."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import households
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger.models import Batch, Household, Submission, Worker
from taizhang.ledger.states import GONE
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.review import actions as review

PAGES = "/collecting/households/"
OTHER = "532323101203"


def test_out_for_good_are_the_codes_from_one_on() -> None:
    """Everybody asks by `states.GONE`: were the list otherwise, people would be asked for who have left."""
    codes = catalogue.load().lists["CL-STATUS"].codes
    gone = {code for code, one in codes.items() if "30" in (code, one.parent)}
    assert gone == {"30", "31", "32", "41", "42", "51", "52"}
    assert {code for code in codes if code >= GONE} == gone


def member(sequence: int, name: str, number: str | None, relation: str | None = None, **values: Any) -> dict[str, Any]:
    return person(sequence, full_name=name, household_no=number, relation_to_head=relation, **values)


@pytest.fixture
def li(db: None) -> User:
    """Three households of 天台, one of 军屯, one person of none.

    1: 户主 working, 妻 not, a child of 10, a father with the pension: 2 of 4 in the pool, work.
    2: 户主 farms at home, 妻 too, both verified this month: no work.
    3: somebody who cannot work, alone: nobody able, so not 零就业.
    """
    cast.load_divisions()
    li = cast.county_li()
    today = timezone.localdate()
    ten = dt.date(today.year - 10, 1, 1)
    checked = {"verify_state": "1", "collect_method": "1", "survey_date": today}
    with acting_as(li):
        enter(
            li,
            member(1, "周一", "1", "02", is_working=True),
            member(2, "周妻", "1", "12", is_working=False),
            member(3, "周童", "1", "20", birth_date=ten),
            member(4, "周老", "1", "51", birth_date=dt.date(1950, 1, 1), pension_status="1"),
            member(5, "周亡", "1", "52", pool_status="31", status_date=today),
            member(6, "王二", "2", "02", employment_status="3", **checked),
            member(7, "王妻", "2", "12", employment_status="3", **checked),
            member(8, "李三", "3", "02", labour_ability="5"),
            member(9, "军屯户", "1", "02", hukou_region=JUNTUN),
            member(10, "没有户", None),
            on=today,
        )
    return li


def worker(name: str) -> UUID:
    return Worker.objects.get(full_name=name).pk


def house(actor: User, number: str) -> households.House:
    return households.read(actor, Household.objects.get(division=TIANTAI, household_no=number))


def test_a_household_shows_every_member_and_why_some_are_not_in_the_pool(li: User) -> None:
    with acting_as(li):
        first, second, third = (house(li, number) for number in "123")
    assert [one.name for one in first.members] == ["周一", "周妻", "周童", "周老"]
    assert [one.name for one in first.gone] == ["周亡"]
    assert [one.name for one in first.pool] == ["周一", "周妻"]
    assert first.head == "周一"
    why = {one.name: one.why for one in first.members}
    assert why["周一"] == ""
    assert "出生日期" in why["周童"] or "年龄" in why["周童"]
    assert "养老待遇" in why["周老"] or "待遇" in why["周老"]
    assert ([len(one.verified) for one in (first, second, third)], first.zero, second.zero, third.zero) == (
        [0, 2, 0], False, True, False,
    )  # fmt: skip


def test_a_village_counts_its_households_and_finds_those_without_work(li: User) -> None:
    with acting_as(li):
        # 天台: 3 households of 4 + 2 + 1 = 7 people; 王二's has no work; 周一's pool of 2 is not verified, 李三 is in no pool
        assert households.sums(li, "532323101") == [
            households.Sums(TIANTAI, 3, 7, 1, 1, 1),
            households.Sums(JUNTUN, 1, 1, 1, 1, 0),  # nobody said whether 军屯户 works
        ]
        assert [one.number for one in households.lines(li, TIANTAI, slice(0, 9))] == ["1", "2", "3"]
        (zero,) = households.lines(li, TIANTAI, slice(0, 9), "zero")
        assert (zero.number, zero.head, zero.members, zero.pool, zero.verified, zero.zero) == (
            "2",
            "王二",
            2,
            2,
            2,
            True,
        )
        (left,) = households.lines(li, TIANTAI, slice(0, 9), "unverified")
        assert (left.number, left.members, left.pool, left.verified) == ("1", 4, 2, 0)
        assert households.count(li, TIANTAI) == 3
        assert households.count(li, TIANTAI, "zero") == 1
        next_month = (timezone.localdate().replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        assert households.count(li, TIANTAI, "unverified", next_month) == 2  # 王二's is to be verified again


def approve(*deciders: User) -> None:
    for decider in deciders:
        with acting_as(decider):
            for batch in Batch.objects.filter(submission__entered=False).distinct():
                review.approve(actor=decider, batch=batch)


def test_moving_to_another_household_of_the_village_waits_for_review(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        households.move(actor=lan, worker_id=worker("没有户"), number=" 2 ", relation_to_head="20", reason="过继")
        households.move(actor=lan, worker_id=worker("周妻"), number="4", relation_to_head="02", reason="分户")
        assert Worker.objects.get(full_name="没有户").household_no is None
        assert [one.waiting for one in house(lan, "1").members] == [False, True, False, False]
    approve(cast.township_wei(), li)
    with acting_as(lan):
        moved = Worker.objects.get(full_name="没有户")
        assert (moved.household_no, moved.relation_to_head, moved.household_head_name) == ("2", "20", "王二")
        assert [one.name for one in house(lan, "4").members] == ["周妻"]
        assert house(lan, "4").head == "周妻"
        assert [one.name for one in house(lan, "1").members] == ["周一", "周童", "周老"]


def test_a_new_head_changes_what_the_others_are(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        second = house(lan, "2")
        with pytest.raises(DomainError, match="bad_relation"):
            households.name_head(
                actor=lan, household_id=second.household.pk, worker_id=worker("王妻"), relations={worker("王二"): "02"}
            )
        with pytest.raises(NotFound):
            households.name_head(actor=lan, household_id=second.household.pk, worker_id=worker("周一"), relations={})
        assert not Submission.objects.filter(entered=False).exists()
        done = households.name_head(
            actor=lan, household_id=second.household.pk, worker_id=worker("王妻"), relations={worker("王二"): "11"}
        )
        assert done == 2
    approve(cast.township_wei(), li)
    with acting_as(lan):
        assert [(one.name, one.relation) for one in house(lan, "2").members] == [("王妻", "02"), ("王二", "11")]
        assert set(Worker.objects.filter(household_no="2").values_list("household_head_name", flat=True)) == {"王妻"}


def test_other_villages_households_are_not_there(li: User) -> None:
    mo = cast.township_mo()
    with acting_as(li):
        second = Household.objects.get(division=TIANTAI, household_no="2").pk
        who = worker("王二")
        for wrong in ("", "x" * 31, "992323198503121200"):
            with pytest.raises(DomainError, match="no_number"):
                households.move(actor=li, worker_id=who, number=wrong)
        with pytest.raises(DomainError, match="bad_relation"):
            households.move(actor=li, worker_id=who, number="9", relation_to_head="zz")
    with acting_as(mo):
        for call in (
            lambda: households.get(mo, second),
            lambda: households.of_person(mo, who),
            lambda: households.sums(mo, TIANTAI),
            lambda: households.move(actor=mo, worker_id=who, number="9"),
        ):
            with pytest.raises(NotFound):
                call()
    with acting_as(li):
        assert not Submission.objects.filter(entered=False).exists()


def test_the_pages_show_households_and_take_changes(client: Client, li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        first, who, loose = (
            Household.objects.get(division=TIANTAI, household_no="1").pk, worker("周妻"), worker("没有户"),
        )  # fmt: skip
    sign_in(client, lan)
    page = client.get(PAGES).content.decode()
    assert "3 户，7 人；零就业家庭 1 户，本月没有全部核实 1 户" in page
    assert "另有 1 人没有户编号" in page
    page = client.get(f"{PAGES}{first}/").content.decode()
    for said in ("周一", "算就业", "不在：", "已离开的：周亡（死亡）", "在库 2 人，本月已核实 0 人"):
        assert said in page
    assert client.get(f"/collecting/people/{who}/household/").headers["Location"] == f"{PAGES}{first}/"
    assert "还没有户" in client.get(f"/collecting/people/{loose}/household/").content.decode()
    assert client.post(f"/collecting/people/{who}/household/move/", {"number": "7"}).status_code == 302
    assert client.post(f"/collecting/people/{who}/household/move/", {"number": ""}).status_code == 422
    assert client.post(f"{PAGES}{first}/head/", {"head": str(who)}).status_code == 302
    assert client.get(PAGES, {"division": OTHER}).status_code == 404
    sign_in(client, cast.township_wei())
    page = client.get(PAGES).content.decode()
    assert "军屯" in page
    sign_in(client, cast.county_li())
    assert "共和镇" in client.get(PAGES).content.decode()
    sign_in(client, cast.township_mo())
    assert client.get(f"{PAGES}{first}/").status_code == 404
    sign_in(client, cast.partner_zhou())
    assert client.get(PAGES).status_code == 403
