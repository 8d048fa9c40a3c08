"""Taking a submitted file back: what waited is withdrawn, what was entered is restored, and the page says which of the two happened."""

from __future__ import annotations

import pytest
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people
from taizhang.engine.errors import DomainError
from taizhang.intake import actions
from taizhang.intake.models import Upload
from taizhang.intake.tests import files
from taizhang.intake.tests.conftest import Check
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch, Submission, Worker
from taizhang.review import actions as review

TWO = (files.person(1, 姓名="杨一"), files.person(2, 姓名="普二"))


def submitted(check: Check, actor: User, *rows: dict[str, str]) -> Upload:
    return actions.submit(actor=actor, upload_id=check(*rows, actor=actor).pk)[0]


def enter(upload: Upload, actor: User, *row_numbers: int) -> None:
    """These rows (all when none is named) straight through the door, as the last approval does."""
    batch = Batch.objects.get(pk=upload.batch_id)
    ids = [one.pk for one in Submission.objects.filter(batch=batch, row_no__in=row_numbers)] if row_numbers else None
    ledger.apply(actor=actor, batch=batch, submissions=ids)


def page(client: Client, upload: Upload) -> str:
    return " ".join(client.get(f"/imports/{upload.pk}/").content.decode().split())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_what_only_waited_is_withdrawn_and_offers_nothing_more(check: Check, county: User) -> None:
    upload, client = submitted(check, county, *TWO), signed_in(county)
    before = page(client, upload)
    assert "撤回 2 行" in before
    assert "撤销这一批" not in before
    told = client.post(f"/imports/{upload.pk}/undo/", {"reason": "传错了文件"}, follow=True).content.decode()
    assert "已撤回 2 行。这些行还没有入账，台账没有变动。" in told
    assert "台账恢复" not in told
    assert "已撤回" in client.get("/imports/").content.decode()
    assert 'name="reason"' not in told
    assert client.post(f"/imports/{upload.pk}/undo/", {"reason": "再撤"}).status_code == 409
    with acting_as(county):
        assert Upload.objects.get().state == "withdrawn"


def test_what_was_entered_is_restored_and_says_so(check: Check, county: User) -> None:
    upload, client = submitted(check, county, *TWO), signed_in(county)
    enter(upload, county)
    assert "撤销这一批" in page(client, upload)
    told = client.post(f"/imports/{upload.pk}/undo/", {"reason": "传错了文件"}, follow=True).content.decode()
    assert "已整批撤销，台账恢复为提交以前的内容。" in told
    assert "撤销这一批" not in told
    with acting_as(county):
        assert not Worker.objects.filter(retired_by=None).exists()


def test_half_entered_half_waiting_says_both(check: Check, county: User) -> None:
    upload, client = submitted(check, county, *TWO), signed_in(county)
    enter(upload, county, 2)
    assert "1 行已入账，1 行待审" in page(client, upload)
    told = client.post(f"/imports/{upload.pk}/undo/", {"reason": "传错了文件"}, follow=True).content.decode()
    assert "已整批撤销，台账恢复为提交以前的内容；还没有审的 1 行已撤回。" in told


def test_rows_a_reviewer_has_passed_on_stay_and_are_told(check: Check, county: User) -> None:
    wei, wei2 = (
        people.township_wei(),
        people._user("wei2", "魏芳", "township", ("532323101",), "共和镇人民政府", "mouding-2017"),
    )
    with acting_as(wei):
        upload = submitted(check, wei, *TWO)
    batch = Batch.objects.get(pk=upload.batch_id)
    with acting_as(wei2):
        review.approve(actor=wei2, batch=batch, ids=[Submission.objects.get(batch=batch, row_no=2).pk])
    client = signed_in(wei)
    with acting_as(wei):
        assert "1 行已审过一级，1 行待审" in page(client, upload)
        told = client.post(f"/imports/{upload.pk}/undo/", {"reason": "传错了"}, follow=True).content.decode()
    assert "已撤回 1 行。" in told
    assert "还有 1 行已经审过一级，不能撤回，请审核人退回。" in told
    assert 'name="reason"' not in told
    with acting_as(wei):
        assert sorted(Submission.objects.values_list("state", flat=True)) == ["township_approved", "withdrawn"]
        assert Upload.objects.get().state == "submitted"
        with pytest.raises(DomainError) as refused:
            actions.undo(actor=wei, upload_id=upload.pk, reason="再撤")
    assert refused.value.code == "not_applied"


def test_somebody_elses_waiting_file_offers_no_button(check: Check, county: User) -> None:
    wei = people.township_wei()
    with acting_as(wei):
        upload = submitted(check, wei, *TWO)
    text = page(signed_in(county), upload)
    assert "2 行待审" in text
    assert 'name="reason"' not in text
