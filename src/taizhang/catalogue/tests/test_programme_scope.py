"""Who is in a programme's pool, and what its derived items say, for people written down by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from taizhang.catalogue.tests.programme_people import CATALOGUE, ask

DAY = dt.date(2020, 10, 20)
ADULT = dt.date(1985, 3, 2)
COUNTRY = {"birth_date": ADULT, "labour_ability": "1", "pension_status": "0", "pool_status": "10", "hukou_nature": "1"}

MOUDING: list[tuple[str, dict[str, Any], bool]] = [
    ("an able adult", {}, True),
    ("sixteen today", {"birth_date": dt.date(2004, 10, 20)}, True),
    ("sixteen tomorrow", {"birth_date": dt.date(2004, 10, 21)}, False),
    ("no date of birth known", {"birth_date": None}, False),
    ("seventy, healthy, no pension", {"birth_date": dt.date(1950, 1, 1)}, True),
    ("draws the residents' pension", {"pension_status": "1"}, False),
    ("draws an employee's pension", {"pension_status": "2"}, False),
    ("pension still to be checked", {"pension_status": "9"}, True),
    ("pension not asked", {"pension_status": None}, True),
    ("weak or half labour", {"labour_ability": "3"}, True),
    ("lost the ability", {"labour_ability": "4"}, False),
    ("has no ability", {"labour_ability": "5"}, False),
    ("ability not asked", {"labour_ability": None}, True),
    ("at school", {"pool_status": "21"}, True),
    ("dead", {"pool_status": "31"}, False),
    ("moved away", {"pool_status": "41"}, False),
    ("entered twice", {"pool_status": "51"}, False),
    ("standing not known", {"pool_status": None}, True),
    ("resident household, formerly rural", {"hukou_nature": "3"}, True),
    ("town household", {"hukou_nature": "2"}, False),
    ("resident household, formerly town", {"hukou_nature": "4"}, False),
    ("household nature not asked", {"hukou_nature": None}, True),
]
GUZHANG: list[tuple[str, dict[str, Any], bool]] = [
    ("registered poor and able", {"is_poverty_registered": True}, True),
    ("not registered poor", {"is_poverty_registered": False}, False),
    ("not known whether registered poor", {}, False),
    ("skilled", {"is_poverty_registered": True, "labour_ability": "2"}, True),
    ("weak, sixty-two, with a pension", {"is_poverty_registered": True, "labour_ability": "3",
                                         "birth_date": dt.date(1958, 1, 1), "pension_status": "1"}, True),
    ("lost the ability", {"is_poverty_registered": True, "labour_ability": "4"}, False),
    ("fifteen", {"is_poverty_registered": True, "birth_date": dt.date(2004, 10, 21)}, False),
    ("at school", {"is_poverty_registered": True, "pool_status": "21"}, True),
    ("in prison", {"is_poverty_registered": True, "pool_status": "23"}, True),
    ("dead", {"is_poverty_registered": True, "pool_status": "31"}, False),
    ("unable for good", {"is_poverty_registered": True, "pool_status": "32"}, False),
]  # fmt: skip
SHANXI: list[tuple[str, dict[str, Any], bool]] = [
    ("rural household of Shanxi", {"hukou_region": "140121101201"}, True),
    ("household in Shaanxi", {"hukou_region": "610102001001"}, False),
    ("household not known", {}, False),
    ("sixteen today", {"hukou_region": "14", "birth_date": dt.date(2004, 10, 20)}, True),
    ("sixteen tomorrow", {"hukou_region": "14", "birth_date": dt.date(2004, 10, 21)}, False),
    ("draws a pension", {"hukou_region": "14", "pension_status": "1"}, True),
    ("town household", {"hukou_region": "14", "hukou_nature": "2"}, False),
    ("soldier", {"hukou_region": "14", "military_service": "1"}, False),
    ("discharged soldier", {"hukou_region": "14", "military_service": "2"}, True),
    ("pupil", {"hukou_region": "14", "is_in_school": True}, False),
    ("pupil by standing", {"hukou_region": "14", "pool_status": "21"}, False),
    ("soldier by standing", {"hukou_region": "14", "pool_status": "22"}, False),
    ("unable for a time", {"hukou_region": "14", "pool_status": "24"}, False),
    ("no ability", {"hukou_region": "14", "labour_ability": "5"}, False),
    ("dead", {"hukou_region": "14", "pool_status": "31"}, False),
]
SICHUAN: list[tuple[str, dict[str, Any], bool]] = [
    ("an able adult", {}, True),
    ("sixteen today", {"birth_date": dt.date(2004, 10, 20)}, True),
    ("sixteen tomorrow", {"birth_date": dt.date(2004, 10, 21)}, False),
    ("sixty-two with the residents' pension", {"birth_date": dt.date(1958, 1, 1), "pension_status": "1"}, False),
    ("sixty-two without a pension", {"birth_date": dt.date(1958, 1, 1)}, True),
    ("pension begins next month", {"pension_status": "1", "pension_start": dt.date(2020, 11, 1)}, True),
    ("pension began this month", {"pension_status": "1", "pension_start": dt.date(2020, 10, 1)}, False),
    ("pension still to be checked", {"pension_status": "9"}, True),
    ("resident household, formerly rural", {"hukou_nature": "3"}, True),
    ("town household", {"hukou_nature": "2"}, False),
    ("weak or half labour", {"labour_ability": "3"}, True),
    ("lost the ability", {"labour_ability": "4"}, False),
    ("pupil", {"pool_status": "21", "is_in_school": True}, True),
    ("soldier", {"pool_status": "22", "military_service": "1"}, True),
    ("moved away", {"pool_status": "41"}, False),
    ("draws a pension by standing", {"pool_status": "42"}, False),
    ("dead", {"pool_status": "31"}, False),
    ("unable for good", {"pool_status": "32"}, False),
]
POOR = {"is_poverty_registered": True}
HEYUAN: list[tuple[str, dict[str, Any], bool]] = [
    ("registered poor and able", POOR, True),
    ("not registered poor", {"is_poverty_registered": False}, False),
    ("not known whether registered poor", {}, False),
    ("fifteen", {**POOR, "birth_date": dt.date(2004, 10, 21)}, False),
    ("seventy", {**POOR, "birth_date": dt.date(1950, 1, 1)}, True),
    ("draws a pension", {**POOR, "pension_status": "1"}, True),
    ("ability not asked", {**POOR, "labour_ability": None}, True),
    ("no ability", {**POOR, "labour_ability": "5"}, False),
    ("town household", {**POOR, "hukou_nature": "2"}, True),
    ("dead", {**POOR, "pool_status": "31"}, False),
    ("moved away", {**POOR, "pool_status": "41"}, False),
]
EVERYBODY = {
    "mouding-2017": MOUDING,
    "guzhang-2020": GUZHANG,
    "shanxi-2022": SHANXI,
    "sichuan-2022": SICHUAN,
    "heyuan-2018": HEYUAN,
}


@pytest.mark.parametrize("programme", EVERYBODY)
def test_a_programme_takes_in_whom_its_notice_names(programme: str) -> None:
    people = EVERYBODY[programme]
    answers = ask(CATALOGUE.programmes[programme].scope.rule, [{**COUNTRY, **person} for _, person, _ in people], DAY)
    taken_in = {who: answer is True for (who, _, _), answer in zip(people, answers, strict=True)}
    assert taken_in == {who: inside for who, _, inside in people}


def derived(programme: str, item: str, person: dict[str, Any], **parameters: Any) -> Any:
    return ask(CATALOGUE.programmes[programme].derived[item].value, [person], DAY, **parameters)[0]


@pytest.mark.parametrize(
    ("source", "transferred"), [("1", True), ("2", True), ("3", False), ("4", False), ("5", False), (None, False)]
)
def test_mouding_counts_whoever_lives_on_wages_or_business_as_transferred(
    source: str | None, transferred: bool
) -> None:
    assert derived("mouding-2017", "is_transferred", {"main_income_source": source}) is transferred


def test_mouding_does_not_ask_where_or_in_what_form_somebody_earns() -> None:
    farm_shop = {"main_income_source": "2", "work_region": "532323101001", "hukou_region": "532323101001",
                 "industry": "A01", "employment_form": "30"}  # fmt: skip
    assert derived("mouding-2017", "is_transferred", farm_shop) is True


HOME = "433126101200"  # a village of 古阳镇, 古丈县
THRESHOLDS: list[tuple[str, str | None, str, str, bool | None, bool | None]] = [
    # where, months, yuan, 达标含等于 = 1, = 0
    ("exactly the county's marks", "433126101", "1.0", "3000", True, False),
    ("a cent below in the county", "433126101", "1.0", "2999.99", False, False),
    ("a tenth of a month below in the county", "433126101", "0.9", "3000", False, False),
    ("somewhere in the county", "433126", "1.0", "3000", True, False),
    ("somewhere in the province", "43", "12.0", "60000", None, None),
    ("above in another town of the county", "433126103", "1.1", "3000.01", True, True),
    ("exactly the marks outside", "330106", "3.0", "9000", True, False),
    ("county marks are not enough outside", "330106", "1.0", "3000", False, False),
    ("neighbouring county of the prefecture", "433127", "2.9", "9000", False, False),
    ("abroad", "VNM", "3.5", "12000", True, True),
    ("place not known", None, "12.0", "60000", None, None),
]


@pytest.mark.parametrize(
    ("place", "months", "yuan", "from_", "above"), [c[1:] for c in THRESHOLDS], ids=[c[0] for c in THRESHOLDS]
)
def test_guzhang_thresholds_hold_at_their_edges(
    place: str | None, months: str, yuan: str, from_: bool | None, above: bool | None
) -> None:
    person = {
        "hukou_region": HOME,
        "work_region": place,
        "work_months": Decimal(months),
        "annual_work_income": Decimal(yuan),
    }
    assert derived("guzhang-2020", "is_qualified", person) is from_
    assert derived("guzhang-2020", "is_qualified", person, 达标含等于=0) is above


def test_guzhang_judges_a_returned_worker_by_the_place_before_the_return() -> None:
    person = {
        "hukou_region": HOME,
        "return_from_region": "330106",
        "work_months": Decimal(4),
        "annual_work_income": Decimal(8000),
    }
    assert derived("guzhang-2020", "is_qualified", person) is False
    assert derived("guzhang-2020", "is_qualified", {**person, "annual_work_income": Decimal(9000)}) is True


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, True),
        ({"employment_form": "20"}, False),  # 自主创业只采集信息，不统计为务工人员
        ({"employment_form": None}, True),
        ({"pool_status": "21"}, False),
        ({"pool_status": None}, False),
        ({"work_region": None}, False),
    ],
)
def test_guzhang_counts_qualified_workers_in_normal_standing_but_not_the_self_employed(
    change: dict[str, Any], counts: bool
) -> None:
    worker = {"hukou_region": HOME, "work_region": "330106", "work_months": Decimal(10),
         "annual_work_income": Decimal(45000),
              "pool_status": "10", "employment_form": "10"}  # fmt: skip
    assert derived("guzhang-2020", "counts_as_working", {**worker, **change}) is counts


@pytest.mark.parametrize(
    ("person", "transferred"),
    [
        ({"employment_status": "1", "industry": "C"}, True),
        ({"employment_status": "2", "industry": "A01"}, False),
        ({"employment_status": "2", "industry": "A05"}, True),  # services to farming are tier 3
        ({"employment_status": "1", "industry": None}, True),
        ({"employment_status": "3", "industry": "C"}, False),
        ({"employment_status": None, "industry": "C"}, False),
    ],
)
def test_shanxi_takes_work_outside_the_primary_sector_for_transfer(person: dict[str, Any], transferred: bool) -> None:
    assert derived("shanxi-2022", "is_transferred", person) is transferred


@pytest.mark.parametrize(
    ("person", "stable"),
    [
        ({"start_date": dt.date(2020, 4, 20)}, True),  # six months to the day
        ({"start_date": dt.date(2020, 4, 21)}, False),
        ({"start_date": dt.date(2020, 9, 1), "labour_contract": True}, True),
        ({"start_date": dt.date(2020, 9, 1), "is_stable": True}, True),
        ({"start_date": None}, False),
        ({"start_date": dt.date(2019, 1, 1), "employment_status": "41"}, False),
    ],
)
def test_shanxi_calls_six_months_or_a_contract_stable(person: dict[str, Any], stable: bool) -> None:
    assert derived("shanxi-2022", "is_stable_now", {"employment_status": "1", **person}) is stable
