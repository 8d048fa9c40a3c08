"""The page of periods, from a town's report to the county's seal, as the people who use it meet it."""

import re

import pytest
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.divisions.models import Division, Level
from taizhang.engine.models import Progress
from taizhang.engine.tests.queue import work
from taizhang.ledger.tests.people import enter
from taizhang.statistics import jobs, seals
from taizhang.statistics.models import Certificate, Seal
from taizhang.statistics.tests import closing, population
from taizhang.statistics.tests.closing import worker
from taizhang.statistics.tests.population import COUNTY, GONGHE, XINQIAO

BACKEND = "django.contrib.auth.backends.ModelBackend"
PAGE = "/tables/periods/"
ASKED = {"programme": "mouding-2017", "period": "2017-08"}


@pytest.fixture(scope="module")
def world(module_database):
    """Committed: the job that seals works on moments."""
    population.load_tree()
    Division.objects.create(code="43", name="湖南省", full_name="湖南省", match_key="湖南", level=Level.PROVINCE)
    county = {"name": "古丈县", "full_name": "湖南省古丈县", "match_key": "古丈", "level": Level.COUNTY}
    Division.objects.create(code="433126", parent_id="43", **county)
    closing.population()
    for one in cast.EVERYBODY:
        one()


def client_of(user):
    found = Client()
    found.force_login(user, BACKEND)
    return found


def text(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def press(client, verb, unit, **more):
    return client.post(f"{PAGE}move/", ASKED | {"division": unit, "unit": unit, "verb": verb, **more})


def test_from_the_towns_report_to_the_countys_seal_and_back(world):
    wei, mo, li, city = (
        client_of(one()) for one in (cast.township_wei, cast.township_mo, cast.county_li, cast.city_chuxiong)
    )
    page = text(wei.get(PAGE, ASKED))
    assert "2017年8月 数据截至2017年8月20日" in page
    assert "已迟" in page
    assert press(wei, "check", GONGHE).status_code == 302
    assert press(wei, "report", XINQIAO).status_code == 404
    assert press(wei, "report", GONGHE).status_code == 302
    page = text(li.get(PAGE, ASKED))
    assert "1 个乡镇已上报，共 2 个" in page
    assert re.search(r"共和镇 上报 \S+ 迟报\d+天 魏明", page)
    assert press(li, "check", COUNTY).status_code == 302
    refused = press(li, "report", COUNTY)
    assert (refused.status_code, "还有乡镇没有上报：新桥镇" in text(refused)) == (422, True)
    assert "代乡镇办的，要写明原因" in text(press(li, "check", XINQIAO))
    press(mo, "check", XINQIAO)
    press(mo, "report", XINQIAO)
    assert press(li, "report", COUNTY).status_code == 302
    assert Progress.objects.get().title == "牟定方案（2017）2017年8月封账"
    work()
    page = li.get(PAGE, ASKED)
    assert "第 1 版封账 ，4 人" in text(page)
    with acting_as(cast.county_li()):
        seal = Seal.objects.get()
    shown = text(wei.get(f"{PAGE}seals/{seal.pk}/"))
    assert "原样 每个文件的摘要" in shown
    assert "worker.parquet" in shown
    assert press(li, "reopen", COUNTY, reason="漏了").status_code == 403
    assert press(city, "reopen", COUNTY).status_code == 422
    assert press(city, "reopen", COUNTY, reason="新桥镇漏了一个组").status_code == 302
    assert "已重开：新桥镇漏了一个组" in text(li.get(PAGE, ASKED))
    press(li, "check", COUNTY)
    press(li, "report", COUNTY)
    work()
    assert "第 2 版" in text(li.get(PAGE, ASKED))


def test_what_was_entered_after_the_seal_is_listed_by_person_with_batch_and_reason(world):
    with acting_as(cast.county_li()):
        if not seals.of_period("mouding-2017", COUNTY, "2017-08"):
            closing.sealed(cast.county_li())
        enter(cast.county_li(), worker(21, full_name="欧阳小补"), title="九月补录")
    page = text(client_of(cast.county_li()).get(f"{PAGE}mouding-2017/2017-08/adjustments/", {"division": COUNTY}))
    assert "补登，当时不在册 1 人" in page
    assert "欧阳小补" in page
    assert "九月补录" in page
    assert "没有调整" in text(
        client_of(cast.township_mo()).get(f"{PAGE}mouding-2017/2017-08/adjustments/", {"division": XINQIAO})
    )
    stranger = client_of(cast.county_guzhang()).get(f"{PAGE}mouding-2017/2017-08/adjustments/", {"division": COUNTY})
    assert stranger.status_code == 404


def test_a_certificate_is_made_by_a_job_once_and_read_where_it_may_be(world):
    with acting_as(cast.county_li()):
        if not seals.of_period("mouding-2017", COUNTY, "2017-08"):
            closing.sealed(cast.county_li())
    li, asking = client_of(cast.county_li()), {"division": COUNTY, "as_of": "2017-08-20"}
    first = li.post("/tables/mouding-2017/C3/certify/", asking)
    assert first.headers["Location"].startswith("/tasks/")
    work()
    with acting_as(cast.county_li()):
        made = Certificate.objects.get()
    assert Progress.objects.get(kind=jobs.certify.name).result_url == f"{PAGE}certificates/{made.pk}/"
    again = li.post("/tables/mouding-2017/C3/certify/", asking)
    assert again.headers["Location"] == f"{PAGE}certificates/{made.pk}/"
    page = text(li.get(again.headers["Location"]))
    assert "表库相符" in page
    assert "全部相等" in page
    assert li.get(f"{again.headers['Location']}file/").json()["statement"]["holds"] is True
    assert client_of(cast.township_wei()).get(again.headers["Location"]).status_code == 404


@pytest.mark.parametrize("asked", [{"period": "2017-13"}, {"programme": "nowhere"}, {"division": "433126"}])
def test_what_is_not_there_is_not_found(world, asked):
    assert client_of(cast.county_li()).get(PAGE, ASKED | asked).status_code == 404


@pytest.mark.parametrize("who", [cast.collector_lan, cast.province_yunnan, cast.partner_zhou, cast.county_guzhang])
def test_every_reader_has_the_page(world, who):
    assert client_of(who()).get(PAGE).status_code == 200
