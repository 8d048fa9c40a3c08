"""Mouding's tables: the head, the cells of people written down by hand, the partitions that hold for anybody."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest

from taizhang.catalogue.schema import TableColumn
from taizhang.catalogue.tests.programme_people import CATALOGUE, ask, counted

PROGRAMME = CATALOGUE.programmes["mouding-2017"]
C3 = PROGRAMME.tables["C3"]
DAY = dt.date(2017, 8, 20)
HOME = "532323101001"  # 茅阳社区, 共和镇, 牟定县

WORKING = {"main_income_source": "1"}
PEOPLE: list[dict[str, Any]] = [
    # 1: woman, registered poor, out of province, manufacturing, sent by the labour office, since this month,
    # 5,000 yuan
    {"sex": "2", "is_poverty_registered": True, "main_income_source": "1", "work_region": "330106", "industry": "C18",
     "out_channel": "1", "start_date": dt.date(2017, 8, 1), "monthly_wage": Decimal(5000)},
    # 2: man, Kunming, building, on his own, since March, 4,000 yuan
    {"sex": "1", "is_poverty_registered": False, "main_income_source": "1", "work_region": "530102", "industry": "E",
     "out_channel": "2", "start_date": dt.date(2017, 3, 1), "monthly_wage": Decimal(4000), "@月初": WORKING},
    # 3: woman, keeps a shop in her own town, through friends, since the last day of last year, income not told
    {"sex": "2", "is_poverty_registered": False, "main_income_source": "2", "work_region": "532323101",
         "industry": "F52",
     "out_channel": "3", "start_date": dt.date(2016, 12, 31), "monthly_wage": None, "@年初": WORKING},
    # 4: man, raises pigs for sale, living on business: transferred by Mouding's count, place and channel unknown
    {"sex": "1", "is_poverty_registered": True, "main_income_source": "2", "work_region": None, "industry": "A03",
     "out_channel": None, "start_date": None, "monthly_wage": Decimal(3000), "@年初": WORKING},
    # 5: abroad, sent by another office, industry unknown; already away when the year began, in another job
    {"sex": "1", "is_poverty_registered": None, "main_income_source": "1", "work_region": "LAO", "industry": None,
     "out_channel": "4", "start_date": dt.date(2017, 8, 1), "monthly_wage": Decimal(8000), "@年初": WORKING},
    # 6: farms, able and willing, registered poor
    {"sex": "2", "is_poverty_registered": True, "main_income_source": "3", "transfer_condition": True,
         "transfer_willingness": "1"},
    # 7: farms, able, not willing for now
    {"sex": "1", "is_poverty_registered": False, "main_income_source": "3", "transfer_condition": True,
         "transfer_willingness": "2"},
    # 8: farms, able, never asked
    {"sex": "1", "is_poverty_registered": False, "main_income_source": "3", "transfer_condition": True},
    # 9: not able
    {"sex": "2", "is_poverty_registered": False, "main_income_source": "5", "transfer_condition": False,
         "transfer_willingness": "1"},
    # 10: nothing is known
    {},
]  # fmt: skip
CELLS = {  # column: people counted above
    1: 10, 2: 3, 3: 5, 4: 2, 5: 1, 6: 2, 7: 1, 8: 2, 9: 2, 10: 2, 11: 3, 12: 2, 13: 2, 14: 1, 15: 2, 16: 1,
    17: 5, 18: 1, 19: 2, 20: 2,
}  # fmt: skip


def at_home(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"hukou_region": HOME, **person} for person in people]


def test_c3_counts_ten_people_as_counted_by_hand() -> None:
    numbers = counted("mouding-2017", at_home(PEOPLE), DAY)
    by_number = {leaf.no: numbers[leaf.indicator] for leaf in C3.leaves if leaf.indicator}
    assert by_number == {**CELLS, 22: 5000}  # (5000 + 4000 + 3000 + 8000) / 4; person 3 did not tell


def test_new_transfer_of_registered_poor_is_counted_for_its_target() -> None:
    assert counted("mouding-2017", at_home(PEOPLE), DAY)["new_transfer_year_poor"] == 1  # person 1


EXPECTED_HEAD = [
    ("农村劳动力资源", ["总数", "其中建档立卡"]),
    ("已转移就业", ["人数", ("按区域", ["县内", "省内县外", "省外"]), ("按产业", ["一产", "二产", "三产"]),
                    ("按输出方式", ["有组织", "自发"]), "其中女性", "其中建档立卡"]),
    ("新增转移", ["本月", "本年累计", "其中省外"]),
    ("尚未转移就业", ["人数", "有条件有意愿", "有条件暂无意愿", "无条件"]),
    "转移率",
    "月人均务工收入",
]  # fmt: skip


def head(column: TableColumn) -> Any:
    return (column.title, [head(one) for one in column.columns]) if column.columns else column.title


def test_c3_prints_its_head_in_the_order_of_the_form() -> None:
    assert [head(column) for column in C3.header] == EXPECTED_HEAD
    assert [leaf.no for leaf in C3.leaves] == list(range(1, 23))


def test_c3_states_every_cross_check() -> None:
    squeezed = {check.replace(" ", "") for check in C3.checks}
    assert squeezed >= {
        "4+5+6=3",
        "7+8+9=3",
        "10+11=3",
        "12<=3",
        "13<=2",
        "13<=3",
        "16<=15",
        "17=1-3",
        "18+19+20=17",
        "21=3/1",
    }


WORK = {"main_income_source": "1"}
KNOWN_OR_NOT: dict[str, list[Any]] = {
    "main_income_source": ["1", "2", "3", None],
    "work_region": ["532323101", "532301", "53", "33", "532323", "LAO", None],
    "industry": ["A", "C", "E50", "T", None],
    "out_channel": ["1", "2", "3", "4", "5", None],
    "transfer_condition": [True, False, None],
    "transfer_willingness": ["1", "2", None],
}
PARTITIONS = [
    ("transferred", "not_transferred"),
    ("transferred_in_county", "transferred_in_province", "transferred_out_of_province", "not_transferred"),
    ("transferred_primary", "transferred_secondary", "transferred_tertiary", "not_transferred"),
    ("transferred_organised", "transferred_on_own", "not_transferred"),
    ("transferred", "not_transferred_able_willing", "not_transferred_able_unwilling", "not_transferred_unable"),
]


@pytest.mark.parametrize("parts", PARTITIONS, ids=lambda parts: " | ".join(parts))
def test_every_person_falls_into_exactly_one_cell_whatever_is_missing(parts: tuple[str, ...]) -> None:
    people = at_home(
        [dict(zip(KNOWN_OR_NOT, values, strict=True)) for values in itertools.product(*KNOWN_OR_NOT.values())]
    )
    assert len(people) == 4 * 7 * 5 * 6 * 3 * 3
    answers = zip(*(ask(PROGRAMME.indicators[part].where, people, DAY) for part in parts), strict=True)
    odd = [
        (person, answer)
        for person, answer in zip(people, answers, strict=True)
        if sorted(map(bool, answer)) != [False] * (len(parts) - 1) + [True]
    ]
    assert odd == []


def test_the_two_registers_partition_the_pool() -> None:
    """mouding-2017/R-10."""
    people = at_home(PEOPLE)
    done, open_ = (ask(PROGRAMME.tables[name].where, people, DAY) for name in PROGRAMME.registers)
    assert done == [True] * 5 + [False] * 5
    assert open_ == [False] * 5 + [True] * 5


COLUMNS = {
    "B1": "序号 村委会 村民小组 姓名 性别 年龄 身份证号 民族 文化程度 是否建档立卡 联系电话 就业区域 就业地点 就业单位 "
          "就业行业 从事工种 主要收入来源 输出方式 转移就业时间 月收入（元） 是否本年新增 培训情况 备注",
    "B2": "序号 村委会 村民小组 姓名 性别 年龄 身份证号 民族 文化程度 是否建档立卡 健康/劳动能力 联系电话 "
          "当前状况 未转移原因 有无转移条件 有无转移意愿 意愿就业区域 意愿行业（工种） 期望月薪 有无培训意愿 培训工种 "
          "就业服务需求 帮扶责任人 备注",
}  # fmt: skip


@pytest.mark.parametrize("register", COLUMNS)
def test_a_register_prints_its_columns_in_order(register: str) -> None:
    table = PROGRAMME.tables[register]
    assert [leaf.title for leaf in table.leaves] == COLUMNS[register].split()
    assert table.sort[:3] == ("hukou_region", "village_group", "household_no")


def test_the_register_says_whether_a_transfer_is_of_this_year() -> None:
    leaf = next(leaf for leaf in PROGRAMME.tables["B1"].leaves if leaf.title == "是否本年新增")
    assert leaf.value is not None
    assert ask(leaf.value, at_home(PEOPLE[:5]), DAY) == ["是", "是", "否", "否", "否"]
