"""The list as a workbook: the list's people and columns in words, masked unless the county says why, always noted."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.engine import jobs
from taizhang.engine.models import Progress
from taizhang.ledger.models import Worker
from taizhang.ledger.tests.people import enter, number, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry
from taizhang.release import people
from taizhang.release.jobs import make_people, sweep

WHOLE = number("19850312", 12)
MASKED = f"{WHOLE[:6]}********{WHOLE[-4:]}"


@pytest.fixture
def ledger(db: None) -> User:
    """罗小梅 of 天台, who works in Shenzhen; a man with a formula for a name; 王芳 of the next township."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(
                12,
                mobile_phone="15412340367",
                employment_status="12",
                work_region="4403",
                monthly_wage=4800,
                start_date=dt.date(2017, 3, 1),
            ),
            person(15, full_name="=HYPERLINK(1)", sex="1", employment_status="3"),
            person(16, full_name="王芳", hukou_region="532323102201"),
        )
    li.preferences = {"people_columns": ["sex", "id_number", "hukou_region", "work_region", "monthly_wage"]}
    li.save()
    return li


def sheet(content: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content))["名单"].iter_rows(values_only=True))


def entries() -> list[dict[str, Any]]:
    return [one.detail for one in AuditEntry.objects.filter(action="table.exported").order_by("seq")]


def test_the_file_holds_the_lists_people_and_columns_in_words(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    content = client.post("/exports/people/make/", {"all": "1", "query": "", "expected": "3"}).content
    tian = "云南省楚雄彝族自治州牟定县共和镇天台村民委员会"
    rows = sheet(content)
    assert rows[0] == ("姓名", "性别", "身份证号", "户籍地", "就业地点", "月收入（元）")
    assert [row[0] for row in rows[1:]] == ["=HYPERLINK(1)", "罗小梅", "王芳"]
    assert rows[2][1:] == ("女", MASKED, tian, "广东省深圳市", 4800)
    assert WHOLE not in zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml").decode()


def test_codes_bear_the_forms_own_wording_as_on_the_page(client: Client, ledger: User) -> None:
    ledger.preferences = {"people_columns": ["employment_status"]}
    ledger.save()
    sign_in(client, ledger)
    content = client.post("/exports/people/make/", {"all": "1", "query": ""}).content
    assert sheet(content)[1] == ("=HYPERLINK(1)", "务农")  # the catalogue says 在家务农
    assert ">务农</td>" in client.get("/people/").content.decode()


def test_ticked_people_leave_and_nobody_else(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    with acting_as(ledger):
        wanted = str(Worker.objects.get(full_name="王芳").pk)
    content = client.post("/exports/people/make/", {"person": [wanted], "query": ""}).content
    assert [row[0] for row in sheet(content)[1:]] == ["王芳"]


def test_a_search_by_name_leaves_with_its_question_and_no_name_stands_in_the_audit(
    client: Client, ledger: User
) -> None:
    sign_in(client, ledger)
    query = client.post("/people/search/", {"name": "罗"})["Location"].partition("?")[2]
    content = client.post("/exports/people/make/", {"all": "1", "query": query}).content
    assert [row[0] for row in sheet(content)[1:]] == ["罗小梅"]
    assert "罗" not in str(entries()[-1])


def test_the_file_is_noted_and_bears_who_took_it(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    content = client.post("/exports/people/make/", {"all": "1", "query": ""}).content
    told = entries()
    assert len(told) == 1
    assert {name: told[0][name] for name in ("kind", "division", "people", "columns", "numbers")} == {
        "kind": "people",
        "division": "532323",
        "people": 3,
        "columns": 5,
        "numbers": "masked",
    }
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert "李文静" in book["名单"].oddFooter.left.text
    assert "李文静" in str(book["说明"]["B1"].value)


def test_text_is_never_a_formula_or_a_link(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    content = client.post("/exports/people/make/", {"all": "1", "query": ""}).content
    archive = zipfile.ZipFile(io.BytesIO(content))
    xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml
    assert "<hyperlink" not in xml
    assert 'quotePrefix="1"' in archive.read("xl/styles.xml").decode()


def test_whole_numbers_go_to_the_county_with_a_reason_and_to_nobody_else(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    asked = {"all": "1", "query": "", "numbers": "whole"}
    answer = client.post("/exports/people/make/", asked)
    assert answer.status_code == 422
    assert "先选为什么要" in answer.content.decode()
    assert entries() == []
    content = client.post("/exports/people/make/", {**asked, "reason": "subsidy"}).content
    assert sheet(content)[2][2] == WHOLE
    assert (entries()[-1]["numbers"], entries()[-1]["reason"]) == ("whole", "subsidy")
    assert client.post("/exports/people/make/", {**asked, "reason": "for fun"}).status_code == 422
    for user in (cast.collector_lan(), cast.township_wei(), cast.partner_zhou(), cast.province_yunnan()):
        sign_in(client, user)
        assert client.post("/exports/people/make/", {**asked, "reason": "subsidy"}).status_code == 403
        assert "完整号码</label>" not in client.post("/exports/people/", {"all": "1", "query": ""}).content.decode()


def test_a_township_takes_only_its_own_whatever_ids_it_sends(client: Client, ledger: User) -> None:
    sign_in(client, cast.township_mo())
    with acting_as(ledger):
        foreign = str(Worker.objects.get(full_name="罗小梅").pk)
    assert client.post("/exports/people/make/", {"person": [foreign], "query": ""}).status_code == 409
    content = client.post("/exports/people/make/", {"all": "1", "query": ""}).content
    assert [row[0] for row in sheet(content)[1:]] == ["王芳"]
    assert entries()[-1]["division"] == "532323102"


def test_a_collector_of_two_villages_is_noted_with_those_that_have_people(client: Client, ledger: User) -> None:
    sign_in(client, cast.collector_lan())
    client.post("/exports/people/make/", {"all": "1", "query": ""})
    assert entries()[-1]["division"] == "532323101201"


def test_nobody_and_another_number_are_refused_before_anything_leaves(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    for data in ({"query": ""}, {"all": "1", "query": "", "expected": "2"}, {"all": "1", "query": "region=532323103"}):
        assert client.post("/exports/people/make/", data).status_code in {409, 422}
    assert entries() == []


def test_the_page_says_what_leaves(client: Client, ledger: User) -> None:
    sign_in(client, ledger)
    page = client.post("/exports/people/", {"all": "1", "query": "region=532323101"}).content.decode()
    assert "导出 2 人？" in page
    assert "户籍地：共和镇" in page
    assert "会留下记录" in page


def test_many_people_are_made_by_a_job_kept_sealed_and_given_to_their_owner_only(
    client: Client, ledger: User, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path  # nobody else's orders beside this one
    monkeypatch.setattr(people, "AT_ONCE", 2)
    sign_in(client, ledger)
    answer = client.post("/exports/people/make/", {"all": "1", "query": ""})
    progress = Progress.objects.get(kind="release.people")
    assert answer["Location"] == f"/tasks/{progress.pk}/"
    key = UUID(next(people.VAULT.directory(UUID(int=0)).parent.iterdir()).name)
    assert b"\xe7\xbd\x97" not in (people.VAULT.directory(key) / "order").read_bytes()  # 罗, in clear
    assert client.get(f"/exports/{key}/file/").status_code == 404  # not made yet
    steps: list[tuple[int, int]] = []
    with acting_as(ledger):
        people.carry_out(actor=ledger, key=key, progress=lambda done, total, text: steps.append((done, total)))
    assert steps == [(3, 3)]
    assert "下载 3 人" in client.get(f"/exports/{key}/").content.decode()
    assert [row[0] for row in sheet(client.get(f"/exports/{key}/file/").content)[1:]] == [
        "=HYPERLINK(1)",
        "罗小梅",
        "王芳",
    ]
    assert b"sharedStrings" not in (people.VAULT.directory(key) / "file").read_bytes()
    assert entries()[-1]["people"] == 3
    for user in (cast.county_zhao(), cast.township_wei()):
        sign_in(client, user)
        assert client.get(f"/exports/{key}/").status_code == 404
        assert client.get(f"/exports/{key}/file/").status_code == 404


def test_the_job_makes_the_file_as_its_owner_and_leads_to_it(own_database: str) -> None:
    cast.load_divisions()
    mo = cast.township_mo()
    with acting_as(cast.county_li()):
        enter(cast.county_li(), person(12), person(16, full_name="王芳", hukou_region="532323102201"))
    with acting_as(mo):
        mine = [str(Worker.objects.get().pk)]
    key = people.keep(people.Order(str(mo.pk), tuple(mine), ("sex",), "", "", ("532323102",)))
    done = jobs.run_now(make_people, owner=mo, title="导出名单", export_id=str(key))
    assert (done.state, done.result_url) == ("done", f"/exports/{key}/")
    assert [row[0] for row in sheet(people.file_of(mo, key))[1:]] == ["王芳"]


def test_an_older_file_is_forgotten_with_the_next_order_and_every_hour(ledger: User) -> None:
    import os
    import time

    wanted = people.Order(str(ledger.pk), (), ("sex",), "")
    old = people.keep(wanted)
    long_ago = time.time() - 25 * 3600
    os.utime(people.VAULT.directory(old), (long_ago, long_ago))
    new = people.keep(wanted)
    assert (people.VAULT.has(old, "order"), people.VAULT.has(new, "order")) == (False, True)
    os.utime(people.VAULT.directory(new), (long_ago, long_ago))
    sweep(0)
    assert not people.VAULT.has(new, "order")


def test_too_many_people_are_refused_with_what_to_do(
    client: Client, ledger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST", 2)
    sign_in(client, ledger)
    assert "分几次导出" in client.post("/exports/people/", {"all": "1", "query": ""}).content.decode()
    answer = client.post("/exports/people/make/", {"all": "1", "query": ""})
    assert (answer.status_code, "最多 2 人" in answer.content.decode()) == (422, True)


def test_the_number_of_statements_does_not_grow_with_the_people(ledger: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements(*ids: UUID) -> int:
        wanted = people.Order(str(ledger.pk), tuple(map(str, ids)), ("sex", "id_number"), "", "", ("532323",))
        with acting_as(ledger), CaptureQueriesContext(connection) as told:
            people.make(actor=ledger, wanted=wanted)
        return len(told)

    with acting_as(ledger):
        ids = list(Worker.objects.values_list("pk", flat=True))
    assert statements(ids[0]) == statements(*ids)
