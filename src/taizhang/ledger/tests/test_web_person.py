"""One person's page, revealed numbers, paper; new, edited and stopped people handed in for somebody else's decision."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.ledger import actions
from taizhang.ledger.models import Batch, Submission, Worker
from taizhang.ledger.queries import flat
from taizhang.ledger.tests.people import TIANTAI, enter, number, person
from taizhang.protection.audit import Action
from taizhang.protection.models import AuditEntry

BACKEND = "django.contrib.auth.backends.ModelBackend"
FULL = {
    "is_poverty_registered": False,
    "education": "70",
    "ethnicity": "01",
    "labour_ability": "1",
    "pension_status": "0",
    "main_income_source": "3",
    "employment_status": "3",
    "transfer_condition": False,
    "transfer_willingness": "2",
    "wants_training": False,
}


@pytest.fixture
def xiaomei(db: None) -> UUID:
    """罗小梅 of 天台, with a phone."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(li, person(12, mobile_phone="15412340367", **FULL))
        return Worker.objects.get().pk


def sign_in(client: Client, user: User) -> User:
    client.force_login(user, BACKEND)
    return user


def form_answers(actor: User, worker: UUID) -> dict[str, Any]:
    """What the page sends when nothing is touched: the form's items, numbers left out."""
    from taizhang.catalogue import load
    from taizhang.ledger.flat import as_json

    with acting_as(actor):
        row = as_json(flat(actor, worker))
    return {
        item: row.get(item) for item in load().forms["mouding-2017"].items if item not in ("id_number", "mobile_phone")
    }


def hand_in(client: Client, worker: UUID, answers: dict[str, Any], **more: Any) -> Any:
    return client.post(
        f"/people/{worker}/edit/",
        {"answers": json.dumps(answers), "mode": "change", "since": "2017-09-01", "base_version": "1", **more},
    )


def findings(answer: Any) -> list[dict[str, Any]]:
    """What the server tells the form."""
    page = answer.content.decode()
    return json.loads(page.partition('id="record-data" type="application/json">')[2].partition("</script>")[0])[
        "findings"
    ]  # type: ignore[no-any-return]


# -- the page -------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_form_the_spells_and_the_history(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_li())
    page = client.get(f"/people/{xiaomei}/").content.decode()
    assert "<title>罗小梅 - 台账</title>" in page
    assert "992323********" in page
    assert number("19850312", 12) not in page
    assert "15412340367" not in page
    assert "登记进台账" in page
    assert "牟定方案（2017），统计范围" in page


def test_opening_a_person_is_written_down(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_li())
    client.get(f"/people/{xiaomei}/")
    assert AuditEntry.objects.filter(action=Action.PERSON_VIEWED, subject=str(xiaomei)).count() == 1


PAGES = ("", "edit/", "stop/", "print/", "numbers/id_number/", "numbers/id_number/masked/")


@pytest.mark.parametrize("page", PAGES)
def test_a_person_of_another_township_does_not_exist(client: Client, xiaomei: UUID, page: str) -> None:
    sign_in(client, cast.township_mo())
    assert client.get(f"/people/{xiaomei}/{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_person_without_signing_in(client: Client, xiaomei: UUID, page: str) -> None:
    assert client.get(f"/people/{xiaomei}/{page}").status_code == 302


@pytest.mark.parametrize("page", ["edit/", "stop/", "numbers/id_number/"])
def test_a_reading_partner_changes_and_reveals_nothing(client: Client, xiaomei: UUID, page: str) -> None:
    sign_in(client, cast.partner_zhou())
    assert client.get(f"/people/{xiaomei}/").status_code == 200
    assert client.get(f"/people/{xiaomei}/{page}").status_code == 403


def test_a_number_is_shown_after_a_reason_and_written_down(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_li())
    address = f"/people/{xiaomei}/numbers/id_number/"
    assert "为什么要看" in client.get(address).content.decode()
    assert not AuditEntry.objects.filter(action=Action.PERSON_REVEALED).exists()
    shown = client.post(address, {"why": "subsidy"}).content.decode()
    assert number("19850312", 12) in shown
    assert "30 秒后自动遮住" in shown
    entry = AuditEntry.objects.get(action=Action.PERSON_REVEALED)
    assert (entry.subject, entry.detail) == (str(xiaomei), {"item": "id_number", "reason": "subsidy"})


def test_without_a_reason_no_number_is_shown(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_li())
    for data in ({}, {"why": "curiosity"}):
        answer = client.post(f"/people/{xiaomei}/numbers/mobile_phone/", data)
        assert answer.status_code == 422
        assert "15412340367" not in answer.content.decode()
    assert not AuditEntry.objects.filter(action=Action.PERSON_REVEALED).exists()


def test_only_sealed_items_have_something_to_reveal(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_li())
    assert client.post(f"/people/{xiaomei}/numbers/full_name/", {"why": "check"}).status_code == 404


def test_the_paper_form_ticks_what_the_ledger_holds_and_masks_numbers(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_li())
    page = client.get(f"/people/{xiaomei}/print/").content.decode()
    assert '<span class="opt on">初中</span>' in page
    assert '<span class="opt">小学</span>' in page
    assert number("19850312", 12) not in page
    assert AuditEntry.objects.filter(action=Action.PERSON_PRINTED).count() == 1


# -- editing --------------------------------------------------------------------------------------------------------


def test_an_edit_waits_for_somebody_else_and_changes_nobody(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    answers = form_answers(lan, xiaomei) | {"marital_status": "20"}
    answer = hand_in(client, xiaomei, answers, reason="结婚")
    assert answer["Location"] == f"/people/{xiaomei}/"
    with acting_as(lan):
        paper = Submission.objects.get(batch__source="web")
        assert (paper.state, paper.outcome, paper.worker_id) == ("submitted", "update", xiaomei)
        assert {item: told[:2] for item, told in paper.changes.items()} == {"marital_status": [None, "20"]}
        assert (paper.batch.reason, paper.batch.mode, paper.batch.collected_on) == (
            "结婚",
            "change",
            dt.date(2017, 9, 1),
        )
        assert flat(lan, xiaomei)["marital_status"] is None
    page = client.get(f"/people/{xiaomei}/").content.decode()
    assert "还没有入账" in page
    assert "自己填的由别人审" in page


def test_an_approved_edit_stands_in_the_timeline_with_who_and_why(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    hand_in(client, xiaomei, form_answers(lan, xiaomei) | {"marital_status": "20"}, reason="结婚")
    li = cast.county_li()
    with acting_as(li):
        actions.apply(actor=li, batch=Batch.objects.get(source="web"))
    page = client.get(f"/people/{xiaomei}/").content.decode()
    assert "原因：结婚" in page
    assert "杨兰" in page
    assert "<del>空</del> → <ins>已婚</ins>" in page


def test_a_form_that_says_nothing_new_is_not_handed_in(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    answer = hand_in(client, xiaomei, form_answers(lan, xiaomei))
    assert answer.status_code == 422
    assert "没有要改的" in answer.content.decode()
    with acting_as(lan):
        assert not Batch.objects.filter(source="web").exists()


def test_a_wrong_form_comes_back_with_every_error_and_writes_nothing(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    answer = hand_in(client, xiaomei, form_answers(lan, xiaomei) | {"full_name": None, "monthly_wage": "很多"})
    assert answer.status_code == 422
    assert "<title>错误：修改 罗小梅 - 台账</title>" in answer.content.decode()
    assert {"full_name", "monthly_wage"} <= {one["item"] for one in findings(answer)}
    with acting_as(lan):
        assert not Batch.objects.filter(source="web").exists()


@pytest.mark.parametrize("answers", ["", "[]", "{", '{"full_name": {"a": 1}}'])
def test_a_torn_form_is_refused_in_words(client: Client, xiaomei: UUID, answers: str) -> None:
    sign_in(client, cast.collector_lan())
    assert client.post(f"/people/{xiaomei}/edit/", {"answers": answers}).status_code == 422


def test_a_day_to_come_is_refused(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    answer = hand_in(client, xiaomei, form_answers(lan, xiaomei) | {"marital_status": "20"}, since="2199-01-01")
    assert answer.status_code == 422
    assert "还没有到" in findings(answer)[0]["message"]


def test_a_corrected_number_keeps_the_phone_readable(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    right = number("19850312", 14)
    hand_in(client, xiaomei, form_answers(lan, xiaomei) | {"id_number": right}, mode="correction", reason="抄错")
    li = sign_in(client, cast.county_li())
    with acting_as(li):
        actions.apply(actor=li, batch=Batch.objects.get(source="web"))
    assert right in client.post(f"/people/{xiaomei}/numbers/id_number/", {"why": "check"}).content.decode()
    assert "15412340367" in client.post(f"/people/{xiaomei}/numbers/mobile_phone/", {"why": "call"}).content.decode()


# -- stopping -------------------------------------------------------------------------------------------------------


def test_stopping_is_a_submission_with_a_reason(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    assert client.post(f"/people/{xiaomei}/stop/", {"since": "2017-09-01"}).status_code == 422  # no reason
    assert client.post(f"/people/{xiaomei}/stop/", {"since": "2199-09-01", "status": "41"}).status_code == 422
    assert (
        client.post(
            f"/people/{xiaomei}/stop/", {"since": "2017-09-01", "status": "41", "reason": "迁到昆明"}
        ).status_code
        == 302
    )
    with acting_as(lan):
        paper = Submission.objects.get(batch__source="web")
        assert paper.state == "submitted"
        assert paper.changes["pool_status"][:2] == ["10", "41"]
        assert flat(lan, xiaomei)["pool_status"] == "10"


# -- new ------------------------------------------------------------------------------------------------------------


def test_there_is_no_way_to_the_form_but_through_the_search(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.collector_lan())
    assert client.get("/people/new/form/").status_code == 405
    assert client.post("/people/new/form/", {"full_name": "普秀英"}).status_code == 403
    assert client.post("/people/new/hand-in/", {"answers": "{}", "searched": "made-up"}).status_code == 403


def test_the_search_tells_a_known_number_and_offers_no_form(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.collector_lan())
    page = client.post("/people/new/", {"full_name": "罗小妹", "id_number": number("19850312", 12)}).content.decode()
    assert "已经登记了" in page
    assert f"/people/{xiaomei}/" in page
    assert 'name="searched"' not in page


def test_the_search_shows_people_of_the_same_name(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.collector_lan())
    page = client.post("/people/new/", {"full_name": "罗小梅", "id_number": number("19900506", 14)}).content.decode()
    assert "同名的有 1 人" in page
    assert 'name="searched"' in page


def test_a_number_held_elsewhere_names_the_county_only(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_guzhang())
    page = client.post("/people/new/", {"full_name": "某人", "id_number": number("19850312", 12)}).content.decode()
    assert "牟定县" in page
    assert "罗小梅" not in page
    assert str(xiaomei) not in page


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [("", number("19900506", 14), "填姓名"), ("普秀英", "", "填身份证号码"), ("普秀英", "99232319900506014", "18 位")],
)
def test_a_search_needs_a_name_and_a_whole_number(
    client: Client, xiaomei: UUID, name: str, typed: str, said: str
) -> None:
    sign_in(client, cast.collector_lan())
    answer = client.post("/people/new/", {"full_name": name, "id_number": typed})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_new_person_is_handed_in_after_the_search(client: Client, xiaomei: UUID) -> None:
    lan = sign_in(client, cast.collector_lan())
    typed = number("19900506", 14)
    page = client.post("/people/new/", {"full_name": "普秀英", "id_number": typed}).content.decode()
    token = page.partition('name="searched" value="')[2].partition('"')[0]
    form = client.post(
        "/people/new/form/", {"searched": token, "full_name": "普秀英", "id_number": typed}
    ).content.decode()
    assert typed in form  # nothing is typed twice
    answers = {
        "full_name": "普秀英",
        "id_number": typed,
        "hukou_region": TIANTAI,
        "mobile_phone": "15412340367",
        **FULL,
    }
    answer = client.post("/people/new/hand-in/", {"searched": token, "answers": json.dumps(answers)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    with acting_as(lan):
        paper = Submission.objects.get(batch__source="web")
        assert (paper.outcome, paper.state, paper.full_name, paper.division) == ("new", "submitted", "普秀英", TIANTAI)
        assert Worker.objects.count() == 1  # nobody entered yet


# -- a number being typed -------------------------------------------------------------------------------------------


def told(client: Client, typed: str, **more: Any) -> str:
    return str(client.post("/people/number/", {"id_number": typed, **more}).content.decode()).strip()


def test_a_number_being_typed_is_told_with_its_owner_masked(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.collector_lan())
    known = number("19850312", 12)
    assert told(client, known[:17]) == ""  # still being typed
    assert "校验" in told(client, known[:17] + ("0" if known[17] != "0" else "1"))
    said = told(client, known)
    assert "女，1985年3月12日生" in said
    assert "罗**" in said
    assert "罗小梅" not in said
    assert f"/people/{xiaomei}/" in said
    assert told(client, known, worker=str(xiaomei)) == ""  # the form is about her
    assert "没有登记过" in told(client, number("19900506", 14))


def test_a_number_of_another_county_names_the_county_and_readers_ask_for_none(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.county_guzhang())
    said = told(client, number("19850312", 12))
    assert "牟定县" in said
    assert "罗" not in said
    sign_in(client, cast.partner_zhou())
    assert client.post("/people/number/", {"id_number": number("19850312", 12)}).status_code == 403
    client.logout()
    assert client.post("/people/number/").status_code == 302


def test_without_a_conflict_there_is_nothing_to_choose(client: Client, xiaomei: UUID) -> None:
    sign_in(client, cast.collector_lan())
    assert client.get(f"/people/{xiaomei}/both/").status_code == 404
    assert client.post(f"/people/{xiaomei}/both/", {"all": "mine", "version": "1"}).status_code == 404
