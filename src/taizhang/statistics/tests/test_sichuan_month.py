"""The monthly table of 四川 (C8): what came, what went, and that the end is the beginning with both."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.statistics import tables
from taizhang.statistics.tests.counties import bring, open_county, person
from taizhang.statistics.tests.workbooks import below, first_sheet, merged, row

pytestmark = pytest.mark.django_db
COUNTY, VILLAGE, OTHER = "511723", "511723100201", "511723101201"
JULY, AUGUST, DAY = dt.date(2022, 7, 15), dt.date(2022, 8, 10), dt.date(2022, 8, 31)

COLUMNS = (
    "opening", "added", "added_grown", "added_moved_in", "added_discharged", "added_other", "left", "left_moved",
    "left_pension", "left_dead", "left_other", "pool", "pool_lifted", "pool_relocated", "employed", "unemployed",
    "neither", "newly_employed", "newly_unemployed", "employed_lifted", "employed_relocated", "needs_service",
    "wants_training", "verified_month", "column_25",
)  # fmt: skip


@pytest.fixture
def county():
    li = open_county(COUNTY)
    works = {"employment_status": "1", "work_region": "330106", "start_date": dt.date(2022, 3, 1)}
    first = [
        person("蒲一", VILLAGE, poverty_status="3", **works),  # lifted out of poverty, working
        person("蒲二", VILLAGE, is_relocated=True, employment_status="3"),  # relocated, farms
        person("蒲三", VILLAGE, "1962-08-10", **works),  # pension from August
        person("蒲四", VILLAGE, **works),  # dies in August
        person("蒲五", VILLAGE, "2006-08-01"),  # sixteen in August
        person("廖一", OTHER, employment_status="42", wants_job=True),  # never worked, wants to: 失业
        person("廖二", OTHER, **works),  # loses the job in August
        person("廖三", OTHER, hukou_nature="2"),  # urban household
    ]
    bring(li, "sichuan-2022", COUNTY, JULY, *first)

    def again(line: dict[str, object], **news: object) -> dict[str, object]:
        same = {item: line[item] for item in ("id_number", "full_name", "sex", "birth_date", "hukou_region")}
        return {**same, **news}

    seen = {"verify_state": "1", "survey_date": AUGUST}
    bring(
        li, "sichuan-2022", COUNTY, AUGUST,
        again(first[2], pension_status="1"),
        again(first[3], pool_status="31"),
        again(first[4], employment_status="42", **seen),  # 新成长劳动力; wants no work, so neither
        again(first[6], employment_status="41", unemployed_date=dt.date(2022, 8, 5), service_needs=["2"], **seen),
        person("廖四", OTHER, military_service="2", employment_status="2", start_date=AUGUST, wants_training=True),
    )  # fmt: skip
    with acting_for([COUNTY]):
        yield li


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_the_month_shows_the_numbers_counted_by_hand(county, engine):
    result = tables.compute("sichuan-2022", "C8", COUNTY, DAY, engine=engine)
    cells = {unit: tuple(result.cells[unit][name] for name in COLUMNS) for unit in (VILLAGE, OTHER, COUNTY)}
    # 橄榄村: 4 at the beginning (1-4), 5 came of age, 3 draws a pension, 4 died: 3 at the end (1, 2, 5)
    assert cells[VILLAGE] == (
        4, 1, 1, 0, 0, 0, 2, 0, 1, 1, 0, 3, 1, 1, 1, 0, 2, 0, 0, 1, 0, 0, 0, 1, Decimal("33.3"),
    )  # fmt: skip
    # 宝塔坝村: 2 (1, 2), a discharged soldier came (4): 3; 2 has been out of work since 5 August and needs a post
    assert cells[OTHER] == (
        2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 2, 0, 1, 1, 0, 0, 1, 1, 1, Decimal("33.3"),
    )  # fmt: skip
    assert cells[COUNTY][:12] == (6, 2, 1, 0, 1, 0, 2, 0, 1, 1, 0, 6)
    assert result.violations == ()


def test_july_shows_what_was_entered_first(county):
    result = tables.compute("sichuan-2022", "C8", COUNTY, dt.date(2022, 7, 31))
    # nobody before; six first entries (8 is urban, 5 under sixteen)
    assert tuple(result.cells[COUNTY][name] for name in ("opening", "added", "added_other", "left")) == (0, 6, 6, 0)


def test_the_monthly_table_is_laid_out_in_eight_groups(county):
    sheet = first_sheet("sichuan-2022/C8", COUNTY, DAY)
    assert sheet["A2"].value == "农村劳动力实名制信息月调度表"
    assert sheet["A3"].value == "填报单位（盖章）：四川省达州市开江县"
    assert merged(sheet) >= {
        "A2:AC2", "A4:A5", "B4:B5", "C4:G4", "H4:L4", "M4:O4", "P4:V4", "W4:X4", "Y4:Z4", "AA4:AC4",
    }  # fmt: skip
    heads = [sheet[cell].value for cell in ("B4", "C4", "H4", "M4", "P4", "W4", "Y4", "AA4", "D5", "AC5")]
    assert heads == [
        "期初", "本月新增", "本月减少", "资源总数（期末）", "就业失业状态", "服务需求", "按月核实", "采集点", "新成长劳动力", "村数",
    ]  # fmt: skip
    # 普安镇 is 宝塔坝村; one of three was verified
    assert row(sheet, 8) == [
        "普安镇", 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 2, 0, 1, 1, 0, 0, 1, 1, 1, 33.3, None, None, None,
    ]  # fmt: skip
    assert row(sheet, 9)[:13] == ["合计", 6, 2, 1, 0, 1, 0, 2, 0, 1, 1, 0, 6]
    assert below(sheet, 10)[:3] == ["单位负责人：", "填表人：", "填报日期："]
