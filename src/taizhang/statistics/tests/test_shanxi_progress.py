"""The progress table of 山西 (C6): cities, the edges of 16 and 60, soldiers and students."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.catalogue import load
from taizhang.statistics import tables
from taizhang.statistics.tests.counties import bring, open_county, person
from taizhang.statistics.tests.workbooks import below, first_sheet, merged, row

pytestmark = pytest.mark.django_db
PROVINCE, TAIYUAN, DATONG = "14", "1401", "1402"
QINGXU, XINRONG = "140121100201", "140212100201"
DAY = dt.date(2022, 9, 30)


def taiyuan() -> list[dict[str, object]]:
    return [
        # 30, in Beijing, in a factory, with a contract: 稳定
        person(
            "郝一", QINGXU, employment_status="1", work_region="110101", industry="C18", labour_contract=True,
            wants_training=True, monthly_wage=Decimal(5000),
        ),
        # sixty on the day itself, farming near home on own account: 就业, not 转移; 创业
        person("郝二", QINGXU, "1962-09-30", employment_status="2", industry="A01", employment_form="21"),
        person("郝三", QINGXU, "1962-10-01", employment_status="41", wants_job=True),  # sixty tomorrow
        person("郝四", QINGXU, military_service="1"),  # a soldier
        person("郝五", QINGXU, "2004-01-01", pool_status="21"),  # at school
        person("郝六", QINGXU, "2006-09-30"),  # sixteen on the day
        person("郝七", QINGXU, hukou_nature="2"),  # urban household
        person("郝八", QINGXU, "2006-10-01"),  # sixteen tomorrow
    ]  # fmt: skip


def datong() -> list[dict[str, object]]:
    return [
        # six whole months in one place: 稳定; industry unknown: 转移 all the same
        person("白一", XINRONG, employment_status="2", work_region="140212", start_date=dt.date(2022, 3, 30)),
        # a day short of six months
        person("白二", XINRONG, employment_status="2", industry="C13", start_date=dt.date(2022, 3, 31)),
    ]


COLUMNS = (
    "pool", "pool_target_age", "pool_over_age", "added", "employed", "transferred", "transferred_out_of_province",
    "stable", "startups", "wants_training", "wants_job",
)  # fmt: skip
EXPECTED = {
    TAIYUAN: (4, 3, 1, 4, 2, 1, 1, 1, 1, 1, 1),  # pool: 1, 2, 3, 6
    DATONG: (2, 2, 0, 2, 2, 2, 0, 1, 0, 0, 0),
    PROVINCE: (6, 5, 1, 6, 4, 3, 1, 2, 1, 1, 1),
}


@pytest.fixture
def province():
    li = open_county(PROVINCE)
    bring(li, "shanxi-2022", "140121", DAY, *taiyuan())
    bring(li, "shanxi-2022", "140212", DAY, *datong())
    with acting_for([PROVINCE]):
        yield li


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_the_cities_show_the_numbers_counted_by_hand(province, engine):
    result = tables.compute("shanxi-2022", "C6", PROVINCE, DAY, engine=engine)
    for division, expected in EXPECTED.items():
        assert tuple(result.cells[division][name] for name in COLUMNS) == expected, division
    assert [row.code for row in result.rows] == [TAIYUAN, "140121", DATONG, "140212", PROVINCE]
    assert result.violations == ()


def test_the_eleven_cities_have_their_targets_and_make_the_whole(province):
    from taizhang.statistics import aims, layout

    settings = load().programmes["shanxi-2022"]
    columns = layout.columns(settings.tables["C6"])
    found = {code: row["column_1"] for code, row in aims.wanted(settings, columns, PROVINCE, DAY).items()}
    assert found.pop(PROVINCE) == Decimal("809.8")
    assert found == {
        "1401": 37, "1402": Decimal("52.5"), "1403": Decimal("23.4"), "1404": Decimal("85.4"), "1405": Decimal("50.7"),
        "1406": Decimal("37.7"), "1407": Decimal("84.3"), "1408": Decimal("149.8"), "1409": Decimal("76.7"),
        "1410": Decimal("114.1"), "1411": Decimal("98.2"),
    }  # fmt: skip
    assert sum(found.values()) == Decimal("809.8")


def test_a_city_is_measured_by_its_target(province):
    cells = tables.compute("shanxi-2022", "C6", PROVINCE, DAY).cells
    assert cells[TAIYUAN]["column_1"] == 37  # 万人
    assert cells[TAIYUAN]["column_3"] == 0  # 4 of 370,000
    assert cells["140121"]["column_3"] is None  # nothing set for the county
    # another year has no target of this notice
    assert tables.compute("shanxi-2022", "C6", PROVINCE, dt.date(2023, 9, 30)).cells[TAIYUAN]["column_1"] is None


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_somebody_who_moved_to_another_county_is_added_there_and_only_there(province, engine):
    """The county moved from may not see the person any more, nor the new county what was entered elsewhere; so the
    province, which sees both, must not count the old county's movements for the new one either."""
    october = dt.date(2022, 10, 15)
    mover = person("郝九", QINGXU)
    bring(province, "shanxi-2022", "140121", DAY, mover)
    bring(province, "shanxi-2022", PROVINCE, october, {**mover, "hukou_region": XINRONG})
    for day, added in ((DAY, {TAIYUAN: 4, DATONG: 2, PROVINCE: 6}), (october, {TAIYUAN: 0, DATONG: 1, PROVINCE: 1})):
        cells = tables.compute("shanxi-2022", "C6", PROVINCE, day, engine=engine).cells
        assert {unit: cells[unit]["added"] for unit in added} == added


def test_the_progress_table_has_a_line_for_each_city(province):
    sheet = first_sheet("shanxi-2022/C6", PROVINCE, DAY)
    assert sheet["A2"].value == "山西省农村劳动力就业信息采集进度表"
    assert sheet["A3"].value == "填报单位（盖章）：山西省"
    assert merged(sheet) >= {"A2:P2", "A4:A5", "B4:B5", "C4:F4", "G4:G5", "H4:I4", "J4:N4", "O4:P4"}
    heads = [sheet[cell].value for cell in ("A4", "B4", "C4", "G4", "H4", "J4", "O4", "E5", "L5")]
    assert heads == [
        "市（州）", "任务数", "已采集导入", "本月新增", "本月拒收", "就业情况", "意愿", "其中16—59岁", "其中省外",
    ]  # fmt: skip
    # 万人; 4 of 370,000 are 0.0 %; rows refused are filled in by hand
    assert row(sheet, 7) == ["太原市", 37, 4, 0, 3, 1, 4, None, None, 2, 1, 1, 1, 1, 1, 1]
    assert row(sheet, 8) == ["大同市", 52.5, 2, 0, 2, 0, 2, None, None, 2, 2, 0, 1, 0, 0, 0]
    assert row(sheet, 9) == ["合计", 809.8, 6, 0, 5, 1, 6, None, None, 4, 3, 1, 2, 1, 1, 1]
    assert sheet["B9"].number_format == "#,##0.0"
    assert below(sheet, 10)[:4] == [
        "单位负责人：",
        "填表人：",
        "填报日期：",
        "注1：单位：第1栏为万人，第3栏为%，第7、8栏为行，第6栏为人次，其余为人。",
    ]
