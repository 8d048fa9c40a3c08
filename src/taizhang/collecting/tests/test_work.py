"""Handing everything over in one step, and the statement of work for 采集经费."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.collecting import actions, handover, pointactions, todays, workload
from taizhang.collecting.models import Attempt, Channel, PointCollector, Result
from taizhang.collecting.tests.test_points import COUNTY, point, scopes
from taizhang.collecting.tests.test_rounds import current, ids, li, try_to_reach
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import submitted
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry
from taizhang.review import actions as review

__all__ = ["li"]
WORK = "/collecting/work/"


def other_collector() -> User:
    """Collects in 新桥镇."""
    return cast._user("feng", "冯采", Role.COLLECTOR, ("532323102201",), "新桥镇", "mouding-2017")


@pytest.fixture
def lan(li: User) -> User:
    """Lan has both villages as two points; 普秀英 was sent back to her, 李伟 has her as helper."""
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(li):
        for name, village in (("天台采集点", TIANTAI), ("军屯采集点", JUNTUN)):
            pointactions.assign(actor=li, point_id=point(li, name, village).pk, user_id=lan.pk)
        enter(li, person(19, full_name="帮扶对象", hukou_region=JUNTUN, helper="杨兰"))
    lan.refresh_from_db()
    with acting_as(lan):
        actions.verify_unchanged(
            actor=lan, found=current(lan), worker_ids=ids("罗小梅", "普秀英"), day=timezone.localdate(), method="1"
        )
        batch = Batch.objects.latest("created_at")
        try_to_reach(lan, "李伟", Result.SILENT)
        actions.record_attempt(
            actor=lan, worker_id=ids("李伟")[0], channel=Channel.VISIT, result=Result.AWAY, next_on=timezone.localdate()
        )
        papers = dict(Submission.objects.filter(batch=batch).values_list("worker_id", "pk"))
        rows = {name: papers[ids(name)[0]] for name in ("罗小梅", "普秀英")}
    with acting_as(wei):
        review.send_back(actor=wei, batch=batch, ids=[rows["普秀英"]], reason="再问一遍。")
        review.approve(actor=wei, batch=batch, ids=[rows["罗小梅"]])
    zhao = cast.county_zhao()
    with acting_as(zhao):
        review.approve(actor=zhao, batch=batch, ids=[rows["罗小梅"]])
    return lan


def test_everything_goes_over_in_one_step(li: User, lan: User) -> None:
    feng = other_collector()
    with acting_as(li):
        (held,) = handover.holdings(li)
        assert (held.points, held.villages) == (("天台采集点", "军屯采集点"), (TIANTAI, JUNTUN))
        assert (held.returned, held.helped) == (1, 1)
        done = handover.hand_over(actor=li, giver=lan.pk, taker=feng.pk, reason="调离")
        assert (len(done.villages), done.returned, done.helped) == (2, 1, 1)
        assert (scopes(lan), scopes(feng)) == ([], [TIANTAI, JUNTUN])
        assert PointCollector.objects.filter(user=lan).exclude(to_date=None).count() == 2  # what was stays
        paper = Submission.objects.get(batch=Batch.objects.latest("created_at"))
        assert [paper.worker_id] == ids("帮扶对象")
        assert (submitted.values(paper)["helper"], paper.state) == ("冯采", "submitted")
        assert Attempt.objects.filter(by=lan).count() == 2  # attempts stay hers
    entry = AuditEntry.objects.get(action="point.handed_over")
    assert entry.detail == {
        "to": str(feng.pk), "points": 2, "villages": 2, "returned": 1, "helped": 1, "reason": "调离",
    }  # fmt: skip
    with acting_as(feng):
        first = todays.today(feng)[0]
        assert (first.name, first.sayings[0]) == ("普秀英", "填报被退回：再问一遍")  # open work followed the village
    with acting_as(lan):
        assert todays.today(lan) == []


def test_refused_handovers_change_nothing(li: User, lan: User) -> None:
    feng, wei, guzhang = other_collector(), cast.township_wei(), cast.county_guzhang()
    for actor, sent, error in (
        (li, {"giver": lan.pk, "taker": feng.pk, "reason": ""}, "no_reason"),
        (li, {"giver": lan.pk, "taker": lan.pk, "reason": "调离"}, "itself"),
        (li, {"giver": feng.pk, "taker": lan.pk, "reason": "调离"}, "not_found"),  # holds nothing
        (li, {"giver": lan.pk, "taker": wei.pk, "reason": "调离"}, "not_found"),  # no collector
        (guzhang, {"giver": lan.pk, "taker": feng.pk, "reason": "调离"}, "not_found"),
    ):
        with acting_as(actor), pytest.raises(DomainError) as refused:
            handover.hand_over(actor=actor, **sent)
        assert refused.value.code == error
    with acting_as(wei), pytest.raises(NotAllowed):
        handover.hand_over(actor=wei, giver=lan.pk, taker=feng.pk, reason="调离")
    assert (scopes(lan), scopes(feng)) == ([TIANTAI, JUNTUN], ["532323102201"])


def test_a_closed_account_can_be_relieved(li: User, lan: User) -> None:
    feng = other_collector()
    User.objects.filter(pk=lan.pk).update(is_active=False)
    with acting_as(li):
        handover.hand_over(actor=li, giver=lan.pk, taker=feng.pk, reason="离职")
        with pytest.raises(NotFound):
            handover.hand_over(actor=li, giver=feng.pk, taker=lan.pk, reason="还给她")
    assert (scopes(lan), scopes(feng)) == ([], [TIANTAI, JUNTUN])


def test_the_statement_counts_each_collectors_month_by_point(li: User, lan: User) -> None:
    month = timezone.localdate().replace(day=1)
    with acting_as(li):
        lines = workload.statement(li, COUNTY, month)
        assert [(one.collector, one.point, one.code) for one in lines] == [
            ("杨兰", "天台采集点", "532323-001"), ("杨兰", "军屯采集点", "532323-002"),
        ]  # fmt: skip
        tiantai, juntun = lines
        assert (tiantai.verified, tiantai.visits, tiantai.calls) == (1, 0, 0)
        assert (tiantai.changed, tiantai.decided, tiantai.returned) == (0, 2, 1)  # a verification is no change
        assert tiantai.error_rate == 1 / 2
        assert (juntun.verified, juntun.visits, juntun.calls, juntun.error_rate) == (0, 1, 1, None)
        assert workload.total(lines).decided == 2
        assert workload.statement(li, COUNTY, month.replace(year=month.year - 1)) == []
    mo = cast.township_mo()
    with acting_as(mo):
        with pytest.raises(NotFound):
            workload.statement(mo, "532323101", month)
        assert workload.statement(mo, "532323102", month) == []


def test_the_statement_as_page_and_file(client: Client, li: User, lan: User) -> None:
    sign_in(client, li)
    page = client.get(WORK).content.decode()
    assert "50.0%" in page
    assert client.get(WORK, {"month": "x"}).status_code == 422
    answer = client.post(f"{WORK}file/", {"division": COUNTY})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0][:5] == ["采集员", "账号", "采集点", "编号", "核实人数"]
    assert rows[1] == ["杨兰", "lan", "天台采集点", "532323-001", 1, 0, 0, 0, 2, 1, 0.5]
    assert rows[-1][0] == "合计"
    entry = AuditEntry.objects.filter(action="table.exported").latest("seq")
    assert (entry.subject, entry.detail["rows"]) == ("collecting/workload", 2)
    sign_in(client, cast.township_mo())
    assert client.post(f"{WORK}file/", {"division": COUNTY}).status_code == 404
    feng = other_collector()
    sign_in(client, li)
    told = client.post(
        "/collecting/handover/", {"giver": lan.pk, "taker": feng.pk, "reason": "调离"}, follow=True
    ).content.decode()
    assert "2 个采集点、2 个村移交给冯采。被退回的 1 份排在今日该找谁的最前面。" in told
    assert client.post("/collecting/handover/", {"giver": "x", "taker": "y", "reason": "调离"}).status_code == 404
