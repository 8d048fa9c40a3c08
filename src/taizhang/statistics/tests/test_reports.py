"""A long register is made by a job, once, and only who asked for it takes it."""

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.engine.models import Progress
from taizhang.engine.tests.queue import work
from taizhang.ledger.tests.people import enter
from taizhang.protection.models import AuditEntry
from taizhang.statistics import reports
from taizhang.statistics.tests import closing, population
from taizhang.statistics.tests.closing import worker
from taizhang.statistics.tests.population import COUNTY, GONGHE, XINQIAO

B1 = "/tables/mouding-2017/B1/file/"
EXPORTED = "table.exported"
ASKED = {"division": COUNTY, "as_of": "2017-08-20", "format": "csv"}


@pytest.fixture(scope="module")
def world(module_database):
    """Four people, three of them in the county's register B1."""
    population.load_tree()
    closing.population()
    for one in cast.EVERYBODY:
        one()


@pytest.fixture
def long(world, monkeypatch):
    """Two lines are too long to wait for."""
    monkeypatch.setattr(reports, "LONG", 2)


def client_of(user):
    found = Client()
    found.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return found


@pytest.fixture
def li(long):
    return client_of(cast.county_li())


def asked_for():
    return Progress.objects.filter(kind="statistics.report").count()


def lines_of(content):
    return [line for line in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if line and line[0].isdigit()]


def test_a_long_register_is_made_by_a_job_and_taken_when_it_is_ready(li):
    answer = li.post(B1, ASKED)
    task = Progress.objects.latest("id")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/tasks/{task.pk}/")
    assert task.title == "牟定县已转移就业农村劳动力登记册，3 行，csv"
    work()
    task.refresh_from_db()
    assert (task.state, task.done, task.total) == ("done", 3, 3)
    page = li.get(task.result_url)
    assert "下载 3 行" in page.content.decode()
    today = timezone.localtime()
    assert f"{today.year}年{today.month}月{today.day}日" in page.content.decode()
    assert "按那时台账里的记录（现在所知），不是封账时的" in page.content.decode()
    file = li.get(f"{task.result_url}file/")
    assert len(lines_of(file.content)) == 3
    assert "attachment" in file.headers["Content-Disposition"]
    entry = AuditEntry.objects.filter(action=EXPORTED).latest("seq")
    assert (entry.subject, entry.detail["kind"], entry.detail["format"]) == ("mouding-2017/B1", "register", "csv")


def test_the_same_register_asked_again_is_the_file_already_made(li):
    li.post(B1, ASKED)
    work()
    before, exports = asked_for(), AuditEntry.objects.filter(action=EXPORTED).count()
    answer = li.post(B1, ASKED)
    assert answer.headers["Location"].startswith("/tables/reports/")
    assert asked_for() == before
    assert AuditEntry.objects.filter(action=EXPORTED).count() == exports
    for taken in (1, 2):
        assert li.get(answer.headers["Location"] + "file/").status_code == 200
        assert AuditEntry.objects.filter(action=EXPORTED).count() == exports + taken


def test_asked_twice_before_it_is_ready_it_is_one_job(li):
    before = asked_for()
    first, second = (li.post(B1, ASKED | {"format": "json"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert asked_for() == before + 1


def test_another_format_day_or_ledger_is_another_report(li):
    li.post(B1, ASKED)
    work()
    before = asked_for()
    li.post(B1, ASKED | {"format": "pdf"})
    li.post(B1, ASKED | {"as_of": "2017-08-21"})
    assert asked_for() == before + 2
    officer = cast.county_li()
    with acting_as(officer):
        enter(officer, worker(11, monthly_wage=4444), on=dt.date(2017, 8, 19))
    li.post(B1, ASKED)
    assert asked_for() == before + 3
    work()


def test_a_short_register_comes_at_once(world):
    answer = client_of(cast.county_li()).post(B1, ASKED)
    assert (answer.status_code, len(lines_of(answer.content))) == (200, 3)


def test_only_who_asked_takes_it_and_only_while_it_is_theirs_to_see(li, monkeypatch):
    address = li.post(B1, ASKED).headers["Location"]
    work()
    address = li.post(B1, ASKED).headers["Location"]
    for other in (cast.county_zhao(), cast.township_wei(), cast.city_chuxiong()):
        assert client_of(other).get(address).status_code == 404
        assert client_of(other).get(f"{address}file/").status_code == 404
    assert li.get(f"{address}file/").status_code == 200
    officer = cast.county_li()
    officer.scopes = [XINQIAO]
    officer.save()
    try:
        assert client_of(officer).get(f"{address}file/").status_code == 404
    finally:
        officer.scopes = [COUNTY]
        officer.save()


def test_a_place_of_somebody_else_and_an_unknown_format_are_refused(long):
    wei = client_of(cast.township_wei())
    assert wei.post(B1, ASKED | {"division": GONGHE}).status_code in (200, 302)
    assert wei.post(B1, ASKED).status_code == 404
    refused = wei.post(B1, ASKED | {"division": GONGHE, "format": "docx"})
    assert refused.status_code == 422
    assert "可用 json、csv、xlsx、pdf" in refused.content.decode()


def test_files_are_forgotten_after_a_day(li, monkeypatch):
    li.post(B1, ASKED)
    work()
    address = li.post(B1, ASKED).headers["Location"]
    monkeypatch.setattr(reports, "KEPT_HOURS", 0.0)
    reports.sweep()
    assert li.get(address).status_code == 404


def test_nothing_kept_on_disk_can_be_read(li, data_dir):
    li.post(B1, ASKED)
    work()
    kept = [path for path in (data_dir / "reports").rglob("*") if path.is_file()]
    assert kept
    assert not any("罗小梅".encode() in path.read_bytes() or b"mouding" in path.read_bytes() for path in kept)
