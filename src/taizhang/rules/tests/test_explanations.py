"""为什么算/不算: which parts decided, in Chinese, with the row's values; the same sentences in the page."""

from typing import Any

import pytest

from taizhang.rules import parse

from .cast import AS_OF, VOCABULARY
from .engines import by_browser

OUTSIDE = "是否务工 and scope(务工地点, 户籍地) in ('省外', '境外') and 年度累计务工时间 >= :县外月数"
AWAY = {"is_working": True, "work_region": "440305", "hukou_region": "433126"}
EXPLAINED: list[tuple[str, dict[str, Any], Any, list[str]]] = [
    ("年度累计务工时间 >= :县外月数", {"work_months": "2.5"}, False, ["年度累计务工时间 2.5 < 县外月数 3"]),
    ("年度累计务工时间 >= :县外月数", {"work_months": "3.0"}, True, ["年度累计务工时间 3 >= 县外月数 3"]),
    ("年度累计务工时间 >= :县外月数", {}, None, ["年度累计务工时间 未填写 >= 县外月数 3"]),
    (OUTSIDE, {**AWAY, "work_months": "2.5"}, False, ["年度累计务工时间 2.5 < 县外月数 3"]),
    (
        OUTSIDE,
        {**AWAY, "work_months": "4"},
        True,
        [
            "是否务工 是",
            "就业区域(务工地点 440305, 户籍地 433126) 省外 属于 省外、境外",
            "年度累计务工时间 4 >= 县外月数 3",
        ],
    ),
    (OUTSIDE, {"is_working": False}, False, ["是否务工 否"]),
    ("是否务工 or 转移就业", {"is_working": False, "main_income_source": "1"}, True, ["转移就业 是"]),
    ("是否务工 or 转移就业", {"is_working": False, "main_income_source": "3"}, False, ["是否务工 否", "转移就业 否"]),
    ("是否务工 = '是'", {"is_working": False}, False, ["是否务工 否"]),
    ("技能等级 = '技师或高级技师'", {"skill_level": "3"}, False, ["技能等级 高级工 不属于 技师、高级技师"]),
    ("就业形式 != '自主创业'", {"employment_form": "40"}, True, ["就业形式 公益岗 != 自主创业"]),
    (
        "not (劳动能力 = '普通劳动力' and 技能等级 != '无')",
        {"labour_ability": "1", "skill_level": "3"},
        False,
        ["劳动能力 普通劳动力 = 普通劳动力", "技能等级 高级工 != 普工"],
    ),
    (
        "age(出生日期, :基准日) >= 16",
        {"birth_date": "2005-01-01"},
        False,
        ["周岁(出生日期 2005-01-01, 基准日 2020-12-31) 15 < 16"],
    ),
    (
        "年度务工收入 between 3000 and 6000",
        {"annual_work_income": "100"},
        False,
        ["年度务工收入 100 不在 3000 至 6000 之间"],
    ),
    ("姓名 like '张%'", {"full_name": "李四"}, False, ["姓名 李四 不符合 “张%”"]),
    ("姓名 is null", {}, True, ["姓名 未填写"]),
    ("姓名 is null", {"full_name": "李四"}, False, ["姓名 李四 已填写"]),
    (
        "contains(享受服务, '技能培训')",
        {"services": ["1", "2"]},
        False,
        ["包含(享受服务 政策咨询、职业指导, 技能培训) 否"],
    ),
    (
        "contains(具体务工时间, :基准日)",
        {"work_month_set": ["2020-11-01", "2020-12-01"]},
        True,
        ["包含(具体务工时间 2020-11、2020-12, 基准日 2020-12-31) 是"],
    ),
    (
        "年度务工收入 / 年度累计务工时间 >= 1000",
        {"annual_work_income": "9000", "work_months": "0"},
        None,
        ["(年度务工收入 9000 ÷ 年度累计务工时间 0) 算不出 >= 1000"],
    ),
    ("月均收入 >= 1500", {"annual_work_income": "9000", "work_months": "6"}, True, ["月均收入 1500 >= 1500"]),
    (
        "case when 是否务工 then 年度务工收入 >= 9000 else true end",
        {"is_working": True, "annual_work_income": "1"},
        False,
        ["是否务工 是", "年度务工收入 1 < 9000"],
    ),
]


@pytest.mark.parametrize(("text", "row", "value", "parts"), EXPLAINED)
def test_an_explanation_names_what_decided(text: str, row: dict[str, Any], value: Any, parts: list[str]) -> None:
    found = parse(text, VOCABULARY).explain(row, AS_OF)
    assert (found.value, [part.text for part in found.parts]) == (value, parts)
    assert found.text == "；".join(parts)


def test_a_part_tells_the_items_it_rests_on() -> None:
    (part,) = parse(OUTSIDE, VOCABULARY).explain({**AWAY, "work_months": "2.5"}, AS_OF).parts
    assert part.items == ("work_months",)
    assert part.value is False


@pytest.mark.browser
def test_the_page_explains_in_the_same_words(language_page: Any) -> None:
    cases = [(parse(text, VOCABULARY), row, AS_OF) for text, row, _, _ in EXPLAINED]
    found = by_browser(cases, language_page, "explain")
    assert [[part["text"] for part in explanation["parts"]] for explanation in found] == [p for *_, p in EXPLAINED]
    assert [explanation["value"] for explanation in found] == [value for _, _, value, _ in EXPLAINED]


@pytest.mark.browser
def test_the_page_calls_items_as_the_form_does(language_page: Any) -> None:
    rule = parse("年度累计务工时间 >= :县外月数", VOCABULARY).to_json()
    told = language_page.evaluate(
        "rule => language.explain(rule, {work_months: '2'}, {}, {work_months: '累计务工（月）'}).text", rule
    )
    assert told == "累计务工（月） 2 < 县外月数 3"


@pytest.mark.browser
def test_the_page_refuses_a_rule_without_its_day(language_page: Any) -> None:
    rule = parse("age(出生日期, :基准日) > 16", VOCABULARY).to_json()
    told = language_page.evaluate(
        "rule => { try { return language.evaluate(rule, {}, {}); } catch (error) { return error.message; } }",
        rule,
    )
    assert told == "缺少参数 :基准日 的值"
