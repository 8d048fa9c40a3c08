"""Sync: what a phone gets is what it lacks; what it brings counts once, and a bad record keeps nothing back."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.catalogue import load
from taizhang.collecting import actions as collecting
from taizhang.collecting.models import Picture
from taizhang.ledger import submitted, webedit
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.queries import flat
from taizhang.ledger.tests.people import enter, number
from taizhang.phone import devices, merging, settling
from taizhang.phone.models import Device, Receipt
from taizhang.phone.tests.conftest import FULL
from taizhang.phone.tests.phones import Phone, enrolled
from taizhang.protection.models import AuditEntry
from taizhang.review import actions as review

pytestmark = pytest.mark.django_db
TODAY = "2017-09-01"


def approve(worker: str | None = None) -> None:
    """Both steps of 牟定 on everything that waits."""
    for reviewer in (cast.township_wei(), cast.county_li()):
        with acting_as(reviewer):
            for paper in Submission.objects.filter(
                entered=False, state__in=("submitted", "township_approved")
            ).select_related("batch"):
                review.approve(actor=reviewer, batch=paper.batch, ids=[paper.pk])


def ledger(worker: str) -> dict[str, object]:
    with acting_as(cast.county_li()):
        return flat(cast.county_li(), uuid.UUID(worker))


def receipts() -> list[Receipt]:
    with acting_as(cast.collector_lan()):
        return list(Receipt.objects.order_by("seq"))


def waiting(worker: str) -> list[dict[str, object]]:
    with acting_as(cast.county_li()):
        return [
            submitted.values(p)
            for p in Submission.objects.filter(worker_id=worker, entered=False, state="submitted").select_related(
                "batch", "paper"
            )
        ]


# -- enrolment --------------------------------------------------------------------------------------------------------


def test_only_a_collector_enrols_a_phone_and_the_token_is_kept_as_a_digest(village) -> None:
    client = Client()
    client.force_login(cast.collector_lan())
    answer = client.post("/phone/enrol/", '{"name": "oppo A5"}', content_type="application/json")
    assert (answer.status_code, answer.json()["user"]) == (200, {"name": "杨兰", "username": "lan"})
    device = Device.objects.get()
    assert answer.json()["token"].encode() not in bytes(device.token_hash)
    assert AuditEntry.objects.filter(action="phone.enrolled", subject=str(device.pk)).count() == 1
    client.force_login(cast.county_li())
    assert client.post("/phone/enrol/", "{}", content_type="application/json").status_code == 403


def test_a_fourth_phone_is_refused_until_one_is_given_up(village) -> None:
    client = Client()
    client.force_login(cast.collector_lan())
    for _ in range(3):
        assert client.post("/phone/enrol/", "{}", content_type="application/json").status_code == 200
    refused = client.post("/phone/enrol/", "{}", content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_many_phones")
    client.post(f"/phone/devices/{Device.objects.first().pk}/revoke/")
    assert client.post("/phone/enrol/", "{}", content_type="application/json").status_code == 200


@pytest.mark.parametrize("how", ["unknown token", "revoked", "disabled", "no villages"])
def test_a_phone_that_may_not_call_any_more_is_told_to_forget(village, how) -> None:
    phone = enrolled()
    assert phone.call("get", "state").status_code == 200
    lan = cast.collector_lan()
    match how:
        case "unknown token":
            phone.token = "x" * 43
        case "revoked":
            devices.revoke(actor=lan, device_id=Device.objects.get().pk)
        case "disabled":
            User.objects.filter(pk=lan.pk).update(is_active=False)
        case _:
            User.objects.filter(pk=lan.pk).update(scopes=[])
    for answer in (
        phone.call("get", "state"),
        phone.call("post", "pull", {}),
        phone.call("post", "records", {"records": [], "sent_at": TODAY}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "wipe")


# -- download ---------------------------------------------------------------------------------------------------------


def test_a_phone_gets_the_people_of_its_villages_with_numbers_masked(village) -> None:
    phone = enrolled()
    assert sorted(phone.people[one]["name"] for one in phone.pull()) == ["李大成", "杨凤", "罗小梅"]
    mei = phone.people[village["罗小梅"]]
    assert mei["sealed"] == {
        "id_number": "992323********0122"[:14] + number("19850312", 12)[-4:],
        "mobile_phone": "154****0367",
    }
    assert (mei["call"], mei["initials"], mei["version"], mei["answers"]["employment_status"]) == (
        "15412340367",
        "LXM",
        1,
        "3",
    )
    assert number("19850312", 12) not in str(mei)


def test_nothing_comes_twice_once_it_is_acknowledged_and_everything_again_after_a_lost_answer(village) -> None:
    phone = enrolled()
    phone.call("post", "pull", {"ack": 0})  # the answer is lost on the way
    assert len(phone.pull(limit=2)) == 3
    assert phone.pull() == []
    told = AuditEntry.objects.filter(action="phone.download").order_by("seq").values_list("detail__people", flat=True)
    assert list(told) == [3, 2, 1]  # the audit names how many left, each time any did
    phone.ack = 0  # the phone lost its store
    assert len(phone.pull()) == 3


def test_a_change_in_the_ledger_comes_alone_and_somebody_who_left_goes(village) -> None:
    phone = enrolled()
    phone.pull()
    li = cast.county_li()
    with acting_as(li):
        enter(li, {"worker_id": village["李大成"], "base_version": 1, "education": "60"}, on=dt.date(2017, 9, 1))
        enter(
            li,
            {"worker_id": village["杨凤"], "base_version": 1, "hukou_region": "532323102201"},
            on=dt.date(2017, 9, 1),
        )
    assert sorted(phone.pull()) == sorted([village["李大成"], village["杨凤"]])
    assert phone.people[village["李大成"]]["answers"]["education"] == "60"
    assert village["杨凤"] not in phone.people


def test_a_village_taken_from_the_collector_leaves_the_phone(village) -> None:
    phone = enrolled()
    phone.pull()
    User.objects.filter(username="lan").update(scopes=["532323101202"])
    assert sorted(phone.pull()) == sorted([village["罗小梅"], village["李大成"]])
    assert list(phone.people) == [village["杨凤"]]


# -- bringing ---------------------------------------------------------------------------------------------------------


def test_unchanged_people_make_one_batch_and_count_as_verified_once_approved(village) -> None:
    phone = enrolled()
    phone.pull()
    names = ("罗小梅", "李大成", "杨凤")
    results = phone.bring(*(phone.record("unchanged", village[name], method="2") for name in names))
    assert [one["outcome"] for one in results] == ["accepted"] * 3
    with acting_as(cast.county_li()):
        papers = Submission.objects.filter(state="submitted").select_related("batch")
        # 天台 and 军屯 are two scopes of 杨兰's
        assert sorted((p.batch.title, p.batch.source) for p in papers) == [("手机核实：无变化", "phone")] * 3
        assert papers.values("batch_id").distinct().count() == 2
    approve()
    assert (
        ledger(village["杨凤"])["verify_state"],
        ledger(village["杨凤"])["collect_method"],
        ledger(village["杨凤"])["collector"],
    ) == ("1", "2", "杨兰")
    assert ledger(village["杨凤"])["survey_date"] == timezone.localdate()


def test_an_edit_waits_for_review_like_one_from_a_page_and_says_when_it_happened(village) -> None:
    phone = enrolled()
    phone.pull()
    (result,) = phone.bring(phone.edit(village["罗小梅"], education="60"))
    assert (result["outcome"], result["worker"], result["version"]) == ("accepted", village["罗小梅"], 1)
    assert [one["education"] for one in waiting(village["罗小梅"])] == ["60"]
    assert phone.pull() == [village["罗小梅"]]
    assert phone.people[village["罗小梅"]]["waiting"] is True
    assert (
        phone.people[village["罗小梅"]]["answers"]["education"] == "60"
    )  # what one has reported oneself is what one sees
    approve()
    assert ledger(village["罗小梅"])["education"] == "60"


def test_the_same_record_again_changes_nothing_and_is_answered_the_same(village) -> None:
    phone = enrolled()
    phone.pull()
    record = phone.edit(village["罗小梅"], education="60")
    assert phone.bring(record, record) == phone.bring(record) * 2
    assert len(waiting(village["罗小梅"])) == 1
    assert len(receipts()) == 1


def test_a_record_sent_again_after_its_village_was_taken_away_counts_once(village) -> None:
    phone = enrolled()
    phone.pull()
    record, other = (
        phone.edit(village["罗小梅"], education="60"),
        phone.record("unchanged", village["李大成"], method="1"),
    )
    phone.bring(record, other)
    User.objects.filter(username="lan").update(scopes=["532323101202"])
    assert [one["outcome"] for one in phone.bring(record, other)] == ["accepted", "accepted"]
    User.objects.filter(username="lan").update(scopes=["532323101201", "532323101202"])
    assert [one["outcome"] for one in phone.bring(record, other)] == ["accepted", "accepted"]
    assert len(waiting(village["罗小梅"])) == 1
    assert len(receipts()) == 2


def test_a_bad_record_keeps_nothing_back_and_says_what_to_mend(village) -> None:
    phone = enrolled()
    phone.pull()
    results = phone.bring(
        phone.edit(village["罗小梅"], education="60"),
        phone.edit(village["李大成"], full_name=""),
        phone.record("edit", village["周远"], answers={}),
        phone.record("unchanged", village["周远"], method="1"),
        phone.record("unchanged", village["杨凤"], method="7"),
        phone.record("unchanged", village["杨凤"], method="1"),
    )
    assert [one["outcome"] for one in results] == ["accepted", "refused", "refused", "refused", "refused", "accepted"]
    assert (results[1]["findings"][0]["item"], results[2]["message"]) == (
        "full_name",
        "没有找到，或者不在您负责的区划内。",
    )


def test_a_record_that_breaks_our_own_code_keeps_nothing_back_either(village, caplog) -> None:
    phone = enrolled()
    phone.pull()
    broken = phone.record(
        "stop", village["李大成"], status="31", since="2017-08-28", reason="家属\u0000告知"
    )  # no text of PostgreSQL holds it
    bad, good = phone.bring(broken, phone.edit(village["罗小梅"], education="60"))
    assert (bad["outcome"], good["outcome"]) == ("refused", "accepted")
    assert "错误编号" in bad["message"]
    assert "家属" not in caplog.text


def test_a_newcomer_is_handed_in_and_a_known_number_refused_without_telling_it(village) -> None:
    phone = enrolled()
    phone.pull()
    answers = {
        **FULL, "full_name": "何家兴", "id_number": number("19900102", 33), "hukou_region": "532323101201", "mobile_phone": "15412340333", "sex": "1",
    }  # fmt: skip
    good, known = phone.bring(
        phone.record("new", answers=answers),
        phone.record("new", answers={**answers, "id_number": number("19850312", 16)}),
    )
    assert (good["outcome"], known["outcome"]) == ("accepted", "refused"), (good, known)
    assert number("19850312", 16) not in str([(one.message, one.findings) for one in receipts()])
    approve()
    with acting_as(cast.county_li()):
        assert Worker.objects.filter(full_name="何家兴", division="532323101201").count() == 1


def test_somebody_stopped_on_the_phone_leaves_the_pool_after_review(village) -> None:
    phone = enrolled()
    phone.pull()
    (result,) = phone.bring(phone.record("stop", village["李大成"], status="31", since="2017-08-28", reason="家属告知"))
    assert result["outcome"] == "accepted", result
    approve()
    assert ledger(village["李大成"])["pool_status"] == "31"
    assert phone.pull() == [village["李大成"]]
    assert village["李大成"] not in phone.people


# -- clocks, order, two phones ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-3, 3])
def test_a_clock_wrong_by_days_is_told_and_put_right(village, days) -> None:
    phone = enrolled(skew=dt.timedelta(days=days))
    phone.pull()
    record = phone.record("unchanged", village["杨凤"], method="1")
    assert phone.bring(record, record)[0]["outcome"] == "accepted"
    (receipt,) = receipts()
    assert abs(receipt.happened_at - timezone.now()) < dt.timedelta(minutes=1)
    assert (receipt.device_at - receipt.happened_at).days in (days, days - 1, days + 1)
    assert abs(Device.objects.get().skew_seconds - days * 86400) < 60
    approve()
    assert ledger(village["杨凤"])["survey_date"] == timezone.localdate()


def test_of_two_records_of_one_phone_the_later_counts_in_whatever_order_they_come(village) -> None:
    for first in (True, False):
        phone = enrolled()
        phone.pull()
        who = village["罗小梅" if first else "李大成"]
        one, two = phone.edit(who, education="60"), phone.edit(who, education="80", ethnicity="08")
        for record in (one, two) if first else (two, one):
            assert phone.bring(record)[0]["outcome"] in ("accepted", "same")
        assert [(p["education"], p["ethnicity"]) for p in waiting(who)] == [("80", "08")]
        Device.objects.update(revoked_at=timezone.now())


def test_two_phones_of_one_collector_that_changed_different_items_are_merged(village) -> None:
    one, two = enrolled(), enrolled()
    one.pull(), two.pull()
    one.bring(one.edit(village["罗小梅"], education="60"))
    two.bring(two.edit(village["罗小梅"], ethnicity="08"))
    assert [(p["education"], p["ethnicity"]) for p in waiting(village["罗小梅"])] == [("60", "08")]


def test_two_phones_that_changed_the_same_item_leave_the_choice_to_the_collector(village) -> None:
    one, two, lan = enrolled(), enrolled(), cast.collector_lan()
    one.pull(), two.pull()
    one.bring(one.edit(village["罗小梅"], education="60"))
    (result,) = two.bring(two.edit(village["罗小梅"], education="80", ethnicity="08"))
    assert result["outcome"] == "conflict"
    assert [p["education"] for p in waiting(village["罗小梅"])] == ["60"]
    with acting_as(lan):
        (found,) = settling.waiting(lan)
        assert [(s.item, s.theirs, s.mine, s.whose) for s in found.sides] == [("education", "60", "80", "等审的另一份")]
        client = Client()
        client.force_login(lan)
        page = client.get(f"/phone/conflicts/{found.receipt.pk}/").content.decode()
        assert "两边都改过：罗小梅" in page
        sent = client.post(
            f"/phone/conflicts/{found.receipt.pk}/", {"education": "mine", "version": f"{found.person.version}-1"}
        )
        assert sent.status_code == 302
        assert settling.waiting(lan) == []
    assert [(p["education"], p["ethnicity"]) for p in waiting(village["罗小梅"])] == [("80", "08")]


def test_what_the_same_phone_said_after_a_conflict_is_not_undone_by_the_choice(village) -> None:
    one, two, lan, who = enrolled(), enrolled(), cast.collector_lan(), village["罗小梅"]
    one.pull(), two.pull()
    one.bring(one.edit(who, marital_status="10"))
    (result,) = two.bring(two.edit(who, marital_status="20", ethnicity="08"))
    assert result["outcome"] == "conflict"
    two.bring(two.edit(who, ethnicity="01"))
    with acting_as(lan):
        (found,) = settling.waiting(lan)
        settling.settle(
            actor=lan, uuid=found.receipt.pk, chosen={"marital_status": "mine"}, version=f"{found.person.version}-1"
        )
    approve()
    assert (ledger(who)["marital_status"], ledger(who)["ethnicity"]) == ("20", "01")


def test_what_the_county_changed_meanwhile_is_kept_beside_the_phones_value(village) -> None:
    phone, lan, li = enrolled(), cast.collector_lan(), cast.county_li()
    phone.pull()
    with acting_as(li):
        enter(
            li,
            {"worker_id": village["罗小梅"], "base_version": 1, "education": "90", "graduation_school": "牟定一中"},
            on=dt.date(2017, 9, 1),
        )
    (result,) = phone.bring(phone.edit(village["罗小梅"], education="80", ethnicity="08"))
    assert result["outcome"] == "conflict", result
    with acting_as(lan):
        (found,) = settling.waiting(lan)
        assert [(s.item, s.theirs, s.mine, s.whose) for s in found.sides] == [("education", "90", "80", "台账现在")]
        settling.settle(actor=lan, uuid=found.receipt.pk, chosen={"education": "theirs"}, version="2-1")
    assert [(p["education"], p["ethnicity"]) for p in waiting(village["罗小梅"])] == [("90", "08")]


def test_an_edit_on_top_of_ones_own_that_is_in_the_ledger_by_now_is_no_conflict(village) -> None:
    phone = enrolled()
    phone.pull()
    one, two = phone.edit(village["罗小梅"], education="60"), phone.edit(village["罗小梅"], education="80")
    phone.bring(one)
    approve()
    (result,) = phone.bring(two)
    assert result["outcome"] == "accepted", result
    assert [p["education"] for p in waiting(village["罗小梅"])] == ["80"]


def test_an_unchanged_after_an_edit_does_not_hide_the_edit_from_the_next_one(village) -> None:
    phone, who = enrolled(), village["罗小梅"]
    phone.pull()
    phone.bring(phone.edit(who, marital_status="10"))
    phone.bring(phone.record("unchanged", who, method="1"))
    phone.pull()
    assert phone.people[who]["answers"]["marital_status"] == "10"
    phone.bring(phone.edit(who, education="60"))
    approve()
    assert (ledger(who)["marital_status"], ledger(who)["education"]) == ("10", "60")


def test_what_another_phone_said_is_not_taken_back_by_one_that_never_saw_it(village) -> None:
    one, two, who = enrolled(), enrolled(), village["罗小梅"]
    one.pull(), two.pull()
    first, second = two.edit(who, ethnicity="08"), two.edit(who, education="60")
    one.bring(one.edit(who, marital_status="20"))
    two.bring(first)
    two.bring(second)
    assert [(p["marital_status"], p["ethnicity"], p["education"]) for p in waiting(who)] == [("20", "08", "60")]


def test_what_one_said_oneself_and_set_back_before_review_is_taken_back(village) -> None:
    phone, who = enrolled(), village["罗小梅"]
    phone.pull()
    phone.bring(phone.edit(who, education="60"))
    (result,) = phone.bring(phone.edit(who, education="70"))
    assert (result["outcome"], waiting(who)) == ("same", [])
    approve()
    assert ledger(who)["education"] == "70"


def test_setting_back_ones_own_does_not_take_back_what_the_other_phone_said_since(village) -> None:
    one, two, who = enrolled(), enrolled(), village["罗小梅"]
    one.pull()
    one.bring(one.edit(who, education="60"))
    two.pull()
    two.bring(two.edit(who, education="80"))  # seen 60
    (result,) = one.bring(one.edit(who, education="70"))  # the ledger's, from 60
    assert (result["outcome"], [p["education"] for p in waiting(who)]) == ("same", ["80"])


def test_a_new_mobile_number_that_waits_is_carried_into_the_next_edit(village) -> None:
    phone, who = enrolled(), village["罗小梅"]
    phone.pull()
    phone.bring(phone.edit(who, mobile_phone="15412349999"))
    phone.bring(phone.edit(who, education="60"))
    approve()
    with acting_as(cast.county_li()):
        assert webedit.clear_number(uuid.UUID(who), "mobile_phone") == "15412349999"
    assert ledger(who)["education"] == "60"


def test_numbers_and_months_are_the_same_however_they_are_written(village) -> None:
    assert merging.same("monthly_wage", "3200", "3200.00") is True
    assert merging.same("monthly_wage", "3200", "3300.00") is False
    assert merging.same("return_date", "2017-09", "2017-09-01") is True
    assert merging.same("education", "06", "6") is False
    assert merging.same("full_name", " 罗小梅", "罗小梅") is True
    assert merging.same("full_name", None, "") is True
    assert merging.same("full_name", None, "罗小梅") is False


def test_setting_ones_own_back_counts_also_beside_what_the_other_phone_said_unseen(village) -> None:
    one, two = enrolled(), enrolled()
    who = village["罗小梅"]
    one.pull(), two.pull()
    first = one.edit(who, ethnicity="08")
    second = one.edit(who, education="70", ethnicity="01")  # as the ledger says
    two.bring(two.edit(who, education="60"))
    assert [result["outcome"] for result in one.bring(first, second)] == ["accepted", "accepted"]
    approve()
    assert (ledger(who)["education"], ledger(who)["ethnicity"]) == ("60", "01")


def test_a_returned_paper_comes_to_the_phone_with_its_remarks(village) -> None:
    phone = enrolled()
    phone.pull()
    phone.bring(phone.edit(village["罗小梅"], education="60"))
    wei = cast.township_wei()
    with acting_as(wei):
        paper = Submission.objects.select_related("batch").get(state="submitted")
        review.send_back(
            actor=wei, batch=paper.batch, ids=[paper.pk], reason="和上月不符", remarks={"education": "请再问一次"}
        )
    phone.pull()
    assert phone.people[village["罗小梅"]]["returned"]["remarks"] == {"education": "请再问一次", "": "和上月不符"}
    assert [(one["name"], one["answers"]["education"]) for one in phone.returned] == [("罗小梅", "60")]
    mended = phone.edit(village["罗小梅"], education="70", ethnicity="08")
    phone.bring({**mended, "paper": phone.returned[0]["submission"]})
    phone.pull()
    assert (phone.returned, phone.people[village["罗小梅"]]["returned"]) == ([], None)


def test_a_returned_paper_stays_open_until_the_phone_mends_that_one(village) -> None:
    phone, who, wei = enrolled(), village["罗小梅"], cast.township_wei()
    phone.pull()
    phone.bring(phone.edit(who, education="60", marital_status="10"))
    with acting_as(wei):
        paper = Submission.objects.select_related("batch").get(state="submitted")
        review.send_back(actor=wei, batch=paper.batch, ids=[paper.pk], reason="请核对学历")
    phone.bring(phone.edit(who, ethnicity="08"))  # made before anybody knew
    phone.pull()
    (back,) = phone.returned
    assert back["answers"]["marital_status"] == "10"
    phone.bring({**phone.edit(who, education="80", marital_status="10"), "paper": back["submission"]})
    phone.pull()
    assert phone.returned == []
    approve()
    assert [ledger(who)[item] for item in ("education", "marital_status", "ethnicity")] == ["80", "10", "08"]


def test_a_returned_form_says_nothing_of_what_others_changed_since_and_it_only_repeated(village) -> None:
    phone, who, li = enrolled(), village["罗小梅"], cast.county_li()
    phone.pull()
    phone.bring(phone.edit(who, education="60"))
    with acting_as(li):
        enter(li, {"worker_id": who, "base_version": 1, "education": "80", "ethnicity": "08"}, on=dt.date(2017, 9, 1))
    approve()  # the ledger has moved on: it comes back
    phone.pull()
    (back,) = phone.returned
    assert (back["answers"]["education"], "ethnicity" in back["answers"]) == ("60", False)


def test_mending_one_returned_form_takes_back_nothing_that_mending_another_has_said(village) -> None:
    phone, who, wei = enrolled(), village["罗小梅"], cast.township_wei()
    phone.pull()
    for changed in ({"ethnicity": "08"}, {"education": "60"}):
        phone.bring(phone.edit(who, **changed))
        with acting_as(wei):
            paper = Submission.objects.select_related("batch").get(state="submitted")
            review.send_back(actor=wei, batch=paper.batch, ids=[paper.pk], reason="请核对")
        phone.pull()
    shown = phone.people[who]["answers"]
    assert (shown["ethnicity"], shown["education"]) == ("01", "70")  # its own edits came to nothing so far
    assert [one["answers"] for one in phone.returned] in (
        [{"ethnicity": "08"}, {"education": "60"}],
        [{"education": "60"}, {"ethnicity": "08"}],
    )
    for back in phone.returned:
        phone.bring({**phone.edit(who, **back["answers"]), "paper": back["submission"]})
    phone.pull()
    approve()
    assert (ledger(who)["ethnicity"], ledger(who)["education"]) == ("08", "60")


def test_a_returned_newcomer_is_mended_on_the_phone_without_typing_the_numbers_again(village) -> None:
    phone, wei = enrolled(), cast.township_wei()
    answers = {
        **FULL, "full_name": "何家兴", "id_number": number("19900102", 33), "hukou_region": "532323101201", "mobile_phone": "15412340333", "sex": "1",
    }  # fmt: skip
    phone.bring(phone.record("new", answers=answers))
    with acting_as(wei):
        paper = Submission.objects.select_related("batch").get(state="submitted")
        review.send_back(actor=wei, batch=paper.batch, ids=[paper.pk], reason="", remarks={"education": "请再问一次"})
    phone.pull()
    (back,) = phone.returned
    assert (back["worker"], back["sealed"]["mobile_phone"]) == (None, "154****0333")
    (result,) = phone.bring(
        phone.record("new", answers={**back["answers"], "education": "60"}, paper=back["submission"])
    )
    assert result["outcome"] == "accepted", result
    approve()
    with acting_as(cast.county_li()):
        worker = Worker.objects.get(full_name="何家兴")
    assert ledger(str(worker.pk))["education"] == "60"
    (again,) = phone.bring(phone.record("new", answers=back["answers"], paper=back["submission"]))
    assert again["outcome"] == "refused"


def test_state_says_who_where_and_how_much_is_left(village) -> None:
    answer = enrolled().call("get", "state").json()
    assert answer["user"] == {"name": "杨兰", "username": "lan"}
    assert [one["name"] for one in answer["villages"]] == ["天台村民委员会", "军屯村民委员会"]
    assert (answer["round"], answer["workload"]) == (None, {"people": 0, "verified": 0})  # no round is open yet


def test_an_attempt_is_kept_once_and_marks_the_person_as_not_reached(village) -> None:
    li = cast.county_li()
    with acting_as(li):
        collecting.open_round(load().programmes["mouding-2017"], "532323", timezone.localdate(), li)
    phone = enrolled()
    phone.pull()
    assert phone.people[village["杨凤"]]["state"] == "open"
    assert sorted(one["worker"] for one in phone.today) == sorted(
        village[name] for name in ("罗小梅", "李大成", "杨凤")
    )
    assert phone.today[0]["reasons"][0] == "从来没有核实过"
    assert len(phone.today[0]["questions"]) == 3
    record = phone.record("attempt", village["杨凤"], channel="phone", result="wrong_number", next="2030-01-01")
    refused = phone.record("attempt", village["杨凤"], channel="phone", result="")
    away = phone.record("attempt", village["杨凤"], channel="phone", result="wrong_number")
    assert [one["outcome"] for one in phone.bring(record, refused, away, away)] == [
        "refused",
        "refused",
        "accepted",
        "accepted",
    ]
    phone.pull()
    assert phone.people[village["杨凤"]]["state"] == "unreached"
    phone.bring(phone.record("unchanged", village["杨凤"], method="1"))
    with acting_as(li):
        enter(li, {"worker_id": village["李大成"], "base_version": 1, "pension_status": "1"}, on=dt.date(2017, 9, 1))
    phone.pull()
    assert [phone.people[village[name]]["state"] for name in ("杨凤", "罗小梅", "李大成")] == ["done", "open", "out"]
    assert phone.call("get", "state").json()["workload"] == {"people": 2, "verified": 1}


def test_search_before_create_tells_a_county_and_nobody(village) -> None:
    phone = enrolled()
    assert phone.call("post", "search", {"number": number("19850312", 12)}).json()["worker"] == village["罗小梅"]
    assert phone.call("post", "search", {"number": number("19850312", 16)}).json()["found"] == "elsewhere"
    assert phone.call("post", "search", {"number": number("19991231", 16)}).json()["found"] == "none"
    assert phone.call("post", "search", {"number": "123"}).json()["code"] == "bad_number"


def test_a_picture_comes_before_its_record_lies_sealed_and_belongs_to_the_records_person(village, settings) -> None:
    phone, key = enrolled(), str(uuid.uuid4())
    phone.pull()
    record = phone.edit(village["罗小梅"], education="60")
    picture = b"\xff\xd8\xff" + b"0" * 2000

    def put(data: bytes, own: Phone = phone):
        return own.client.put(
            f"/api/v1/phone/evidence/{key}?record={record['uuid']}&kind=photo", data, content_type="image/jpeg",
            headers={"Authorization": f"Bearer {own.token}"},
        )  # fmt: skip

    assert put(b"<script>").json()["code"] == "not_a_picture"
    assert put(b"\xff\xd8\xff" + b"0" * (1 << 20)).json()["code"] == "too_large"
    assert [put(picture).json(), put(picture).json()] == [{"stored": True}] * 2
    assert put(picture, enrolled()).status_code == 404
    phone.bring(record)
    with acting_as(cast.collector_lan()):
        (found,) = Picture.objects.all()
    assert (str(found.worker_id), found.state, found.division) == (village["罗小梅"], "attached", "532323101201")
    assert picture[:50] not in (settings.DATA_DIR / "pictures" / str(found.pk) / "picture").read_bytes()
    client = Client()
    client.force_login(cast.township_wei())
    assert client.get(f"/collecting/scans/{found.pk}/picture/").content == picture
    client.force_login(cast.township_mo())
    assert client.get(f"/collecting/scans/{found.pk}/picture/").status_code == 404


def test_a_stranger_is_told_to_forget(village) -> None:
    assert Phone("").call("get", "state").status_code == 401
