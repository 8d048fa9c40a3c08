"""The pages, as a signed-in officer, a stranger and a reader see them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people
from taizhang.intake import run
from taizhang.intake.models import ColumnChoice, Upload
from taizhang.intake.tests import files, hostile
from taizhang.ledger.models import Submission, Worker


@pytest.fixture
def office(db: None) -> Iterator[User]:
    people.load_divisions()
    return people.county_li()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(client: Client, data: bytes, name: str = "共和镇_7月.xlsx", **more: str) -> object:
    fields = {"programme": "mouding-2017", "division": "532323", "collected_on": "2017-08-20", **more}
    return client.post("/imports/new/", {**fields, "file": SimpleUploadedFile(name, data)})


def checked(user: User) -> Upload:
    """What the worker does: check the one upload as its owner."""
    with acting_as(user):
        return run.check_upload(Upload.objects.get().pk, lambda *_: None)


def test_a_file_goes_from_upload_over_columns_to_what_was_found(office: User) -> None:
    client = signed_in(office)
    rows = [files.person(1, 姓名="杨一"), files.person(2, 姓名="普二", 民族="苗人")]
    answered = send(client, files.workbook(rows))
    assert answered.status_code == 302
    page = client.get(answered.url, follow=True)
    assert "对列" in page.content.decode()
    assert "共和镇_7月.xlsx" in page.content.decode()
    with acting_as(office):
        upload = Upload.objects.get()
    started = client.post(f"/imports/{upload.pk}/columns/", {"check": "1"})
    assert started.url == f"/imports/{upload.pk}/"
    assert "正在" in client.get(started.url).content.decode() or "排队" in client.get(started.url).content.decode()
    checked(office)
    text = client.get(started.url).content.decode()
    assert "改为 苗族" in text
    assert "提交 1 行" in text
    assert files.number(2) not in text
    assert client.get(started.url, {"show": "new"}).status_code == 200
    downloaded = client.get(f"/imports/{upload.pk}/answer/")
    assert downloaded.content[:2] == b"PK"
    done = client.post(f"/imports/{upload.pk}/submit/", follow=True)
    assert "已提交 1 行" in done.content.decode()
    with acting_as(office):
        assert set(Submission.objects.values_list("outcome", "state")) == {("new", "submitted"), ("error", "draft")}
        assert Worker.objects.count() == 0
    assert "待审核" in client.get("/imports/").content.decode()


def test_a_missing_column_is_pointed_to_by_hand_and_remembered(office: User) -> None:
    client = signed_in(office)
    row = {("姓甚名谁" if name == "姓名" else name): value for name, value in files.person(1, 姓名="杨一").items()}
    page = client.get(send(client, files.workbook([row])).url, follow=True).content.decode()
    assert "没有找到：姓名" in page
    with acting_as(office):
        upload = Upload.objects.get()
    refused = client.post(f"/imports/{upload.pk}/check/")
    assert refused.status_code == 422
    at = list(row).index("姓甚名谁")
    client.post(f"/imports/{upload.pk}/columns/", {f"c{at}": "full_name", "check": "1"})
    assert checked(office).counts["new"] == 1
    choice = ColumnChoice.objects.get()
    assert (choice.header, choice.column) == ("姓甚名谁", "full_name")


def test_a_refused_file_is_explained_beside_the_box_and_not_kept(office: User) -> None:
    client = signed_in(office)
    data = next(data for name, data, _ in hostile.corpus() if name == "加密.xlsx")
    answered = send(client, data)
    assert answered.status_code == 422
    text = answered.content.decode()
    assert "这个文件没有读成" in text
    assert "去掉密码" in text
    with acting_as(office):
        assert Upload.objects.count() == 0


def test_an_upload_without_a_file_says_so(office: User) -> None:
    answered = signed_in(office).post("/imports/new/", {"programme": "mouding-2017", "division": "532323"})
    assert answered.status_code == 422
    assert "请选一个文件" in answered.content.decode()


def test_a_template_is_downloaded_under_its_own_name(office: User) -> None:
    answered = signed_in(office).get("/imports/template/", {"programme": "shanxi-2022", "division": "532323"})
    assert answered.status_code == 200
    assert answered["Content-Type"].endswith("spreadsheetml.sheet")
    assert "filename*=UTF-8''" in answered["Content-Disposition"]


def test_strangers_are_sent_to_sign_in(office: User) -> None:
    assert Client().get("/imports/").status_code == 302


def test_readers_may_not_bring_and_administrators_see_nothing(office: User) -> None:
    assert signed_in(people.partner_zhou()).get("/imports/new/").status_code == 403
    assert signed_in(people.audit_admin()).get("/imports/").status_code == 403


def test_a_neighbours_file_is_not_found(office: User) -> None:
    client = signed_in(office)
    send(client, files.workbook([files.person(1, 姓名="杨一")]))
    with acting_as(office):
        upload = Upload.objects.get()
    neighbour = signed_in(people.township_mo())
    for address in ("", "columns/", "answer/"):
        assert neighbour.get(f"/imports/{upload.pk}/{address}").status_code == 404
    for address in ("check/", "submit/", "undo/", "discard/", "turn/"):
        assert neighbour.post(f"/imports/{upload.pk}/{address}", {"reason": "x", "mode": "auto"}).status_code == 404


def test_writing_addresses_refuse_get(office: User) -> None:
    client = signed_in(office)
    send(client, files.workbook([files.person(1, 姓名="杨一")]))
    with acting_as(office):
        upload = Upload.objects.get()
    for address in ("check/", "accept/", "submit/", "undo/", "discard/", "turn/"):
        assert client.get(f"/imports/{upload.pk}/{address}").status_code == 405


def test_discarding_takes_the_file_off_the_list(office: User) -> None:
    client = signed_in(office)
    send(client, files.workbook([files.person(1, 姓名="杨一")]))
    with acting_as(office):
        upload = Upload.objects.get()
    assert "已作废" in client.post(f"/imports/{upload.pk}/discard/", follow=True).content.decode()
    assert client.get(f"/imports/{upload.pk}/").status_code == 404
