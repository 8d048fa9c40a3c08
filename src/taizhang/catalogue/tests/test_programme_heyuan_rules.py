"""Every fill rule of the Heyuan survey form both ways, its options against annex 2, its report against annex 1."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from taizhang.catalogue import loader
from taizhang.catalogue.tests.programme_people import CATALOGUE, ask, counted
from taizhang.catalogue.tests.programme_rows import Case, Findings, Gap, bad_rows, check, gap_rows, good_rows, names

DAY = dt.date(2018, 9, 30)
PROGRAMME = CATALOGUE.programmes["heyuan-2018"]
FORM = CATALOGUE.forms["heyuan-2018"]
README = Path(loader.SHIPPED / "heyuan-2018" / "README.md").read_text(encoding="utf-8")
HOME = "441623100001"  # 城东社区, 元善镇, 连平县

PERSON = {
    "hukou_region": HOME, "full_name": "叶秀兰", "id_number": "991623198503020024", "ethnicity": "汉族",
    "hukou_nature": "农业", "mobile_phone": "15400001234", "education": "初中", "health_status": "健康",
    "marital_status": "已婚", "political_affiliation": "群众", "training_received": "从未接受过培训",
    "skill_certificates": "无", "collector": "演示调查员", "survey_date": "2018-09-20", "is_poverty_registered": "是",
}  # fmt: skip
AWAY = {
    **PERSON, "employment_status": "外出务工", "work_region": "440305", "employer_name": "某电子厂（演示）",
    "post_name": "普工", "start_date": "2018-03-01", "out_time": "2018-02-20", "employment_form": "单位就业",
    "monthly_wage": "3500", "out_channel": "亲朋好友介绍", "industry": "制造业",
}  # fmt: skip
NEAR = {
    **PERSON, "employment_status": "就近就业", "work_region": "441623100", "occupation": "搬运", "industry": "其他",
    "start_date": "2018-03-01", "employment_form": "灵活就业", "monthly_wage": "1800",
}  # fmt: skip
FOUNDER = {**NEAR, "employment_form": "自主创业", "occupation": None, "startup_project": "茶叶种植（演示）"}
AT_HOME = {
    **PERSON, "employment_status": "在家务农", "not_transferred_reason": "缺乏技能", "wanted_form": "单位就业",
    "wanted_scope": "乡内", "wanted_employer_type": "民营企业就业", "wanted_wage": "3000", "wants_startup": "否",
    "wants_training": "否",
}  # fmt: skip
UNWILLING = {
    **AT_HOME, "wanted_form": "务农", "not_transferred_reason": "只愿务农", "wanted_scope": None,
    "wanted_employer_type": None, "wanted_wage": None,
}  # fmt: skip

CASES = [
    Case("R004-01", AT_HOME, {"is_poverty_registered": "是"}, {"is_poverty_registered": "否"}),
    # sixteen on the day itself; sixteen the day after
    Case("R004-01b", AT_HOME, {"id_number": "991623200209300017"}, {"id_number": "991623200210010017"}),
    Case("R004-02", AWAY, {"work_region": "441621"}, {"work_region": "441623100"}),
    Case("R004-02", AWAY, {"work_region": "440305"}, {"work_region": "441623"}),  # somewhere in the county
    Case("R004-02", NEAR, {"work_region": "441623"}, {"work_region": "441621"}),
    Case("R004-02b", AWAY, {"work_region": "33"}, {"work_region": "44"}),
    Case("R004-03", NEAR, {"return_date": "2018-01-15"},
         {"return_date": "2018-01-15", "employment_status": "外出务工", "work_region": "440305",
          "out_channel": "自发", "out_time": "2018-01-15"}),
    # went out again after coming back
    Case("R004-03", AWAY, {"return_date": "2018-02-19"}, {"return_date": "2018-02-20"}),
    Case("R004-03b", {**NEAR, "return_date": "2018-01-15"}, {"return_from_region": "440305"},
         {"return_from_region": "441623100"}),
    Case("R004-03c", NEAR, {"return_date": "2018-09-30"}, {"return_date": "2018-10-01"}),
    Case("R004-04", NEAR, {"start_date": "2018-09-30"}, {"start_date": "2018-10-01"}),
    Case("R004-05", FOUNDER, {"startup_policies": "小额担保贷款、入住孵化园"},
         {"startup_policies": "小额担保贷款", "employment_form": "个体经营"}),
    Case("R004-06", AT_HOME, {"not_transferred_reason": "年龄偏大"}, {"not_transferred_reason": "无劳动能力"}),
    Case("R004-07", AT_HOME, {"training_received": "技能培训、创业培训"},
         {"training_received": "技能培训、从未接受过培训"}),
    Case("R004-07b", AT_HOME, {"skill_certificates": "初级职业资格证书、其他"},
         {"skill_certificates": "初级职业资格证书、无"}),
]  # fmt: skip
GAPS = [
    Gap("附件2", "ethnicity", AT_HOME, {"ethnicity": None}),
    Gap("R004-01", "is_poverty_registered", AT_HOME, {"is_poverty_registered": None}),
    Gap("R004-03", "return_prev_employer", NEAR, {"return_prev_employer": "某鞋厂（演示）"}),
    Gap("R004-04", "work_region", AWAY, {"work_region": None}),
    Gap("R004-04", "employer_name", AWAY, {"employer_name": None}),
    Gap("R004-04", "out_channel", AWAY, {"out_channel": None}),
    Gap("R004-04", "out_time", AWAY, {"out_time": None}),
    Gap("R004-04", "out_channel", NEAR, {"out_channel": "自发"}),
    Gap("R004-04", "occupation", NEAR, {"occupation": None}),
    Gap("R004-04", "monthly_wage", AT_HOME, {"monthly_wage": "3500"}),
    Gap("R004-04", "not_transferred_reason", AT_HOME, {"not_transferred_reason": None}),
    Gap("R004-04", "not_transferred_reason", NEAR, {"not_transferred_reason": "缺少信息"}),
    Gap("R004-04", "wanted_scope", AT_HOME, {"wanted_scope": None}),
    Gap("R004-04", "wanted_employer_type", AT_HOME, {"wanted_employer_type": None}),
    Gap("R004-04", "training_trade_wanted", AT_HOME, {"wants_training": "是", "training_type_wanted": "技能培训"}),
    Gap("R004-05", "startup_project", FOUNDER, {"startup_project": None}),
    Gap("R004-05", "startup_project", NEAR, {"startup_project": "茶叶种植（演示）"}),
]
NOTICE_RULES = [f"R004-{n:02}" for n in range(1, 9)]


@pytest.fixture(scope="module")
def good() -> Findings:
    return check("heyuan-2018", good_rows(CASES), DAY)


@pytest.fixture(scope="module")
def bad() -> Findings:
    return check("heyuan-2018", bad_rows(CASES), DAY)


@pytest.fixture(scope="module")
def gaps() -> Findings:
    return check("heyuan-2018", gap_rows(GAPS), DAY)


def test_a_rightly_filled_form_has_no_findings() -> None:
    rows = [AWAY, NEAR, FOUNDER, AT_HOME, UNWILLING]
    assert check("heyuan-2018", rows, DAY) == [[] for _ in rows]


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


@pytest.mark.parametrize("number", NOTICE_RULES)
def test_every_rule_of_the_notice_is_in_the_form_or_explained(number: str) -> None:
    line = re.search(rf"^\| {number} \|(.+)$", README, re.MULTILINE)
    assert line, f"README.md 没有 {number} 一行"
    assert any(rule.id.startswith(number) for rule in FORM.rules) or "不是填表规则" in line[1]


THIRTEEN_INDUSTRIES = (
    "农林牧渔业", "采矿业", "制造业", "建筑业", "交通运输、物流、仓储和邮政业", "批发和零售业", "住宿和餐饮业", "房地产业",
    "居民服务和商业服务业", "电力燃气及水的生产和供应业", "信息传输和软件业", "金融业、教育业", "其他",
)  # fmt: skip


def test_the_form_prints_the_options_of_annex_2() -> None:
    """In the notice's order; finer words for people known better may follow."""
    options = {item: tuple(field.options) for item, field in FORM.items.items() if field.options}
    printed = {item: words[: len(ANNEX_2.get(item, words))] for item, words in options.items()}
    assert printed == ANNEX_2


ANNEX_2 = {
    "sex": ("男", "女"),
    "hukou_nature": ("农业", "非农"),
    "education": ("文盲", "小学", "初中", "高中", "技校", "中专", "大专", "大学", "硕士", "博士"),
    "health_status": ("健康", "体弱", "残疾"),
    "marital_status": ("未婚", "已婚", "离异", "丧偶"),
    "political_affiliation": ("中共党员", "中共预备党员", "共青团员", "群众", "其他"),
    "training_received": ("技能培训", "创业培训", "从未接受过培训"),
    "skill_certificates": ("初级职业资格证书", "中级职业资格证书", "高级职业资格证书", "技师或高级技师证", "其他",
                           "无"),
    "employment_status": ("外出务工", "就近就业", "在家务农", "其他"),
    "return_prev_industry": THIRTEEN_INDUSTRIES,
    "employment_form": ("单位就业", "自主创业", "个体经营", "灵活就业", "其他就业", "公益性岗位安置"),
    "out_channel": ("人力资源保障部门组织", "自发", "亲朋好友介绍", "其他部门组织", "其他"),
    "industry": THIRTEEN_INDUSTRIES,
    "startup_policies": ("返乡创业资金帮扶", "小额担保贷款", "创业场地租金补助", "自主创业奖励", "高校毕业生创业奖励",
                         "入住孵化园"),
    "not_transferred_reason": ("缺乏技能", "缺少信息", "嫌工资少", "无劳动能力", "不愿就业", "只愿务农", "年龄偏大"),
    "wanted_form": ("单位就业", "自主创业", "灵活就业", "务农", "不愿就业"),
    "wanted_scope": ("省外", "省内市外", "市内县外", "县内乡外", "乡内"),
    "wanted_employer_type": ("国有企业就业", "民营企业就业", "个体工商就业", "机关事业单位就业", "其他类型就业",
                             "港澳台投资企业", "外商投资企业"),
    "training_type_wanted": ("创业培训", "技能培训"),
    "organised_export": ("专项招聘活动",),
}  # fmt: skip


def test_merged_industries_cover_both_and_every_industry_has_its_box() -> None:
    options = FORM.items["industry"].options
    assert options["金融业、教育业"][0] == "J|P"
    assert {"J", "J66", "P", "P83"} <= set(options["金融业、教育业"])
    boxed = [code for word in THIRTEEN_INDUSTRIES for code in options[word]]
    assert len(boxed) == len(set(boxed))
    assert set(boxed) == set(CATALOGUE.lists["CL-IND"].codes)


@pytest.mark.parametrize(
    ("item", "code"),
    [("industry", "O"), ("industry", "P"), ("political_affiliation", "09"), ("employment_status", "41"),
     ("employment_form", "50"), ("education", "44"), ("hukou_nature", "3"), ("wanted_scope", "6")],
)  # fmt: skip
def test_who_is_known_better_is_not_made_coarser_by_the_form(item: str, code: str) -> None:
    label = CATALOGUE.label(item, code, FORM)
    assert label is not None
    assert FORM.items[item].options[label][0] == code


def test_a_misprinted_party_membership_is_read_as_meant() -> None:
    assert check("heyuan-2018", [{**AWAY, "political_affiliation": "中公预备党员"}], DAY) == [[]]


@pytest.mark.parametrize(
    ("wage", "band"), [("999.99", "0"), ("1000", "1"), ("1999.99", "1"), ("2000", "2"), ("5000", "5"), (None, None)]
)
def test_overlapping_wage_bands_take_their_lower_end(wage: str | None, band: str | None) -> None:
    assert CATALOGUE.values["wage_band"].evaluate({"monthly_wage": wage and Decimal(wage)}) == band


# A month of September 2018, in the pool (scope is asked elsewhere)
POOL: list[dict[str, Any]] = [
    # 1: visited, sent by a job fair on the 1st, works in Zhuhai, trained
    {"employment_status": "1", "work_region": "4404", "start_date": dt.date(2018, 9, 1), "organised_export": ["2"],
     "employment_form": "10", "survey_date": dt.date(2018, 9, 1), "collect_method": "1", "training_received": ["1"]},
    # 2: telephoned this month, job fair last month, works in Zhongshan
    {"employment_status": "1", "work_region": "4420", "start_date": dt.date(2018, 8, 31), "organised_export": ["2"],
     "employment_form": "10", "survey_date": dt.date(2018, 9, 30), "collect_method": "2",
     "training_received": ["1", "2"]},
    # 3: came back, in a workshop, asked before September
    {"employment_status": "2", "work_region": "441623100", "start_date": dt.date(2018, 9, 5),
     "employment_form": "10", "workshop_name": "元善车间（演示）", "return_date": dt.date(2018, 8, 1),
     "survey_date": dt.date(2018, 8, 31), "collect_method": "1"},
    # 4: in a workshop by its form, visited but nobody wrote how
    {"employment_status": "2", "work_region": "441623100", "employment_form": "50",
     "survey_date": dt.date(2018, 9, 10)},
    # 5: public post, in Shanghai's list: no, at home
    {"employment_status": "2", "work_region": "441623100", "employment_form": "70"},
    # 6: wants work, was served
    {"employment_status": "3", "wanted_form": "10", "service_type": ["2"], "training_received": ["0"]},
    # 7: wants work, was not served
    {"employment_status": "4", "wanted_form": "30", "service_type": ["0"]},
    # 8: does not want, says has no ability
    {"employment_status": "3", "wanted_form": "99", "not_transferred_reason": ["4"]},
    # 9: nothing is known
    {},
    # 10: in Hefei
    {"employment_status": "1", "work_region": "340104", "employment_form": "30"},
]  # fmt: skip
NUMBERS = {
    "pool": 10, "surveyed": 2, "job_fair": 1, "workshop_placed": 2, "public_post_placed": 1, "trained_skill": 2,
    "trained_startup": 1, "employed": 6, "followed_up": 2, "working_away": 3, "working_near": 3, "away_yangtze": 1,
    "away_pearl": 1, "away_elsewhere": 1, "returned": 1, "willing": 2, "willing_served": 1, "willing_served_rate": 50,
    "reason_no_ability": 1,
}  # fmt: skip


def test_ten_people_are_counted_as_counted_by_hand() -> None:
    assert counted("heyuan-2018", [{"hukou_region": HOME, **person} for person in POOL], DAY) == NUMBERS


@pytest.mark.parametrize(("indicator", "parameter"), [("job_fair", "专项招聘按月"), ("followed_up", "跟踪服务按月")])
def test_month_or_running_total_is_a_parameter(indicator: str, parameter: str) -> None:
    """At the end of October nothing is of this month any more; 1 and 2 remain in the running total."""
    rule = PROGRAMME.indicators[indicator].where
    assert rule is not None
    found = {value: ask(rule, POOL, dt.date(2018, 10, 31), **{parameter: value}) for value in (1, 0)}
    assert [n for n, yes in enumerate(found[1], 1) if yes] == []
    assert [n for n, yes in enumerate(found[0], 1) if yes] == [1, 2]


ANNEX_1 = [
    "与扶贫办核对建档人数", "已上门调查人数", "政策宣传人数", "通过举办专项招聘活动解决贫困劳动力就业人数", "建立车间数量",
    "安置贫困劳动力就业人数", "岗位设置数", "安置贫困劳动力就业人数", "技能培训人数", "创业培训人数", "已就业人数",
    "进行跟踪服务人数", "与扶贫部门确认更新贫困劳动力就业工作信息人数",
]  # fmt: skip


def test_the_report_prints_the_thirteen_columns_of_annex_1() -> None:
    table = PROGRAMME.tables["C1"]
    assert [leaf.title for leaf in table.leaves] == ANNEX_1
    assert [leaf.no for leaf in table.leaves] == list(range(1, 14))
    assert [column.title for column in table.header] == [
        "建档立卡贫困劳动力", "通过举办专项招聘活动解决贫困劳动力就业人数", "建立乡镇（村）就业扶贫车间", "公益性岗位安置",
        "培训贫困劳动力", "已转移就业贫困劳动力跟踪服务", "与扶贫部门确认更新贫困劳动力就业工作信息人数",
    ]  # fmt: skip
    assert "12 <= 11" in table.checks


def test_what_the_ledger_cannot_know_is_left_for_a_pen() -> None:
    leaves = PROGRAMME.tables["C1"].leaves
    assert [leaf.no for leaf in leaves if leaf.by_hand] == [1, 3, 5, 7, 13]


def test_the_demand_list_holds_whoever_wants_work() -> None:
    table = PROGRAMME.tables["B3"]
    assert table.where is not None
    assert [n for n, yes in enumerate(ask(table.where, POOL, DAY), 1) if yes] == [6, 7]
    assert {leaf.item for leaf in table.leaves} >= {
        "skill_certificates", "education", "wanted_occupation", "wanted_scope", "wanted_wage", "wants_training", "helper",
    }  # fmt: skip
