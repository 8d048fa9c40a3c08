"""Duplicates and conflicts put right on the page instead of in the workbook."""

from __future__ import annotations

import pytest
from django.test import Client

from taizhang.accounts.models import User
from taizhang.accounts.tests import people
from taizhang.engine.errors import DomainError
from taizhang.intake import actions, choosing, queries, run
from taizhang.intake.models import Upload
from taizhang.intake.tests import files
from taizhang.intake.tests.conftest import Check
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch, Submission

NONE = {"new": 0, "update": 0, "same": 0, "duplicate": 0, "conflict": 0, "error": 0, "warning": 0}
TWICE = (
    files.person(1, 姓名="杨一"),
    files.person(1, 姓名="杨一", 月收入="4300", 文化程度="高中"),
    files.person(2, 姓名="普二", 民族="苗人"),
)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def row(upload: Upload, number: int) -> Submission:
    return Submission.objects.get(batch=Upload.objects.get(pk=upload.pk).batch_id, row_no=number)


def enter(actor: User, upload: Upload) -> None:
    ledger.apply(actor=actor, batch=Batch.objects.get(pk=upload.batch_id))


def text(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


# -- duplicates --------------------------------------------------------------------------------------------------------


def test_the_clerk_picks_the_row_that_counts_and_the_counts_follow(check: Check, county: User) -> None:
    twice = (TWICE[0], {**TWICE[1], "联系电话": "15400000999"}, TWICE[2])
    upload, client = check(*twice), client_of(county)
    assert upload.counts == {**NONE, "new": 1, "duplicate": 1, "error": 1}
    page = text(client, f"/imports/{upload.pk}/rows/{row(upload, 3).pk}/")
    assert "同一个人的 2 行" in page
    assert "<td>4,200</td><td>4,300</td>" in page
    assert "154****0367" in page
    assert "154****0999" in page
    assert "15400000999" not in page
    told = client.post(f"/imports/{upload.pk}/rows/{row(upload, 3).pk}/keep/", follow=True).content.decode()
    assert "已采用这一行；同一个人的第 2 行不要了。" in told
    again = Upload.objects.get()
    assert again.counts == {**NONE, "new": 1, "duplicate": 1, "error": 1}
    assert (row(upload, 2).outcome, row(upload, 3).outcome) == ("duplicate", "new")
    assert [(one.row_no, one.rule) for one in queries.problems(again.batch_id, "duplicate")] == [
        (2, "ledger.duplicate")
    ]
    assert "您选了采用那一行" in text(client, f"/imports/{upload.pk}/?show=duplicate")


def test_the_choice_holds_when_the_file_is_checked_again(check: Check, county: User) -> None:
    upload = check(*TWICE)
    choosing.keep(actor=county, upload_id=upload.pk, row_id=row(upload, 3).pk)
    actions.accept(actor=county, upload_id=upload.pk, row_no=4, item="ethnicity")
    again = run.check_upload(upload.pk, lambda *_: None)
    assert again.counts == {**NONE, "new": 2, "duplicate": 1}
    assert (row(upload, 2).outcome, row(upload, 3).outcome) == ("duplicate", "new")
    assert (Batch.objects.count(), Submission.objects.count()) == (1, 3)


def test_only_the_chosen_row_is_submitted(check: Check, county: User) -> None:
    upload = check(*TWICE)
    choosing.keep(actor=county, upload_id=upload.pk, row_id=row(upload, 3).pk)
    _, decided = actions.submit(actor=county, upload_id=upload.pk)
    assert decided.done == 1
    assert dict(Submission.objects.values_list("row_no", "state")) == {2: "withdrawn", 3: "submitted", 4: "draft"}
    with pytest.raises(DomainError):
        choosing.keep(actor=county, upload_id=upload.pk, row_id=row(upload, 2).pk)


def test_discarding_forgets_the_rows_passed_over_too(check: Check, county: User) -> None:
    upload = check(*TWICE)
    choosing.keep(actor=county, upload_id=upload.pk, row_id=row(upload, 3).pk)
    actions.discard(actor=county, upload_id=upload.pk)
    assert (Batch.objects.count(), Submission.objects.count()) == (0, 0)


# -- conflicts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def conflict(check: Check, county: User) -> Upload:
    """The file says 5,100 yuan and was checked when the ledger said 4,200; meanwhile somebody entered 4,800."""
    enter(county, check(files.person(1, 姓名="杨一"), name="六月.xlsx"))
    upload = check(files.person(1, 姓名="杨一", 月收入="5100"))
    enter(county, check(files.person(1, 姓名="杨一", 月收入="4800"), name="别人的.xlsx"))
    upload = actions.turn(actor=county, upload_id=upload.pk, mode="auto")
    assert upload.counts == {**NONE, "conflict": 1}
    return upload


def test_both_sides_stand_beside_each_other_with_their_batch(conflict: Upload, county: User) -> None:
    client = client_of(county)
    listed = text(client, f"/imports/{conflict.pk}/")
    assert "看两边，选一边" in listed
    assert "请看新的内容后再填：月平均工资。" in listed
    page = text(client, f"/imports/{conflict.pk}/rows/{row(conflict, 2).pk}/")
    assert "4,200" in page
    assert "4,800" in page
    assert "<b>5,100</b>" in page
    assert "李文静，别人的.xlsx" in page
    assert "2017年8月20日起" in page


def test_numbers_stand_masked_on_both_sides(check: Check, county: User) -> None:
    enter(county, check(files.person(1, 姓名="杨一"), name="六月.xlsx"))
    upload = check(files.person(1, 姓名="杨一", 联系电话="15400110999"))
    enter(county, check(files.person(1, 姓名="杨一", 联系电话="15400220999"), name="别人的.xlsx"))
    actions.turn(actor=county, upload_id=upload.pk, mode="auto")
    page = text(client_of(county), f"/imports/{upload.pk}/rows/{row(upload, 2).pk}/")
    assert "<td>154****0999<br>" in page
    assert "154****0999（打星号的部分不同）" in page
    assert "15400110999" not in page


@pytest.mark.parametrize(
    ("sent", "outcome", "words"),
    [
        ({"all": "ledger"}, "same", "照台账的，不改动"),
        ({"all": "mine"}, "update", "可以提交了"),
        ({"item-monthly_wage": "mine"}, "update", "可以提交了"),
        ({"item-monthly_wage": "ledger"}, "same", "照台账的，不改动"),
    ],
)
def test_one_side_is_chosen_and_the_row_compared_again(
    conflict: Upload, county: User, sent: dict[str, str], outcome: str, words: str
) -> None:
    client, address = client_of(county), f"/imports/{conflict.pk}/rows/{row(conflict, 2).pk}/"
    told = client.post(f"{address}settle/", {"version": "2", **sent}, follow=True).content.decode()
    assert words in told
    assert Upload.objects.get(pk=conflict.pk).counts == {**NONE, outcome: 1}
    if outcome == "update":
        assert [change[:2] for change in row(conflict, 2).changes.values()] == [["4800.00", "5100.00"]]


def test_a_stale_or_broken_choice_is_refused(conflict: Upload, county: User) -> None:
    client, address = client_of(county), f"/imports/{conflict.pk}/rows/{row(conflict, 2).pk}/settle/"
    assert client.post(address, {"version": "1", "all": "mine"}).status_code == 409
    assert client.post(address, {"all": "mine"}).status_code == 422
    assert client.post(address, {"version": "2", "all": "both"}).status_code == 422
    assert row(conflict, 2).outcome == "conflict"


def test_other_peoples_files_are_not_chosen_in(conflict: Upload, county: User) -> None:
    pk = row(conflict, 2).pk
    neighbour, colleague = client_of(people.township_mo()), client_of(people.county_zhao())
    for verb in ("keep", "settle"):
        address = f"/imports/{conflict.pk}/rows/{pk}/{verb}/"
        assert neighbour.post(address, {"version": "2", "all": "mine"}).status_code == 404
        assert colleague.post(address, {"version": "2", "all": "mine"}).status_code == 403
        assert Client().post(address).status_code == 302
        assert client_of(county).get(address).status_code == 405
    page = text(colleague, f"/imports/{conflict.pk}/rows/{pk}/")
    assert "4,800" in page
    assert "都用台账的" not in page
