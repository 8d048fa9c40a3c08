"""The pages of 核实 and 今日该找谁: numbers open to their people, one click verifies, two note an attempt."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import actions
from taizhang.collecting.models import Attempt, Result, Round
from taizhang.collecting.tests.test_points import COUNTY, point
from taizhang.collecting.tests.test_rounds import current, ids, li, states, try_to_reach
from taizhang.ledger.models import Batch
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry
from taizhang.site import waiting

__all__ = ["li"]
ROUNDS, TODAY = "/collecting/", "/collecting/today/"


def text(client: Client, path: str, **query: object) -> str:
    response = client.get(path, query)
    assert response.status_code == 200, path
    return response.content.decode()


def test_progress_opens_town_by_town_to_the_people(client: Client, li: User) -> None:
    with acting_as(li):
        point(li, "天台采集点", TIANTAI)
        found = current(li)
        try_to_reach(li, "罗小梅", Result.AWAY)
    sign_in(client, li)
    page = text(client, ROUNDS)
    assert "还有 3 人未核实，1 人联系不上" in page
    assert "三（每半年进行数据动态更新）" in page
    (town,) = re.findall(r'href="(/collecting/\?round=[^"]+division=532323101)"', page.replace("&amp;", "&"))
    page = text(client, town)
    assert "军屯村民委员会（没有设点）" in page
    listed = re.findall(r'href="(/collecting/rounds/[^"]+)"', page.replace("&amp;", "&"))
    people = {link: re.findall(r'href="/people/[^"]+">([^<]+)</a></th>', text(client, link)) for link in listed}
    point_links = [link for link in listed if "point=" in link]
    assert [people[link] for link in point_links] == [["普秀英", "罗小梅"], [], [], ["罗小梅"], ["普秀英"]]
    assert client.get(f"/collecting/rounds/{found.pk}/people/", {"division": TIANTAI, "state": "x"}).status_code == 404
    assert client.get(f"/collecting/rounds/{found.pk}/people/").status_code == 404  # a county is no list
    sign_in(client, cast.township_mo())
    assert client.get(point_links[0]).status_code == 404
    assert client.get(town).status_code == 404
    sign_in(client, cast.city_chuxiong())
    assert "进行中" in text(client, ROUNDS)


def test_a_collector_sees_their_villages_and_verifies_those_ticked(client: Client, li: User) -> None:
    lan = sign_in(client, cast.collector_lan())
    page = text(client, ROUNDS)
    assert [name for name in ("天台村民委员会", "军屯村民委员会", "新桥") if name in page] == [
        "天台村民委员会", "军屯村民委员会",
    ]  # fmt: skip
    with acting_as(lan):
        found, chosen = current(lan), ids("罗小梅", "普秀英")
        before = Batch.objects.count()
    path = f"/collecting/rounds/{found.pk}/people/?division={TIANTAI}"
    sent = {"round": found.pk, "person": chosen, "method": "1", "back": path}
    response = client.post("/collecting/verify/", sent, follow=True)
    assert response.redirect_chain == [(path, 302)]
    assert "2 人记为已核实、无变化，已提交" in response.content.decode()
    with acting_as(lan):
        assert states(lan, TIANTAI) == {"罗小梅": "waiting", "普秀英": "waiting"}
        assert Batch.objects.count() == before + 1
    assert client.post("/collecting/verify/", {**sent, "round": "x"}).status_code == 404
    outside = client.post("/collecting/verify/", {**sent, "back": "https://example.org/"})
    assert outside.headers["Location"] == ROUNDS


def test_today_shows_reasons_and_questions_and_takes_one_click(client: Client, li: User) -> None:
    lan = sign_in(client, cast.collector_lan())
    page = text(client, TODAY)
    assert page.index("今日该找谁") < page.index("工作台")  # first in their menu
    assert "从来没有核实过" in page
    assert "现在靠什么收入？" in page
    with acting_as(lan):
        found, (pu, luo) = current(lan), ids("罗小梅", "普秀英")
    # no number stands on the page: the phone opens by the audited way
    assert f'href="/people/{luo}/numbers/mobile_phone/"' in page
    assert "tel:" not in page
    client.post("/collecting/verify/", {"round": found.pk, "person": luo, "method": "2", "back": TODAY})
    sent = {"channel": "2", "result": "2", "next_on": timezone.localdate().isoformat(), "back": TODAY}
    told = client.post(f"/collecting/people/{pu}/attempt/", sent, follow=True).content.decode()
    assert "记下了：电话，联系不上" in told
    assert "罗小梅" not in told
    with acting_as(lan):
        assert states(lan, TIANTAI) == {"罗小梅": "waiting", "普秀英": "unreached"}
    history = text(client, f"/collecting/people/{pu}/attempts/")
    assert "电话，联系不上" in history
    assert 'hx-get="/collecting/people/' in text(client, f"/people/{pu}/")
    assert client.post(f"/collecting/people/{pu}/attempt/", {**sent, "result": "9"}).status_code == 422
    sign_in(client, cast.township_mo())
    assert client.post(f"/collecting/people/{pu}/attempt/", sent).status_code == 404
    assert client.get(f"/collecting/people/{pu}/attempts/").status_code == 404
    sign_in(client, cast.partner_zhou())
    assert client.post(f"/collecting/people/{pu}/attempt/", sent).status_code == 403
    with acting_as(li):
        assert Attempt.objects.count() == 1
        assert Attempt.objects.get().division != JUNTUN


def test_the_county_begins_and_ends_a_round_by_hand(client: Client, li: User) -> None:
    with acting_as(li):
        found = current(li)
    for other, status in ((cast.township_wei(), 403), (cast.collector_lan(), 403), (cast.county_guzhang(), 404)):
        sign_in(client, other)
        assert client.post(f"/collecting/rounds/{found.pk}/close/").status_code == status
    sign_in(client, li)
    assert client.post(f"/collecting/rounds/{found.pk}/close/").status_code == 302
    assert "下面是结束时各村的数" in text(client, ROUNDS)
    assert client.post(f"/collecting/rounds/{found.pk}/close/").status_code == 409
    guzhang = sign_in(client, cast.county_guzhang())
    assert "开始这一轮核实" in text(client, ROUNDS)
    assert client.post("/collecting/open/").status_code == 302
    with acting_as(guzhang):
        assert Round.objects.get().programme == "guzhang-2020"
        with pytest.raises(Round.DoesNotExist):
            Round.objects.get(division=COUNTY)
        assert actions.queries.open_rounds(guzhang)[0].due.day == 20


def test_the_desk_counts_a_collectors_people_and_reminds_the_offices(li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(li):
        due = current(li).due
    for days, when, tone, reminded in (
        (10, "还有10天", "", False),
        (3, "还有3天", "warn-text", True),
        (1, "明天到期", "warn-text", True),
        (0, "今天到期", "warn-text", True),
        (-2, "过期2天", "bad-text", True),
    ):
        monkeypatch.setattr(timezone, "localdate", lambda *_, on=due - dt.timedelta(days=days): on)
        with acting_as(lan):
            (task,) = waiting.round_tasks(lan)
            assert (task.count, task.when, task.tone) == (3, when, tone)
            assert task.url == (TODAY if days >= 0 else f"{ROUNDS}?round={current(li).pk}")  # it is over by then
        for user, count in ((wei, 3), (li, 1)):
            with acting_as(user):
                assert [one.count for one in waiting.round_tasks(user)] == ([count] if reminded else [])


NAMED = r'href="/people/[^"]+">([^<]+)</a>'


def reminder(client: Client, user: User) -> tuple[int, str, str]:
    """The number on the desk, until when, and the page it opens."""
    sign_in(client, user)
    with acting_as(user):
        (task,) = waiting.round_tasks(user)
    desk = text(client, "/")
    assert f'<a href="{task.url}"><b class="n {task.tone}">{task.count}</b>' in desk
    assert f'<span class="when {task.tone}">{task.when}</span>' in desk
    return task.count, task.when, text(client, task.url)


@pytest.mark.parametrize(("days", "when"), [(3, "还有3天"), (1, "明天到期")])
def test_a_reminder_opens_the_list_its_number_counts(
    client: Client, li: User, monkeypatch: pytest.MonkeyPatch, days: int, when: str
) -> None:
    """共和镇 has three people left, the county four; the county is told of one round, whose page says how many."""
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(li):
        due = current(li).due
    monkeypatch.setattr(timezone, "localdate", lambda *_: due - dt.timedelta(days=days))
    count, said, page = reminder(client, lan)
    assert (count, said) == (3, when)
    assert set(re.findall(NAMED, page)) == {"罗小梅", "普秀英", "李伟"}
    count, said, page = reminder(client, wei)
    assert (count, said, "还有 3 人未核实" in page) == (3, when, True)
    count, said, page = reminder(client, li)
    assert (count, said, "还有 4 人未核实" in page) == (1, when, True)


def test_who_is_overdue_within_the_month_stands_on_every_desk(
    client: Client, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    """古丈: due on the 20th, and the month goes on: two people of a village, one of them verified on the 21st."""
    cast.load_divisions()
    village = "433126101005"
    tian = cast.county_guzhang()
    long = cast._user("longtz", "龙采", Role.COLLECTOR, (village,), "古丈", "guzhang-2020")
    xiang = cast._user("xiang", "向审", Role.TOWNSHIP, (village[:9],), "古丈", "guzhang-2020")
    month = dt.date(2020, 10, 1)
    poor = {"hukou_region": village, "is_poverty_registered": True, "labour_ability": "1"}
    with acting_as(tian):
        people = [person(21, full_name="张甲", **poor), person(22, full_name="张乙", **poor)]
        enter(tian, *people, programme="guzhang-2020", division="433126", on=month)
        found = actions.open_round(catalogue.load().programmes["guzhang-2020"], "433126", month, actor=tian)
        assert (found.due, found.until) == (dt.date(2020, 10, 20), dt.date(2020, 10, 31))
        checked = {"verify_state": "1", "collect_method": "1", "survey_date": dt.date(2020, 10, 21)}
        one = person(21, full_name="张甲", **poor, **checked)
        enter(tian, one, programme="guzhang-2020", division="433126", on=dt.date(2020, 10, 21))
    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date(2020, 10, 22))
    count, said, page = reminder(client, long)
    assert (count, said, set(re.findall(NAMED, page))) == (1, "过期2天", {"张乙"})
    count, said, page = reminder(client, xiang)
    assert (count, said, "还有 1 人未核实" in page) == (1, "过期2天", True)
    count, said, page = reminder(client, tian)
    assert (count, said, "还有 1 人未核实" in page) == (1, "过期2天", True)


def test_a_call_goes_by_the_audited_reveal(client: Client, li: User) -> None:
    with acting_as(li):
        enter(li, person(18, full_name="有电话", mobile_phone="15400000367"))
        (worker,) = ids("有电话")
    sign_in(client, cast.collector_lan())
    path = f"/people/{worker}/numbers/mobile_phone/"
    assert "tel:" not in text(client, path)  # asks why first
    shown = client.post(path, {"why": "call"}).content.decode()
    assert '<a href="tel:15400000367">' in shown
    entry = AuditEntry.objects.get(action="person.revealed")
    assert (entry.subject, entry.detail) == (str(worker), {"item": "mobile_phone", "reason": "call"})
