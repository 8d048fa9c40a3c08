"""Every fill rule of the Shanxi form, its columns against the notice, and the targets of all programmes."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import pytest

from taizhang.catalogue import loader
from taizhang.catalogue.tests.programme_people import CATALOGUE
from taizhang.catalogue.tests.programme_rows import Case, Findings, Gap, bad_rows, check, gap_rows, good_rows, names

DAY = dt.date(2022, 12, 1)
FORM = CATALOGUE.forms["shanxi-2022"]

PERSON = {
    "full_name": "武建国", "id_number": "990121197511110016", "sex": "男", "ethnicity": "汉族",
    "mobile_phone": "15400001234",
    "hukou_region": "140121101201", "hukou_address": "徐沟镇东南坊村1号", "hukou_nature": "农业户口",
    "political_affiliation": "群众",
    "education": "初中", "labour_ability": "普通劳动力", "wants_training": "无", "wants_job": "无",
    "survey_date": "2022-11-20",
}  # fmt: skip
EMPLOYED = {
    **PERSON, "employment_status": "外出务工", "work_region": "110105", "employer_name": "某建筑公司（演示）",
         "industry": "建筑业",
    "employment_form": "灵活就业", "start_date": "2022-03-01", "monthly_wage": "5600",
}  # fmt: skip
AT_HOME = {**PERSON, "employment_status": "在家务农"}

CASES = [
    Case("R002-01", AT_HOME, {"labour_ability": "弱劳动力或半劳动力"}, {"labour_ability": "丧失劳动力"}),
    Case("R002-01", AT_HOME, {"labour_ability": "技能劳动力"}, {"labour_ability": "无劳动力"}),
    Case("R002-01b", AT_HOME, {"pool_status": "正常"}, {"pool_status": "上学"}),
    Case("R002-01b", AT_HOME, {"pool_status": None}, {"pool_status": "参军"}),
    # sixteen on the day itself; sixteen the day after
    Case(
        "R002-01c", {**AT_HOME, "sex": "男"}, {"id_number": "990121200612010019"}, {"id_number": "990121200612020014"}
    ),
    Case("R002-01d", AT_HOME, {"hukou_nature": "居民户口（原农业）"}, {"hukou_nature": "非农业户口"}),
    Case("R002-02", AT_HOME, {"hukou_region": "140121101201"}, {"hukou_region": "130102001001"}),
    Case("R002-03", EMPLOYED, {"start_date": "2022-12-01"}, {"start_date": "2022-12-02"}),
    Case("R002-03b", EMPLOYED, {"work_region": "140105"}, {"work_region": "140121"}),
    Case(
        "R002-03b", {**EMPLOYED, "employment_status": "就近就业"}, {"work_region": "140121"}, {"work_region": "110105"}
    ),
]
GAPS = [
    Gap("三", "political_affiliation", AT_HOME, {"political_affiliation": None}),
    Gap("三", "employment_status", AT_HOME, {"employment_status": None}),
    Gap("R002-02", "hukou_region", AT_HOME, {"hukou_region": None}),
    Gap("R002-03", "training_trade_wanted", AT_HOME, {"wants_training": "有"}),
    Gap("R002-03", "training_trade_wanted", AT_HOME, {"training_trade_wanted": "电工"}),
    Gap("R002-03", "wanted_wage", AT_HOME, {"wanted_wage": "6000"}),
    Gap("三", "monthly_wage", AT_HOME, {"monthly_wage": "5600"}),
    Gap("三", "monthly_wage", EMPLOYED, {"monthly_wage": None}),
    Gap("三", "startup_project", EMPLOYED, {"employment_form": "自主创业"}),
]
NAMED_BY_THE_NOTICE = {
    "姓名", "身份证号", "性别", "民族", "手机号码", "户籍地址", "政治面貌", "文化程度", "劳动力情况", "有无培训意愿",
    "培训意向日期", "培训地点", "技能培训工种", "有无求职意愿", "求职行业", "期望薪资", "期望工作地点", "就业状态",
    "月平均收入", "稳定就业情况", "创业情况", "转移就业情况",
}  # fmt: skip


@pytest.fixture(scope="module")
def good() -> Findings:
    return check("shanxi-2022", good_rows(CASES), DAY)


@pytest.fixture(scope="module")
def bad() -> Findings:
    return check("shanxi-2022", bad_rows(CASES), DAY)


@pytest.fixture(scope="module")
def gaps() -> Findings:
    return check("shanxi-2022", gap_rows(GAPS), DAY)


def test_a_rightly_filled_form_has_no_findings() -> None:
    rows = [EMPLOYED, AT_HOME]
    assert check("shanxi-2022", rows, DAY) == [[] for _ in rows]


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


def test_every_field_the_notice_names_is_a_column_or_computed() -> None:
    labels = {field.label for field in FORM.items.values()}
    computed = {one.name for one in CATALOGUE.programmes["shanxi-2022"].derived.values()}
    assert NAMED_BY_THE_NOTICE - labels == {"转移就业情况"}
    assert "转移就业情况" in computed


def test_the_workbook_begins_with_the_household_region_in_four_columns() -> None:
    labels = [column.label for column in CATALOGUE.columns(FORM)]
    at = labels.index("市")
    assert labels[at : at + 4] == ["市", "县", "乡", "村"]


def targets(programme: str) -> list[dict[str, str]]:
    text = (loader.SHIPPED / programme / "targets.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


WITHOUT_LEDGER = {  # training records, the conditions of each policy, collection points
    "mouding-2017": ["mouding-2017/T-1"],
    "heyuan-2018": ["heyuan-2018/T-2"],
    "sichuan-2022": ["sichuan-2022/T-1"],
}


@pytest.mark.parametrize("programme", CATALOGUE.programmes)
def test_every_target_names_an_indicator_of_its_programme(programme: str) -> None:
    without = [t["id"] for t in targets(programme) if t["indicator"] not in CATALOGUE.programmes[programme].indicators]
    assert without == WITHOUT_LEDGER.get(programme, [])


def test_the_eleven_cities_of_shanxi_add_up_to_the_province() -> None:
    cities = [Decimal(t["value"]) for t in targets("shanxi-2022") if len(t["division"]) == 4]
    assert len(cities) == 11
    assert sum(cities) == Decimal("809.8")


def test_the_figures_of_the_other_notices_are_as_printed() -> None:
    assert [(t["comparator"], t["value"], t["unit"]) for t in targets("guzhang-2020")] == [
        (">", "13037", "人"), (">=", "6553", "人"), ("=", "0", "人"),
    ]  # fmt: skip
    assert [(t["value"], t["unit"]) for t in targets("mouding-2017")] == [
        ("15800", "人次"), ("14200", "人次"), ("8800", "人次"), ("1100", "人次"),
    ]  # fmt: skip
    assert [(t["comparator"], t["value"], t["unit"]) for t in targets("heyuan-2018")] == [(">=", "100", "%")] * 2
