"""Every fill rule of the Sichuan form both ways, its two ways of review, and the monthly table of people by hand."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from taizhang.catalogue.tests.programme_people import CATALOGUE, ask, counted
from taizhang.catalogue.tests.programme_rows import Case, Findings, Gap, bad_rows, check, gap_rows, good_rows, names

DAY = dt.date(2022, 12, 1)
PROGRAMME = CATALOGUE.programmes["sichuan-2022"]
FORM = CATALOGUE.forms["sichuan-2022"]
HOME = "511723100200"  # 沙坝村, 新宁镇, 开江县

PERSON = {
    "hukou_region": HOME, "full_name": "唐秀英", "id_number": "99172319850302002X", "ethnicity": "汉族",
    "education": "初中", "hukou_nature": "居民户口（原农业）", "mobile_phone": "15400001234",
    "labour_ability": "普通劳动力", "skill_level": "无", "pension_status": "未享受", "wants_job": "无",
    "wants_training": "无", "collect_method": "电话访谈", "verify_state": "已核实", "survey_date": "2022-11-28",
    "collector": "演示采集员",
}  # fmt: skip
EMPLOYED = {
    **PERSON, "employment_status": "外出务工", "work_region": "440305", "employer_name": "某电子厂（演示）",
    "industry": "制造业", "employment_form": "单位就业", "start_date": "2022-03-01", "monthly_wage": "5200",
}  # fmt: skip
AT_HOME = {**PERSON, "employment_status": "在家务农"}
SEEKING = {
    **PERSON, "employment_status": "失业", "unemployed_date": "2022-11-15", "service_needs": "岗位推荐",
    "wants_job": "有", "wanted_region": "5117", "wanted_wage": "4000",
}  # fmt: skip
GONE = {
    "hukou_region": HOME, "full_name": "唐秀英", "id_number": "99172319850302002X", "labour_ability": "普通劳动力",
    "pension_status": "未享受", "pool_status": "户籍迁出", "status_date": "2022-11-02", "collect_method": "入户走访",
    "verify_state": "已核实", "survey_date": "2022-11-28", "collector": "演示采集员",
}  # fmt: skip
PENSIONED = {**GONE, "pool_status": "已享受基本养老保险待遇", "pension_status": "城乡居民养老待遇"}

CASES = [
    # sixteen on the day itself; sixteen the day after
    Case("sichuan-2022/F-01", AT_HOME, {"id_number": "991723200612010015"}, {"id_number": "991723200612020010"}),
    Case("sichuan-2022/F-02", AT_HOME, {"hukou_nature": "农业户口"}, {"hukou_nature": "非农业户口"}),
    Case("sichuan-2022/F-02", AT_HOME, {"hukou_nature": None}, {"hukou_nature": "居民户口（原非农业）"}),
    Case("sichuan-2022/F-03", AT_HOME, {"hukou_region": HOME}, {"hukou_region": "130102001001"}),
    Case("sichuan-2022/F-04", AT_HOME, {"pension_status": "待核"}, {"pension_status": "城乡居民养老待遇"}),
    Case("sichuan-2022/F-04", {**AT_HOME, "pension_status": "城乡居民养老待遇"}, {"pension_start": "2023-01"},
         {"pension_start": "2022-12"}),
    Case("sichuan-2022/F-04", AT_HOME, {"pool_status": "正常"},
         {"pool_status": "正常", "pension_status": "职工养老待遇"}),
    Case("sichuan-2022/F-04b", PENSIONED, {"pension_status": "待核"}, {"pension_status": "未享受"}),
    Case("sichuan-2022/F-05", AT_HOME, {"labour_ability": "弱劳动力或半劳动力"}, {"labour_ability": "丧失劳动力"}),
    Case("sichuan-2022/F-05", {**GONE, "pool_status": "永久丧失劳动力", "labour_ability": "丧失劳动力"}, {},
         {"pool_status": "暂时丧失劳动力", **{k: AT_HOME[k] for k in (
             "ethnicity", "education", "mobile_phone", "skill_level", "employment_status", "wants_job",
             "wants_training")}}),
    Case("sichuan-2022/F-06", GONE, {"status_date": "2022-12-01"}, {"status_date": "2022-12-02"}),
    Case("sichuan-2022/F-07", EMPLOYED, {"work_region": "511724"}, {"work_region": "511723100"}),
    Case("sichuan-2022/F-07", {**EMPLOYED, "employment_status": "就近就业"}, {"work_region": "511723"},
         {"work_region": "511724"}),
    Case("sichuan-2022/F-08", EMPLOYED, {"start_date": "2022-12-01"}, {"start_date": "2022-12-02"}),
    Case("sichuan-2022/F-09", SEEKING, {"unemployed_date": "2022-12-01"}, {"unemployed_date": "2022-12-02"}),
    Case("sichuan-2022/F-10", SEEKING, {"service_needs": "政策咨询"}, {"service_needs": None}),
    Case("sichuan-2022/F-11", AT_HOME, {"survey_date": "2022-12-01"}, {"survey_date": "2022-12-02"}),
]  # fmt: skip
GAPS = [
    Gap("二", "pension_status", AT_HOME, {"pension_status": None}),
    Gap("二", "pension_start", AT_HOME, {"pension_start": "2022-10"}),
    Gap("三(二)", "employment_status", AT_HOME, {"employment_status": None}),
    Gap("三(二)", "work_region", EMPLOYED, {"work_region": None}),
    Gap("三(二)", "start_date", AT_HOME, {"start_date": "2022-03-01"}),
    Gap("三(二)", "unemployed_date", SEEKING, {"unemployed_date": None}),
    Gap("三(二)", "status_date", GONE, {"status_date": None}),
    Gap("三(二)", "status_date", AT_HOME, {"status_date": "2022-11-02"}),
    Gap("三(二)", "employment_status", GONE, {"employment_status": "在家务农"}),
    Gap("三(四)", "training_trade_wanted", AT_HOME, {"wants_training": "有"}),
    Gap("三(二)", "collect_method", AT_HOME, {"collect_method": None}),
    Gap("三(一)", "collector", AT_HOME, {"collector": None}),
]


@pytest.fixture(scope="module")
def good() -> Findings:
    return check("sichuan-2022", good_rows(CASES), DAY)


@pytest.fixture(scope="module")
def bad() -> Findings:
    return check("sichuan-2022", bad_rows(CASES), DAY)


@pytest.fixture(scope="module")
def gaps() -> Findings:
    return check("sichuan-2022", gap_rows(GAPS), DAY)


def test_a_rightly_filled_form_has_no_findings() -> None:
    rows = [EMPLOYED, AT_HOME, SEEKING, GONE, PENSIONED]
    assert check("sichuan-2022", rows, DAY) == [[] for _ in rows]


@pytest.mark.parametrize("number", range(len(CASES)), ids=names(CASES))
def test_the_good_row_passes(number: int, good: Findings) -> None:
    assert good[number] == []


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=names(CASES))
def test_the_bad_row_breaks_its_rule_and_no_other(number: int, case: Case, bad: Findings) -> None:
    found = bad[number]
    rule = next(rule for rule in FORM.rules if rule.id == case.rule)
    assert {(one.rule, one.severity) for one in found} == {(case.rule, rule.severity)}
    assert rule.clause
    assert all(one.message.startswith(rule.message) and rule.clause in one.message for one in found)


@pytest.mark.parametrize(("number", "gap"), list(enumerate(GAPS)), ids=names(GAPS))
def test_a_missing_or_misplaced_answer_is_told_with_its_clause(number: int, gap: Gap, gaps: Findings) -> None:
    assert [(one.item, one.severity) for one in gaps[number]] == [(gap.item, "error")]
    assert gap.clause in (FORM.items[gap.item].clause or "") + (FORM.section_of(gap.item).clause or "")


def test_every_fill_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in FORM.rules}


def test_both_ways_of_the_notice_stand_in_the_programme() -> None:
    ways = {
        name: (way.entry, [(step.state, step.by) for step in way.steps]) for name, way in PROGRAMME.review_ways.items()
    }
    steps = [("township_approved", "township"), ("county_accepted", "county")]
    assert ways == {"paper": ("after", steps), "mobile": ("before", steps)}
    assert PROGRAMME.review == PROGRAMME.review_ways["paper"]


# The pool on 31 December 2022
YEAR_END = dt.date(2022, 12, 31)
PEOPLE: list[dict[str, Any]] = [
    # 1: away, since this month, lifted out of poverty, checked this month
    {"employment_status": "1", "start_date": dt.date(2022, 12, 1), "poverty_status": "3", "verify_state": "1",
     "survey_date": dt.date(2022, 12, 1)},
    # 2: near home, since last month, relocated, checked last month
    {"employment_status": "2", "start_date": dt.date(2022, 11, 30), "is_relocated": True, "verify_state": "1",
     "survey_date": dt.date(2022, 11, 30)},
    # 3: lost the job this month, wants services and training
    {"employment_status": "41", "unemployed_date": dt.date(2022, 12, 31), "service_needs": ["2"],
     "wants_training": True, "verify_state": "1", "survey_date": dt.date(2022, 12, 31)},
    # 4: never worked, wants to; relocated household
    {"employment_status": "42", "wants_job": True, "poverty_status": "7"},
    # 5: never worked, does not want to; could not be reached
    {"employment_status": "42", "wants_job": False, "verify_state": "2", "survey_date": dt.date(2022, 12, 5)},
    # 6: farms
    {"employment_status": "3"},
    # 7: nothing known
    {},
]  # fmt: skip
OF_PEOPLE = {
    "pool": 7, "pool_lifted": 1, "pool_relocated": 2, "employed": 2, "unemployed": 2, "neither": 3,
    "newly_employed": 1, "newly_unemployed": 1, "needs_service": 1, "wants_training": 1, "verified_month": 2,
    "employed_lifted": 1, "employed_relocated": 1,  # 1; 2
}  # fmt: skip
MOVEMENTS: list[dict[str, Any]] = [
    {"movement_direction": "in", "movement_date": dt.date(2022, 6, 20), "pool_add_reason": "8"},
    {"movement_direction": "in", "movement_date": dt.date(2022, 11, 30), "pool_add_reason": "1"},
    {"movement_direction": "in", "movement_date": dt.date(2022, 11, 30), "pool_add_reason": "7"},
    {"movement_direction": "out", "movement_date": dt.date(2022, 11, 30), "movement_exit_reason": "31"},
    {"movement_direction": "in", "movement_date": dt.date(2022, 12, 1), "pool_add_reason": "1"},
    {"movement_direction": "in", "movement_date": dt.date(2022, 12, 2), "pool_add_reason": "2"},
    {"movement_direction": "in", "movement_date": dt.date(2022, 12, 3), "pool_add_reason": "3"},
    {"movement_direction": "in", "movement_date": dt.date(2022, 12, 31), "pool_add_reason": "4"},
    {"movement_direction": "out", "movement_date": dt.date(2022, 12, 1), "movement_exit_reason": "31"},
    {"movement_direction": "out", "movement_date": dt.date(2022, 12, 4), "movement_exit_reason": "41"},
    {"movement_direction": "out", "movement_date": dt.date(2022, 12, 5), "movement_exit_reason": "42"},
    {"movement_direction": "out", "movement_date": dt.date(2022, 12, 31), "movement_exit_reason": "32"},
    {"movement_direction": "out", "movement_date": dt.date(2022, 12, 31), "movement_exit_reason": None},
    {"movement_direction": "in", "movement_date": dt.date(2023, 1, 1), "pool_add_reason": "1"},
]
OF_MOVEMENTS = {
    "opening": 2,  # three in, one out before December
    "added": 4, "added_grown": 1, "added_moved_in": 1, "added_discharged": 1, "added_other": 1,
    "left": 5, "left_moved": 1, "left_pension": 1, "left_dead": 1, "left_other": 2,
}  # fmt: skip


def test_people_are_counted_as_counted_by_hand() -> None:
    numbers = counted("sichuan-2022", [{"hukou_region": HOME, **person} for person in PEOPLE], YEAR_END)
    assert {name: numbers[name] for name in OF_PEOPLE} == OF_PEOPLE


def test_movements_are_counted_as_counted_by_hand() -> None:
    found = {}
    for name in OF_MOVEMENTS:
        indicator = PROGRAMME.indicators[name]
        assert indicator.of == "movement"
        assert indicator.where is not None
        chosen = [m for m, yes in zip(MOVEMENTS, ask(indicator.where, MOVEMENTS, YEAR_END), strict=True) if yes]
        value = indicator.measure.value
        found[name] = sum(ask(value, chosen, YEAR_END)) if value else len(chosen)
    assert found == OF_MOVEMENTS


def test_every_indicator_is_of_people_or_of_movements() -> None:
    assert set(PROGRAMME.indicators) == {*OF_PEOPLE, *OF_MOVEMENTS}


def test_everybody_is_employed_unemployed_or_neither_whatever_is_missing() -> None:
    codes = ["1", "2", "3", "4", "41", "42", "43", "9", None]
    people = [
        {"employment_status": status, "wants_job": wish}
        for status, wish in itertools.product(codes, (True, False, None))
    ]
    parts = ("employed", "unemployed", "neither")
    answers = zip(*(ask(PROGRAMME.indicators[part].where, people, DAY) for part in parts), strict=True)
    assert [person for person, answer in zip(people, answers, strict=True) if sum(map(bool, answer)) != 1] == []


def test_the_monthly_table_states_what_its_columns_owe_each_other() -> None:
    table = PROGRAMME.tables["C8"]
    assert [leaf.no for leaf in table.leaves] == list(range(1, 29))
    assert {one.replace(" ", "") for one in table.checks} >= {
        "3+4+5+6=2", "8+9+10+11=7", "12=1+2-7", "15+16+17=12", "25=24/12",
    }  # fmt: skip
