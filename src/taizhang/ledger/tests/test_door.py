"""One test per rule of the door, with literal rows of one invented person."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import (
    collector_lan,
    county_guzhang,
    county_li,
    partner_zhou,
    township_mo,
    township_wei,
)
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import actions, verify
from taizhang.ledger.models import (
    Change,
    Household,
    Intention,
    Membership,
    Movement,
    ReturnFlow,
    Spell,
    Standing,
    Submission,
    Verification,
    Worker,
    WorkYear,
)
from taizhang.ledger.queries import flat
from taizhang.ledger.tests.people import AUGUST, JUNTUN, TIANTAI, enter, hand_in, number, only, person
from taizhang.protection import keys

MARCH, SEPTEMBER = dt.date(2017, 3, 1), dt.date(2017, 9, 20)
JOB = {
    "is_working": True,
    "employer_name": "晨光服装厂（演示）",
    "start_date": MARCH,
    "work_region": "4403",
    "monthly_wage": Decimal("3000.00"),
}


@pytest.fixture
def li(db):
    actor = county_li()
    with acting_as(actor):
        yield actor
        assert verify.check_all() == []


def spells():
    return [(s.from_date, s.to_date, s.employer_name) for s in Spell.objects.order_by("from_date")]


def movements(programme="mouding-2017"):
    return [
        (m.direction, m.reason, m.effective_on) for m in Movement.objects.filter(programme=programme).order_by("id")
    ]


def test_a_newcomer_enters_with_spell_membership_and_movement(li):
    assert enter(li, person(**JOB)).counts == {"new": 1}
    row = only(li)
    assert (row["full_name"], row["name_initials"], row["employer_name"], row["pool_status"]) == (
        "罗小梅",
        "LXM",
        "晨光服装厂（演示）",
        "10",
    )
    assert spells() == [(MARCH, None, "晨光服装厂（演示）")]
    assert movements() == [("in", "8", AUGUST)]
    assert Membership.objects.get().to_date is None


def test_a_newcomer_after_the_first_import_of_the_village_is_a_late_entry(li):
    enter(li, person(1))
    enter(li, person(2), on=SEPTEMBER)
    assert movements() == [("in", "8", AUGUST), ("in", "7", SEPTEMBER)]


def test_somebody_just_come_of_age_is_a_new_grown_worker(li):
    enter(li, person(1))
    enter(li, person(2, birth_date=dt.date(2001, 9, 1)), on=SEPTEMBER)
    assert movements()[1] == ("in", "1", SEPTEMBER)


def test_the_same_rows_again_change_nothing(li):
    row = person(
        **JOB,
        skill_certificates=["1", "2"],
        survey_date=AUGUST,
        annual_work_income=Decimal("18000"),
        wants_training=True,
    )
    enter(li, row)
    assert enter(li, row).counts == {"same": 1}
    assert Change.objects.count() == 1
    assert Worker.objects.get().version == 1


def test_applying_a_batch_twice_writes_nothing_the_second_time(li):
    batch = hand_in(li, person())
    actions.apply(actor=li, batch=batch)
    assert actions.apply(actor=li, batch=batch).counts == {}
    assert Worker.objects.count() == 1


def test_a_later_start_is_a_change_and_the_old_wage_does_not_follow_to_the_new_job(li):
    enter(li, person(**JOB))
    enter(li, person(employer_name="乙厂", start_date=dt.date(2017, 9, 4)), on=SEPTEMBER)
    assert spells() == [(MARCH, dt.date(2017, 9, 3), "晨光服装厂（演示）"), (dt.date(2017, 9, 4), None, "乙厂")]
    assert (only(li)["monthly_wage"], only(li)["is_working"]) == (None, True)
    assert Change.objects.get(version=2).changes["monthly_wage"] == ["3000.00", None, "change"]
    assert Change.objects.get(version=2).effective_on == dt.date(2017, 9, 4)


def test_same_start_and_employer_is_a_correction_however_the_employer_is_written(li):
    enter(li, person(**JOB))
    enter(
        li, person(employer_name="晨光 服装厂(演示)", start_date=MARCH, monthly_wage=Decimal("3500.00")), on=SEPTEMBER
    )
    assert spells() == [(MARCH, None, "晨光 服装厂(演示)")]
    assert Change.objects.get(version=2).changes["monthly_wage"] == ["3000.00", "3500.00", "correction"]


def test_without_a_start_date_place_employer_and_form_change_on_the_collection_day(li):
    enter(li, person(**JOB))
    enter(li, person(work_region="3301", monthly_wage=Decimal("3200.00")), on=SEPTEMBER)
    assert spells() == [(MARCH, dt.date(2017, 9, 19), "晨光服装厂（演示）"), (SEPTEMBER, None, "晨光服装厂（演示）")]


def test_without_a_start_date_everything_else_is_a_correction(li):
    enter(li, person(**JOB))
    enter(li, person(monthly_wage=Decimal("3200.00"), education="70"), on=SEPTEMBER)
    assert spells() == [(MARCH, None, "晨光服装厂（演示）")]
    assert {kind for _, _, kind in Change.objects.get(version=2).changes.values()} == {"correction"}


def test_a_place_known_more_exactly_is_not_another_place(li):
    enter(li, person(**JOB))
    enter(li, person(work_region="440306"), on=SEPTEMBER)
    assert len(spells()) == 1


def test_losing_the_job_counts_from_the_day_it_was_lost(li):
    enter(li, person(**JOB))
    enter(li, person(is_working=False, unemployed_date=dt.date(2017, 9, 10)), on=SEPTEMBER)
    assert spells() == [(MARCH, dt.date(2017, 9, 9), "晨光服装厂（演示）"), (dt.date(2017, 9, 10), None, None)]
    assert only(li)["is_working"] is False


@pytest.mark.parametrize(("mode", "expected"), [("correction", 1), ("change", 2)])
def test_the_clerk_turns_the_whole_batch_round(li, mode, expected):
    enter(li, person(**JOB))
    batch = hand_in(
        li,
        person(work_region="3301") if mode == "correction" else person(monthly_wage=Decimal("3200.00")),
        on=SEPTEMBER,
    )
    actions.compare(batch)
    actions.turn(actor=li, batch=batch, mode=mode)
    actions.apply(actor=li, batch=batch)
    assert len(spells()) == expected


def test_nobody_gets_a_standing_row_for_being_normal(li):
    enter(li, person(pool_status="10", status_date=AUGUST))
    assert Standing.objects.count() == 0
    assert enter(li, person(pool_status="10", status_date=SEPTEMBER)).counts == {"same": 1}


def test_death_ends_the_spell_the_intention_and_the_membership_on_its_day(li):
    enter(li, person(**JOB, wants_training=True))
    died = dt.date(2017, 9, 5)
    enter(li, person(pool_status="31", death_date=died, status_date=died), on=SEPTEMBER)
    assert spells() == [(MARCH, dt.date(2017, 9, 4), "晨光服装厂（演示）")]
    assert Intention.objects.get().to_date == dt.date(2017, 9, 4)
    assert movements() == [("in", "8", AUGUST), ("out", "31", died)]
    assert only(li)["employer_name"] is None


def test_back_from_prison_enters_for_that_reason(li):
    shanxi = {"programme": "guzhang-2020"}
    poor = {"is_poverty_registered": True, "labour_ability": "1"}
    enter(li, person(**poor, pool_status="10"), **shanxi)
    enter(li, person(pool_status="31", status_date=dt.date(2017, 9, 1)), on=SEPTEMBER, **shanxi)
    enter(li, person(pool_status="10", status_date=dt.date(2017, 9, 15)), on=SEPTEMBER, **shanxi)
    assert [(d, on) for d, _, on in movements("guzhang-2020")] == [
        ("in", AUGUST),
        ("out", dt.date(2017, 9, 1)),
        ("in", dt.date(2017, 9, 15)),
    ]
    assert [(s.pool_status, s.to_date) for s in Standing.objects.order_by("from_date")] == [
        ("31", dt.date(2017, 9, 14)),
        ("10", None),
    ]


def test_yearly_figures_of_a_new_year_stand_beside_the_old_and_become_current(li):
    enter(li, person(annual_work_income=Decimal("9000.00")))
    enter(li, person(annual_work_income=Decimal("12000.00")), on=dt.date(2018, 3, 1))
    assert [(y.stat_year, y.is_current) for y in WorkYear.objects.order_by("stat_year")] == [
        (2017, False),
        (2018, True),
    ]
    enter(li, person(annual_work_income=Decimal("9500.00")), on=dt.date(2017, 12, 1), stat_year=2017)
    assert only(li)["annual_work_income"] == Decimal("12000.00")


def test_each_round_and_each_return_is_kept(li):
    enter(li, person(survey_date=AUGUST, is_returned=True, return_date=dt.date(2017, 8, 1)))
    enter(li, person(survey_date=SEPTEMBER, is_returned=True, return_date=dt.date(2017, 9, 2)), on=SEPTEMBER)
    assert Verification.objects.count() == 2
    assert [r.returned_on for r in ReturnFlow.objects.filter(is_current=True)] == [dt.date(2017, 9, 2)]


def test_an_empty_cell_says_nothing_in_a_workbook_and_empties_the_item_on_the_web(li):
    enter(li, person(home_address="天台村3号", mobile_phone="15400000001"))
    assert enter(li, person(home_address=None)).counts == {"same": 1}
    enter(li, person(home_address=None, mobile_phone=None), source="web")
    assert only(li)["home_address"] is None
    assert only(li)["phone_token"] is None


def test_of_two_rows_about_one_person_the_first_counts(li):
    batch = hand_in(li, person(education="70"), person(education="60"))
    assert actions.compare(batch) == {"new": 1, "duplicate": 1}
    actions.apply(actor=li, batch=batch)
    assert only(li)["education"] == "70"
    assert Submission.objects.get(row_no=2).findings[0]["message"].startswith("与本批第 1 行是同一个人")


def test_identity_is_only_corrected_and_asks_for_a_second_person(li):
    enter(li, person(12, mobile_phone="15400000001"))
    worker = Worker.objects.get()
    batch = hand_in(
        li,
        {"worker_id": str(worker.pk), "id_number": number(sequence=14), "full_name": "罗晓梅"},
        source="web",
        mode="change",
    )
    actions.compare(batch)
    row = Submission.objects.get(batch=batch)
    assert row.needs_second
    assert row.changes["full_name"] == ["罗小梅", "罗晓梅", "correction"]
    actions.apply(actor=li, batch=batch)
    worker.refresh_from_db()
    assert bytes(worker.id_token) == keys.token("id_number", number(sequence=14))
    assert keys.unseal("mobile_phone", bytes(worker.phone_sealed), bytes(worker.id_token)) == "15400000001"


def test_a_number_that_belongs_to_somebody_else_is_refused(li):
    enter(li, person(12), person(14))
    twelve = Worker.objects.get(id_token=keys.token("id_number", number(sequence=12)))
    batch = hand_in(li, {"worker_id": str(twelve.pk), "id_number": number(sequence=14)}, source="web")
    assert actions.compare(batch) == {"error": 1}
    assert Submission.objects.get(batch=batch).findings[0]["rule"] == "ledger.taken"


def test_a_row_without_number_about_nobody_known_is_an_error(li):
    assert enter(li, {"full_name": "罗小梅", "hukou_region": TIANTAI}).counts == {"error": 1}
    assert Worker.objects.count() == 0


def test_different_items_on_both_sides_merge_and_the_same_item_is_a_conflict(li):
    enter(li, person(education="70", ethnicity="01", home_address="甲"))
    made_from = {"base_version": 1, "worker_id": str(Worker.objects.get().pk)}
    enter(li, person(education="60"))
    merged = enter(li, {**made_from, "education": "70", "ethnicity": "07"}, source="phone")
    assert merged.counts == {"update": 1}
    assert (only(li)["education"], only(li)["ethnicity"]) == ("60", "07")
    refused = enter(li, {**made_from, "education": "80", "home_address": "乙"}, source="phone")
    assert refused.counts == {"conflict": 1}
    assert only(li)["home_address"] == "甲"
    finding = Submission.objects.get(outcome="conflict").findings[0]
    assert (finding["rule"], finding["item"]) == ("ledger.conflict", "education")


def test_what_changed_between_check_and_entry_is_a_conflict(li):
    enter(li, person(education="70"))
    batch = hand_in(li, person(education="60"))
    actions.compare(batch)
    enter(li, person(education="80"))
    assert actions.apply(actor=li, batch=batch).counts == {"conflict": 1}
    assert only(li)["education"] == "80"


def test_moving_to_another_village_closes_the_membership_there_and_opens_one_here(li):
    enter(li, person(**JOB))
    enter(li, person(hukou_region=JUNTUN), on=SEPTEMBER)
    assert movements() == [("in", "8", AUGUST), ("out", "41", SEPTEMBER), ("in", "2", SEPTEMBER)]
    assert [(m.division, m.to_date) for m in Membership.objects.order_by("id")] == [
        (TIANTAI, SEPTEMBER),
        (JUNTUN, None),
    ]
    assert Spell.objects.get().division == JUNTUN


def test_rows_with_errors_stay_and_the_rest_goes_on(li):
    findings = pa.Table.from_pylist(
        [
            {
                "row": 0,
                "item": "sex",
                "rule": "R",
                "severity": "error",
                "message": "性别不对",
                "suggestion": None,
                "value": "x",
            }
        ]
    )
    outcome = enter(li, person(1), person(2), findings=findings)
    assert outcome.counts == {"error": 1, "new": 1}
    assert Submission.objects.get(row_no=1).state == "submitted"


def test_a_household_is_kept_once_per_village(li):
    enter(
        li,
        person(1, household_no="H1", household_head_name="罗大"),
        person(2, household_no="H1", household_head_name="罗大"),
    )
    assert Household.objects.get().household_head_name == "罗大"


def test_coming_of_age_is_found_by_the_sweep(li):
    enter(li, person(birth_date=dt.date(2001, 9, 1)))
    assert movements() == []
    actions.sweep(actor=li, programme="mouding-2017", division="532323", as_of=SEPTEMBER)
    assert movements() == [("in", "1", SEPTEMBER)]


def test_facts_of_a_day_are_read_back(li):
    enter(li, person(**JOB))
    enter(li, person(employer_name="乙厂", start_date=dt.date(2017, 9, 4)), on=SEPTEMBER)
    worker = Worker.objects.get().pk
    assert flat(li, worker, dt.date(2017, 9, 3))["employer_name"] == "晨光服装厂（演示）"
    assert flat(li, worker, dt.date(2017, 9, 4))["employer_name"] == "乙厂"


# -- who may --


def test_a_person_of_another_county_is_named_by_county_only(db):
    guzhang, li = county_guzhang(), county_li()
    with acting_as(guzhang):
        enter(guzhang, person(hukou_region="433126100201"), division="433126", programme="guzhang-2020")
    with acting_as(li):
        batch = hand_in(li, person())
        assert actions.compare(batch) == {"foreign": 1}
        message = Submission.objects.get(batch=batch).findings[0]["message"]
        assert "433126" in message or "古丈" in message
        assert Worker.objects.count() == 0
        assert actions.apply(actor=li, batch=batch).counts == {"foreign": 1}
    with acting_as(guzhang):
        assert Worker.objects.get().version == 1


def test_a_village_outside_the_scope_is_an_error(db):
    wei = township_wei()
    with acting_as(wei):
        batch = hand_in(wei, person(hukou_region="532323102201"), division="532323101")
        assert actions.compare(batch) == {"error": 1}


def test_a_wrong_row_of_a_village_outside_the_scope_is_an_error_too(db):
    lan, finding = collector_lan(), {"severity": "error", "rule": "ethnicity.list", "item": "ethnicity", "message": "x"}
    findings = pa.Table.from_pylist([{"row": 0, **finding, "value": "火星族", "suggestion": None}])
    with acting_as(lan):
        batch = hand_in(lan, person(hukou_region="532323102201"), division=TIANTAI, findings=findings)
        assert actions.compare(batch) == {"error": 1}
        assert Submission.objects.get(batch=batch).division == TIANTAI


def test_readers_and_strangers_may_not_enter(db):
    lan, zhou, mo = collector_lan(), partner_zhou(), township_mo()
    with acting_as(lan):
        batch = hand_in(lan, person(), division=TIANTAI)
        with pytest.raises(NotAllowed):
            hand_in(lan, person(), division="532323")
    with acting_as(zhou), pytest.raises(NotAllowed):
        actions.apply(actor=zhou, batch=batch)
    with acting_as(mo), pytest.raises(NotFound):
        actions.apply(actor=mo, batch=batch)
    with acting_as(lan):
        assert Worker.objects.count() == 0


def test_an_unknown_programme_is_refused(li):
    with pytest.raises(DomainError, match="unknown_programme"):
        hand_in(li, person(), programme="heyuan-1999")
