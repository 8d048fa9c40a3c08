"""A county's own rules: seen before they are saved, approved by somebody else, counted from their day on, there only."""

import datetime as dt
import json
import re
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from taizhang.accounts.acting import acting_for
from taizhang.accounts.models import Role
from taizhang.accounts.tests import people as cast
from taizhang.catalogue import load
from taizhang.catalogue.schema import Indicator, Parameter
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger.facts import Spell
from taizhang.ledger.models import Batch
from taizhang.protection.models import AuditEntry
from taizhang.rules import RuleError
from taizhang.statistics import (
    definitions,
    indicators,
    plain,
    proposing,
    reasons,
    snapshots,
    tables,
    versions,
    versionstates,
)
from taizhang.statistics.models import RuleVersion, Seal
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, job, person
from taizhang.statistics.versionstates import MOVES, State

pytestmark = pytest.mark.django_db
MOUDING = "mouding-2017"
WELL_PAID = "转移就业 and 月平均工资 >= 4000"  # of the 14: 2 (5,001), 5 (4,000), 18 (6,000), 23 (8,000)
AUGUST = dt.date(2017, 8, 1)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """It is the last of August 2017."""
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: dt.date(2017, 8, 31))


@pytest.fixture
def ids() -> list[str]:
    return population.load_people()


def propose(text: str = WELL_PAID, start: dt.date = AUGUST, **more):
    given = {"actor": cast.county_li(), "programme": MOUDING, "text": text, "valid_from": start, "effect": {}}
    target = {} if "parameter" in more else {"indicator": "transferred"}
    return proposing.propose(**{**given, **target, "reason": "州里会议纪要", **more})


def approve(row: RuleVersion) -> RuleVersion:
    return proposing.decide(actor=cast.county_zhao(), version_id=row.pk, verb="approve")


def number(indicator: str = "transferred", day: dt.date = DAY, engine: str = "snapshot", division: str = COUNTY):
    with acting_for([COUNTY]):
        cells = indicators.count(MOUDING, [indicator], division, day, engine=engine)
        return cells[division][indicator]


# -- counting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_a_rule_counts_from_its_day_on_once_somebody_else_has_approved_it(ids, engine):
    row = propose(start=dt.date(2017, 8, 10))
    assert number(engine=engine) == 14  # only proposed
    approve(row)
    assert number(engine=engine) == 4
    # the day before: 1-9, 27, and in 军屯 18 (the old job), 19 (until the 19th), 23, 26; 24 had not begun
    assert number(day=dt.date(2017, 8, 9), engine=engine) == 14
    with acting_for([COUNTY]):
        assert set(indicators.people(MOUDING, "transferred", COUNTY, DAY, engine=engine)) == {
            ids[n] for n in (1, 4, 17, 22)
        }


def test_the_last_to_begin_counts_and_the_notice_can_always_be_returned_to(ids):
    approve(propose())
    approve(propose("转移就业 and 月平均工资 >= 6000", dt.date(2017, 8, 15)))
    # on the 14th 19 still had 4,000 yuan: 2, 5, 18, 19, 23; on the 20th 18 and 23 have 6,000
    assert (number(day=dt.date(2017, 8, 14)), number()) == (5, 2)
    approve(propose("", dt.date(2017, 8, 18)))
    assert (number(day=dt.date(2017, 8, 17)), number()) == (2, 14)
    told = versions.history(COUNTY, MOUDING, indicator="transferred")
    assert [(one.row.number, one.until) for one in told] == [
        (3, None), (2, dt.date(2017, 8, 17)), (1, dt.date(2017, 8, 14)),
    ]  # fmt: skip
    assert [list(one.changes) for one in told] == [
        ["去掉“月平均工资 ≥ 6000”"],
        ["“月平均工资 ≥ 4000”改为“月平均工资 ≥ 6000”"],
        ["加上“月平均工资 ≥ 4000”"],
    ]


def test_why_list_table_and_files_all_follow_the_rule_in_force(ids):
    approve(propose())
    with acting_for([COUNTY]):
        one = definitions.find(MOUDING, "transferred")
        row = reasons.rows(cast.county_li(), [ids[0]], DAY)[ids[0]]
        why = reasons.why(one.programme, one.indicator, row, DAY, {})
        result = tables.compute(MOUDING, "C3", COUNTY, DAY)
        assert tables.same_as_ledger(result) == []
    assert (why.counted, why.text) == (False, "月平均工资 3000 < 4000")
    assert result.cells[COUNTY]["transferred"] == 4
    assert result.own_rules == ("牟定县用本县口径：“已转移就业人数”（第 1 版，2017-08-01 起）",)
    assert json.loads(plain.table_json(result))["own_rules"] == list(result.own_rules)


def test_a_countys_rule_counts_there_only_and_a_wider_table_says_so(ids):
    line = person("外县人", "532324101201", "1990-01-01", spells=[job("2016-01-01", "330106", "C18", "1", 1000)])
    with acting_for([COUNTY]):
        batch = Batch.objects.get()
    with acting_for(["532324"]):
        (worker,) = population._workers([line], batch)
        worker.id_token = b"x" * 32
        worker.save(force_insert=True)
        Spell.objects.create(worker=worker, division=worker.division, batch=batch, **line["spells"][0])
    for engine in ("snapshot", "ledger"):
        with acting_for(["53"]):
            before = indicators.count(MOUDING, ["transferred"], "5323", DAY, engine=engine)
        assert (before["5323"]["transferred"], before["532324"]["transferred"]) == (15, 1)
    approve(propose())
    for engine in ("snapshot", "ledger"):
        with acting_for(["53"]):
            after = indicators.count(MOUDING, ["transferred"], "5323", DAY, engine=engine)
            behind = indicators.people(MOUDING, "transferred", "5323", DAY, engine=engine)
        assert (after["5323"]["transferred"], after[COUNTY]["transferred"], after["532324"]["transferred"]) == (5, 4, 1)
        assert len(behind) == 5
    with acting_for(["53"]):
        notes = tables.compute(MOUDING, "C3", "5323", DAY).own_rules
    assert notes == (
        "各县口径不同，合计数是按各县口径算出再相加的",
        "牟定县用本县口径：“已转移就业人数”（第 1 版，2017-08-01 起）",
        "其余的县按通知",
    )


def test_a_rule_may_read_what_no_notice_reads_and_the_snapshot_then_holds_it(ids):
    assert "major" not in snapshots.columns()
    row = propose("转移就业 and 所学专业 is null")
    assert "major" not in snapshots.columns()
    approve(row)
    assert "major" in snapshots.columns()
    assert number() == 14


def test_a_threshold_is_changed_the_same_way(ids, monkeypatch):
    notice, words = definitions.programme_of(MOUDING), load().vocabulary(MOUDING)
    own = {**notice.parameters, "月薪线": Parameter(value=3000, unit="元")}
    words = replace(words, parameters={**words.parameters, "月薪线": own["月薪线"].value})
    paid = Indicator.model_validate(
        {"id": "paid", "name": "月薪达标", "where": "转移就业 and 月平均工资 >= :月薪线"}, context={"vocabulary": words}
    )
    changed = notice.model_copy(update={"parameters": own, "indicators": {**notice.indicators, "paid": paid}})
    monkeypatch.setitem(load().programmes, MOUDING, changed)
    # 3,000 or more of those transferred: 1, 2, 5, 7, 18, 23, 26
    assert number("paid") == 7
    row = propose("4,000", parameter="月薪线")
    assert (row.text, row.target) == ("4000", "参数“月薪线”")
    approve(row)
    assert (number("paid"), number("paid", engine="ledger")) == (4, 4)
    assert number("paid", dt.date(2017, 7, 31)) == 6  # 2, 5, 7, 19, 23, 26 at 3,000
    assert versions.changes(row) == ["月薪线由 3000元 改为 4000元"]
    approve(propose("", dt.date(2017, 8, 20), parameter="月薪线"))
    assert number("paid") == 7
    with pytest.raises(RuleError, match="这个参数要一个数") as wrong:
        propose("四千", parameter="月薪线")
    assert wrong.value.word == "四千"


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_nobody_approves_their_own(ids):
    row = propose()
    with pytest.raises(NotAllowed) as refused:
        proposing.decide(actor=cast.county_li(), version_id=row.pk, verb="approve")
    assert refused.value.code == "own_proposal"
    with pytest.raises(IntegrityError, match="version_four_eyes"), transaction.atomic():
        RuleVersion.objects.filter(pk=row.pk).update(decided_by=row.proposed_by, state=State.IN_FORCE)
    row.refresh_from_db()
    assert (row.state, row.decided_by) == (State.PROPOSED, None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"actor": "township_wei"}, "wrong_role"),
        ({"actor": "province_yunnan"}, "wrong_role"),
        ({"reason": " "}, "no_reason"),
        ({"start": dt.date(2017, 7, 31)}, "too_early"),
        ({"text": "coalesce(主要收入来源 in ('务工收入', '经营收入'), false)", "indicator": "nothing"}, "not_found"),
        ({"text": "转移就业"}, "same"),
        ({"text": ""}, "same"),
        ({"text": "18", "parameter": "最低年龄"}, "decides_pool"),
        ({"text": "1", "parameter": "没有的"}, "not_found"),
    ],
)
def test_a_proposal_that_cannot_stand_is_refused_and_changes_nothing(ids, change, code):
    if "actor" in change:
        change = change | {"actor": getattr(cast, change["actor"])()}
    with pytest.raises(DomainError) as refused:
        propose(**change)
    assert refused.value.code == code
    assert not RuleVersion.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="rule.").exists()


@pytest.mark.parametrize(
    ("text", "said", "word"),
    [
        ("转移就也", "没有这个数据项", "转移就也"),
        ("姓名 = '普秀英'", "能认出是谁", "姓名"),
        ("月平均工资", "算出来不是“是”或“否”", ""),
    ],
)
def test_a_wrong_rule_is_named_with_its_word(ids, text, said, word):
    with pytest.raises(RuleError, match=said) as wrong:
        propose(text)
    assert wrong.value.word == word


def test_what_is_sealed_does_not_move(ids):
    li = cast.county_li()
    with acting_for([COUNTY]):
        Seal.objects.create(
            programme=MOUDING, division=COUNTY, period="2017-08", version=1, number=1, cut_off=dt.date(2017, 8, 15),
            known_at="2017-08-16T00:00:00+08:00", people=1, manifest="{}", digest=b"", mac=b"", signature=b"",
            sealed_by=li,
        )  # fmt: skip
        with pytest.raises(NotAllowed, match="too_early") as refused:
            propose(start=dt.date(2017, 8, 15))
        assert refused.value.message == "截至 2017-08-15 的数已经封账，起用日期要在这之后。"
        assert propose(start=dt.date(2017, 8, 16)).number == 1


def test_one_proposal_waits_at_a_time_and_others_counties_are_not_found(ids):
    row = propose()
    with pytest.raises(DomainError) as refused:
        propose("not 转移就业")
    assert refused.value.code == "open_proposal"
    for stranger, error in (
        (cast.county_guzhang(), NotFound),
        (cast.township_wei(), NotFound),
        (cast.partner_zhou(), NotAllowed),
    ):
        with pytest.raises(error):
            proposing.decide(actor=stranger, version_id=row.pk, verb="approve")
    assert proposing.waiting(cast.county_zhao()) == 1
    assert proposing.waiting(cast.city_chuxiong()) == 1
    assert proposing.waiting(cast.county_li()) == proposing.waiting(cast.county_guzhang()) == 0


def test_a_refusal_needs_a_reason_and_every_step_is_audited(ids):
    row = propose()
    with pytest.raises(DomainError) as refused:
        proposing.decide(actor=cast.city_chuxiong(), version_id=row.pk, verb="refuse")
    assert refused.value.code == "no_answer"
    proposing.decide(actor=cast.city_chuxiong(), version_id=row.pk, verb="refuse", answer="没有依据")
    proposing.decide(actor=cast.county_li(), version_id=propose().pk, verb="withdraw")
    approve(propose())
    with pytest.raises(NotAllowed) as late:
        proposing.decide(actor=cast.county_zhao(), version_id=row.pk, verb="approve")
    assert late.value.code == "wrong_state"
    steps = [one.action for one in AuditEntry.objects.filter(action__startswith="rule.").order_by("seq")]
    assert steps == [
        "rule.proposed", "rule.refused", "rule.proposed", "rule.withdrawn", "rule.proposed", "rule.approved",
    ]  # fmt: skip


ALLOWED = {  # verb, role, state, own: written by hand
    ("approve", "county", "proposed", False), ("approve", "city", "proposed", False),
    ("approve", "province", "proposed", False), ("refuse", "county", "proposed", False),
    ("refuse", "city", "proposed", False), ("refuse", "province", "proposed", False),
    ("withdraw", "county", "proposed", True),
}  # fmt: skip


def test_only_listed_moves_are_allowed():
    for verb in MOVES:
        for role in Role.values:
            for state in State:
                for own in (True, False):
                    try:
                        versionstates.check_move(verb, state=state, role=role, own=own)
                        done = True
                    except NotAllowed:
                        done = False
                    assert done is ((verb, role, state, own) in ALLOWED), (verb, role, state, own)


# -- pages -------------------------------------------------------------------------------------------------------------

TRY = f"/tables/indicators/{MOUDING}/transferred/try/?as_of=2017-08-20"


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).replace("&quot;", '"').split())


def test_the_officer_sees_the_effect_before_proposing_and_a_colleague_approves(client, ids):
    client.force_login(cast.county_li())
    shown = text(client.post(TRY, {"rule": WELL_PAID, "try": "1"}))
    assert "14 人变为 4 人" in shown
    assert "提出修改" in shown
    given = {"valid_from": "2017-08-01", "reason": "州里会议纪要", "save": "1"}
    unseen = client.post(TRY, {"rule": "not 转移就业", "tried": WELL_PAID, **given})
    assert (unseen.status_code, "试算以后又改过" in text(unseen)) == (422, True)
    early = client.post(TRY, {"rule": WELL_PAID, "tried": WELL_PAID, **given, "valid_from": "2017-07-01"})
    assert (early.status_code, "起用日期最早是本月一日" in text(early)) == (422, True)
    assert not RuleVersion.objects.exists()
    made = client.post(TRY, {"rule": WELL_PAID, "tried": WELL_PAID, **given})
    row = RuleVersion.objects.get()
    assert made.url == f"/tables/indicators/changes/{row.pk}/"
    assert row.effect == {"transferred": {"as_of": "2017-08-20", "before": 14, "after": 4, "enter": 0, "leave": 10}}
    page = text(client.get(made.url))
    assert "加上“月平均工资 ≥ 4000”" in page
    assert "自己提出的不能自己批" in page
    assert client.post(f"{made.url}decide/", {"verb": "approve"}).status_code == 403

    client.force_login(cast.county_zhao())
    assert "（1 条等您批）" in text(client.get("/tables/indicators/"))
    page = text(client.get(made.url))
    assert "不再算 10" in page  # 17 has begun work meanwhile, for 9,999 yuan: 15 and 5
    assert "李国华" not in page  # stays
    assert "杨晓燕" in page  # 2,000 yuan
    assert client.post(f"{made.url}decide/", {"verb": "approve"}).status_code == 302
    listed = text(client.get("/tables/indicators/changes/"))
    assert "“已转移就业人数”第 1 版 牟定县 已批准 2017年8月1日" in listed
    page = text(client.get(f"/tables/indicators/{MOUDING}/transferred/"))
    assert "牟定县用本县的口径" in page
    assert "第 0 版 通知的口径" in page
    table = text(client.get(f"/tables/{MOUDING}/C3/", {"as_of": "2017-08-20"}))
    assert "牟定县用本县口径：“已转移就业人数”（第 1 版，2017-08-01 起）" in table


def test_the_notices_rule_is_one_press_away(client, ids):
    approve(propose())
    client.force_login(cast.county_li())
    assert "4 人变为 14 人" in text(client.post(TRY, {"rule": WELL_PAID, "notice": "1"}))
    given = {"valid_from": "2017-08-20", "reason": "恢复", "save": "1", "rule": "转移就业", "tried": "转移就业"}
    assert client.post(TRY, given).status_code == 302
    assert RuleVersion.objects.get(number=2).text == ""


def test_strangers_and_other_roles_find_no_version(client, ids):
    row = propose()
    url = f"/tables/indicators/changes/{row.pk}/"
    assert client.get(url).status_code == 302  # to the sign-in
    for user, status in ((cast.county_guzhang(), 404), (cast.system_admin(), 403), (cast.township_wei(), 200)):
        client.force_login(user)
        assert client.get(url).status_code == status
    assert "批不批" not in text(client.get(url))
    assert client.post(f"{url}decide/", {"verb": "approve"}).status_code == 403
    assert client.get(f"{url}decide/").status_code in (403, 405)
