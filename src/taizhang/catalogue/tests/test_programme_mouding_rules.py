"""Every fill rule of Mouding's registration form: a row that passes and a row that breaks this rule and no other."""

from __future__ import annotations

import datetime as dt

import pytest

from taizhang.catalogue.tests.programme_people import CATALOGUE
from taizhang.catalogue.tests.programme_rows import Case, Findings, Gap, bad_rows, check, gap_rows, good_rows, names

DAY = dt.date(2017, 8, 20)
FORM = CATALOGUE.forms["mouding-2017"]

PERSON = {
    "hukou_region": "532323101001", "village_group": "三组", "household_no": "0012", "full_name": "普秀英",
    "id_number": "992323198503020029", "ethnicity": "彝族", "education": "初中", "is_poverty_registered": "是",
    "labour_ability": "普通劳动力", "pension_status": "未享受",
}  # fmt: skip
TRANSFERRED = {
    **PERSON, "mobile_phone": "15400001234", "main_income_source": "务工收入", "work_region": "330106",
         "industry": "制造业",
    "employer_name": "某服装厂（演示）", "start_date": "2017-03-01", "monthly_wage": "4500", "out_channel": "有组织",
}  # fmt: skip
AT_HOME = {
    **PERSON, "main_income_source": "务农收入", "employment_status": "务农", "transfer_condition": "有",
    "transfer_willingness": "暂无意愿",
}  # fmt: skip
WILLING = {**AT_HOME, "transfer_willingness": "有意愿", "service_needs": "岗位推荐", "helper": "李干部"}

CASES = [
    Case("mouding-2017/F-01", TRANSFERRED, {"start_date": "2017-08-20"}, {"start_date": "2017-08-21"}),
    Case("mouding-2017/F-02", TRANSFERRED, {"work_region": "530102"}, {"work_region": "53"}),
    Case("mouding-2017/F-02", TRANSFERRED, {"work_region": "532323"}, {"work_region": "5323"}),
    Case("mouding-2017/F-03", TRANSFERRED, {"monthly_wage": "200"}, {"monthly_wage": "199.99"}),
    Case("mouding-2017/F-03", TRANSFERRED, {"monthly_wage": "50000"}, {"monthly_wage": "50001"}),
    Case("mouding-2017/F-04", {**TRANSFERRED, "relation_to_head": "户主"}, {"household_head_name": "普秀英"},
         {"household_head_name": "普建平"}),
    Case("mouding-2017/F-05", TRANSFERRED, {"training_received": "技能培训、创业培训"},
         {"training_received": "技能培训、从未接受过培训"}),
    Case("mouding-2017/F-06", WILLING, {}, {"helper": None}),
    # sixteen on the day itself; sixteen the day after
    Case("mouding-2017/F-07", AT_HOME, {"id_number": "992323200108200011"}, {"id_number": "992323200108210017"}),
    Case("mouding-2017/F-08", AT_HOME, {"labour_ability": "弱劳动力或半劳动力"}, {"labour_ability": "丧失劳动力"}),
]  # fmt: skip
GAPS = [
    Gap("二", "main_income_source", {**AT_HOME}, {"main_income_source": None}),
    Gap("五(三)", "mobile_phone", TRANSFERRED, {"mobile_phone": None}),
    Gap("五(三)", "work_region", TRANSFERRED, {"work_region": None}),
    Gap("五(三)", "industry", TRANSFERRED, {"industry": None}),
    Gap("五(五)", "start_date", TRANSFERRED, {"start_date": None}),
    Gap("五(一)", "out_channel", TRANSFERRED, {"out_channel": None}),
    Gap("五(四)", "transfer_condition", AT_HOME, {"transfer_condition": None}),
    Gap("五(三)", "transfer_willingness", AT_HOME, {"transfer_willingness": None}),
    Gap("五(三)", "service_needs", WILLING, {"service_needs": None}),
    Gap("二", "employer_name", AT_HOME, {"employer_name": "某服装厂（演示）"}),
    Gap("五(四)", "transfer_condition", TRANSFERRED, {"transfer_condition": "有"}),
]
CHANNELS = [("有组织", "1"), ("自发", "2"), ("人社部门组织", "1"), ("其他部门组织", "4"), ("亲友介绍", "3")]


@pytest.fixture(scope="module")
def good() -> Findings:
    return check("mouding-2017", good_rows(CASES), DAY)


@pytest.fixture(scope="module")
def bad() -> Findings:
    return check("mouding-2017", bad_rows(CASES), DAY)


@pytest.fixture(scope="module")
def gaps() -> Findings:
    return check("mouding-2017", gap_rows(GAPS), DAY)


def test_a_rightly_filled_form_has_no_findings() -> None:
    rows = [TRANSFERRED, AT_HOME, WILLING]
    assert check("mouding-2017", rows, DAY) == [[] for _ in rows]


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


@pytest.mark.parametrize(("wording", "code"), CHANNELS)
def test_the_channel_is_kept_as_fine_as_it_was_told(wording: str, code: str) -> None:
    assert FORM.items["out_channel"].options[wording][0] == code


def test_the_form_asks_whatever_the_registers_and_the_table_read() -> None:
    programme = CATALOGUE.programmes["mouding-2017"]
    read = {leaf.item for name in programme.registers for leaf in programme.tables[name].leaves if leaf.item}
    read |= set().union(*(one.where.items for one in programme.indicators.values() if one.where))
    derived_from_others = {"age", "birth_date", "work_scope"}
    # annex 6: recorded by who gives the service or finds the post, not asked on the village's form
    of_the_office = {"service_type", "employed_by_help", "workshop_name"}
    assert read - set(FORM.items) <= derived_from_others | of_the_office
