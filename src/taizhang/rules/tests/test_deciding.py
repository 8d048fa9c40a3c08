"""The fewest facts that decide whether a rule counts somebody: worked out by hand, and against trying every subset."""

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taizhang.rules import Item, Type, Vocabulary, parse

from .cast import AS_OF, VOCABULARY

PLACES = {"440305": "广东省深圳市南山区", "433126": "湖南省古丈县", "433126101": "古阳镇"}
OUTSIDE = "是否务工 and scope(务工地点, 户籍地) in ('省外', '境外') and 年度累计务工时间 >= :县外月数"
AWAY = {"is_working": True, "work_region": "440305", "hukou_region": "433126"}
REGION = "就业区域(务工地点 广东省深圳市南山区, 户籍地 湖南省古丈县) 省外"
DECIDED: list[tuple[str, dict[str, Any], Any, str]] = [
    # one number, below, exactly met, unknown
    ("年度累计务工时间 >= :县外月数", {"work_months": "2.5"}, False, "年度累计务工时间 2.5 < 县外月数 3"),
    ("年度累计务工时间 >= :县外月数", {"work_months": "3"}, True, "年度累计务工时间 3 ≥ 县外月数 3"),
    ("年度累计务工时间 > :县外月数", {"work_months": "3"}, False, "年度累计务工时间 3 ≤ 县外月数 3"),
    (
        "年度累计务工时间 >= :县外月数",
        {},
        None,
        "年度累计务工时间 未填写，判断不了“年度累计务工时间 ≥ 县外月数”",
    ),
    # all three hold: all three are needed
    (
        OUTSIDE,
        {**AWAY, "work_months": "4"},
        True,
        f"是否务工 是；{REGION}，属于 省外、境外；年度累计务工时间 4 ≥ 县外月数 3",
    ),
    # two fail: the first written is enough to keep the person out
    (OUTSIDE, {**AWAY, "is_working": False, "work_months": "1"}, False, "是否务工 否"),
    # one fails, another is unknown: the known one decides, whatever the other turns out to be
    (OUTSIDE, {"is_working": True, "work_months": "1"}, False, "年度累计务工时间 1 < 县外月数 3"),
    # none fails, one is unknown
    (
        OUTSIDE,
        {"is_working": True, "hukou_region": "433126", "work_months": "4"},
        None,
        "务工地点 未填写，判断不了“就业区域(务工地点, 户籍地) 属于 省外、境外”",
    ),
    # known places that do not tell
    (
        OUTSIDE,
        {**AWAY, "work_region": "43", "work_months": "4"},
        None,
        "就业区域(务工地点 43, 户籍地 湖南省古丈县) 算不出，判断不了“就业区域(务工地点, 户籍地) 属于 省外、境外”",
    ),
    # or: one that holds is enough, and the shortest is told
    ("(是否务工 and 有求职意愿) or 姓名 like '张%'", {"is_working": True, "wants_work": True, "full_name": "张三"}, True,
     "姓名 张三，符合 “张%”"),
    ("是否务工 or 有求职意愿", {"is_working": False, "wants_work": False}, False, "是否务工 否；有求职意愿 否"),
    ("是否务工 or 有求职意愿", {"is_working": False}, None,
     "是否务工 否；有求职意愿 未填写，判断不了“有求职意愿 为“是””"),
    # a derived item is opened
    ("是否务工 and 转移就业", {"is_working": True, "main_income_source": "3"}, False,
     "转移就业 否（主要收入来源 务农收入，不属于 务工收入、经营收入）"),
    ("not 转移就业", {"main_income_source": "1"}, False,
     "转移就业 是（主要收入来源 务工收入，属于 务工收入、经营收入）"),
    ("not 转移就业", {}, None,
     "转移就业 算不出（主要收入来源 未填写，判断不了“主要收入来源 属于 务工收入、经营收入”）"),
    # unknown counted as no, and as yes
    ("coalesce(转移就业, false)", {}, False,
     "转移就业 算不出（主要收入来源 未填写，判断不了“主要收入来源 属于 务工收入、经营收入”）"),
    ("coalesce(就业形式 != '自主创业', true)", {}, True, "就业形式 未填写，判断不了“就业形式 不是 自主创业”"),
    ("coalesce(就业形式 != '自主创业', true)", {"employment_form": "20"}, False, "就业形式 自主创业"),
    ("coalesce(就业形式 != '自主创业', true)", {"employment_form": "40"}, True, "就业形式 公益岗，不是 自主创业"),
    # yes and no in words
    ("是否务工 = '否' and 转移就业 = '是'", {"is_working": True, "main_income_source": "1"}, False, "是否务工 是"),
    # the threshold's sign as a parameter: met exactly, and the switch that lets it count
    (
        "年度务工收入 > :县外收入 or (:严格 and 年度务工收入 = :县外收入)",
        {"annual_work_income": "9000"},
        True,
        "严格 是；年度务工收入 9000 = 县外收入 9000",
    ),
    (
        "case when 是否务工 then 年度务工收入 >= 9000 else 有求职意愿 end",
        {"is_working": False, "wants_work": True},
        True,
        "是否务工 否；有求职意愿 是",
    ),
    ("年度务工收入 between 3000 and 6000", {"annual_work_income": "100"}, False,
     "年度务工收入 100，不在 3000 至 6000 之间"),
    ("年度务工收入 / 年度累计务工时间 >= 1000", {"annual_work_income": "9000", "work_months": "0"}, None,
     "(年度务工收入 9000 ÷ 年度累计务工时间 0) 算不出，判断不了“(年度务工收入 ÷ 年度累计务工时间) ≥ 1000”"),
    ("姓名 is not null", {}, False, "姓名 未填写"),
    ("姓名 is not null and 是否务工", {"full_name": "李四", "is_working": True}, True, "姓名 李四 已填写；是否务工 是"),
    # that it is filled in goes without saying where its value is told
    ("养老待遇 is null or 养老待遇 in ('未享受', '待核')", {"pension_status": "2"}, False,
     "养老待遇 职工养老待遇，不属于 未享受、待核"),
    ("养老待遇 is null or 养老待遇 in ('未享受', '待核')", {}, True, "养老待遇 未填写"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "row", "value", "why"), DECIDED)
def test_the_fewest_facts_are_told_with_the_persons_values(
    text: str, row: dict[str, Any], value: Any, why: str
) -> None:
    found = parse(text, VOCABULARY).decide(row, AS_OF, PLACES)
    assert (found.value, found.text) == (value, why)


READ = [
    (OUTSIDE, "是否务工 为“是” 并且 就业区域(务工地点, 户籍地) 属于 省外、境外 并且 年度累计务工时间 ≥ 县外月数"),
    ("是否务工 and (转移就业 or 姓名 is null)", "是否务工 为“是” 并且 （转移就业 或者 姓名 未填写）"),
    ("not 转移就业", "不是“转移就业”"),
    ("技能等级 not in ('无', '初级工')", "技能等级 不属于 普工、初级工"),
    ("coalesce(转移就业 and 是否务工, false)", "（转移就业 并且 是否务工 为“是”）（不明的不算）"),
    ("age(出生日期, :基准日) between 16 and 59", "周岁(出生日期, 基准日) 在 16 至 59 之间"),
    ("within(务工地点, county(户籍地))", "务工地点 在 县(户籍地) 以内"),
    ("contains_any(享受服务, '职业指导', '技能培训')", "享受服务 里有 职业指导、技能培训 之一"),
    ("coalesce(年度务工收入, 0) > 100", "（年度务工收入，没有就取 0） > 100"),
    ("性别 = '女' and not 是否务工", "性别 是 女 并且 是否务工 为“否”"),
]


@pytest.mark.parametrize(("text", "chinese"), READ)
def test_a_rule_is_read_out_in_chinese(text: str, chinese: str) -> None:
    assert parse(text, VOCABULARY).chinese == chinese


def test_what_a_derived_item_means_is_read_out_apart() -> None:
    assert parse("not 转移就业", VOCABULARY).meanings == {"转移就业": "主要收入来源 属于 务工收入、经营收入"}


def test_the_whole_rule_is_shown_with_each_parts_truth() -> None:
    rule = parse("是否务工 and coalesce(转移就业, false)", VOCABULARY)
    found = rule.branches({"is_working": True, "main_income_source": "3"}, AS_OF)
    assert [(line.depth, line.text, line.value, line.decides) for line in found] == [
        (0, "下面各条都满足", False, False),
        (1, "是否务工 是", True, False),
        (1, "下面这条满足（不明的不算）", False, False),
        (2, "转移就业", False, False),
        (3, "主要收入来源 务农收入，不属于 务工收入、经营收入", False, True),
    ]


# -- every rule over six yes/no items, against trying all subsets ------------------------------------------------------

NAMES = tuple("abcdef")
LETTERS = Vocabulary([Item(name, (name,), Type.BOOL) for name in NAMES])


@st.composite
def rules(draw: st.DrawFn) -> str:
    """A rule in which each item stands at most once: only then are leaves as independent as `decide` takes them."""
    parts = list(draw(st.permutations(NAMES)))[: draw(st.integers(1, 6))]
    while len(parts) > 1:
        left, right = parts.pop(0), parts.pop(0)
        parts.append(f"({left} {draw(st.sampled_from(['and', 'or']))} {right})")
        wrap = draw(st.sampled_from(["{}", "{}", "not {}", "coalesce({}, true)", "coalesce({}, false)", "({}) = '否'"]))
        parts[-1] = wrap.format(parts[-1])
    return parts[0]


def holds(text: str, row: dict[str, Any], kept: tuple[str, ...], value: bool | None) -> bool:
    """Whether `kept` fix the result: as it is when known, not true when it is not, whatever the others are."""
    rule = parse(text, LETTERS)
    rest = [name for name in NAMES if name not in kept and name in rule.items]
    for others in product((True, False, None), repeat=len(rest)):
        found = rule.evaluate({**row, **dict(zip(rest, others, strict=True))})
        if (found is True) if value is None else found is not value:
            return False
    return True


@given(rules(), st.tuples(*[st.sampled_from([True, False, None])] * 6))
def test_no_smaller_set_of_facts_would_decide(text: str, values: tuple[bool | None, ...]) -> None:
    row = dict(zip(NAMES, values, strict=True))
    decision = parse(text, LETTERS).decide(row)
    told = tuple(item for leaf in decision.leaves for item in leaf.items)
    assert holds(text, row, told, decision.value)
    smaller = (few for size in range(len(told)) for few in combinations(NAMES, size))
    assert not any(holds(text, row, few, decision.value) for few in smaller)
