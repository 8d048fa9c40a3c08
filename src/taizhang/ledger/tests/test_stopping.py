"""停用 of many people from the list: handed in as one batch, decided by somebody else, out of the pool from a day on."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.ledger import actions
from taizhang.ledger.models import Batch, Movement, Standing, Submission
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.ledger.tests.test_web_many import ids, ledger

__all__ = ["ledger"]  # the fixture
TODAY = timezone.localdate


def confirmed(**more: object) -> dict[str, object]:
    return {"confirm": "1", "since": TODAY().isoformat(), "status": "41", "reason": "整户迁走", **more}


def test_the_page_says_how_many_and_whom_it_leaves_alone_before_anything_happens(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    page = client.post("/people/stop/", {"all": "1", "query": ""}).content.decode()
    assert "停用 3 人？" in page
    assert "4 人里有 1 人已经停用" in page
    with acting_as(ledger):
        assert not Batch.objects.filter(title="停用").exists()


def test_once_decided_they_are_out_of_the_pool_from_that_day_with_the_reason(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    chosen = ids(ledger, "罗小梅", "王芳")
    answer = client.post("/people/stop/", confirmed(person=chosen, expected="2"), follow=True)
    assert "停用 2 人已提交" in answer.content.decode()
    with acting_as(ledger):
        batch = Batch.objects.get(title="停用")
        assert (batch.division, batch.reason, batch.mode) == ("532323", "整户迁走", "change")
        assert {str(one.worker_id) for one in Submission.objects.filter(batch=batch)} == set(chosen)
        assert not Standing.objects.filter(worker_id__in=chosen).exists()  # in the pool until somebody decides
        actions.apply(actor=ledger, batch=batch)
        now = Standing.objects.filter(worker_id__in=chosen, to_date=None)
        assert {(one.pool_status, one.from_date) for one in now} == {("41", TODAY())}
        assert Movement.objects.filter(worker_id__in=chosen, direction="out", reason="41").count() == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"status": ""}, "先选为什么停用"),
        ({"status": "10"}, "先选为什么停用"),
        ({"since": ""}, "填哪天起"),
        ({"since": (TODAY() + dt.timedelta(days=1)).isoformat()}, "这一天还没有到"),
    ],
)
def test_what_is_missing_is_asked_for_on_the_same_page(
    client: Client,
    ledger: User,
    data: dict[str, str],
    said: str,
) -> None:
    sign_in(client, cast.county_li())
    answer = client.post("/people/stop/", confirmed(all="1", query="", **data))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with acting_as(ledger):
        assert not Batch.objects.filter(title="停用").exists()


def test_those_stopped_already_and_people_of_other_places_are_refused(client: Client, ledger: User) -> None:
    sign_in(client, cast.county_li())
    assert "都已经停用" in client.post("/people/stop/", {"person": ids(ledger, "李伟")}).content.decode()
    sign_in(client, cast.collector_lan())
    assert client.post("/people/stop/", confirmed(person=ids(ledger, "王芳"))).status_code == 409
    sign_in(client, cast.partner_zhou())
    assert client.post("/people/stop/", {"all": "1"}).status_code == 403
    with acting_as(ledger):
        assert not Batch.objects.filter(title="停用").exists()
