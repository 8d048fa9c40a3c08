"""What is due, what waits, and figures that open to their people."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.catalogue import duedates
from taizhang.catalogue.schema import Due
from taizhang.ledger import actions
from taizhang.ledger.tests.people import enter, hand_in, person
from taizhang.review import periods
from taizhang.review.periodstates import Verb
from taizhang.site import waiting

BACKEND = "django.contrib.auth.backends.ModelBackend"
JULY16 = dt.date(2026, 7, 16)


@pytest.mark.parametrize(
    ("due", "today", "day"),
    [
        (Due(every="month", day=20), JULY16, dt.date(2026, 7, 20)),
        (Due(every="month", day=20), dt.date(2026, 7, 20), dt.date(2026, 7, 20)),
        (Due(every="month", day=20), dt.date(2026, 7, 21), dt.date(2026, 8, 20)),
        (Due(every="month", month_end=True), dt.date(2026, 2, 3), dt.date(2026, 2, 28)),
        (Due(every="half_year", month=6, month_end=True), JULY16, dt.date(2026, 12, 31)),
        (Due(every="quarter", month=1, day=5), JULY16, dt.date(2026, 10, 5)),
        (Due(every="year", month=10, day=17), dt.date(2026, 12, 1), dt.date(2027, 10, 17)),
        (Due(every="month", working_day=3), dt.date(2026, 5, 20), dt.date(2026, 6, 3)),  # 1 June 2026 is a Monday
        (Due(date=dt.date(2017, 8, 10)), JULY16, None),
        (Due(dates=(dt.date(2026, 7, 1), dt.date(2026, 9, 20))), JULY16, dt.date(2026, 9, 20)),
        (Due(every="month", day=20, until=dt.date(2026, 7, 1)), JULY16, None),
        (Due(hours=72, after="登记"), JULY16, None),
    ],
)
def test_the_next_day_something_is_due(due: Due, today: dt.date, day: dt.date | None) -> None:
    assert duedates.next_day(due, today) == day


def test_a_number_on_the_desk_is_the_length_of_its_list(client: Client, db: None) -> None:
    li, zhao = cast.county_li(), cast.county_zhao()
    with acting_as(li):
        enter(li, person(12))
        batch = hand_in(li, person(14), person(15), programme="shanxi-2022")  # the county decides at once
        actions.compare(batch)
    with acting_as(zhao):
        found = {task.what: task.count for task in waiting.tasks(zhao)}
        assert found["待审"] == 2
    with acting_as(li):
        own = {task.what: task.count for task in waiting.tasks(li)}
        assert "待审" not in own  # four eyes: one's own waits for others
        assert own["我填报的，还在审"] == 2
    client.force_login(zhao, BACKEND)
    page = client.get("/").content.decode()
    assert '<b class="n ">2</b>' in page
    assert '审核 <b>2<span class="vh"> 项待办</span></b>' in page


def test_the_desk_says_whose_figures_are_due_and_whose_are_late(client: Client, db: None, monkeypatch) -> None:
    """Period of August 2017: towns until the 20th, the county until the 31st."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date(2017, 8, 18))
    li, wei = cast.county_li(), cast.township_wei()
    with acting_as(li):
        assert waiting.period_tasks(li) == []  # nobody in the ledger yet
        enter(li, person(12))
        (task,) = waiting.period_tasks(li)
        assert (task.count, task.what, task.when) == (1, "乡镇还没有上报2017年8月的数字", "还有2天")
    with acting_as(wei):
        (task,) = waiting.period_tasks(wei)
        assert (task.what, task.when, task.tone) == ("2017年8月的数字还没有上报", "还有2天", "warn-text")
        monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date(2017, 8, 22))
        (task,) = waiting.period_tasks(wei)
        assert (task.when, task.tone) == ("已迟2天", "bad-text")
        for verb in (Verb.CHECK, Verb.REPORT):
            periods.move(actor=wei, verb=verb, programme="mouding-2017", period="2017-08", division="532323101")
        assert waiting.period_tasks(wei) == []
    with acting_as(li):
        (task,) = waiting.period_tasks(li)
        assert (task.what, task.when) == ("2017年8月可以封账了", "还有9天")
    client.force_login(li, BACKEND)
    assert "2017年8月可以封账了" in client.get("/").content.decode()


def test_every_figure_opens_to_as_many_people(client: Client, db: None) -> None:
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(12, main_income_source="1"),
            person(14, main_income_source="3"),
            person(15, main_income_source="3"),
        )
    client.force_login(li, BACKEND)
    page = client.get("/figures/", headers={"HX-Request": "true"}).content.decode()
    import re

    shown = re.findall(r'<li>([^<]+)<a href="([^"]+)">([\d,]+)<small>', page)
    values = {name: int(value) for name, _, value in shown}
    assert (values["农村劳动力资源总数"], values["已转移就业人数"]) == (3, 1)
    assert "转移就业率" in page
    assert "33.3<small>%</small>" in page  # one of three
    assert "较上月 0" in page  # facts are older than their entry
    for _, address, value in shown:
        rows = client.get(address.replace("&amp;", "&")).content.decode().count('<th scope="row" class="pin nowrap">')
        assert rows == int(value)


def test_another_programmes_figures_count_its_people(client: Client, db: None) -> None:
    """古丈's rules ask where the year's work was, an item that is itself computed."""
    tian = cast.county_guzhang()
    with acting_as(tian):
        enter(tian, person(12, hukou_region="433126101005"), programme="guzhang-2020", division="433126")
    client.force_login(tian, BACKEND)
    page = client.get("/figures/", headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert page.content.decode().count("<li>") >= 3


def test_analysts_get_no_queue_and_administrators_no_people(client: Client, db: None) -> None:
    assert waiting.tasks(cast.city_chuxiong()) == []
    client.force_login(cast.security_admin(), BACKEND)
    page = client.get("/").content.decode()
    assert "管账号" in page
    assert "今天要办" not in page
    assert client.get("/figures/").status_code == 403


def test_the_handbook_shows_the_rules_that_are_applied(client: Client, db: None) -> None:
    client.force_login(cast.county_li(), BACKEND)
    page = client.get("/handbook/").content.decode()
    assert "牟定方案（2017）" in page
    assert "农村劳动力资源总数" in page
    assert client.get("/handbook/?programme=nowhere-2000").status_code == 404
    items = client.get("/handbook/items/", {"find": "文化程度"}).content.decode()
    assert "学历" in items
    assert "没有叫“不存在的项”的数据元" in client.get("/handbook/items/", {"find": "不存在的项"}).content.decode()
