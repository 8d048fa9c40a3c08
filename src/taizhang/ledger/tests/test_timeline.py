"""The township's clerk reads who changed a person of theirs, when, why and from which batch, also of a county's batch."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.ledger import actions
from taizhang.ledger.models import Batch, Change, Worker
from taizhang.ledger.tests.people import enter, person
from taizhang.ledger.tests.test_web_list import sign_in

SHEET = "牟定县_8月.xlsx"


@pytest.fixture
def xiaomei(db: None) -> UUID:
    """罗小梅 of 天台 and 王芳 of the next township, entered by the county in one batch, then corrected in another."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(li, person(12), person(16, full_name="王芳", hukou_region="532323102201"), title=SHEET, initial=True)
        enter(li, person(12, education="70"), title="学历补正.xlsx", reason="对照学信网补正", mode="correction")
        return Worker.objects.get(full_name="罗小梅").pk


def log(client: Client, worker: UUID) -> list[str]:
    page = client.get(f"/people/{worker}/").content.decode().partition('<ol class="timeline')[2].partition("</ol>")[0]
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", one)).strip() for one in re.findall(r"<li.*?</li>", page, re.S)]


def test_a_township_reads_who_when_why_and_from_which_batch_of_the_county(client: Client, xiaomei: UUID) -> None:
    wei = sign_in(client, cast.township_wei())
    with acting_as(wei):
        at = {one.version: one.at for one in Change.objects.filter(worker=xiaomei)}
    newest, first = log(client, xiaomei)
    from taizhang.site.templatetags.words import cn_time

    assert newest.startswith("李文静（牟定县人力资源和社会保障局）修改 1 项，表格导入")
    assert "学历补正.xlsx，第 1 行，原因：对照学信网补正" in newest
    assert "文化程度" in newest
    assert cn_time(at[2]) in newest
    assert first.startswith("李文静（牟定县人力资源和社会保障局）登记进台账，表格导入")
    assert f"{SHEET}，第 1 行" in first


def test_so_does_the_villages_collector(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.collector_lan())
    assert [SHEET in line for line in log(client, xiaomei)] == [False, True]


def test_nobody_else_of_the_same_batch_stands_there(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.township_wei())
    assert "王芳" not in client.get(f"/people/{xiaomei}/").content.decode()
    with acting_as(cast.county_li()):
        fang = Worker.objects.get(full_name="王芳").pk
    assert client.get(f"/people/{fang}/").status_code == 404


def test_a_county_batch_taken_back_says_so_with_its_reason(client: Client, xiaomei: UUID) -> None:
    li = cast.county_li()
    with acting_as(li):
        actions.undo(actor=li, batch=Batch.objects.get(title="学历补正.xlsx"), reason="补正用错了名单")
    sign_in(client, cast.township_wei())
    newest = log(client, xiaomei)[0]
    assert "撤销了一批修改" in newest
    assert "原因：补正用错了名单" in newest


def test_no_link_leads_to_a_file_the_reader_may_not_open(client: Client, xiaomei: UUID) -> None:
    """Every address in the timeline answers."""
    for user in (cast.township_wei(), cast.county_li()):
        sign_in(client, user)
        page = client.get(f"/people/{xiaomei}/").content.decode().partition('<ol class="timeline')[2]
        for address in re.findall(r'href="(/imports/[^"]+)"', page.partition("</ol>")[0]):
            assert client.get(address).status_code == 200
