"""Periods, shares and forecasts, with every expected number worked out beside it."""

import datetime as dt
from contextlib import nullcontext
from decimal import Decimal as D

import pytest

from taizhang.accounts.models import Role
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.statistics.targets import policies

MAY_31, JUL_1, DEC_31 = dt.date(2026, 5, 31), dt.date(2026, 7, 1), dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("key", "start", "end", "name"),
    [
        ("2026", dt.date(2026, 1, 1), DEC_31, "2026年"),
        ("2026-H2", JUL_1, DEC_31, "2026年下半年"),
        ("2026-Q3", JUL_1, dt.date(2026, 9, 30), "2026年三季度"),
        ("2024-02", dt.date(2024, 2, 1), dt.date(2024, 2, 29), "2024年2月"),
    ],
)
def test_a_period_has_its_days_and_its_name(key, start, end, name):
    found = policies.period(key)
    assert (found.start, found.end, found.name) == (start, end, name)


@pytest.mark.parametrize("key", ["", "2026-13", "2026-Q5", "26", "2026-7", "二〇二六"])
def test_what_is_no_period_is_refused_with_how_to_write_it(key):
    with pytest.raises(DomainError) as refused:
        policies.period(key)
    assert "请写成 2026、2026-H1、2026-Q3 或 2026-07" in refused.value.message


def test_a_programme_that_begins_inside_a_period_begins_it():
    shanxi = policies.period("2022", dt.date(2022, 7, 1))
    assert (shanxi.start, shanxi.end) == (dt.date(2022, 7, 1), dt.date(2022, 12, 31))
    # 31 + 31 + 30 + 31 + 30 = 153 days to the end of November, of 184
    assert shanxi.elapsed(dt.date(2022, 11, 30)) == D(153) / 184
    assert policies.period("2023", dt.date(2022, 7, 1)).start == dt.date(2023, 1, 1)


def test_time_gone_by_is_between_nothing_and_all():
    year = policies.period("2026")
    assert year.elapsed(dt.date(2025, 12, 31)) == 0
    assert year.elapsed(dt.date(2026, 1, 1)) == D(1) / 365
    assert year.elapsed(DEC_31) == year.elapsed(dt.date(2027, 3, 1)) == 1


@pytest.mark.parametrize(
    ("sign", "actual", "expected"),
    [(">", 13037, False), (">", 13038, True), (">=", 6552, False), (">=", 6553, True), ("=", 0, True), ("<=", 1, True)],
)
def test_the_sign_decides_at_the_edge(sign, actual, expected):
    wanted = {">": D(13037), ">=": D(6553), "=": D(0), "<=": D(1)}[sign]
    assert policies.met(sign, D(actual), wanted) is expected


@pytest.mark.parametrize(
    ("actual", "elapsed", "expected"),
    [
        (100, "0.2", "met"),
        (99, "0.9", "on_time"),
        (50, "0.5", "on_time"),  # as much as time
        (49, "0.5", "behind"),
        (99, "1", "missed"),
        (None, "0.5", "unknown"),
    ],
)
def test_who_has_less_than_time_is_behind(actual, elapsed, expected):
    assert policies.status(">=", None if actual is None else D(actual), D(100), D(elapsed)) == expected


def test_a_ceiling_that_is_broken_is_behind_and_has_no_share():
    assert policies.share("=", D(3), D(0)) is None
    assert policies.status("=", D(3), D(0), D("0.1")) == "behind"
    assert policies.status("=", D(0), D(0), D("0.1")) == "met"


def test_a_forecast_spreads_the_growth_evenly_over_the_days():
    # 20 in 90 days; 30 more to go: 30 x 90 / 20 = 135 days after 31 May
    on, since = MAY_31, dt.date(2026, 3, 2)
    assert (on - since).days == 90
    assert policies.forecast(">=", D(100), D(70), D(50), on, since) == dt.date(2026, 10, 13)
    # "more than" needs one more: 31 x 90 / 20 = 139.5, so 140 days
    assert policies.forecast(">", D(100), D(70), D(50), on, since) == dt.date(2026, 10, 18)


@pytest.mark.parametrize(
    ("sign", "now", "then", "days"),
    [(">=", 50, 50, 90), (">=", 40, 50, 90), (">=", 70, 50, 13), ("=", 3, 5, 90), (">=", 50, 49, 90_000)],
)
def test_no_forecast_without_growth_or_over_a_few_days(sign, now, then, days):
    since = dt.date(2026, 5, 31) - dt.timedelta(days=days)
    assert policies.forecast(sign, D(100), D(now), D(then), MAY_31, since) is None


def test_shares_go_by_people_and_add_up():
    # 100 over 13, 6, 2 of 21: 61.90, 28.57, 9.52: floors 61 28 9 = 98; the two left go to .90 and .57
    assert policies.share_out(D(100), {"a": 13, "b": 6, "c": 2}, D(1)) == {"a": 62, "b": 29, "c": 9}


def test_of_equal_remainders_the_first_code_gets_the_odd_one():
    assert policies.share_out(D(10), {"c": 1, "a": 1, "b": 1}, D(1)) == {"c": 3, "a": 4, "b": 3}


def test_tenths_are_shared_as_tenths():
    # 80.9 = 809 tenths over 2 and 1: 539.33, 269.67
    assert policies.share_out(D("80.9"), {"a": 2, "b": 1}, D("0.1")) == {"a": D("53.9"), "b": D("27.0")}


def test_who_has_nobody_gets_nothing():
    assert policies.share_out(D(7), {"a": 5, "b": 0}, D(1)) == {"a": 7, "b": 0}


def test_what_cannot_be_shared_is_refused():
    with pytest.raises(DomainError, match="no_weights"):
        policies.share_out(D(7), {"a": 0}, D(1))
    with pytest.raises(DomainError, match="no_parts"):
        policies.share_out(D("7.5"), {"a": 1}, D(1))


ALLOWED = {  # written by hand: (role, scope, division, ordered from above)
    (Role.COUNTY, "532323", "532323101", True),
    (Role.COUNTY, "532323", "532323101", False),
    (Role.COUNTY, "532323", "532323", False),  # the notice's own: nobody above has set it
    (Role.CITY, "5323", "532323", True),
    (Role.CITY, "5323", "532323", False),
    (Role.TOWNSHIP, "532323101", "532323101201", True),
    (Role.TOWNSHIP, "532323101", "532323101201", False),
}


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    ("role", "scope", "division"),
    [
        (Role.COUNTY, "532323", "532323101"),
        (Role.COUNTY, "532323", "532323"),
        (Role.CITY, "5323", "532323"),
        (Role.TOWNSHIP, "532323101", "532323101201"),
        (Role.TOWNSHIP, "532323101", "532323101"),
        (Role.COLLECTOR, "532323101", "532323101201"),
        (Role.PARTNER, "532323", "532323101"),
    ],
)
def test_only_a_level_above_sets_a_target(role, scope, division, ordered):
    expected = nullcontext() if (role, scope, division, ordered) in ALLOWED else pytest.raises(NotAllowed)
    with expected:
        policies.check_may_set(role, [scope], division, ordered_from_above=ordered)
