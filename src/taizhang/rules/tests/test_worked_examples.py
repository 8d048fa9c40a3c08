"""The examples by which the language is explained to officials. Each is a rule of a notice."""

from typing import Any

import pytest

from taizhang.rules import Item, RuleError, Type, Vocabulary, parse

from .cast import AS_OF, VOCABULARY

GUZHANG = (
    "(scope(务工地点, 户籍地) in ('乡内','县内乡外')"
    " and 年度累计务工时间 >= :县内月数 and 年度务工收入 >= :县内收入) or "
    "(scope(务工地点, 户籍地) in ('市内县外','省内市外','省外','境外')"
    " and 年度累计务工时间 >= :县外月数 and 年度务工收入 >= :县外收入)"
)


def value(text: str, **row: Any) -> Any:
    return parse(text, VOCABULARY).evaluate(row, AS_OF)


def test_mouding_2017_counts_those_who_live_on_wages_or_a_business() -> None:
    rule = "主要收入来源 in ('务工收入', '经营收入')"
    assert [value(rule, main_income_source=code) for code in ("1", "2", "3", None)] == [True, True, False, None]


@pytest.mark.parametrize(
    ("place", "months", "income", "counts"),
    [
        ("433126102", "6", "6000", True),  # in the county: 6 months and 6000 yuan
        ("433126102", "5.9", "6000", False),
        ("440305", "3", "9000", True),  # outside: 3 months and 9000 yuan
        ("440305", "3", "8999.99", False),
    ],
)
def test_guzhang_2020_asks_less_time_and_more_income_of_those_outside(
    place: str, months: str, income: str, counts: bool
) -> None:
    row = {"work_region": place, "hukou_region": "433126101201", "work_months": months, "annual_work_income": income}
    assert value(GUZHANG, **row) is counts


def test_guzhang_2020_indicator_4_leaves_out_the_self_employed() -> None:
    rule = "就业形式 != '自主创业'"
    assert [value(rule, employment_form=code) for code in ("10", "20", None)] == [True, False, None]


def test_guzhang_2020_note_1_refuses_an_unskilled_worker_with_a_certificate() -> None:
    rule = "not (劳动能力 = '普通劳动力' and 技能等级 != '无')"
    assert value(rule, labour_ability="1", skill_level="3") is False
    assert value(rule, labour_ability="1", skill_level="0") is True


def test_sichuan_2022_takes_sixteen_year_olds_able_to_work_and_without_pension() -> None:
    rule = (
        "age(出生日期, :基准日) >= 16 and 养老待遇 in ('未享受', '待核') and 劳动能力 not in ('丧失劳动力', '无劳动力')"
    )
    able = {"pension_status": "9", "labour_ability": "3"}
    assert value(rule, birth_date="2004-12-31", **able) is True
    assert value(rule, birth_date="2005-01-01", **able) is False


def test_heyuan_2018_derives_the_status_from_the_place_of_work() -> None:
    home = {"is_working": True, "hukou_region": "441602001"}
    assert value("就失业状况", work_region="4403", **home) == "1"
    assert value("就失业状况", work_region="441602002", **home) == "2"
    assert value("就失业状况", is_working=False) == "3"


@pytest.mark.parametrize(
    ("before", "new"),
    [({"main_income_source": "3"}, True), ({"main_income_source": "1"}, False), ({}, True), (None, True)],
)
def test_mouding_2017_counts_as_new_this_year_who_was_not_transferred_when_it_began(
    before: dict[str, Any] | None, new: bool
) -> None:
    rule = parse("转移就业 and not coalesce(at(:年初, 转移就业), false)", VOCABULARY)
    assert rule.evaluate({"main_income_source": "1"}, AS_OF, {"年初": before}) is new
    with pytest.raises(RuleError, match="缺少 :年初 那天的数据"):
        rule.evaluate({"main_income_source": "1"}, AS_OF)


def test_another_day_is_asked_as_of_that_day_with_the_thresholds_of_now() -> None:
    rule = parse("at(:年初, age(出生日期, :基准日) >= 16 and 年度务工收入 >= :县外收入)", VOCABULARY)
    then = {"birth_date": "2004-06-01", "annual_work_income": "9000"}  # 15 on 1 January 2020, 16 on 31 December
    assert rule.evaluate({}, AS_OF, {"年初": then}) is False
    assert rule.evaluate({}, AS_OF, {"年初": {**then, "birth_date": "2004-01-01"}}) is True
    assert rule.parameters == {"年初", "基准日", "县外收入"}


def test_what_was_true_on_another_day_tells_its_reasons_from_that_days_row() -> None:
    rule = parse("转移就业 and not coalesce(at(:年初, 转移就业), false)", VOCABULARY)
    row = {"main_income_source": "1"}
    assert rule.chinese == "转移就业 并且 不是“年初时转移就业（不明的不算）”"
    farmed = rule.decide(row, AS_OF, {}, {"年初": {"main_income_source": "3"}})
    assert (farmed.value, farmed.text) == (
        True,
        "转移就业 是（主要收入来源 务工收入，属于 务工收入、经营收入）；"
        "年初（2020-01-01）转移就业 否（主要收入来源 务农收入，不属于 务工收入、经营收入）",
    )
    assert rule.decide(row, AS_OF, {}, {"年初": None}).text.endswith("；年初（2020-01-01）不在台账")


def test_a_fact_has_its_own_items_and_under_ren_its_persons() -> None:
    items = [
        Item("work_region", ("务工地点",), Type.REGION, home="spell"),
        Item("hukou_region", ("户籍地",), Type.REGION),
        Item(
            "work_scope",
            ("就业区域",),
            Type.CODE,
            {"5": "省外", "4": "省内市外"},
            parse("case when within(务工地点, '43') then '4' else '5' end", VOCABULARY),
        ),
    ]
    spells = Vocabulary(items).about("spell")
    moved = parse("务工地点 != 人.务工地点 and within(人.户籍地, '43')", spells)
    assert moved.columns == {"work_region", "person__work_region", "hukou_region"}
    assert moved.items == {"work_region", "hukou_region"}
    assert moved.evaluate({"work_region": "44", "person__work_region": "43", "hukou_region": "4331"}) is True
    assert moved.chinese == "务工地点 ≠ 人的务工地点 并且 户籍地 在 43 以内"
    derived = parse("人.就业区域 = '省外' and 就业区域 = '省内市外'", spells)
    assert derived.columns == {"work_region", "person__work_region"}
    assert derived.evaluate({"work_region": "43", "person__work_region": "44"}) is True
    then = parse("at(:年初, 人.务工地点 = 务工地点)", spells)  # another day knows the person only
    assert then.evaluate({}, AS_OF, {"年初": {"work_region": "43"}}) is True
    assert parse("人.务工地点 = '43'", Vocabulary(items)).columns == {"work_region"}


def test_a_rule_tells_what_it_reads() -> None:
    rule = parse("就失业状况 = '外出务工' and 年度务工收入 >= :县外收入 and age(出生日期, :基准日) < 60", VOCABULARY)
    assert rule.type is Type.BOOL
    assert rule.items == {"is_working", "work_region", "hukou_region", "annual_work_income", "birth_date"}
    assert rule.derived == {"employment_status"}
    assert rule.parameters == {"县外收入", "基准日"}
