"""Annexes 2 and 6 of 牟定 (C4, C5), cell by cell, over the people of `population`."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.ledger.facts import ServiceYear, Worker
from taizhang.ledger.models import Batch
from taizhang.statistics import indicators, tables
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, JUNTUN, MACHANG, TIANTAI
from taizhang.statistics.tests.workbooks import below, first_sheet, merged, row

pytestmark = pytest.mark.django_db

# The registered poor in scope: 1 普秀英 (天台, f), 10 刘芳 (天台, f, made one household with 1 below), 20 沈兵 (军屯, m),
# 26 许州 (军屯, f). 1 works in Zhejiang since 5 August, 26 somewhere in the prefecture since 2016; 10 is able and
# willing, of 20 nothing is known.
C5 = {
    TIANTAI: {
        "poor_households": 1,  # 1 and 10 share 000
        "pool_poor": 2,
        "pool_poor_male": 0,
        "pool_poor_female": 2,
        "transferred_poor": 1,
        "transferred_poor_in_county": 0,
        "transferred_poor_in_province": 0,
        "transferred_poor_out_of_province": 1,
        "new_transfer_quarter_poor": 1,
        "not_transferred_poor": 1,
        "not_transferred_poor_able_willing": 1,
        "not_transferred_poor_able_unwilling": 0,
        "not_transferred_poor_unable": 0,
        "trained_skill_poor": 1,  # 10, who had both
        "trained_startup_poor": 1,
        "guided_poor": 1,  # 1
        "introduced_poor": 0,
        "helped_poor": 0,
        "public_post_poor": 0,
        "workshop_poor": 0,
        "one_to_one_poor": 1,  # 10
    },
    JUNTUN: {
        "poor_households": 2,
        "pool_poor": 2,
        "pool_poor_male": 1,
        "pool_poor_female": 1,
        "transferred_poor": 1,
        "transferred_poor_in_county": 1,  # the county within the prefecture is unknown
        "transferred_poor_in_province": 0,
        "transferred_poor_out_of_province": 0,
        "new_transfer_quarter_poor": 0,
        "not_transferred_poor": 1,
        "not_transferred_poor_able_willing": 0,
        "not_transferred_poor_able_unwilling": 0,
        "not_transferred_poor_unable": 1,
        "trained_skill_poor": 0,
        "trained_startup_poor": 0,
        "guided_poor": 0,
        "introduced_poor": 0,
        "helped_poor": 0,
        "public_post_poor": 0,
        "workshop_poor": 0,
        "one_to_one_poor": 0,  # 11 of 天台 has a helper too and is not poor
    },
}
# 本月 of C4: 1 (5 August) and 24 (the 20th), not 18, who only changed jobs; 省外: 1; poor: 1. 本年 besides: 7 of 天台, 27 of
# 马厂, not 2, who was transferred on 1 January already. 6 keeps a shop.
C4 = {
    TIANTAI: (1, 2, 1, 1, 1, 1, 1),
    JUNTUN: (1, 1, 0, 0, 0, 0, 0),
    MACHANG: (0, 1, 0, 0, 0, 0, 0),
    GONGHE: (2, 3, 1, 1, 1, 1, 1),
    COUNTY: (2, 4, 1, 1, 1, 1, 1),
}
COLUMNS = (
    "new_transfer_month", "new_transfer_year", "new_transfer_month_out_of_province",
    "new_transfer_year_out_of_province", "new_transfer_month_poor", "new_transfer_year_poor", "startups",
)  # fmt: skip


@pytest.fixture
def county():
    ids = population.load_people()
    with acting_for([COUNTY]):
        Worker.objects.filter(pk=ids[9]).update(household_no="000", training_received=["1", "2"], helper="周帮扶")
        Worker.objects.filter(pk=ids[10]).update(training_received=["1"], helper="周帮扶")  # not poor
        ServiceYear.objects.create(
            worker_id=ids[0], division=TIANTAI, batch=Batch.objects.get(), year=2017, service_type=["1"]
        )
        yield ids


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_annex_6_shows_the_numbers_counted_by_hand(county, engine):
    result = tables.compute("mouding-2017", "C5", COUNTY, DAY, engine=engine)
    for village, expected in C5.items():
        assert {name: result.cells[village][name] for name in expected} == expected
    for name in C5[TIANTAI]:
        assert result.cells[COUNTY][name] == C5[TIANTAI][name] + C5[JUNTUN][name], name
    assert result.violations == ()


def test_a_household_opens_to_its_people(county):
    people = indicators.people("mouding-2017", "poor_households", TIANTAI, DAY)
    assert set(people) == {county[0], county[9]}


def test_the_quarter_begins_with_its_first_month(county):
    # 27 began on 1 February, 7 on 1 March, 2 on 1 January (so not new); none of them is poor, so make them so
    Worker.objects.filter(pk__in=[county[1], county[6], county[26]]).update(is_poverty_registered=True)

    def new(day: dt.date) -> object:
        return tables.compute("mouding-2017", "C5", COUNTY, day).cells[COUNTY]["new_transfer_quarter_poor"]

    assert new(dt.date(2017, 3, 31)) == 2
    assert new(dt.date(2017, 2, 20)) == 1  # 27
    assert new(dt.date(2017, 4, 1)) == 0
    assert new(dt.date(2017, 8, 4)) == 0
    assert new(dt.date(2017, 9, 20)) == 1  # 1, of 5 August


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_annex_2_shows_the_numbers_counted_by_hand(county, engine):
    result = tables.compute("mouding-2017", "C4", COUNTY, DAY, engine=engine)
    for division, expected in C4.items():
        assert tuple(result.cells[division][name] for name in COLUMNS) == expected
    assert [result.cells[COUNTY][f"column_{n}"] for n in (2, 3, 18)] == [None, None, None]
    # 五(五): 1.58, 1.42, 0.88 and 0.11 万人次; nothing is set for the towns
    assert [result.cells[COUNTY][f"column_{n}"] for n in (1, 5, 9, 13)] == [15800, 14200, 8800, 1100]
    assert result.cells[COUNTY]["column_16"] == Decimal("0.1")  # 1 of 1,100
    assert [result.cells[GONGHE][f"column_{n}"] for n in (1, 5, 8)] == [None, None, None]
    assert result.violations == ()


def test_annex_2_is_laid_out_in_five_groups(county):
    sheet = first_sheet("mouding-2017/C4", COUNTY, DAY)
    assert [sheet[cell].value for cell in ("A1", "A2")] == ["附件2", "牟定县农村劳动力培训和转移就业创业进度表"]
    assert sheet["A3"].value == "填报单位（盖章）：云南省楚雄彝族自治州牟定县"
    assert merged(sheet) >= {"A2:S2", "A4:A5", "B4:E4", "F4:I4", "J4:M4", "N4:Q4", "R4:S4"}
    heads = {cell: sheet[cell].value for cell in ("B4", "F4", "J4", "N4", "R4", "R5", "S5")}
    assert heads == {
        "B4": "培训", "F4": "新增转移就业", "J4": "其中：省外新增转移", "N4": "其中：建档立卡新增转移", "R4": "创业",
        "R5": "创业人数", "S5": "带动就业",
    }  # fmt: skip
    assert row(sheet, 5)[1:9] == ["年任务", "本月", "累计", "完成"] * 2
    assert row(sheet, 6) == ["甲", *(str(number) for number in range(1, 19))]
    # 共和镇 has no targets of its own; 4 of 14,200 and 1 of 8,800 are 0.0 %, 1 of 1,100 is 0.1 %
    none, pen = "—", None
    assert row(sheet, 7) == [
        "共和镇",
        none,
        pen,
        pen,
        none,
        none,
        2,
        3,
        none,
        none,
        1,
        1,
        none,
        none,
        1,
        1,
        none,
        1,
        pen,
    ]
    assert row(sheet, 9) == [
        "合计", 15800, pen, pen, none, 14200, 2, 4, 0, 8800, 1, 1, 0, 1100, 1, 1, 0.1, 1, pen,
    ]  # fmt: skip
    assert sheet["Q9"].number_format == "#,##0.0"
    foot = below(sheet, 10)
    assert foot[:4] == ["单位负责人：", "填表人：", "联系电话：", "填报日期："]
    assert foot[4].startswith("注1：培训口径：")
    assert foot[-1].startswith("注3：新增转移：")


def test_annex_6_is_laid_out_in_three_rows_of_heads(county):
    sheet = first_sheet("mouding-2017/C5", COUNTY, DAY)
    assert [sheet[cell].value for cell in ("A1", "A2")] == [
        "附件6", "牟定县2017年建档立卡农村劳动力转移就业工作情况统计调查表",
    ]  # fmt: skip
    assert merged(sheet) >= {
        "A2:AA2", "A4:A6", "B4:F4", "B5:B6", "D5:F5", "G4:K4", "L4:O4", "P4:Q4", "R4:U4", "V4:V6", "W4:W6", "X4:Y4",
        "Z4:Z6", "AA4:AA6",
    }  # fmt: skip
    heads = {cell: sheet[cell].value for cell in ("B4", "D5", "E6", "G4", "K5", "R4", "V4", "X4", "AA4")}
    assert heads == {
        "B4": "建档立卡", "D5": "劳动力", "E6": "男", "G4": "已转移就业", "K5": "本季新增", "R4": "享受就业服务",
        "V4": "公益性岗位", "X4": "“零”就业清“零”", "AA4": "备注",
    }  # fmt: skip
    assert row(sheet, 7)[-1] == "26"
    # 天台 and 军屯 of 共和镇 together; 新桥镇 has no poor
    both = [3, None, 4, 1, 3, 2, 1, 0, 1, 1, 2, 1, 0, 1, 1, 1, 1, 0, None, 0, 0, 0, None, None, 1, None]
    assert row(sheet, 8) == ["共和镇", *both]
    assert row(sheet, 9) == ["新桥镇", *(number and 0 for number in both)]
    assert row(sheet, 10) == ["合计", *both]
    assert below(sheet, 11)[:5] == [
        "乡镇负责人：",
        "审核人：",
        "填表人：",
        "填报日期：",
        "注1：第1栏单位为户，其余为人；第1栏按户编号数，没有户编号的人不计。",
    ]
