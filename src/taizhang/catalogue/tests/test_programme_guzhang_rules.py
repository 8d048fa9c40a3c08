"""Every fill rule of the Guzhang form: a row that passes and a row that breaks this rule and no other."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from taizhang.catalogue import loader
from taizhang.catalogue.tests.programme_people import CATALOGUE
from taizhang.catalogue.tests.programme_rows import Case, Findings, Gap, bad_rows, check, gap_rows, good_rows, names

DAY = dt.date(2020, 10, 20)
FORM = CATALOGUE.forms["guzhang-2020"]
README = Path(loader.SHIPPED / "guzhang-2020" / "README.md").read_text(encoding="utf-8")
TEN_MONTHS = "2019-10、2019-11、2019-12、2020-01、2020-03、2020-04、2020-05、2020-06、2020-07、2020-08"
TWELVE_MONTHS = TEN_MONTHS + "、2020-02、2020-09"

PERSON = {
    "full_name": "石兰", "id_number": "993126198503020028", "hukou_region": "433126101200",
    "mobile_phone": "15400001234",
    "ethnicity": "苗族", "verify_state": "已核实", "pool_status": "正常贫困劳动力", "labour_ability": "普通劳动力",
    "skill_level": "无", "is_two_after": "否", "education": "初中", "home_address": "古阳镇某村1组",
    "work_months": "10",
    "annual_work_income": "45000", "work_month_set": TEN_MONTHS, "is_returned": "否",
    "service_type": "未享受过就业服务", "collector": "龙军",
}  # fmt: skip
WORKING = {
    **PERSON, "is_working": "是", "work_region": "330106", "employment_form": "单位就业",
         "employer_name": "某服装厂（演示）",
    "start_date": "2020年3月15日", "monthly_wage": "4500", "industry_s003": "普工", "labour_contract": "是",
    "social_insurance": "否", "employed_by_help": "否", "is_return_startup_leading": "否",
}  # fmt: skip
AT_HOME = {
    **PERSON, "is_working": "否", "not_out_type": "就业转失业", "unemployed_date": "2020-09-01", "has_out_plan": "否",
    "no_out_reason": "照顾家人", "is_returned": "是", "return_reason": "个人家庭等原因",
    "return_from_region": "330106",
}  # fmt: skip
PLANNING = {
    **AT_HOME, "has_out_plan": "是", "no_out_reason": None, "wanted_region": "3301", "wanted_occupation": "缝纫工",
    "wanted_wage": "5000", "plan_out_date": "2020-11",
}  # fmt: skip
GONE = {
    "full_name": "石兰", "id_number": "993126198503020028", "hukou_region": "433126101200", "ethnicity": "苗族",
    "verify_state": "已核实", "pool_status": "永久退出（死亡）", "is_working": "否", "labour_ability": "普通劳动力",
    "home_address": "古阳镇某村1组", "collector": "龙军",
}  # fmt: skip
POST = {**WORKING, "employment_form": "扶贫公益岗位", "work_region": "433126101"}

CASES = [
    Case("R003-04", WORKING, {"labour_ability": "普通劳动力"}, {"labour_ability": "丧失劳动力"}),
    Case("R003-04", WORKING, {"labour_ability": "弱劳动力或半劳动力"}, {"labour_ability": "无劳动力"}),
    Case("R003-05", WORKING, {"labour_ability": "普通劳动力", "skill_level": "无"}, {"skill_level": "初级"}),
    Case("R003-06", WORKING, {"labour_ability": "技能劳动力", "skill_level": "中级"},
         {"labour_ability": "技能劳动力"}),
    # sixty on the day itself; sixty-two
    Case("R003-07", WORKING, {"id_number": "993126196010200048"}, {"id_number": "993126195806010034"}),
    Case("R003-07", WORKING, {"id_number": "993126195806010034", "labour_ability": "弱劳动力或半劳动力"},
         {"id_number": "993126195806010034", "labour_ability": "技能劳动力", "skill_level": "高级"}),
    Case("R003-07b", {**WORKING, "labour_ability": "弱劳动力或半劳动力"}, {"health_status": "有慢性病"},
         {"health_status": "健康"}),
    # sixteen on the day itself; sixteen the day after
    Case("R003-08", WORKING, {"id_number": "993126200410200011"}, {"id_number": "993126200410210017"}),
    Case("R003-09", AT_HOME, {"work_month_set": TEN_MONTHS}, {"work_month_set": None, "work_months": "0",
         "annual_work_income": "0"}),
    Case("R003-11", {**WORKING, "work_month_set": TWELVE_MONTHS}, {"work_months": "11.5",
         "annual_work_income": "51750"},
         {"work_months": "12.5", "annual_work_income": "56250"}),
    Case("R003-11", {**WORKING, "work_months": "0", "annual_work_income": "0"},
         {"work_month_set": "2020-10"}, {"work_month_set": "2020-09"}),
    Case("R003-11b", WORKING, {"work_months": "9.1", "annual_work_income": "40950"}, {"work_months": "9",
         "annual_work_income": "40500"}),
    # three months and 9,000 yuan outside the county
    Case("R003-12", {**WORKING, "work_months": "3", "work_month_set": "2020-06、2020-07、2020-08",
         "monthly_wage": "3000"},
         {"annual_work_income": "9000"}, {"annual_work_income": "8999.99"}),
    # one month and 3,000 yuan inside it
    Case("R003-12", {**WORKING, "work_region": "433126101", "work_month_set": "2020-08", "monthly_wage": "3000",
                     "annual_work_income": "3000"}, {"work_months": "1"}, {"work_months": "0.9"}),
    Case("R003-13", {**AT_HOME, "is_returned": "否", "return_reason": None}, {"return_from_region": "330106"},
         {"return_from_region": None}),
    Case("R003-13b", WORKING, {"work_region": "433127"}, {"work_region": "43"}),
    # 4,500 x 10 = 45,000, half as much again as 30,000
    Case("R003-14", WORKING, {"annual_work_income": "30000"}, {"annual_work_income": "29999"}),
    Case("R003-15", WORKING, {"work_month_set": TEN_MONTHS + "、2020-12"},
         {"work_month_set": TEN_MONTHS + "、2019-09"}),
    Case("R003-18", PLANNING, {}, {"plan_out_date": None}),
    Case("R003-21", WORKING, {"service_type": "未享受过就业服务"},
         {"service_type": "职业介绍、未享受过就业服务", "service_count_introduction": "1"}),
    Case("R003-21b", WORKING, {"service_type": "职业指导", "service_count_guidance": "1"},
         {"service_type": "职业指导"}),
    Case("R003-21b", WORKING, {"service_type": "职业指导", "service_count_guidance": "2"},
         {"service_type": "职业指导", "service_count_guidance": "0"}),
    Case("R003-21c", WORKING, {"service_type": "职业介绍", "service_count_introduction": "1"},
         {"service_type": "职业介绍"}),
    Case("R003-21d", WORKING, {"service_type": "创业服务", "service_count_startup": "1"},
         {"service_type": "创业服务"}),
    Case("R003-21e", WORKING, {"service_type": "职业培训", "service_count_training": "1"},
         {"service_type": "职业培训"}),
    Case("R003-21f", WORKING, {"service_type": "其他", "service_count_other": "1"}, {"service_type": "其他"}),
    Case("R003-22", {**WORKING, "employment_form": "自主创业"}, {"startup_registered": "是"},
         {"startup_registered": "否"}),
    Case("R003-23", WORKING, {"employment_form": "灵活就业", "employer_name": None}, {"employer_name": None}),
    # sixty months to the day's month; sixty-one
    Case("R003-24", {**WORKING, "is_two_after": "是"}, {"graduation_date": "2015-10"},
         {"graduation_date": "2015-09"}),
    Case("R003-24", {**WORKING, "is_two_after": "是", "graduation_date": "2019-06"}, {"education": "高中"},
         {"education": "大专"}),
    Case("R003-24", {**WORKING, "is_two_after": "是", "graduation_date": "2019-06"}, {"is_in_school": "否"},
         {"is_in_school": "是"}),
    Case("R003-24b", {**WORKING, "graduation_date": "2019-06"}, {"is_in_school": "是"}, {}),
    Case("R003-25", WORKING, {"start_date": "2020-10-20"}, {"start_date": "2020-10-21"}),
    Case("R003-26", {**WORKING, "social_insurance": "是"}, {"pension_scheme": "城镇职工养老保险、城镇职工医疗保险"},
         {"pension_scheme": "城乡居民养老保险、城乡居民医疗保险"}),
    Case("R003-27", {**WORKING, "is_returned": "是", "return_reason": "因农忙", "return_from_region": "440305"},
         {"work_region": "433126101"}, {"work_region": "330106"}),
    Case("R003-27b", AT_HOME, {"return_from_region": "433126103"}, {"return_from_region": "433126101"}),
    Case("R003-31", GONE, {"is_working": "否"}, {"is_working": "是"}),
    Case("R003-31b", WORKING, {"pool_status": "正常贫困劳动力"}, {"pool_status": "暂时退出（服刑）"}),
    Case("R003-31b", WORKING, {"pool_status": "正常贫困劳动力"}, {"pool_status": "暂时退出（参军）"}),
    Case("R003-31c", WORKING, {"pool_status": "正常贫困劳动力"}, {"pool_status": "暂时退出（上学）"}),
    Case("R003-40", POST, {"public_post_pay_year": "4000"}, {"public_post_pay_year": "3999"}),
    Case("R003-40b", POST, {"is_poverty_registered": "是"}, {"is_poverty_registered": "否"}),
]  # fmt: skip
GAPS = [
    Gap("R003-01", "ethnicity", WORKING, {"ethnicity": None}),
    Gap("R003-01", "work_month_set", WORKING, {"work_month_set": None}),
    Gap("R003-02", "work_region", WORKING, {"work_region": None}),
    Gap("R003-02", "help_date", WORKING, {"employed_by_help": "是"}),
    Gap("R003-02", "employment_form_other", WORKING, {"employment_form": "其他就业形式"}),
    Gap("R003-02", "monthly_wage", AT_HOME, {"monthly_wage": "4500"}),
    Gap("R003-02", "not_out_type", AT_HOME, {"not_out_type": None, "unemployed_date": None}),
    Gap("R003-02", "unemployed_date", AT_HOME, {"unemployed_date": None}),
    Gap("R003-02", "not_out_type", WORKING, {"not_out_type": "就业转失业"}),
    Gap("R003-16", "no_out_reason", AT_HOME, {"no_out_reason": None}),
    Gap("R003-16", "wanted_wage", AT_HOME, {"wanted_wage": "5000"}),
    Gap("R003-17", "no_out_reason_other", AT_HOME, {"no_out_reason": "其他"}),
    Gap("R003-18", "wanted_region", PLANNING, {"wanted_region": None}),
    Gap("R003-18", "wanted_occupation", PLANNING, {"wanted_occupation": None}),
    Gap("R003-18", "wanted_wage", PLANNING, {"wanted_wage": None}),
    Gap("R003-20", "training_trade_wanted", WORKING,
        {"wants_training": "有", "training_type_wanted": "技能培训", "training_date_wanted": "2020-11-01"}),
    Gap("R003-21", "service_type", WORKING, {"service_type": None}),
    Gap("R003-23", "employer_name", {**WORKING, "employment_form": "就业扶贫车间"}, {"employer_name": None}),
    Gap("R003-24", "graduation_date", WORKING, {"is_two_after": "是"}),
    Gap("R003-27", "return_reason", AT_HOME, {"return_reason": None}),
    Gap("R003-27", "return_from_region", AT_HOME, {"return_from_region": None, "work_months": "0",
         "work_month_set": "2020-10"}),
    Gap("R003-29", "collector", WORKING, {"collector": None}),
]  # fmt: skip
# Rules of domain/forms.md A1.
NOTICE_RULES = [*(f"R003-{n:02}" for n in range(1, 32)), "R003-40"]


@pytest.fixture(scope="module")
def good() -> Findings:
    return check("guzhang-2020", good_rows(CASES), DAY)


@pytest.fixture(scope="module")
def bad() -> Findings:
    return check("guzhang-2020", bad_rows(CASES), DAY)


@pytest.fixture(scope="module")
def gaps() -> Findings:
    return check("guzhang-2020", gap_rows(GAPS), DAY)


def test_a_rightly_filled_form_has_no_findings() -> None:
    rows = [WORKING, AT_HOME, PLANNING, GONE, POST]
    assert check("guzhang-2020", rows, DAY) == [[] for _ in rows]


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


def test_two_ticks_in_a_single_choice_are_refused() -> None:
    """R003-03."""
    (found,) = check("guzhang-2020", [{**WORKING, "verify_state": "未核实、已核实"}], DAY)
    assert [(one.item, one.severity) for one in found] == [("verify_state", "error")]


def test_every_fill_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in FORM.rules}


@pytest.mark.parametrize("number", NOTICE_RULES)
def test_every_rule_of_the_notice_is_in_the_form_or_explained(number: str) -> None:
    in_rules = any(rule.id.startswith(number) for rule in FORM.rules)
    in_clauses = any(number in (field.clause or "") for field in FORM.items.values())
    line = re.search(rf"^\| {number} \|(.+)$", README, re.MULTILINE)
    assert line, f"README.md 没有 {number} 一行"
    assert in_rules or in_clauses or "不是填表规则" in line[1] or "由项目类型承担" in line[1]


def test_the_form_prints_the_options_of_the_notice() -> None:
    printed = {item: tuple(field.options) for item, field in FORM.items.items() if field.options}
    assert printed == {
        "verify_state": ("未核实", "已核实", "联系不上"),
        "pool_status": ("正常贫困劳动力", "暂时退出（上学）", "暂时退出（参军）", "暂时退出（服刑）",
        "暂时退出（暂时丧失劳动力）",
                        "永久退出（死亡）", "永久退出（永久丧失劳动力）"),
        "labour_ability": ("普通劳动力", "技能劳动力", "弱劳动力或半劳动力"),
        "skill_level": ("无", "初级", "中级", "高级", "技师", "高级技师"),
        "employment_form": ("单位就业", "自主创业", "灵活就业", "农业合作社等新型经营主体", "就业扶贫车间",
        "就业扶贫基地",
                            "扶贫公益岗位", "其他就业形式"),
        "industry_s003": ("种植", "养殖", "技工", "普工", "家庭服务业", "建筑/装修", "环卫/保卫/市政维护",
        "行政/管理",
                          "服务员/接待员/收银/导购员", "其他"),
        "organised_export": ("专车、专列点对点输送", "免费专场招聘会"),
        "not_out_type": ("从未外出就业过（包括新成长劳动力）", "就业转失业"),
        "no_out_reason": ("转业规模种养", "务农", "照顾家人", "身体或精神状态不佳", "主观意愿不强", "其他"),
        "return_reason": ("因疫情", "因灾", "因农忙", "因病", "个人家庭等原因"),
        "wants_training": ("有", "无"),
        "training_type_wanted": ("技能培训", "创业培训"),
        "service_type": ("职业指导", "职业介绍", "创业服务", "职业培训", "其他", "未享受过就业服务"),
    }  # fmt: skip
