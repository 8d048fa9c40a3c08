"""Bringing a county's period to its seal, for tests of what comes after."""

from __future__ import annotations

import datetime as dt
from typing import Any

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests.people import county_li
from taizhang.ledger.tests.people import enter, person
from taizhang.review import periods
from taizhang.review.periodstates import Verb
from taizhang.statistics import sealing
from taizhang.statistics.models import Seal
from taizhang.statistics.tests.population import COUNTY, GONGHE, XINQIAO

MOUDING, AUGUST, CUT_OFF = "mouding-2017", "2017-08", dt.date(2017, 8, 20)


def hand_up(li: User, period: str = AUGUST, towns: tuple[str, ...] = (GONGHE, XINQIAO)) -> None:
    """Towns (by the county, in their place) and county check and hand up."""
    for unit in (*towns, COUNTY):
        for verb in (Verb.CHECK, Verb.REPORT):
            periods.move(actor=li, verb=verb, programme=MOUDING, period=period, division=unit, reason="乡镇停电，代办")


def sealed(li: User, period: str = AUGUST, towns: tuple[str, ...] = (GONGHE, XINQIAO)) -> Seal:
    """A county's period handed up and sealed."""
    with acting_as(li):
        hand_up(li, period, towns)
        return sealing.seal(actor=li, programme=MOUDING, period=period, county=COUNTY)


def worker(sequence: int, **facts: Any) -> dict[str, Any]:
    """Somebody of 天台 with a job in Zhejiang since March, unless told otherwise."""
    job = {
        "employer_name": "杭州某厂", "start_date": dt.date(2017, 3, 1), "work_region": "330106", "industry": "C18",
        "main_income_source": "1", "monthly_wage": 4000,
    }  # fmt: skip
    return person(sequence, **{**job, **facts})


def population(li: User | None = None) -> User:
    """Three people in 共和镇, one in 新桥镇, entered through the door."""
    li = li or county_li()
    with acting_as(li):
        enter(li, worker(11), worker(12), person(13), worker(14, hukou_region="532323102201"))
    return li
