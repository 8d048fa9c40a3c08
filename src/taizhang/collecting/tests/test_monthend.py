"""月末报送: 期初+增−减=期末 by village, the steps and who may make them, both ways of review, four eyes, scopes."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.catalogue import duedates
from taizhang.collecting import monthend, monthmoves, monthnumbers, monthstates, pointactions
from taizhang.collecting.models import MonthMove
from taizhang.collecting.monthnumbers import Numbers
from taizhang.collecting.monthstates import Stage, Verb
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, person
from taizhang.ledger.tests.test_web_list import sign_in
from taizhang.protection.models import AuditEntry
from taizhang.review.tests.papers import draft, only, review_from, reviewed_as, row, submit, township_two
from taizhang.site import waiting

OTHER, XINQIAO = "532323101203", "532323102201"
PERIOD = "2017-08"  # 牟定: 21 July to 20 August
PAGE = "/collecting/monthend/"

ALLOWED = {  # written by hand, never derived from MOVES
    ("submit", "draft", "collector"), ("submit", "returned", "collector"),
    ("submit", "draft", "township"), ("submit", "returned", "township"),
    ("return", "submitted", "township"), ("approve", "submitted", "township"),
    ("return", "approved", "county"), ("recheck", "approved", "county"), ("return", "rechecked", "county"),
}  # fmt: skip


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("stage", Stage.values)
@pytest.mark.parametrize("verb", Verb)
def test_only_listed_moves_are_allowed(verb: Verb, stage: str, role: str) -> None:
    expected: Any = nullcontext() if (verb, stage, role) in ALLOWED else pytest.raises(NotAllowed)
    with expected:
        monthstates.check_move(verb, stage=stage, role=role, own=False, reason="数字不对")


def test_who_submitted_does_not_approve_and_a_return_says_why() -> None:
    asked = {"stage": "submitted", "role": Role.TOWNSHIP}
    with pytest.raises(NotAllowed, match="own_record"):
        monthstates.check_move("approve", own=True, **asked)
    for verb, stage in (("return", "submitted"), ("submit", "draft")):
        with pytest.raises(DomainError, match="no_reason"):
            monthstates.check_move(verb, stage=stage, role=Role.TOWNSHIP, own=False, reason=" ")
    assert monthstates.check_move("return", own=True, reason="还有人没有核实", **asked).target == Stage.RETURNED


def test_the_diagram_in_the_docs_says_every_move() -> None:
    drawn = monthstates.diagram()
    assert "submitted --> approved: 审核通过（乡镇审核员）" in drawn
    assert drawn.count("-->") == 1 + len(monthstates.MOVES)


def test_points_of_sichuan_are_due_at_the_end_of_the_month() -> None:
    programme = catalogue.load().programmes["sichuan-2022"]
    period = duedates.find(programme, "2026-02")
    assert period is not None
    assert duedates.due(programme, period, "point") == dt.date(2026, 2, 28)


@pytest.fixture
def li(db: None) -> User:
    """牟定县. 天台: 罗 and 普 since 1 July; 新 enters on 1 August; 罗 dies on 10 August; 普 moves to 军屯 on 15 August; 晚 enters
    on 21 August, the first day of the next period. 新 was verified on 5 August."""
    cast.load_divisions()
    li = cast.county_li()

    def on(month: int, day: int, *rows: dict[str, Any]) -> None:
        enter(li, *rows, on=dt.date(2017, month, day))

    with acting_as(li):
        on(7, 1, person(12), person(13, full_name="普二"))
        on(8, 1, person(14, full_name="新来"))
        checked = {"verify_state": "1", "collect_method": "1", "survey_date": dt.date(2017, 8, 5)}
        on(8, 5, person(14, full_name="新来", **checked))
        on(8, 10, person(12, pool_status="31", status_date=dt.date(2017, 8, 10)))
        on(8, 15, person(13, full_name="普二", hukou_region=JUNTUN))
        on(8, 21, person(15, full_name="晚来"))
    return li


def asked(actor: User, period: str = PERIOD) -> monthnumbers.Asked:
    return monthend.ask(actor, period)


def line(actor: User, key: str, period: str = PERIOD) -> monthend.Line:
    return monthend.lines(asked(actor, period), [monthend.get_unit(actor, key)])[0]


def test_opening_and_entries_less_exits_are_the_closing_of_a_village(li: User) -> None:
    with acting_as(li):
        tiantai, juntun = line(li, TIANTAI).numbers, line(li, JUNTUN).numbers
        # 天台: 罗, 普 = 2; + 新 = 1; - 罗 died, 普 moved = 2; 2 + 1 - 2 = 1
        assert (tiantai.opening, tiantai.more, tiantai.fewer, tiantai.closing) == (2, 1, 2, 1)
        assert dict(tiantai.left) == {"31": 1, "41": 1}
        assert monthnumbers.worded(tiantai.left, "out") == [("死亡", 1), ("户籍迁出", 1)]
        # 军屯: 0 + 普 moved in = 1
        assert (juntun.opening, juntun.more, juntun.fewer, juntun.closing) == (0, 1, 0, 1)
        assert dict(juntun.added) == {"2": 1}
        assert (tiantai.verified, tiantai.share, juntun.unverified) == (1, 1.0, 1)
        after = line(li, TIANTAI, "2017-09").numbers
        assert (after.opening, after.more, after.fewer, after.closing) == (1, 1, 0, 2)
        point = pointactions.add(actor=li, county="532323", wanted=[("天台采集点", [TIANTAI, JUNTUN])])[0]
        both = line(li, str(point.pk)).numbers
        assert (both.opening, both.more, both.fewer, both.closing, both.verified) == (2, 2, 2, 2, 1)
        assert all(one.balanced for one in (tiantai, juntun, after, both))
        assert [one["full_name"] for one in monthnumbers.unverified(asked(li), [TIANTAI, JUNTUN])] == ["普二"]
        with pytest.raises(NotFound):
            monthend.get_unit(li, "433126100201")


def act(actor: User, key: str, verb: str, reason: str = "", **options: Any) -> monthmoves.Moved:
    with acting_as(actor):
        unit = monthend.get_unit(actor, key)
        return monthmoves.move(actor=actor, unit=unit, asked=asked(actor), verb=verb, reason=reason, **options)


def point_of(li: User) -> str:
    with acting_as(li):
        point = pointactions.add(actor=li, county="532323", wanted=[("天台采集点", [TIANTAI, JUNTUN])])[0]
        pointactions.assign(actor=li, point_id=point.pk, user_id=cast.collector_lan().pk)
        return str(point.pk)


def test_review_first_a_month_lets_its_papers_on_step_by_step(li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with reviewed_as(review_from("sichuan_a"), monkeypatch):
        key = point_of(li)
        paper = submit(lan, row(31), row(32), division=TIANTAI)
        kept_out = submit(lan, row(33), division=TIANTAI)
        own = submit(wei, row(34), division="532323101")
        assert act(lan, key, "submit").move.target == "submitted"
        with acting_as(li):
            numbers = line(li, key).numbers
            assert (numbers.waiting, numbers.closing) == (4, 2)  # what waits is not in the numbers
            assert MonthMove.objects.get().numbers["closing"] == 2
        act(wei, key, "return", "普二没有核实")
        act(lan, key, "submit")
        with acting_as(wei):
            leave = [only(kept_out).pk]
        approved = act(wei, key, "approve", leave=leave)
        assert approved.tally is not None
        # 4 wait: 2 approved, 1 left out, 1 her own and refused
        assert (approved.tally.decided.done, approved.tally.decided.entered) == (2, 0)
        assert len(approved.tally.refused) == 1
        rechecked = act(li, key, "recheck")
        assert rechecked.tally is not None
        assert (rechecked.tally.decided.done, rechecked.tally.decided.entered) == (2, 2)
        with acting_as(li):
            assert set(Submission.objects.filter(batch=paper).values_list("state", flat=True)) == {"entered"}
            assert only(kept_out).state == only(own).state == "submitted"
            now = line(li, key)
            # two newcomers of 20 August entered: 2 + 2 = 4, and the numbers are not those handed in
            assert (now.stage, now.numbers.closing, now.changed, now.numbers.balanced) == (
                Stage.RECHECKED,
                4,
                True,
                True,
            )
            steps = [one.verb for one in now.moves]
            assert steps == ["submit", "return", "submit", "approve", "recheck"]
            audited = AuditEntry.objects.filter(action__startswith="month.").order_by("seq")
            assert [entry.action for entry in audited] == [
                "month.submitted", "month.returned", "month.submitted", "month.approved", "month.rechecked",
            ]  # fmt: skip
        act(li, key, "return", "增减原因写错了")
        with acting_as(li):
            assert line(li, key).stage == Stage.RETURNED


def test_entry_first_a_month_is_the_audit_of_what_is_in_the_ledger(li: User, monkeypatch: pytest.MonkeyPatch) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with reviewed_as(review_from("sichuan_b"), monkeypatch):
        key = point_of(li)
        paper = submit(lan, row(31), division=TIANTAI)
        with acting_as(li):
            before = line(li, key).numbers
            assert (before.closing, before.waiting, before.more) == (3, 1, 3)  # it counts at once: 2 + 3 - 2 = 3
        act(lan, key, "submit")
        for actor, verb, state in ((wei, "approve", "township_approved"), (li, "recheck", "entered")):
            done = act(actor, key, verb)
            assert done.tally is not None
            assert (done.tally.decided.done, done.tally.decided.entered) == (1, 0)
            with acting_as(li):
                assert only(paper).state == state
        with acting_as(li):
            now = line(li, key)
            assert (now.numbers.closing, now.numbers.waiting, now.changed) == (3, 0, False)
            assert Worker.objects.filter(retired_by=None).count() == 5


def test_a_town_hands_in_for_a_point_only_with_a_reason_and_another_person_approves(li: User) -> None:
    lan, wei, two = cast.collector_lan(), cast.township_wei(), township_two()
    key = point_of(li)
    with pytest.raises(DomainError, match="no_reason"):
        act(wei, key, "submit")
    with pytest.raises(DomainError, match="number_in_reason"):
        act(wei, key, "submit", "电话15400000367")
    act(wei, key, "submit", "采集员请假")
    with pytest.raises(NotAllowed, match="own_record"):
        act(wei, key, "approve")
    with pytest.raises(NotAllowed, match="wrong_role"):
        act(li, key, "approve")
    with pytest.raises(NotAllowed, match="wrong_state"):
        act(lan, key, "submit")
    act(two, key, "approve")
    with acting_as(li):
        assert [one.by for one in line(li, key).moves] == [wei, two]


def test_siblings_see_and_move_nothing(li: User) -> None:
    lan, mo = cast.collector_lan(), cast.township_mo()
    key = point_of(li)
    act(lan, key, "submit")
    beside = cast._user("beside", "邻村采集员", Role.COLLECTOR, (JUNTUN,), "军屯村", "mouding-2017")
    for stranger in (mo, beside, cast.county_guzhang()):  # beside: only one of the point's two villages
        with acting_as(stranger):
            for wanted in (key, TIANTAI):
                with pytest.raises(NotFound):
                    monthend.get_unit(stranger, wanted)
            with pytest.raises(NotFound):
                monthend.units(stranger, "532323101")
            assert not MonthMove.objects.filter(by=lan).exists()
    with acting_as(mo), pytest.raises(DatabaseError), transaction.atomic():
        MonthMove.objects.create(
            programme="mouding-2017", period=PERIOD, division=TIANTAI, number=1, verb="submit", source="draft",
            target="submitted", by=mo,
        )  # fmt: skip
    with acting_as(li), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM collecting_monthmove")


def test_a_village_without_a_point_hands_in_by_itself(li: User) -> None:
    lan = cast.collector_lan()
    with acting_as(lan):
        assert [unit.key for unit in monthend.units(lan, TIANTAI)] == [TIANTAI]
    act(lan, TIANTAI, "submit")
    with acting_as(li):
        assert monthend.towns(monthend.lines(asked(li), monthend.units(li, "532323")))[0][1]["submitted"] == 1
        assert line(li, TIANTAI).stage == Stage.SUBMITTED
        assert line(li, JUNTUN).stage == Stage.DRAFT
        assert line(li, TIANTAI, "2017-09").stage == Stage.DRAFT


def test_a_town_is_told_how_many_points_are_out_where_the_notice_asks_points(li: User) -> None:
    sichuan = catalogue.load().programmes["sichuan-2022"]
    period = duedates.find(sichuan, "2022-08")
    mouding = catalogue.load().programmes["mouding-2017"]
    august = duedates.find(mouding, PERIOD)
    assert period is not None
    assert august is not None
    with acting_as(li):
        assert monthend.out(li, mouding, august, "532323101") is None  # 牟定's notice asks nothing of points
        assert monthend.out(li, sichuan, period, "532323101") == (2, 2)
        assert monthend.out(li, sichuan, period, "532323") == (2, 2)
    zhang = cast._user("zhang", "张报", Role.COLLECTOR, (TIANTAI,), "天台", "sichuan-2022")
    wei = cast._user("weisc", "魏川", Role.TOWNSHIP, ("532323101",), "共和镇", "sichuan-2022")
    for actor, verb in ((zhang, "submit"), (wei, "approve")):
        with acting_as(actor):
            unit = monthend.get_unit(actor, TIANTAI)
            monthmoves.move(actor=actor, unit=unit, asked=monthend.ask(actor, "2022-08"), verb=verb)
    with acting_as(li):
        assert monthend.out(li, sichuan, period, "532323101") == (1, 2)


LIMITS = monthnumbers.Limits(verified=Decimal(90), change=Decimal(20), people=Decimal(5))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (Numbers(opening=100, closing=100, verified=90), []),
        (Numbers(opening=100, closing=100, verified=89), ["核实率 89.0%，不到 90%"]),
        (
            Numbers(opening=100, added={"1": 12, "2": 8}, closing=120, verified=120),
            [],
        ),  # 20 of 100 is not more than 20 %
        (Numbers(opening=100, left={"31": 21}, closing=79, verified=79), ["减 21 人，超过期初的 20%"]),
        (Numbers(opening=4, added={"1": 4}, closing=8, verified=8), []),  # four people are no large change
        (Numbers(opening=0, added={"1": 5}, closing=5, verified=5), ["增 5 人，超过期初的 20%"]),
        (Numbers(opening=10, closing=9, verified=9), ["期初＋增－减不等于期末"]),
        (Numbers(), []),
    ],
)
def test_what_is_an_exception_about_a_months_numbers(numbers: Numbers, said: list[str]) -> None:
    sichuan = catalogue.load().programmes["sichuan-2022"]
    period = duedates.find(sichuan, "2026-02")
    assert period is not None
    asked = monthnumbers.Asked(sichuan, period, dt.date(2026, 3, 1))
    assert monthnumbers.Limits.of(sichuan, dt.date(2026, 2, 28)) == LIMITS
    assert monthnumbers.exceptions(asked, numbers, LIMITS) == said


def test_a_half_years_round_asks_for_the_rate_only_in_the_period_it_is_due_in() -> None:
    mouding = catalogue.load().programmes["mouding-2017"]
    found = {}
    for name in ("2026-02", "2026-06", "2026-07", "2026-12"):
        period = duedates.find(mouding, name)
        assert period is not None
        found[name] = monthnumbers.Asked(mouding, period, dt.date(2027, 1, 31)).to_be_verified
    assert found == {"2026-02": False, "2026-06": True, "2026-07": False, "2026-12": True}


def test_county_and_town_let_all_without_exceptions_on_in_one_step(li: User) -> None:
    lan, wei, two = cast.collector_lan(), cast.township_wei(), township_two()
    with acting_as(li):  # 军屯: 0 + 1 moved in + 6 = 7, an exception
        enter(li, *(person(40 + n, full_name=f"新{n}", hukou_region=JUNTUN) for n in range(6)), on=dt.date(2017, 8, 3))
        enter(li, person(50, full_name="第三村", hukou_region=OTHER), on=dt.date(2017, 7, 1))
    for village in (TIANTAI, JUNTUN):
        act(lan, village, "submit")
    act(wei, OTHER, "submit", "采集员请假")

    def stages(actor: User) -> dict[str, tuple[str, list[str]]]:
        with acting_as(actor):
            found = monthend.lines(asked(actor), monthend.units(actor, actor.scopes[0]))
            return {one.unit.key: (one.stage.value, one.exceptions) for one in found}

    def in_one_step(actor: User, verb: str, expected: int) -> list[str]:
        with acting_as(actor):
            found = monthend.units(actor, actor.scopes[0])
            done = monthmoves.move_usual(actor=actor, found=found, asked=asked(actor), verb=verb, expected=expected)
            return [one.division for one in done.moves]

    odd = ["增 7 人，超过期初的 20%"]
    assert stages(li) == {TIANTAI: ("submitted", []), JUNTUN: ("submitted", odd), OTHER: ("submitted", [])}
    with pytest.raises(DomainError, match="selection_changed"):  # the third village is her own
        in_one_step(wei, "approve", 2)
    assert in_one_step(wei, "approve", 1) == [TIANTAI]
    assert in_one_step(two, "approve", 1) == [OTHER]
    with acting_as(two):
        units = [monthend.get_unit(two, key) for key in (JUNTUN, TIANTAI)]
        with pytest.raises(NotAllowed, match="wrong_state") as refused:  # all or none
            monthmoves.move_all(actor=two, units=units, asked=asked(two), verb="approve")
        assert refused.value.message.startswith(f"{units[1].name}：")
        with pytest.raises(DomainError, match="no_units"):
            monthmoves.move_all(actor=two, units=[], asked=asked(two), verb="approve")
    assert stages(li)[JUNTUN] == ("submitted", odd)
    act(two, JUNTUN, "approve")  # looked at
    with pytest.raises(NotAllowed, match="wrong_role"):
        act(two, JUNTUN, "recheck")
    assert in_one_step(li, "recheck", 2) == [TIANTAI, OTHER]
    with acting_as(li):
        units = [monthend.get_unit(li, key) for key in (JUNTUN, OTHER)]
        with pytest.raises(DomainError, match="no_reason"):
            monthmoves.move_all(actor=li, units=units, asked=asked(li), verb="return")
        monthmoves.move_all(actor=li, units=units, asked=asked(li), verb="return", reason="增的人再核一遍")
        (town,) = monthend.towns(monthend.lines(asked(li), monthend.units(li, "532323")))
        assert (town[0], town[1]["returned"], town[1]["rechecked"], town[2]) == ("532323101", 2, 1, 1)
        audited = AuditEntry.objects.filter(action="month.rechecked").values_list("subject", flat=True)
        assert sorted(audited) == [TIANTAI, OTHER]


def test_the_pages_show_the_numbers_and_take_the_steps(client: Client, li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    key = point_of(li)
    draft(lan, row(31), division=TIANTAI)
    submit(lan, row(32), division=TIANTAI)
    unit = {"unit": key, "period": PERIOD}
    sign_in(client, lan)
    page = client.get(PAGE, {"period": PERIOD}).content.decode()
    assert page.count("天台采集点") == 1  # her two villages are one point
    assert "50.0%" in page
    page = client.get(f"{PAGE}unit/", unit).content.decode()
    for said in ("报送 2 人", "没有核实 1 人", "待审 1 份", "死亡 1、户籍迁出 1"):
        assert said in page
    assert client.post(f"{PAGE}act/", {**unit, "verb": "submit"}).status_code == 302
    assert client.post(f"{PAGE}act/", {**unit, "verb": "approve"}).status_code == 403
    assert client.post(f"{PAGE}act/", {**unit, "verb": "x"}).status_code == 404
    sign_in(client, wei)
    page = client.get(f"{PAGE}unit/", unit).content.decode()
    assert "其中等您这一级 1 份" in page
    assert client.post(f"{PAGE}act/", {**unit, "verb": "return"}).status_code == 422
    assert client.post(f"{PAGE}act/", {**unit, "verb": "approve"}).status_code == 302
    page = client.get(f"{PAGE}unit/", unit).content.decode()
    assert "一起通过 1 份填报" in page
    sign_in(client, li)
    assert "共和镇" in client.get(PAGE, {"period": PERIOD}).content.decode()
    assert "乡镇已审" in client.get(PAGE, {"period": PERIOD, "division": "532323101"}).content.decode()
    assert client.post(f"{PAGE}act/", {**unit, "verb": "recheck"}).status_code == 302
    assert client.get(PAGE, {"period": "2099-01"}).status_code == 404
    sign_in(client, cast.township_mo())
    assert client.get(f"{PAGE}unit/", unit).status_code == 404
    assert client.post(f"{PAGE}act/", {**unit, "verb": "return", "reason": "外镇"}).status_code == 404
    sign_in(client, cast.partner_zhou())
    assert client.get(PAGE).status_code == 403


def test_the_table_of_a_county_approves_what_is_usual_and_returns_what_is_ticked(client: Client, li: User) -> None:
    lan, wei = cast.collector_lan(), cast.township_wei()
    with acting_as(li):
        enter(li, *(person(40 + n, full_name=f"新{n}", hukou_region=JUNTUN) for n in range(6)), on=dt.date(2017, 8, 3))
    for village in (TIANTAI, JUNTUN):
        act(lan, village, "submit")
    county = {"period": PERIOD, "division": "532323"}
    town = {"period": PERIOD, "division": "532323101"}
    sign_in(client, wei)
    page = client.get(PAGE, town).content.decode()
    assert "1 个采集点已报送、没有例外。有例外的 1 个单独看。" in page
    assert "增 7 人，超过期初的 20%" in page
    assert client.post(f"{PAGE}act/", {**town, "verb": "approve", "all": "1", "expected": "2"}).status_code == 409
    told = client.post(f"{PAGE}act/", {**town, "verb": "approve", "all": "1", "expected": "1"}, follow=True)
    assert "1 个采集点：已审核通过" in told.content.decode()
    assert client.post(f"{PAGE}act/", {**town, "verb": "approve", "unit": JUNTUN}).status_code == 302
    assert client.post(f"{PAGE}act/", {**town, "verb": "approve"}).status_code == 422
    sign_in(client, li)
    page = client.get(PAGE, county).content.decode()
    assert "1 个采集点已由乡镇审过、没有例外。有例外的 1 个单独看。" in page
    assert "没有例外的 1 个都复核通过" in page
    only = client.get(PAGE, {**county, "only": "odd"}).content.decode()
    assert (only.count("军屯"), only.count("天台")) == (2, 0)  # the line and its box
    assert "没有这样的采集点" in client.get(PAGE, {**county, "only": "out"}).content.decode()
    told = client.post(f"{PAGE}act/", {**county, "verb": "recheck", "all": "1", "expected": "1"}, follow=True)
    assert "1 个采集点：已复核通过" in told.content.decode()
    back = {**county, "verb": "return", "unit": [TIANTAI, JUNTUN]}
    assert client.post(f"{PAGE}act/", back).status_code == 422
    told = client.post(f"{PAGE}act/", {**back, "reason": "增的人再核一遍"}, follow=True).content.decode()
    assert "已退回" in told
    sign_in(client, cast.township_mo())
    assert client.post(f"{PAGE}act/", {**town, "verb": "approve", "all": "1", "expected": "0"}).status_code == 404


@pytest.mark.parametrize(
    ("today", "when", "tone"),
    [
        (dt.date(2022, 8, 28), "还有3天", "warn-text"), (dt.date(2022, 8, 30), "明天到期", "warn-text"),
        (dt.date(2022, 9, 1), "过期1天", "bad-text"),
    ],
)  # fmt: skip
def test_who_has_not_handed_in_stands_on_every_desk_and_opens_to_them(
    client: Client, li: User, monkeypatch: pytest.MonkeyPatch, today: dt.date, when: str, tone: str
) -> None:
    """四川: points are due on 31 August 2022. 天台 and 军屯 have people; 天台 hands in, the town approves, the county is asked."""
    people = (
        cast._user("zhang", "张报", Role.COLLECTOR, (TIANTAI, JUNTUN), "天台", "sichuan-2022"),
        cast._user("weisc", "魏川", Role.TOWNSHIP, ("532323101",), "共和镇", "sichuan-2022"),
        cast._user("lisc", "李川", Role.COUNTY, ("532323",), "县人社局", "sichuan-2022"),
    )
    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date(2022, 8, 20))
    for user in people:
        with acting_as(user):
            assert not [
                one for one in waiting.month_tasks(user) if one.count and "2022-08" in one.url
            ]  # eleven days before: nobody is reminded
    monkeypatch.setattr(timezone, "localdate", lambda *_: today)
    zhang, wei, county = people

    def august(user: User) -> list[waiting.Task]:
        return [one for one in waiting.month_tasks(user) if one.count and "period=2022-08" in one.url]

    def desks() -> list[list[tuple[int, str]]]:
        found = []
        for user in people:
            with acting_as(user):
                found.append([(task.count, task.when) for task in august(user)])
        return found

    def listed(user: User, name: str) -> int:
        sign_in(client, user)
        with acting_as(user):
            (task,) = [one for one in august(user) if name in one.what]
        assert task.url in client.get("/").content.decode().replace("&amp;", "&")
        return client.get(task.url).content.decode().count("/monthend/unit/?unit=")

    assert desks() == [[(2, when)]] * 3
    assert [listed(user, "还没有报送") for user in people] == [2, 2, 2]
    with acting_as(county):
        assert august(county)[-1].tone == tone
        july = [one for one in waiting.month_tasks(county) if "period=2022-07" in one.url and one.count]
        assert [one.count for one in july] == (
            [2] if today.month == 8 else []
        )  # the month before stays until this is over
    for user, verb, standing in (
        (zhang, "submit", [[(1, when)], [(1, "尽快"), (1, when)], [(1, when)]]),
        (wei, "approve", [[(1, when)], [(1, when)], [(1, "尽快"), (1, when)]]),
    ):
        with acting_as(user):
            month = monthend.ask(user, "2022-08")
            monthmoves.move(actor=user, unit=monthend.get_unit(user, TIANTAI), asked=month, verb=verb)
        assert desks() == standing
    assert listed(county, "等您复核") == 1
    with acting_as(county):
        month = monthend.ask(county, "2022-08")
        monthmoves.move(actor=county, unit=monthend.get_unit(county, TIANTAI), asked=month, verb="recheck")
    assert desks() == [[(1, when)]] * 3
