"""The pages: bring a list, see what came of it, decide, take the unread rows away."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting.models import Doubt
from taizhang.comparison import actions
from taizhang.comparison.models import DepartmentList, ListState
from taizhang.comparison.tests.sheets import bring, csv, nothing, row
from taizhang.comparison.tests.test_matching import STRANGER, li, of, vaulted
from taizhang.intake.tests.files import workbook
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry

__all__ = ["li", "vaulted"]
LISTS, NEW = "/comparison/", "/comparison/new/"


def post(client: Client, data: bytes, **values: str) -> object:
    file = SimpleUploadedFile("死亡.xlsx", data)
    return client.post(NEW, {"kind": "death", "day": "2026-06-30", "file": file, **values})


def test_a_county_brings_a_list_and_sees_what_it_contradicts(client: Client, li: User) -> None:
    sign_in(client, li)
    assert "还没有比对过名单" in client.get(LISTS).content.decode()
    answer = post(client, workbook([of(1, "甲", 死亡日期="2026-05-01"), of(99, "某人"), row("5.3E+17", "坏")]))
    with acting_as(li):
        found = DepartmentList.objects.get()
    assert answer.status_code == 302  # type: ignore[attr-defined]
    address = answer.headers["Location"]  # type: ignore[attr-defined]
    assert "正在" in client.get(address).content.decode() or "排队" in client.get(address).content.decode()
    with acting_as(li):
        actions.match_list(found.pk, nothing)
    page = client.get(address).content.decode()
    for words in (
        "死亡人员名单", "截至2026年6月30日", "当前状态：正常", "已经去世；死亡日期：2026年5月1日", "还没有问", "没有读成的 1 行", "科学计数",
    ):  # fmt: skip
        assert words in page, words
    assert "某人" not in page
    assert "死亡.xlsx" in client.get(LISTS).content.decode()
    file = client.get(f"{address}unread/").content
    with zipfile.ZipFile(io.BytesIO(file)) as book:
        text = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    assert "5.30E+17" in text or "5.3E+17" in text
    assert AuditEntry.objects.filter(action="table.exported", subject=str(found.pk)).exists()


def test_a_list_without_an_id_column_is_refused_beside_the_box_and_told_how_to_mend(client: Client, li: User) -> None:
    sign_in(client, li)
    answer = post(client, workbook([{"姓名": "甲", "死亡日期": "2026-05-01"}]))
    assert answer.status_code == 422  # type: ignore[attr-defined]
    page = answer.content.decode()  # type: ignore[attr-defined]
    assert "这份名单没有读成" in page
    assert "没有找到身份证号码那一列。第 1 行读到的是“姓名”、“死亡日期”" in page
    assert "请把那一列的列名写成“身份证号码”" in page
    with acting_as(li):
        assert not DepartmentList.objects.exists()


@pytest.mark.parametrize(
    ("values", "told"),
    [({"kind": ""}, "请选名单种类"), ({"day": ""}, "请填名单截止日"), ({"day": "2099-01-01"}, "不能晚于今天")],
)
def test_what_is_missing_is_said(client: Client, li: User, values: dict[str, str], told: str) -> None:
    sign_in(client, li)
    answer = post(client, csv("身份证号", STRANGER), **values)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert told in answer.content.decode()  # type: ignore[attr-defined]


def test_deciding_needs_a_reason_and_moves_the_person_to_the_other_heap(client: Client, li: User) -> None:
    found = bring(li, of(1, "甲"), of(2, "乙乙"))
    sign_in(client, li)
    with acting_as(li):
        doubts = {one.worker.full_name: str(one.pk) for one in Doubt.objects.select_related("worker")}
    address = f"{LISTS}{found.pk}/"
    asked = {"doubt": doubts["甲"], "verb": "refute", "show": "open"}
    refused = client.post(f"{address}decide/", asked)
    assert refused.status_code == 422
    assert "请写明怎么核的" in refused.content.decode()
    assert f'value="{doubts["甲"]}" checked' in refused.content.decode()
    assert client.post(f"{address}decide/", {**asked, "reason": "入户见到本人"}).status_code == 302
    page = client.get(f"{address}?show=refuted").content.decode()
    assert "入户见到本人" in page
    names = client.get(f"{address}?show=names").content.decode()
    assert "姓名：<b>乙乙</b>" in names
    assert (
        client.post(f"{address}decide/", {"doubt": doubts["乙"], "verb": "other", "show": "names"}).status_code == 302
    )
    assert "乙乙" not in client.get(f"{address}?show=names").content.decode()


def test_a_town_reads_its_own_people_and_decides_nothing(client: Client, li: User) -> None:
    found = bring(li, of(1, "甲"), of(3, "丙"), row("5.3E+17", "坏"))
    sign_in(client, cast.township_wei())
    page = client.get(f"{LISTS}{found.pk}/").content.decode()
    assert ">甲</a>" in page
    assert ">丙</a>" not in page
    assert "名单人数" not in page
    assert "科学计数" not in page
    assert client.get(NEW).status_code == 403
    assert client.post(f"{LISTS}{found.pk}/decide/").status_code == 403
    assert client.get(f"{LISTS}{found.pk}/unread/").status_code == 403
    assert client.post(f"{LISTS}{found.pk}/withdraw/").status_code == 403
    sign_in(client, cast.county_guzhang())
    assert client.get(f"{LISTS}{found.pk}/").status_code == 404


def test_a_list_is_taken_back_on_its_page(client: Client, li: User) -> None:
    found = bring(li, of(1, "甲"))
    sign_in(client, li)
    address = f"{LISTS}{found.pk}/"
    assert client.post(f"{address}withdraw/").status_code == 422
    assert client.post(f"{address}withdraw/", {"reason": "种类选错了"}).status_code == 302
    page = client.get(address).content.decode()
    assert "这份名单已经撤回（种类选错了）" in page
    assert ">甲</a>" not in page
    assert "已撤回" in client.get(LISTS).content.decode()


def test_a_refused_list_says_why_and_offers_another(client: Client, li: User) -> None:
    found = bring(li, of(1, "甲"))
    with acting_as(li):
        DepartmentList.objects.filter(pk=found.pk).update(state=ListState.REFUSED, message="文件坏了")
    sign_in(client, li)
    page = client.get(f"{LISTS}{found.pk}/").content.decode()
    assert "文件坏了" in page
    assert f"{NEW}?kind=death" in page
    assert "没有读成" in client.get(LISTS).content.decode()


def test_today_on_the_page_and_on_the_phone(client: Client, li: User) -> None:
    from taizhang.phone import queries as phone

    bring(li, of(1, "甲"))
    lan = cast.collector_lan()
    sign_in(client, lan)
    page = client.get("/collecting/today/").content.decode()
    assert "死亡人员名单（公安、民政）写着已经去世，和台账不一样" in page
    assert "是不是本人，哪天去世的" in page
    with acting_as(lan):
        (one,) = phone.today(lan)
    assert "是不是本人，哪天去世的" in one["questions"][0]
