"""Every fill rule of Mouding's registration form: a row that passes and a row that breaks this rule and no other."""

from __future__ import annotations

import datetime as dt

import pytest

from taizhang.catalogue.tests.programme_people import CATALOGUE
from taizhang.catalogue.tests.programme_rows import Case, Gap, check, with_

DAY = dt.date(2017, 8, 20)
FORM = CATALOGUE.forms["mouding-2017"]

PERSON = {
    "hukou_region": "532323101001", "village_group": "三组", "household_no": "0012", "full_name": "普秀英",
    "id_number": "992323198503020029", "ethnicity": "彝族", "education": "初中", "is_poverty_registered": "是",
    "labour_ability": "普通劳动力", "pension_status": "未享受",
}  # fmt: skip
TRANSFERRED = {
    **PERSON, "mobile_phone": "15400001234", "main_income_source": "务工收入", "work_region": "330106", "industry": "制造业",
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
    Case("mouding-2017/F-02", TRANSFERRED, {"work_region": "532323103"}, {"work_region": "5323"}),
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


def ids(cases: list[Case] | list[Gap]) -> list[str]:
    return [f"{number} {case[0]}" for number, case in enumerate(cases)]


@pytest.mark.parametrize("row", [TRANSFERRED, AT_HOME, WILLING], ids=["transferred", "at home", "willing"])
def test_a_rightly_filled_form_has_no_findings(row: dict[str, str | None]) -> None:
    assert check("mouding-2017", row, DAY) == []


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_the_good_row_passes(case: Case) -> None:
    assert check("mouding-2017", with_(case.base, case.good), DAY) == []


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_the_bad_row_breaks_its_rule_and_no_other(case: Case) -> None:
    found = check("mouding-2017", with_(case.base, case.bad), DAY)
    rule = next(rule for rule in FORM.rules if rule.id == case.rule)
    assert {(one.rule, one.severity) for one in found} == {(case.rule, rule.severity)}
    assert {one.message for one in found} == {rule.message}
    assert rule.clause


@pytest.mark.parametrize("gap", GAPS, ids=ids(GAPS))
def test_a_missing_or_misplaced_answer_is_told_with_its_clause(gap: Gap) -> None:
    found = check("mouding-2017", with_(gap.base, gap.change), DAY)
    assert [(one.item, one.severity) for one in found] == [(gap.item, "error")]
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
    assert read - set(FORM.items) <= derived_from_others
