"""The board of 古丈 (C7), cell by cell: both thresholds exactly met and just missed."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.catalogue import load
from taizhang.statistics import indicators, tables
from taizhang.statistics.tests.counties import bring, open_county, person
from taizhang.statistics.tests.workbooks import below, first_sheet, merged, row

pytestmark = pytest.mark.django_db
COUNTY, TOWN, VILLAGE, OTHER = "433126", "433126100", "433126100201", "433126101201"
DAY = dt.date(2020, 10, 20)


def poor(name: str, village: str, born: str = "1990-01-01", **items: object) -> dict[str, object]:
    return person(name, village, born, **{"is_poverty_registered": True, "labour_ability": "1", **items})


def worked(place: str, months: float, income: int, **items: object) -> dict[str, object]:
    return {
        "is_working": True, "work_region": place, "work_months": months, "annual_work_income": Decimal(income),
        "employment_form": "10", **items,
    }  # fmt: skip


def people() -> list[dict[str, object]]:
    return [
        # 树栖柯村: pool 8 (1-6, 9, 11)
        poor("石一", VILLAGE, **worked("330106", 3.0, 9000, verify_state="1")),  # 省外, exactly at both thresholds: counts
        poor("石二", VILLAGE, **worked("330106", 2.9, 9000, verify_state="1")),  # a tenth of a month short
        poor("石三", VILLAGE, **worked("433126101", 1.0, 3000, verify_state="1")),  # 县内, exactly: counts
        poor("石四", VILLAGE, **worked("430103", 5.0, 20000, verify_state="2")),  # 省内县外; not reached
        poor("石五", VILLAGE, **worked("433126100", 12.0, 50000, employment_form="20", verify_state="0")),  # own firm
        poor("石六", VILLAGE, **worked("330106", 6.0, 12000, is_working=False, pool_status="23")),  # in prison
        poor("石七", VILLAGE, **worked("330106", 6.0, 12000, pool_status="31")),  # dead: not in the pool
        poor("石八", VILLAGE, **worked("330106", 6.0, 12000, is_poverty_registered=False)),  # not poor
        # back from Shenzhen, out of work, wants to go again; worked 4 months for 10,000 there: counts, 省外
        poor(
            "石九", VILLAGE, is_working=False, is_returned=True, return_from_region="4403", has_out_plan=True,
            work_months=4.0, annual_work_income=Decimal(10000),
        ),
        poor("石十", VILLAGE, "2004-10-21"),  # sixteen tomorrow
        poor("石十一", VILLAGE, is_working=False, is_returned=True, return_from_region="4403", has_out_plan=False),
        # 龙鼻嘴村: pool 3
        poor("龙一", OTHER),  # nothing asked yet
        poor("龙二", OTHER, **worked("LA", 3.0, 9001, verify_state="1")),  # abroad
        poor("龙三", OTHER, "1958-01-01", **worked("433126101", 2.0, 3000, labour_ability="3")),  # 62, weak: counts
    ]  # fmt: skip


EXPECTED = {
    VILLAGE: {
        "counted": 4,  # 1, 3, 4, 9
        "counted_out_of_province": 2,  # 1, 9
        "counted_in_county": 1,  # 3
        "counted_in_province": 1,  # 4
        "pool": 8,
        "verified": 3,  # 1, 2, 3
        "unreachable": 1,  # 4
        "not_verified": 4,  # 5, 6, 9, 11
        "column_13": Decimal("37.5"),  # 3 of 8
        "working": 5,  # 1-5
        "not_working": 3,  # 6, 9, 11
        "working_unknown": 0,
        "below_threshold": 1,  # 2
        "self_employed": 1,  # 5
        "returned": 2,  # 9, 11
        "returned_waiting": 1,  # 9
    },
    OTHER: {
        "counted": 2,
        "counted_out_of_province": 1,
        "counted_in_county": 1,
        "counted_in_province": 0,
        "pool": 3,
        "verified": 1,
        "unreachable": 0,
        "not_verified": 2,
        "column_13": Decimal("33.3"),
        "working": 2,
        "not_working": 0,
        "working_unknown": 1,
        "below_threshold": 0,
        "self_employed": 0,
        "returned": 0,
        "returned_waiting": 0,
    },
}


@pytest.fixture
def county():
    li = open_county(COUNTY)
    bring(li, "guzhang-2020", COUNTY, DAY, *people())
    with acting_for([COUNTY]):
        yield li


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_the_board_shows_the_numbers_counted_by_hand(county, engine):
    result = tables.compute("guzhang-2020", "C7", COUNTY, DAY, engine=engine)
    for village, expected in EXPECTED.items():
        assert {name: result.cells[village][name] for name in expected} == expected
    assert result.cells[COUNTY]["counted"] == 6
    assert result.cells[COUNTY]["column_13"] == Decimal("36.4")  # 4 of 11
    # 二: more than 13,037, of them at least 6,553 in other provinces; nothing is set for the towns
    assert (result.cells[COUNTY]["column_1"], result.cells[COUNTY]["column_4"]) == (13037, 6553)
    assert (result.cells[TOWN]["column_1"], result.cells[TOWN]["column_3"]) == (None, None)
    assert result.violations == ()


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_more_than_instead_of_at_least_is_one_parameter(county, engine, monkeypatch):
    # 指标解释3 says 要大于: then 石一 (3 months), 石三 (1 month), 龙二 (3 months) and 龙三 (3,000 yuan) are below
    known = load()
    settings = known.programmes["guzhang-2020"]
    strict = settings.parameters["达标含等于"].model_copy(update={"value": Decimal(0)})
    changed = settings.model_copy(update={"parameters": {**settings.parameters, "达标含等于": strict}})
    monkeypatch.setitem(known.programmes, "guzhang-2020", changed)
    cells = tables.compute("guzhang-2020", "C7", COUNTY, DAY, engine=engine).cells
    assert (cells[VILLAGE]["counted"], cells[OTHER]["counted"]) == (2, 0)
    assert cells[VILLAGE]["below_threshold"] == 3


def test_every_number_of_the_board_is_the_number_of_people_behind_it(county):
    cells = tables.compute("guzhang-2020", "C7", COUNTY, DAY).cells
    for name in EXPECTED[VILLAGE]:
        for division in (VILLAGE, OTHER, TOWN, COUNTY):
            if not name.startswith("column"):
                people = indicators.people("guzhang-2020", name, division, DAY)
                assert len(set(people)) == cells[division][name], (name, division)


def test_the_board_is_laid_out_in_six_groups(county):
    sheet = first_sheet("guzhang-2020/C7", COUNTY, DAY)
    assert sheet["A2"].value == "古丈县贫困劳动力稳岗就业目标调度表"
    assert sheet["A3"].value == "填报单位（盖章）：湖南省湘西土家族苗族自治州古丈县"
    assert merged(sheet) >= {"A2:V2", "A4:A5", "B4:D4", "E4:G4", "H4:I4", "J4:N4", "O4:S4", "T4:V4"}
    heads = [sheet[cell].value for cell in ("B4", "E4", "H4", "J4", "O4", "T4", "V5")]
    assert heads == [
        "务工总量（超过任务数）", "其中：省外务工（不少于任务数）", "其中", "采集核实", "务工情况", "返乡回流", "72小时按时率",
    ]  # fmt: skip
    assert row(sheet, 6) == ["甲", *(str(number) for number in range(1, 22))]
    assert row(sheet, 7)[:4] == ["古阳镇", "—", 4, "—"]
    # both villages together: 6 of 13,037 and 3 of 6,553 are 0.0 %, 4 of 11 are 36.4 %
    assert row(sheet, 9) == [
        "合计", 13037, 6, 0, 6553, 3, 0, 2, 1, 11, 4, 1, 6, 36.4, 7, 3, 1, 1, 1, 2, 1, None,
    ]  # fmt: skip
    foot = below(sheet, 10)
    assert foot[:4] == ["专班负责人：", "审核人：", "填表人：", "填报日期："]
    assert [note[:3] for note in foot[4:]] == ["注1：", "注2：", "注3："]
