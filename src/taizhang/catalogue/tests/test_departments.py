"""Other departments' lists: what each contradicts, and for which programmes it is of use."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from taizhang import catalogue
from taizhang.catalogue.departments import LIST_DAY

KNOWN = catalogue.load().departments
DAY = dt.date(2026, 6, 30)
NORMAL = {"pool_status": "10", LIST_DAY: DAY}

CONTRADICTED: list[
    tuple[str, dict[str, Any], bool | None]
] = [  # kind, what the ledger says, whether the list says otherwise
    ("death", {}, True),
    ("death", {"pool_status": "31"}, False),
    ("moved_out", {"pool_status": "22"}, True),
    ("moved_out", {"pool_status": "41"}, False),
    ("pension", {"pension_status": "0"}, True),
    ("pension", {"pension_status": "9"}, True),
    ("pension", {}, True),  # not asked yet
    ("pension", {"pension_status": "1"}, False),
    ("insured", {"is_working": False}, True),
    ("insured", {"employment_status": "41"}, True),
    ("insured", {"employment_status": "41", "unemployed_date": dt.date(2026, 7, 1)}, False),  # after the list's day
    ("insured", {"main_income_source": "1"}, False),
    ("insured", {}, None),  # the ledger does not say
    ("school", {}, True),
    ("school", {"pool_status": "21"}, False),
    ("school", {"is_in_school": True}, False),
    ("school", {"pool_status": "21", "is_working": True, "start_date": DAY}, True),
    ("school", {"pool_status": "21", "is_working": True, "start_date": dt.date(2026, 7, 1)}, False),
    ("army", {}, True),
    ("army", {"military_service": "1"}, False),
    ("demobilised", {"pool_status": "22"}, True),
    ("demobilised", {"pool_status": "22", "status_date": dt.date(2026, 7, 1)}, False),
    ("demobilised", {}, False),
    ("prison", {}, True),
    ("prison", {"pool_status": "23"}, False),
    ("market", {"employment_form": "10"}, True),
    ("market", {"employment_form": "20"}, False),
    ("market", {"is_working": False}, True),
    ("market", {}, None),
    ("poverty", {"is_poverty_registered": False}, True),
    ("poverty", {"poverty_status": "1"}, True),
    ("poverty", {"poverty_status": "3"}, False),
    ("relocated", {"is_relocated": False}, True),
    ("relocated", {}, None),
]


@pytest.mark.parametrize(("kind", "row", "expected"), CONTRADICTED)
def test_a_list_contradicts_what_the_ledger_says_and_nothing_it_leaves_open(
    kind: str, row: dict[str, Any], expected: bool | None
) -> None:
    assert KNOWN is not None
    rule = KNOWN.kinds[kind].contradicts
    given = {**dict.fromkeys(rule.columns), **NORMAL, **row}
    assert rule.evaluate(given, {}) is expected


def test_every_kind_is_tried_above() -> None:
    assert KNOWN is not None
    assert {kind for kind, *_ in CONTRADICTED} == set(KNOWN.kinds)


def test_who_has_left_for_good_is_in_nobodys_care() -> None:
    assert KNOWN is not None
    codes = catalogue.load().lists["CL-STATUS"].codes
    gone = {code for code in codes if KNOWN.still.evaluate({"pool_status": code}, {}) is False}
    assert gone == {"30", "31", "32", "41", "42", "51", "52"}


def test_a_list_is_of_use_where_the_form_asks_what_it_could_contradict() -> None:
    assert KNOWN is not None
    programmes = catalogue.load().programmes
    of_use = {name: {one.id for one in KNOWN.of_use(programme)} for name, programme in programmes.items()}
    assert all({"death", "moved_out", "school", "army"} <= kinds for kinds in of_use.values())
    assert {name for name, kinds in of_use.items() if "pension" in kinds} == {"mouding-2017", "sichuan-2022"}
    assert {name for name, kinds in of_use.items() if "relocated" in kinds} == {"sichuan-2022"}
