"""增减候选: who stands on which list on which day, what confirming and refusing do, and that nobody leaves by age."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import additions
from taizhang.collecting.models import CandidateNote
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger.models import Batch, Membership, Movement, Standing, Submission, Worker
from taizhang.ledger.person import get
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.ledger.webedit import Wrong, hand_in_standing
from taizhang.review import actions as review

TODAY = dt.date(2026, 7, 15)
PAGE = "/collecting/additions/"
XINQIAO = "532323102201"


@pytest.fixture
def li(db: None) -> User:
    cast.load_divisions()
    return cast.county_li()


def born(sequence: int, day: str, name: str, **values: Any) -> dict[str, Any]:
    return person(sequence, birth_date=dt.date.fromisoformat(day), full_name=name, **values)


def names(actor: User, name: str, on: dt.date = TODAY, division: str = "532323") -> list[str]:
    asked = additions.ask(actor, division, on)
    return [who.name for who in additions.people(asked, additions.get_list(asked.programme, name), slice(0, 50))]


def test_who_turns_sixteen_by_the_end_of_next_month_is_on_the_list_and_in_no_pool(li: User) -> None:
    with acting_as(li):
        enter(
            li,
            born(1, "2010-08-31", "甲末日"),  # 16 on 2026-08-31, the last day that counts in July
            born(2, "2010-09-01", "乙次日"),  # 16 on 2026-09-01: next month's list
            born(3, "2010-07-01", "丙已满"),  # 16 already when entered below, so in the pool
            born(4, "2010-07-20", "丁本月"),  # 16 on 2026-07-20, not yet today
            born(5, "2008-02-29", "戊闰日"),  # 16 on 2024-02-29
            born(6, "2010-08-10", "己不在", labour_ability="5"),  # no ability: the scope will not hold either
            on=dt.date(2026, 7, 10),
        )
        assert names(li, "grown") == ["丁本月", "甲末日"]
        assert names(li, "grown", dt.date(2026, 8, 1)) == ["丁本月", "乙次日", "甲末日"]
        assert Membership.objects.filter(to_date=None).count() == 2  # 丙 and 戊


def test_a_leap_day_birth_turns_sixteen_on_its_own_day(li: User) -> None:
    with acting_as(li):
        enter(li, born(5, "2008-02-29", "戊闰日"), on=dt.date(2024, 1, 10))
        assert names(li, "grown", dt.date(2023, 12, 31)) == []  # :基准日 is 2024-01-31
        assert names(li, "grown", dt.date(2024, 1, 1)) == ["戊闰日"]  # 2024-02-29 is within next month


def test_pension_age_is_asked_about_at_sixty_and_by_the_statutory_month(li: User) -> None:
    with acting_as(li):
        enter(
            li,
            born(11, "1966-07-31", "居民满"),  # 60 on 2026-07-31
            born(12, "1966-08-01", "居民未"),  # 60 on 2026-08-01
            born(13, "1960-01-01", "已领了", pension_status="1"),
            born(14, "1964-02-29", "闰日生", pension_status="9"),
            # male, 1966-01: k = 12 months from 1965-01, 3 whole steps of 4, delay 4: 60y4m, May 2026
            born(15, "1966-01-09", "职工男", sex="1", pension_scheme=["2"]),
            # male, 1966-05: k = 16, delay 5: 60y5m, October 2026
            born(16, "1966-05-09", "职工未", sex="1", pension_scheme=["2"]),
            # female of 50, 1975-09: k = 8, 4 steps of 2, delay 5: 50y5m, February 2026
            born(17, "1975-09-09", "女职工", pension_scheme=["2", "3"]),
            # female, 1976-01: k = 12, delay 7: 50y7m, August 2026
            born(18, "1976-01-09", "女未到", pension_scheme=["2"]),
            on=dt.date(2026, 7, 10),
        )
        assert names(li, "pension_resident") == ["居民满", "闰日生"]
        assert names(li, "pension_employee") == ["女职工", "职工男"]
        assert names(li, "pension_employee", dt.date(2026, 8, 1)) == ["女未到", "女职工", "职工男"]
        assert not Movement.objects.filter(direction="out").exists()  # nobody leaves by age


def test_who_is_due_back_and_who_moved_here(li: User) -> None:
    with acting_as(li):
        enter(
            li,
            person(21, full_name="当兵到期", pool_status="22", status_date=dt.date(2024, 9, 1), expected_return=dt.date(2026, 7, 31)),
            person(22, full_name="当兵未到", pool_status="22", status_date=dt.date(2024, 9, 1), expected_return=dt.date(2026, 8, 1)),
            person(23, full_name="毕业了", pool_status="21", status_date=dt.date(2023, 9, 1), graduation_date=dt.date(2026, 7, 1)),
            person(24, full_name="迁到新桥", pool_status="41", status_date=dt.date(2026, 6, 1), move_out_region=XINQIAO),
            on=dt.date(2026, 7, 10),
        )  # fmt: skip
        assert names(li, "returned") == ["当兵到期", "毕业了"]
        assert names(li, "moved_in") == ["迁到新桥"]
        assert names(li, "moved_in", division="532323102") == ["迁到新桥"]  # by where they moved to
        assert names(li, "moved_in", division="532323101") == []


def test_who_left_for_a_time_and_says_no_day_is_a_list_of_its_own(li: User) -> None:
    lan, wei, zhao = cast.collector_lan(), cast.township_wei(), cast.county_zhao()
    today = timezone.localdate()
    later = today + dt.timedelta(days=40)
    gone = {"status_date": today - dt.timedelta(days=400)}
    with acting_as(li):
        enter(
            li,
            person(31, full_name="参军没填", pool_status="22", **gone),
            person(32, full_name="上学没填", pool_status="21", **gone),
            person(33, full_name="毕业知道", pool_status="21", graduation_date=later, **gone),
            person(34, full_name="填了的", pool_status="23", expected_return=later, **gone),
            person(35, full_name="迁走的", pool_status="41", **gone),
            person(36, full_name="在家的"),
            on=today - dt.timedelta(days=10),
        )
    with acting_as(lan):
        asked = additions.ask(lan, TIANTAI)
        one = additions.get_list(asked.programme, "no_return_day")
        assert names(lan, "no_return_day", today, TIANTAI) == ["上学没填", "参军没填"]
        assert additions.count(asked, one) == 2
        with pytest.raises(DomainError, match="past_day"):
            additions.fill(actor=lan, asked=asked, one=one, ids=ids("参军没填"), day=today)
        with pytest.raises(NotFound):
            other = additions.get_list(asked.programme, "returned")
            additions.fill(actor=lan, asked=asked, one=other, ids=ids("参军没填"), day=later)
        assert additions.fill(actor=lan, asked=asked, one=one, ids=ids("参军没填"), day=later) == 1
        batch = Batch.objects.latest("created_at")
        assert additions.confirm(actor=lan, asked=asked, one=one, ids=ids("上学没填"), day=today) == 1
        back = Batch.objects.latest("created_at")
    for reviewer in (wei, zhao):
        with acting_as(reviewer):
            for handed_in in (batch, back):
                papers = list(Submission.objects.filter(batch=handed_in).values_list("pk", flat=True))
                review.approve(actor=reviewer, batch=handed_in, ids=papers)
    with acting_as(lan):
        assert names(lan, "no_return_day", today, TIANTAI) == []
        assert names(lan, "returned", later, TIANTAI) == ["参军没填", "填了的", "毕业知道"]
        standing = Standing.objects.get(worker_id=ids("参军没填")[0], to_date=None)
        assert (standing.pool_status, standing.expected_return, standing.from_date) == (
            "22",
            later,
            gone["status_date"],
        )


def ids(*found: str) -> list[Any]:
    return list(Worker.objects.filter(full_name__in=found).values_list("pk", flat=True))


def test_confirming_hands_in_for_review_and_only_the_second_person_makes_it_true(li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    today = timezone.localdate()
    with acting_as(li):
        enter(li, born(11, "1955-07-31", "老罗"), born(12, "1956-07-31", "老普"), on=dt.date(2020, 1, 1))
    with acting_as(lan):
        asked = additions.ask(lan, TIANTAI)
        one = additions.get_list(asked.programme, "pension_resident")
        assert additions.confirm(actor=lan, asked=asked, one=one, ids=ids("老罗"), day=today) == 1
        assert additions.refuse(actor=lan, asked=asked, one=one, ids=ids("老普"), note="问过，没有领") == 1
        (left,) = additions.people(asked, one, slice(0, 50))
        assert (left.name, left.waiting) == ("老罗", True)
        with pytest.raises(DomainError, match="not_candidates"):  # waits already
            additions.confirm(actor=lan, asked=asked, one=one, ids=ids("老罗"), day=today)
        with pytest.raises(DomainError, match="not_candidates"):  # noted already
            additions.refuse(actor=lan, asked=asked, one=one, ids=ids("老普"))
        next_month = (today.replace(day=1) + dt.timedelta(days=31)).replace(day=1)
        assert names(lan, "pension_resident", next_month, TIANTAI) == ["老普", "老罗"]
        paper = Submission.objects.get(entered=False)
        assert not Standing.objects.exists()
    with acting_as(wei):
        review.approve(actor=wei, batch=paper.batch)
    with acting_as(li):
        review.approve(actor=li, batch=paper.batch)
        assert Standing.objects.get().pool_status == "42"
        out = Movement.objects.get(direction="out", programme="mouding-2017")
        assert (out.reason, out.effective_on) == ("42", today)
        note = CandidateNote.objects.get()
        assert (note.note, note.by, note.month) == ("问过，没有领", lan, today.replace(day=1))


def test_a_young_person_is_taken_in_on_a_day_they_are_of_age(li: User) -> None:
    today = timezone.localdate()
    sixteen_today = today.replace(year=today.year - 16)  # sixteen years ago was a leap year if this is one
    lan = cast.collector_lan()
    with acting_as(li):
        enter(
            li,
            born(1, sixteen_today.isoformat(), "今天满"),
            born(2, (sixteen_today + dt.timedelta(days=1)).isoformat(), "明天满"),
            on=today - dt.timedelta(days=300),
        )
        assert not Membership.objects.exists()
    with acting_as(lan):
        asked = additions.ask(lan, TIANTAI)
        one = additions.get_list(asked.programme, "grown")
        assert [(who.name, who.ready) for who in additions.people(asked, one, slice(0, 9))] == [
            ("今天满", True), ("明天满", False),
        ]  # fmt: skip
        assert additions.confirm(actor=lan, asked=asked, one=one, ids=ids("今天满", "明天满"), day=today) == 1
        batch = Submission.objects.get(entered=False).batch
    for decider in (cast.township_wei(), li):
        with acting_as(decider):
            review.approve(actor=decider, batch=batch)
    with acting_as(li):
        entry = Movement.objects.get(programme="mouding-2017")
        assert (entry.direction, entry.effective_on, entry.reason) == ("in", today, "1")  # 新成长劳动力


def test_refusals_change_nothing(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        enter(li, born(11, "1955-07-31", "老罗"), born(12, "1955-07-31", "新桥人", hukou_region=XINQIAO), on=TODAY)
        stranger = ids("新桥人")
    with acting_as(lan):
        asked = additions.ask(lan, TIANTAI)
        one = additions.get_list(asked.programme, "pension_resident")
        tomorrow = timezone.localdate() + dt.timedelta(days=1)
        for code, call in {
            "nobody_selected": lambda: additions.refuse(actor=lan, asked=asked, one=one, ids=[]),
            "not_candidates": lambda: additions.refuse(actor=lan, asked=asked, one=one, ids=stranger),
            "future_day": lambda: additions.confirm(actor=lan, asked=asked, one=one, ids=ids("老罗"), day=tomorrow),
            "number_in_reason": lambda: additions.refuse(
                actor=lan, asked=asked, one=one, ids=ids("老罗"), note="电话15400000367"
            ),
        }.items():
            with pytest.raises(DomainError) as refused:
                call()
            assert refused.value.code == code
        with pytest.raises(NotFound):
            additions.ask(lan, "532323101203")  # the village beside hers
        with pytest.raises(NotFound):
            additions.get_list(asked.programme, "everybody")
        assert not CandidateNote.objects.exists()
        assert not Submission.objects.filter(entered=False).exists()


def test_stopping_for_a_time_asks_when_they_come_back(li: User, client: Client) -> None:
    with acting_as(li):
        enter(li, person(12))
        worker = Worker.objects.get().pk
        with pytest.raises(Wrong, match="form_wrong"):
            hand_in_standing(
                actor=li, person=get(li, worker), status="22", since=dt.date(2026, 7, 1), reason="",
                expected_return=dt.date(2026, 7, 1),
            )  # fmt: skip
    sign_in(client, li)
    path = f"/people/{worker}/stop/"
    assert "预计哪天恢复" in client.get(path).content.decode()
    sent = {"status": "22", "since": "2026-07-01", "expected_return": "2028-09-01", "move_out_region": XINQIAO}
    assert client.post(path, sent).status_code == 302
    with acting_as(li):
        paper = Submission.objects.get(entered=False)
        assert paper.changes["expected_return"][1] == "2028-09-01"
        assert "move_out_region" not in paper.changes  # only of those who move out


def test_why_somebody_is_added_reaches_the_movement(li: User) -> None:
    with acting_as(li):
        enter(li, person(12), on=dt.date(2026, 6, 1))  # the village was collected before
        enter(li, person(13, full_name="迁来的"), on=dt.date(2026, 7, 1), add_reason="2")
        assert sorted(Movement.objects.filter(programme="mouding-2017").values_list("reason", flat=True)) == ["2", "8"]


def test_the_page_shows_the_lists_and_takes_answers(client: Client, li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        enter(li, born(11, "1955-07-31", "老罗"), born(12, "1955-07-31", "军屯人", hukou_region=JUNTUN), on=TODAY)
        luo, other = ids("老罗")[0], ids("军屯人")[0]
    sign_in(client, li)
    page = client.get(PAGE).content.decode()
    assert "居民养老到龄 <b>2</b>" in page
    assert "不会自动增减" in page
    sign_in(client, lan)
    page = client.get(PAGE, {"list": "pension_resident"}).content.decode()
    assert "老罗" in page
    assert "军屯人" not in page  # the first of her villages
    sent = {"division": TIANTAI, "list": "pension_resident"}
    assert client.post(f"{PAGE}decide/", {**sent, "one": f"refuse:{luo}"}).status_code == 302
    page = client.get(PAGE, {"list": "pension_resident"}).content.decode()
    assert "1 人记为“还没领，继续采集”，这个月不再出现。" in page
    assert "这个名单上没有人要问" in page
    refused = client.post(f"{PAGE}decide/", {**sent, "verb": "confirm", "person": str(other)})
    assert refused.status_code == 422
    assert client.post(f"{PAGE}decide/", {**sent, "division": "532323101203"}).status_code == 404
    sign_in(client, cast.partner_zhou())
    assert client.get(PAGE).status_code == 403
