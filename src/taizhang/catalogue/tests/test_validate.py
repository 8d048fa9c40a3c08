"""Checks every form has: what is missing, what should be empty, what the type, the options and the number refuse."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from taizhang.catalogue import Catalogue, Context
from taizhang.catalogue.tests.sample import CONTEXT, DIVISIONS, sample, table

WORKING: dict[str, Any] = {
    "full_name": "张三", "id_number": "11010519491231002X", "is_working": "是", "work_region": "浙江省温州市瑞安市",
    "hukou_region__county": "牟定县", "hukou_region__town": "共和镇", "hukou_region__village": "天台村",
}  # fmt: skip
AT_HOME: dict[str, Any] = {**WORKING, "is_working": "否", "work_region": None}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return sample(tmp_path_factory.mktemp("programmes"))


def found(
    catalogue: Catalogue, base: dict[str, Any], context: Context = CONTEXT, **changes: Any
) -> list[tuple[str, str | None]]:
    return [(f["rule"], f["item"]) for f in told(catalogue, base, context, **changes)]


def told(
    catalogue: Catalogue, base: dict[str, Any], context: Context = CONTEXT, **changes: Any
) -> list[dict[str, Any]]:
    return list(catalogue.check(table(**{**base, **changes}), catalogue.forms["sample"], context)[1].to_pylist())


@pytest.mark.parametrize("base", [WORKING, AT_HOME])
def test_a_sound_row_has_no_findings(catalogue: Catalogue, base: dict[str, Any]) -> None:
    assert told(catalogue, base) == []


def test_a_required_item_is_asked_for_in_the_forms_words_with_the_clause(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, WORKING, full_name="")
    assert finding == {
        "row": 0, "item": "full_name", "rule": "required", "severity": "error",
        "message": "“姓名”没有填，请补上（依据：规则1）", "suggestion": None, "value": None,
    }  # fmt: skip


def test_an_item_of_a_hidden_section_is_not_asked_for(catalogue: Catalogue) -> None:
    assert found(catalogue, WORKING, work_region=None) == [("required", "work_region")]
    assert found(catalogue, AT_HOME, work_region=None) == []


def test_nothing_is_claimed_when_it_is_unknown_whether_an_item_is_shown(catalogue: Catalogue) -> None:
    assert found(catalogue, WORKING, is_working=None, work_region=None) == [("required", "is_working")]


def test_a_rule_may_decide_whether_an_item_is_required(catalogue: Catalogue) -> None:
    assert found(catalogue, WORKING, annual_work_income="0") == []
    assert found(catalogue, WORKING, annual_work_income="20000", work_months="1") == [("required", "employment_form")]


def test_a_filled_item_of_a_hidden_section_is_told_with_the_sections_message(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, AT_HOME, work_region="浙江省温州市瑞安市")
    assert (finding["rule"], finding["item"], finding["severity"]) == ("shown", "work_region", "error")
    assert finding["message"] == "没有务工的不填这一块，请清空（依据：规则2）"
    assert finding["value"] == "330381"


def test_forbid_says_how_grave_a_filled_hidden_item_is(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, AT_HOME, monthly_wage="4800")
    assert finding["severity"] == "warning"


def test_no_and_nought_in_a_hidden_section_do_no_harm(catalogue: Catalogue) -> None:
    assert found(catalogue, AT_HOME, labour_contract="否", monthly_wage="0") == []
    assert found(catalogue, AT_HOME, labour_contract="是") == [("shown", "labour_contract")]


def test_a_hidden_item_says_when_it_would_be_asked(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, WORKING, employment_form="单位就业", employment_form_other="摆摊")
    assert "只在“就业形式 = '其他就业形式'”时填" in finding["message"]
    assert found(catalogue, WORKING, employment_form="其他就业形式") == [("required", "employment_form_other")]


def test_an_allowed_rule_fails_only_when_false(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, WORKING, service_type="1,2,3,4")
    assert (finding["rule"], finding["message"]) == ("service_type.1", "最多三项（依据：规则1）")
    assert finding["value"] == "职业指导、职业介绍、创业服务、职业培训"
    assert found(catalogue, WORKING, service_type="1,2,3") == []
    assert found(catalogue, WORKING, service_type=None) == []


def test_a_fill_rule_stands_at_its_first_item_and_shows_the_rows_values(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, AT_HOME, annual_work_income="4万", work_months="1.5", employment_form=None)
    assert (finding["rule"], finding["item"], finding["severity"]) == ("S-01", "annual_work_income", "warning")
    assert finding["message"] == "年收入 40000 元、1.5 个月，请核对（依据：规则3）"
    assert finding["value"] == "40000"


def test_a_fill_rule_with_an_unknown_part_does_not_fail(catalogue: Catalogue) -> None:
    assert found(catalogue, AT_HOME, annual_work_income="40000") == []


def test_a_cell_that_could_not_be_read_is_not_also_missing(catalogue: Catalogue) -> None:
    assert found(catalogue, WORKING, is_working="大概", work_region=None) == [("code", "is_working")]


def test_a_code_the_form_does_not_offer_is_refused(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, WORKING, education="技校")
    assert (finding["rule"], finding["value"]) == ("option", "技工学校")
    assert "可填：文盲、小学、初中、高中、大专及以上" in finding["message"]
    assert found(catalogue, WORKING, education="博士") == []  # covered by 大专及以上


def test_an_exclusive_choice_stands_alone(catalogue: Catalogue) -> None:
    assert found(catalogue, WORKING, service_type="未享受过就业服务、职业指导") == [("exclusive", "service_type")]
    assert found(catalogue, WORKING, service_type="未享受过就业服务") == []


def test_amounts_are_not_negative(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, AT_HOME, annual_work_income="-300")
    assert (finding["rule"], finding["suggestion"]) == ("number", "300")


@pytest.mark.parametrize("phone", ["15412345678", "0878-5211234", "5211234"])
def test_mobiles_and_landlines_are_taken(catalogue: Catalogue, phone: str) -> None:
    assert found(catalogue, WORKING, mobile_phone=phone) == []


@pytest.mark.parametrize("phone", ["1541234567", "25412345678", "154123456789"])
def test_other_phones_are_refused(catalogue: Catalogue, phone: str) -> None:
    assert found(catalogue, WORKING, mobile_phone=phone) == [("phone", "mobile_phone")]


def test_the_owner_must_be_a_village(catalogue: Catalogue) -> None:
    assert found(catalogue, WORKING, hukou_region__village=None) == [("region", "hukou_region")]


def test_a_wrong_check_character_is_reported_with_repairs(catalogue: Catalogue) -> None:
    [finding] = told(catalogue, WORKING, id_number="11010519491213002X")
    assert (finding["rule"], finding["item"], finding["value"]) == ("id_number", "id_number", "11010519491213002X")
    assert finding["suggestion"].startswith("11010519491231002X")


@pytest.mark.parametrize("number", ["440524188001010014", "110105194913310020", "110105205001010010"])
def test_births_before_1900_in_the_future_or_on_no_day_are_refused(catalogue: Catalogue, number: str) -> None:
    assert found(catalogue, WORKING, id_number=number) == [("id_number", "id_number")]


def test_sex_and_birth_against_the_number_are_contradictions(catalogue: Catalogue) -> None:
    (sex,) = told(catalogue, WORKING, sex="男")
    assert (sex["rule"], sex["value"], sex["suggestion"]) == ("id_sex", "男", "女")
    (birth,) = told(catalogue, WORKING, birth_date="1949-12-13")
    assert (birth["rule"], birth["suggestion"]) == ("id_birth", "1949-12-31")
    assert told(catalogue, WORKING, sex="女", birth_date="1949年12月31日") == []


def test_made_up_people_are_welcome_only_in_a_demonstration(catalogue: Catalogue) -> None:
    number = "992323199001010016"
    assert ("id_demo", "id_number") not in found(catalogue, WORKING, id_number=number)
    strict = Context(as_of=dt.date(2020, 10, 15), divisions=DIVISIONS, default_region="532323", demo=False)
    assert ("id_demo", "id_number") in found(catalogue, WORKING, strict, id_number=number)


def test_typed_rows_of_a_page_go_through_the_same_checks(catalogue: Catalogue) -> None:
    rows = pa.table({"full_name": ["张三"], "id_number": ["11010519491231002X"], "is_working": [False],
                     "annual_work_income": pa.array([Decimal(90000)], pa.decimal128(12, 2)),
                     "work_months": pa.array([Decimal(2)], pa.decimal128(4, 1))})  # fmt: skip
    findings = catalogue.validate(rows, catalogue.forms["sample"], CONTEXT)
    assert findings["rule"].to_pylist() == ["S-01"]


@pytest.mark.parametrize("count", [1, 4_999, 12_000])
def test_a_large_batch_finds_what_one_row_finds(catalogue: Catalogue, count: int) -> None:
    """Below and above the size at which the plan changes."""
    good = [WORKING, AT_HOME] * (count // 2 + 1)
    rows = [*good[:count], {**AT_HOME, "monthly_wage": "5"}]
    columns = {key: [row.get(key) for row in rows] for key in (*WORKING, "monthly_wage")}
    result = catalogue.check(table(**columns), catalogue.forms["sample"], CONTEXT)[1].to_pylist()
    assert [(f["row"], f["rule"], f["item"]) for f in result] == [(count, "shown", "monthly_wage")]


def test_findings_come_by_row_with_errors_first(catalogue: Catalogue) -> None:
    rows = {key: [value, value] for key, value in AT_HOME.items()} | {
        "full_name": ["张三", None],
        "monthly_wage": [None, "9"],
    }
    result = catalogue.check(table(**rows), catalogue.forms["sample"], CONTEXT)[1].to_pylist()
    assert [(f["row"], f["severity"]) for f in result] == [(1, "error"), (1, "warning")]
