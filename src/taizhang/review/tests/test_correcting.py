"""A returned paper is mended in the page: remarks first, the old one is kept, somebody else decides on the new one."""

import datetime as dt
import json

import pytest
from django.test import Client
from django.urls import reverse

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import county_li, county_zhao, township_mo, township_wei
from taizhang.intake import actions as intake
from taizhang.intake import service
from taizhang.intake.tests import files
from taizhang.ledger import person, submitted, webedit
from taizhang.ledger.flat import as_json
from taizhang.ledger.models import Submission, Worker
from taizhang.protection import keys
from taizhang.review import actions
from taizhang.review.tests.papers import decisions, state, township_two

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(divisions, tmp_path) -> Submission:
    """杨大凤, a newcomer from a workbook in Wei's name, returned by the township's other reviewer."""
    path = files.write(tmp_path, files.workbook([files.person(1, 姓名="杨大凤"), files.person(2, 姓名="杨小凤")]))
    with acting_as(township_wei()):
        upload = service.check_file(
            actor=township_wei(), path=path, form="mouding-2017", collected_on=dt.date(2017, 8, 20)
        )
        assert upload.counts["new"] == 2, upload.counts
        intake.submit(actor=township_wei(), upload_id=upload.pk)
    with acting_as(township_two()):
        first = Submission.objects.order_by("row_no").first()
        actions.send_back(
            actor=township_two(),
            batch=first.batch,
            ids=[first.pk],
            reason="收入和工种不合",
            remarks={"monthly_wage": "像是年收入"},
        )
        return Submission.objects.select_related("batch").get(pk=first.pk)


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def data_of(response) -> dict:
    return response.context["data"]


def send(client, paper, answers, version=None):
    data = {"version": version or paper.version, "answers": json.dumps(answers), "since": "2017-08-20"}
    return client.post(reverse("review:correct", args=[paper.pk]), data)


def test_the_form_holds_what_was_handed_in_and_the_remarks_come_first(paper) -> None:
    response = as_(township_wei()).get(reverse("review:correct", args=[paper.pk]))
    page = response.content.decode()
    assert page.index("像是年收入") < page.index("record-data")
    assert '<a href="#f-monthly_wage">' in page
    data = data_of(response)
    assert data["answers"]["full_name"] == "杨大凤"
    assert float(data["answers"]["monthly_wage"]) == 4200
    assert data["sealed"]["mobile_phone"] == "154****0367"
    assert files.number(1) not in page
    assert "15400000367" not in page


def test_mending_makes_a_new_paper_in_place_of_the_old(paper) -> None:
    client = as_(township_wei())
    answers = data_of(client.get(reverse("review:correct", args=[paper.pk])))["answers"]
    response = send(client, paper, {**answers, "monthly_wage": 3500})
    assert response.status_code == 302, response.content.decode()[:3000]
    with acting_as(county_li()):
        old = Submission.objects.get(pk=paper.pk)
        new = Submission.objects.select_related("batch").exclude(batch=paper.batch).get()
        assert (old.state, float(submitted.values(old)["monthly_wage"])) == ("superseded", 4200.0)
        assert (new.state, float(submitted.values(new)["monthly_wage"])) == ("submitted", 3500.0)
        assert bytes(new.id_token) == bytes(old.id_token)
        assert new.batch.title == "退回后改报：共和镇_7月.xlsx"
        assert decisions(new.batch) == [("submit", "draft", "submitted")]
        assert ("correct", "returned", "superseded") in decisions(paper.batch)
    with acting_as(township_two()):
        actions.approve(actor=township_two(), batch=new.batch)
    with acting_as(county_li()):
        actions.approve(actor=county_li(), batch=new.batch)
        worker = Worker.objects.get()
        assert worker.full_name == "杨大凤"
        assert keys.unseal("mobile_phone", bytes(worker.phone_sealed), bytes(worker.id_token)) == "15400000367"


def test_a_known_persons_paper_is_mended_as_a_change_of_that_person(paper) -> None:
    with acting_as(county_li()):
        batch = paper.batch
        rest = list(Submission.objects.filter(batch=batch, state="submitted").values_list("pk", flat=True))
    with acting_as(township_two()):
        actions.approve(actor=township_two(), batch=batch, ids=rest)
    with acting_as(county_zhao()):
        actions.approve(actor=county_zhao(), batch=batch, ids=rest)
    client = as_(township_wei())
    with acting_as(county_li()):
        worker = Worker.objects.get()
    with acting_as(township_wei()):
        known = person.get(township_wei(), worker.pk)
        answers = {**as_json(known.values), "monthly_wage": 5100}
        form = webedit.form_of(township_wei())[1]
        answers = {item: answers.get(item) for item in form.items if item not in ("id_number", "mobile_phone")}
        edited = webedit.hand_in(actor=township_wei(), person=known, filled=webedit.Filled(answers))
        assert edited.state == "submitted"
    with acting_as(township_two()):
        actions.send_back(actor=township_two(), batch=edited.batch, ids=[edited.pk], reason="电话打不通")
    with acting_as(county_li()):
        edited = Submission.objects.select_related("batch").get(pk=edited.pk)
    response = send(client, edited, {**answers, "monthly_wage": 5200})
    assert response.status_code == 302, response.content.decode()[:3000]
    with acting_as(county_li()):
        new = Submission.objects.get(batch__title__startswith="退回后改报")
        assert new.worker_id == worker.pk
        assert new.changes["monthly_wage"][:2] == ["4200.00", "5200.00"]
        assert state(edited.batch) == "superseded"


def test_what_is_still_wrong_is_said_and_nothing_is_handed_in(paper) -> None:
    client = as_(township_wei())
    answers = data_of(client.get(reverse("review:correct", args=[paper.pk])))["answers"]
    response = send(client, paper, {**answers, "full_name": None})
    assert response.status_code == 422
    assert any(one["item"] == "full_name" for one in data_of(response)["findings"])
    with acting_as(county_li()):
        assert Submission.objects.get(pk=paper.pk).state == "returned"
        assert Submission.objects.count() == 2


def test_only_the_submitter_mends_and_only_what_was_returned(paper) -> None:
    url = reverse("review:correct", args=[paper.pk])
    assert as_(township_two()).get(url).status_code == 403
    assert as_(township_mo()).get(url).status_code == 404
    with acting_as(county_li()):
        waiting = Submission.objects.get(state="submitted")
    assert as_(township_wei()).get(reverse("review:correct", args=[waiting.pk])).status_code == 403
    assert as_(township_wei()).put(url).status_code == 405


def test_two_windows_on_one_paper_hand_in_once(paper) -> None:
    client = as_(township_wei())
    answers = data_of(client.get(reverse("review:correct", args=[paper.pk])))["answers"]
    assert send(client, paper, {**answers, "monthly_wage": 3500}).status_code == 302
    assert send(client, paper, {**answers, "monthly_wage": 3600}).status_code in (403, 409)
    with acting_as(county_li()):
        assert Submission.objects.count() == 3


@pytest.mark.parametrize("data", [{}, {"version": "-1"}])
def test_a_form_without_its_version_is_refused(paper, data) -> None:
    assert as_(township_wei()).post(reverse("review:correct", args=[paper.pk]), data).status_code == 422
