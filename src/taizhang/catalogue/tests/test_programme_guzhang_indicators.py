"""Guzhang's numbers over six people written down by hand, and the review settings all programmes are written in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from taizhang.catalogue.tests.programme_people import CATALOGUE, counted

DAY = dt.date(2020, 10, 20)
HOME = "433126101200"

PEOPLE: list[dict[str, Any]] = [
    # counted, out of province, helped, verified
    {"is_working": True, "work_region": "330106", "work_months": Decimal(10), "annual_work_income": Decimal(45000),
         "pool_status": "10",
     "employment_form": "10", "verify_state": "1", "employed_by_help": True, "organised_export": ["1"],
     "service_type": ["2", "4"]},
    # counted, own county, exactly the marks, could not be reached
    {"is_working": True, "work_region": "433126103", "work_months": Decimal(1), "annual_work_income": Decimal(3000),
         "pool_status": "10",
     "employment_form": "70", "verify_state": "2", "employed_by_help": False, "service_type": ["0"]},
    # self-employed: collected, not counted
    {"is_working": True, "work_region": "4301", "work_months": Decimal(12), "annual_work_income": Decimal(80000),
         "pool_status": "10",
     "employment_form": "20", "verify_state": "1"},
    # counted, in the province, now at home: returned and wants to go out again
    {"is_working": False, "return_from_region": "430102", "work_months": Decimal(4),
         "annual_work_income": Decimal(12000), "pool_status": "10",
     "is_returned": True, "has_out_plan": True, "wants_training": True},
    # below the marks, returned, has no plan
    {"is_working": False, "return_from_region": "440305", "work_months": Decimal(2),
         "annual_work_income": Decimal(8000), "pool_status": "10",
     "is_returned": True, "has_out_plan": False},
    # nothing known
    {},
]  # fmt: skip


def test_six_people_are_counted_as_counted_by_hand() -> None:
    assert counted("guzhang-2020", [{"hukou_region": HOME, **person} for person in PEOPLE], DAY) == {
        "pool": 6, "counted": 3, "counted_in_county": 1, "counted_in_province": 1, "counted_out_of_province": 1,
        "below_threshold": 1, "working": 3, "not_working": 2, "working_unknown": 1, "self_employed": 1, "verified": 2, "unreachable": 1,
        "not_verified": 3, "returned": 2, "returned_waiting": 1, "mean_income": 20000,  # (45000 + 3000 + 12000) / 3
        "organised_export": 1, "helped": 1, "wants_training": 1, "served": 1,
    }  # fmt: skip


STEPS = {
    "guzhang-2020": ("after", [("team_confirmed", "team")]),
    "mouding-2017": ("after", [("township_approved", "township"), ("county_accepted", "county")]),
    "heyuan-2018": ("after", [("county_accepted", "county")]),
    "shanxi-2022": ("after", [("county_accepted", "county")]),
    "sichuan-2022": ("after", [("township_approved", "township"), ("county_accepted", "county")]),
}


@pytest.mark.parametrize("programme", STEPS)
def test_a_programme_is_reviewed_by_whom_its_notice_names(programme: str) -> None:
    review = CATALOGUE.programmes[programme].review
    assert (review.entry, [(step.state, step.by) for step in review.steps]) == STEPS[programme]
