"""Periods, cut-offs and due days of the five notices, worked out by hand."""

import datetime as dt

import pytest

from taizhang import catalogue
from taizhang.catalogue import duedates
from taizhang.catalogue.schema import Due

D = dt.date


def programme(name="mouding-2017"):
    return catalogue.load().programmes[name]


def closed(name, **sealing):
    """A programme with another way of closing."""
    own = programme(name)
    return own.model_copy(update={"sealing": own.sealing.model_copy(update=sealing)})


def test_a_month_of_mouding_counts_from_the_21st_to_the_20th():
    found = duedates.periods_of(programme(), 2018)
    assert len(found) == 12
    march = found[2]
    assert (march.id, march.name, march.first, march.cut_off) == (
        "2018-03",
        "2018年3月",
        D(2018, 2, 21),
        D(2018, 3, 20),
    )


def test_the_first_period_is_the_first_cut_off_of_the_notice():
    assert [one.id for one in duedates.periods_of(programme(), 2017)] == [f"2017-{month:02d}" for month in range(8, 13)]
    assert duedates.find(programme(), "2017-07") is None
    assert duedates.find(programme(), "august") is None


@pytest.mark.parametrize(
    ("name", "period", "cut_off", "town", "county"),
    [
        # the towns by the 20th, the county any day of the month; data as of the 20th
        ("mouding-2017", "2017-08", D(2017, 8, 20), D(2017, 8, 20), D(2017, 8, 31)),
        ("guzhang-2020", "2020-10", D(2020, 10, 20), D(2020, 10, 20), D(2020, 10, 31)),
        # the figures of September by the 3rd of October: cut-off and due day lie in different months
        ("heyuan-2018", "2018-09", D(2018, 9, 30), None, D(2018, 10, 3)),
        ("heyuan-2018", "2018-12", D(2018, 12, 31), None, D(2019, 1, 3)),
        ("shanxi-2022", "2022-12", D(2022, 12, 31), None, None),  # updates are due from 2023 on
        ("shanxi-2022", "2023-02", D(2023, 2, 28), None, D(2023, 2, 28)),
        ("sichuan-2022", "2024-02", D(2024, 2, 29), None, D(2024, 2, 29)),  # the towns have no day
    ],
)
def test_cut_off_and_due_days_of_the_notices(name, period, cut_off, town, county):
    settings = programme(name)
    found = duedates.find(settings, period)
    assert found.cut_off == cut_off
    assert duedates.due(settings, found, "town") == town
    assert duedates.due(settings, found, "county") == county


def test_quarters_end_in_their_third_month():
    quarterly = closed("sichuan-2022", every="quarter", since=D(2022, 9, 30))
    assert [(one.id, one.name, one.first, one.cut_off) for one in duedates.periods_of(quarterly, 2022)] == [
        ("2022-Q3", "2022年第三季度", D(2022, 7, 1), D(2022, 9, 30)),
        ("2022-Q4", "2022年第四季度", D(2022, 10, 1), D(2022, 12, 31)),
    ]


def test_listed_dates_are_periods_of_their_own():
    """Annex 6 of 牟定: 20 July, 20 September, 20 November 2017, which no formula gives."""
    days = (D(2017, 7, 20), D(2017, 9, 20), D(2017, 11, 20))
    listed = closed("mouding-2017", cut_off=Due(dates=days), duties={"town": "K000-6", "county": "K000-6"})
    found = duedates.periods_of(listed, 2017)
    assert [one.id for one in found] == ["2017-07-20", "2017-09-20", "2017-11-20"]
    assert [duedates.due(listed, one, "town") for one in found] == list(days)


@pytest.mark.parametrize(
    ("due", "day"),
    [
        # 1-3 May 2024 were days off, 28 April and 11 May working Sundays and Saturdays
        (Due(every="month", working_day=3), D(2024, 5, 8)),  # 6, 7, 8
        (Due(every="month", day=1), D(2024, 5, 1)),  # notices are silent: no shift
        (Due(every="month", day=1, shift="next_workday"), D(2024, 5, 6)),
        (Due(every="month", day=11, shift="next_workday"), D(2024, 5, 11)),  # a Saturday that was worked
        (Due(every="month", month_end=True, shift="next_workday"), D(2024, 5, 31)),
    ],
)
def test_working_days_follow_the_states_calendar(due, day):
    assert duedates.in_period(due, D(2024, 5, 1), 1) == day


def test_before_the_20th_means_until_the_20th_at_midnight():
    due = D(2017, 8, 20)
    assert duedates.standing(due, None, D(2017, 8, 17)) == duedates.Standing("open", 3)
    assert duedates.standing(due, None, D(2017, 8, 20)) == duedates.Standing("open", 0)
    assert duedates.standing(due, None, D(2017, 8, 21)) == duedates.Standing("overdue", 1)
    assert duedates.standing(due, D(2017, 8, 20), D(2017, 9, 1)) == duedates.Standing("on_time")
    assert duedates.standing(due, D(2017, 8, 23), D(2017, 9, 1)) == duedates.Standing("late", 3)
    assert duedates.standing(None, None, D(2017, 9, 1)) == duedates.Standing("no_date")


@pytest.mark.parametrize(
    ("today", "period"), [(D(2017, 8, 20), "2017-08"), (D(2017, 8, 21), "2017-09"), (D(2017, 1, 1), "2017-08")]
)
def test_a_day_falls_into_the_period_that_ends_on_or_after_it(today, period):
    assert duedates.current(programme(), today).id == period


@pytest.mark.parametrize(
    ("name", "today", "period"),
    [
        ("mouding-2017", D(2017, 9, 25), "2017-09"),  # data as of the 20th, the county until the 30th
        ("mouding-2017", D(2017, 10, 1), "2017-10"),
        ("heyuan-2018", D(2018, 11, 3), "2018-10"),  # October's figures until 3 November
        ("heyuan-2018", D(2018, 11, 4), "2018-11"),
        ("sichuan-2022", D(2022, 8, 31), "2022-08"),
    ],
)
def test_the_period_in_hand_is_the_one_still_to_be_handed_up(name, today, period):
    assert duedates.in_hand(programme(name), today).id == period


def test_before_the_first_period_there_is_none():
    first = duedates.find(programme(), "2017-08")
    assert duedates.before(programme(), first) is None
    assert duedates.before(programme(), duedates.find(programme(), "2018-01")).id == "2017-12"


def test_recent_periods_go_back_over_the_turn_of_the_year():
    found = duedates.recent(programme(), D(2018, 2, 1), 4)
    assert [one.id for one in found] == ["2018-02", "2018-01", "2017-12", "2017-11"]


@pytest.mark.parametrize(
    ("name", "day", "turn"),
    [
        ("sichuan-2022", D(2022, 9, 5), ("2022年9月", D(2022, 9, 1), D(2022, 9, 30), D(2022, 9, 30))),
        # each month by the 20th; what is verified on the 25th still is of that month, late
        ("guzhang-2020", D(2020, 10, 25), ("2020年10月", D(2020, 10, 1), D(2020, 10, 31), D(2020, 10, 20))),
        ("mouding-2017", D(2017, 9, 1), ("2017年下半年", D(2017, 7, 1), D(2017, 12, 31), D(2017, 12, 31))),
        ("heyuan-2018", D(2018, 11, 30), ("2018年第四季度", D(2018, 10, 1), D(2018, 12, 31), D(2018, 12, 31))),
        ("shanxi-2022", D(2023, 2, 1), ("2023年", D(2023, 1, 1), D(2023, 12, 31), D(2023, 12, 31))),
        ("mouding-2017", D(2017, 6, 1), None),  # before the notice
    ],
)
def test_a_round_of_verification_goes_by_its_notice(name, day, turn):
    found = duedates.turn_of(programme(name), day)
    assert (found and (found.name, found.first, found.until, found.due)) == turn
