"""今日该找谁: who, in what order, why, and what to ask."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import actions, todays
from taizhang.collecting.models import Result
from taizhang.collecting.tests.test_points import COUNTY
from taizhang.collecting.tests.test_rounds import current, ids, mouding, try_to_reach
from taizhang.collecting.todays import Line
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.tests.people import JUNTUN, enter, person
from taizhang.review import actions as review


def days(number: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=number)


def said(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


@pytest.fixture
def li(db: None) -> User:
    """In Lan's two villages: somebody never verified, somebody verified long ago, one verified just now, one back from
    outside without work, one at school who is expected back; and one of another town, never verified."""
    cast.load_divisions()
    li = cast.county_li()
    seen = {"verify_state": "1", "collect_method": "1"}
    with acting_as(li):
        enter(
            li,
            person(12, full_name="从未核实"),
            person(13, full_name="早年核实", survey_date=days(-400), main_income_source="1", **seen),
            person(14, full_name="刚刚核实", survey_date=days(0), **seen),
            person(
                15, full_name="失业返乡", hukou_region=JUNTUN, is_returned=True, return_date=days(-2),
                survey_date=days(-200), main_income_source="5", **seen,
            ),
            person(
                16, full_name="上学快回", pool_status="21", status_date=days(-300), expected_return=days(3),
                survey_date=days(-300), **seen,
            ),
            person(17, full_name="邻镇的人", hukou_region="532323102201"),
            on=days(-1),
        )  # fmt: skip
        actions.open_round(mouding(), COUNTY, timezone.localdate(), actor=li)
    return li


def lines(user: User) -> dict[str, Line]:
    return {one.name: one for one in todays.today(user)}


def test_the_most_doubtful_come_first_and_each_says_why(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        found = todays.today(lan)
        assert [(one.name, one.reasons) for one in found] == [
            ("失业返乡", ("urgent", "back", "due")),
            ("上学快回", ("expected", "due")),
            ("从未核实", ("never", "due")),
            ("早年核实", ("due",)),
        ]
        left = (current(lan).due - timezone.localdate()).days
        due = f"{current(lan).name}还没有核实，" + (f"还有 {left} 天" if left else "今天到期")
        assert [one.sayings for one in found] == [
            (f"失业返乡（{said(days(-2))}），72 小时内要跟上服务，到{said(days(1))}",
             f"上次核实是{said(days(-200))}，过了 200 天", due),
            (f"暂时退出，预计{said(days(3))}返回", f"上次核实是{said(days(-300))}，过了 300 天", due),
            ("从来没有核实过", due),
            (f"上次核实是{said(days(-400))}，过了 400 天", due),
        ]  # fmt: skip


def test_the_questions_are_the_programmes_for_somebody_like_them(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        found = lines(lan)
    assert found["早年核实"].questions[0] == "还在原来的地方做事吗？"  # 务工收入
    assert found["失业返乡"].questions[0] == "现在靠什么收入？"  # 无收入
    assert {len(one.questions) for one in found.values()} == {3}


def test_who_was_tried_today_waits_until_the_day_agreed(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        try_to_reach(lan, "从未核实", Result.SILENT, next_on=days(2))
        assert "从未核实" not in lines(lan)
        later = {one.name: one for one in todays.today(lan, days(2))} if days(2) <= current(lan).until else None
        if later is not None:
            assert later["从未核实"].reasons == ("again", "unreached", "never", "due")
            assert later["从未核实"].sayings[:2] == (f"约好{said(days(2))}再联系", "联系不上，试过 1 次")


def test_who_was_handed_in_is_gone_and_who_was_sent_back_is_first(li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(lan):
        actions.verify_unchanged(
            actor=lan, found=current(lan), worker_ids=ids("早年核实"), day=timezone.localdate(), method="2"
        )
        batch = Batch.objects.latest("created_at")
        assert "早年核实" not in lines(lan)
    with acting_as(wei):
        rows = list(Submission.objects.filter(batch=batch).values_list("pk", flat=True))
        review.send_back(actor=wei, batch=batch, ids=rows, reason="电话打过没有？")
    with acting_as(lan):
        first = todays.today(lan)[0]
        assert (first.name, first.reasons[0], first.sayings[0]) == (
            "早年核实", "paper", "填报被退回：电话打过没有？",
        )  # fmt: skip


def test_without_an_open_round_only_news_is_listed_and_strangers_see_nobody(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        actions.close_round(actor=li, round_id=current(li).pk)
    with acting_as(lan):
        found = todays.today(lan)
        assert [(one.name, one.reasons[0], one.to_verify) for one in found] == [
            ("失业返乡", "urgent", False), ("上学快回", "expected", False),
        ]  # fmt: skip
    admin = cast.security_admin()
    with acting_as(admin):
        assert todays.today(admin) == []
