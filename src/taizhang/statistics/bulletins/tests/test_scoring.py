"""Marks, worked out by hand."""

from decimal import Decimal as D

import pytest

from taizhang import catalogue
from taizhang.catalogue.duedates import Standing
from taizhang.statistics.bulletins import scoring
from taizhang.statistics.bulletins.scoring import Score

CARD = catalogue.load().programmes["mouding-2017"].scorecard  # 40, 30, 30; 10 a day; below 60


def standing(kind: str, days: int = 0) -> Standing:
    return Standing(kind, days)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([standing("on_time")], "100.0"),
        ([standing("late", 3)], "70.0"),  # 100 - 3 x 10
        ([standing("late", 30)], "0.0"),
        ([standing("overdue", 1)], "0.0"),
        ([standing("on_time"), standing("late", 1), standing("overdue", 9)], "63.3"),  # (100 + 90 + 0) / 3
    ],
)
def test_timeliness_goes_down_by_the_day(found, expected):
    assert scoring.timeliness(CARD, found) == D(expected)


def test_what_was_not_due_is_not_marked():
    assert scoring.timeliness(CARD, [standing("open", 3), standing("no_date")]) is None


def test_the_total_weighs_what_can_be_marked():
    assert scoring.total(CARD, D(100), D(90), D(80)) == D("91.0")  # (40 x 100 + 30 x 90 + 30 x 80) / 100
    assert scoring.total(CARD, D(0), D(100), None) == D("42.9")  # 3,000 / 70
    assert scoring.total(CARD, None, None, None) is None


def test_equal_marks_share_a_rank_and_the_unmarked_come_last():
    found = [
        Score("a", "甲", None, D(90), None, D(90), 0),
        Score("b", "乙", None, None, None, None, 0),
        Score("c", "丙", None, D(95), None, D(95), 0),
        Score("d", "丁", None, D(90), None, D(90), 0),
    ]
    assert [(rank, one.name) for rank, one in scoring.ranked(found)] == [(1, "丙"), (2, "甲"), (2, "丁"), (None, "乙")]


def test_who_scores_too_little_or_is_late_and_behind_is_talked_to():
    low = Score("a", "甲", D(0), D(100), None, D("42.9"), 1)
    late = Score("b", "乙", D(90), D(100), D(100), D("96.0"), 1)
    good = Score("c", "丙", D(100), D(100), D(100), D("100.0"), 0)
    assert scoring.talk(CARD, [low, late, good], ["b", "c"]) == [
        (low, ["得分 42.9，低于 60 分"]),
        (late, ["迟报或未报 1 期，任务进度又落后"]),
    ]
