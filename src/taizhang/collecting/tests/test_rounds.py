"""核实: a task per person of the pool without a table of tasks; states, attempts, 无变化 in one batch, closing."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import actions, jobs, queries
from taizhang.collecting.models import Attempt, Channel, Result, Round, RoundNumber
from taizhang.collecting.tests.test_points import COUNTY, point
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.engine.ids import uuid7
from taizhang.ledger import queries as ledger
from taizhang.ledger.models import Batch, Submission, Verification, Worker
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.review import actions as review

TODAY = timezone.localdate
NAMES = ("罗小梅", "普秀英", "李伟", "王芳")


def mouding() -> Any:
    return catalogue.load().programmes["mouding-2017"]


@pytest.fixture
def li(db: None) -> User:
    """罗小梅 and 普秀英 of 天台, 李伟 of 军屯, 王芳 of the next town, and 周大 of 天台, who died."""
    cast.load_divisions()
    li = cast.county_li()
    with acting_as(li):
        enter(
            li,
            person(12),
            person(14, full_name="普秀英", birth_date=dt.date(1990, 5, 6)),
            person(15, full_name="李伟", hukou_region=JUNTUN),
            person(16, full_name="王芳", hukou_region="532323102201"),
            person(17, full_name="周大", pool_status="31", status_date=dt.date(2017, 8, 1)),
        )
        actions.open_round(mouding(), COUNTY, TODAY(), actor=li)
    return li


def current(user: User) -> Round:
    (found,) = queries.open_rounds(user)
    return found


def states(user: User, *villages: str) -> dict[str, str]:
    relation = queries.tasks(user, current(user), villages or user.scopes)
    return {row["full_name"]: row["state"] for row in ledger.fetch(relation.sql, relation.params)}


def ids(*names: str) -> list[UUID]:
    return list(Worker.objects.filter(full_name__in=names).order_by("full_name").values_list("pk", flat=True))


def try_to_reach(user: User, name: str, result: Result, **more: Any) -> Attempt:
    return actions.record_attempt(actor=user, worker_id=ids(name)[0], channel=Channel.PHONE, result=result, **more)


def test_a_round_goes_by_the_notice_and_is_opened_once(li: User) -> None:
    today = TODAY()
    half = 1 if today.month < 7 else 7
    with acting_as(li):
        found = current(li)
        assert (found.programme, found.division, found.first) == ("mouding-2017", COUNTY, dt.date(today.year, half, 1))
        assert found.due == found.until == (dt.date(today.year, 6, 30) if half == 1 else dt.date(today.year, 12, 31))
        assert actions.open_round(mouding(), COUNTY, today, actor=li) == found
        with pytest.raises(DomainError, match="no_round"):
            actions.open_round(mouding(), COUNTY, dt.date(2016, 1, 1), actor=li)
    wei, guzhang = cast.township_wei(), cast.county_guzhang()
    with acting_as(wei), pytest.raises(NotAllowed):
        actions.open_round(mouding(), COUNTY, today, actor=wei)
    with acting_as(guzhang):
        assert not queries.rounds(guzhang).exists()
        with pytest.raises(NotFound):
            actions.open_round(mouding(), COUNTY, today, actor=guzhang)


def test_everybody_of_the_open_pool_is_a_task_and_nobody_else(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        assert states(li) == dict.fromkeys(NAMES, "open")
    with acting_as(lan):
        assert states(lan) == {"罗小梅": "open", "普秀英": "open", "李伟": "open"}
        assert states(lan, JUNTUN) == {"李伟": "open"}
        with pytest.raises(NotFound):
            queries.tasks(lan, current(lan), ["532323102"])


def test_attempts_make_unreached_until_somebody_answers(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        for name, results, state in (
            ("罗小梅", [Result.SILENT], "unreached"),
            ("普秀英", [Result.AWAY, Result.REACHED], "open"),  # got through since, not verified yet
            ("李伟", [Result.REFUSED], "open"),  # reached, but would not tell
        ):
            for result in results:
                try_to_reach(lan, name, result)
            assert states(lan)[name] == state
        found = queries.attempts(lan, ids("普秀英")[0])
        assert [one.get_result_display() for one in found] == ["接通", "不在家"]
        assert {one.round_id for one in found} == {current(lan).pk}


def test_an_attempt_sent_twice_is_kept_once_and_never_altered(li: User) -> None:
    lan, key = cast.collector_lan(), uuid7()
    clock = timezone.now() - dt.timedelta(days=3)
    with acting_as(lan):
        for _ in range(2):
            row = try_to_reach(
                lan, "罗小梅", Result.SILENT, attempt_id=key, device_at=clock, next_on=TODAY() + dt.timedelta(days=2)
            )
        assert Attempt.objects.get() == row
        assert (row.device_at, row.at > clock) == (clock, True)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE collecting_attempt SET result = '1'")


def test_wrong_attempts_change_nothing(li: User) -> None:
    lan, mo, zhou = cast.collector_lan(), cast.township_mo(), cast.partner_zhou()
    with acting_as(lan):
        (luo,) = ids("罗小梅")
        for sent, code in (
            ({"channel": "9", "result": "1"}, "no_channel"),
            ({"channel": "1", "result": ""}, "no_channel"),
            ({"channel": "1", "result": "2", "next_on": TODAY() - dt.timedelta(days=1)}, "bad_next"),
        ):
            with pytest.raises(DomainError, match=code):
                actions.record_attempt(actor=lan, worker_id=luo, **sent)
    with acting_as(mo), pytest.raises(NotFound):
        actions.record_attempt(actor=mo, worker_id=luo, channel="1", result="1")
    with acting_as(zhou), pytest.raises(NotAllowed):
        actions.record_attempt(actor=zhou, worker_id=luo, channel="1", result="1")
    with acting_as(li):
        assert not Attempt.objects.exists()


def test_unchanged_people_are_handed_in_together_and_wait_for_review(li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(lan):
        before = Batch.objects.count()
        asked = {"actor": lan, "found": current(lan), "day": TODAY(), "method": "2"}
        done = actions.verify_unchanged(worker_ids=ids("罗小梅", "普秀英"), **asked)
        assert (done.people, done.passed) == (2, 0)
        assert Batch.objects.count() == before + 1  # both of 天台: one batch
        assert states(lan) == {"罗小梅": "waiting", "普秀英": "waiting", "李伟": "open"}
        again = actions.verify_unchanged(worker_ids=ids("罗小梅", "普秀英"), **asked)
        assert (again.people, again.passed) == (0, 2)
        assert Batch.objects.count() == before + 1
        batch = Batch.objects.latest("created_at")
        rows = list(Submission.objects.filter(batch=batch).values_list("pk", flat=True))
    with acting_as(wei):
        review.approve(actor=wei, batch=batch, ids=rows)
    zhao = cast.county_zhao()
    with acting_as(zhao):
        review.approve(actor=zhao, batch=batch, ids=rows)
    with acting_as(lan):
        assert states(lan) == {"罗小梅": "verified", "普秀英": "verified", "李伟": "open"}
        row = Verification.objects.get(worker=ids("罗小梅")[0])
        assert (row.verify_state, row.collect_method, row.collector, row.survey_date) == ("1", "2", "杨兰", TODAY())


def test_a_returned_verification_is_to_be_done_again(li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(lan):
        actions.verify_unchanged(actor=lan, found=current(lan), worker_ids=ids("罗小梅"), day=TODAY(), method="1")
        batch = Batch.objects.latest("created_at")
    with acting_as(wei):
        rows = list(Submission.objects.filter(batch=batch).values_list("pk", flat=True))
        review.send_back(actor=wei, batch=batch, ids=rows, reason="请问清楚。")
    with acting_as(lan):
        assert states(lan)["罗小梅"] == "open"


def test_wrong_verifications_hand_in_nothing(li: User) -> None:
    lan, zhou = cast.collector_lan(), cast.partner_zhou()
    with acting_as(lan):
        found, before = current(lan), Batch.objects.count()
        for sent, code in (
            ({"day": found.first - dt.timedelta(days=1), "method": "1"}, "outside_round"),
            ({"day": TODAY(), "method": "4"}, "no_method"),
        ):
            with pytest.raises(DomainError, match=code):
                actions.verify_unchanged(actor=lan, found=found, worker_ids=ids("罗小梅"), **sent)
        foreign = [uuid7()]
        done = actions.verify_unchanged(actor=lan, found=found, worker_ids=foreign, day=TODAY(), method="1")
        assert (done.people, done.passed) == (0, 1)
        assert Batch.objects.count() == before
    with acting_as(zhou), pytest.raises(NotAllowed):
        actions.verify_unchanged(actor=zhou, found=found, worker_ids=ids("罗小梅"), day=TODAY(), method="1")


def test_progress_goes_from_county_to_town_to_point_to_village(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(li):
        made = point(li, "天台采集点", TIANTAI)
        try_to_reach(li, "罗小梅", Result.SILENT)
        found = current(li)
        towns = queries.progress(li, found, COUNTY)
        assert [(one.code, one.people, one.unreached, one.left) for one in towns] == [
            ("532323101", 3, 1, 2), ("532323102", 1, 0, 1),
        ]  # fmt: skip
        places = queries.progress(li, found, "532323101")
        assert [(one.name, one.people, one.point_id) for one in places] == [
            ("天台采集点", 2, made.pk), ("军屯村民委员会（没有设点）", 1, None),
        ]  # fmt: skip
        villages = queries.progress(li, found, "532323101", made.pk)
        assert [(one.code, one.people, one.share) for one in villages] == [(TIANTAI, 2, 0.0)]
        assert queries.total(towns).people == 4
    with acting_as(lan):
        with pytest.raises(NotFound):
            queries.progress(lan, current(lan), "532323101")
        assert [one.people for one in queries.progress(lan, current(lan), JUNTUN)] == [1]


def test_closing_keeps_the_numbers_of_every_village(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        actions.verify_unchanged(actor=lan, found=current(lan), worker_ids=ids("李伟"), day=TODAY(), method="1")
        with pytest.raises(NotAllowed):
            actions.close_round(actor=lan, round_id=current(lan).pk)
    with acting_as(li):
        found = actions.close_round(actor=li, round_id=current(li).pk)
        kept = RoundNumber.objects.order_by("division").values_list("division", "people", "verified", "waiting")
        assert list(kept) == [(TIANTAI, 2, 0, 0), (JUNTUN, 1, 0, 1), ("532323102201", 1, 0, 0)]
        enter(li, person(18, full_name="后来的"))
        assert queries.total(queries.progress(li, found, COUNTY)).people == 4  # as it was when it was closed
        with pytest.raises(DomainError, match="closed"):
            actions.close_round(actor=li, round_id=found.pk)
        with pytest.raises(DomainError, match="closed"):
            actions.verify_unchanged(actor=li, found=found, worker_ids=ids("李伟"), day=TODAY(), method="1")
        assert actions.open_round(mouding(), COUNTY, TODAY(), actor=li).closed_at is not None  # not opened again


def test_the_job_opens_what_has_begun_and_closes_what_is_over(li: User) -> None:
    cast.county_guzhang()
    jobs.turn_over(0)
    with acting_for([COUNTY, "433126"]):
        assert sorted(Round.objects.values_list("division", "programme")) == [
            ("433126", "guzhang-2020"), (COUNTY, "mouding-2017"),
        ]  # fmt: skip
        guzhang = Round.objects.get(division="433126")
        assert guzhang.due.day == 20
        later = guzhang.until + dt.timedelta(days=1)
        new = actions.turn_over(catalogue.load().programmes["guzhang-2020"], "433126", later)
        guzhang.refresh_from_db()
        assert new is not None
        assert (new.first, guzhang.closed_at is not None, guzhang.closed_by) == (later, True, None)
    assert jobs.counties() == [("433126", "guzhang-2020"), (COUNTY, "mouding-2017")]
