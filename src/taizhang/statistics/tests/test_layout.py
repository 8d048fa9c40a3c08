"""Heads, formulas and checks of a table, on numbers made up for the purpose."""

from decimal import Decimal

import pytest

from taizhang.catalogue import load
from taizhang.catalogue.schema import Table
from taizhang.statistics import layout


@pytest.fixture(scope="module")
def c3() -> Table:
    return load().programmes["mouding-2017"].tables["C3"]


def row(c3: Table, **changed: layout.Number) -> dict[str, layout.Number]:
    """A row in which everything holds: 100 people, 60 transferred, then what the test changes."""
    numbers = [100, 20, 60, 30, 10, 20, 5, 25, 30, 15, 45, 25, 10, 3, 12, 4, 40, 10, 12, 18, None, 3000]
    found = dict(zip(layout.columns(c3), numbers, strict=True))
    layout.fill_formulas(c3, found)
    return {**found, **changed}


def test_a_sound_row_breaks_no_check(c3):
    assert row(c3)["column_21"] == Decimal("60.0")
    assert layout.violations(c3, "532323", row(c3)) == []


@pytest.mark.parametrize(
    ("column", "value", "broken"),
    [
        ("transferred_in_county", 31, ["4 + 5 + 6 = 3"]),  # 31 + 10 + 20 = 61
        ("transferred_tertiary", 29, ["7 + 8 + 9 = 3"]),
        ("transferred_on_own", 44, ["10 + 11 = 3"]),
        ("transferred_female", 61, ["12 <= 3"]),
        ("transferred_poor", 21, ["13 <= 2"]),
        ("new_transfer_month", 13, ["14 <= 15"]),
        ("new_transfer_year_out_of_province", 13, ["16 <= 15"]),
        ("not_transferred_unable", 17, ["18 + 19 + 20 = 17"]),
        ("column_21", Decimal("60.1"), ["21 = 3 / 1"]),
        ("pool", 101, ["17 = 1 - 3", "21 = 3 / 1"]),  # 101 - 60 = 41; 60 / 101 = 59.4
    ],
)
def test_a_wrong_number_is_named_by_the_checks_it_breaks(c3, column, value, broken):
    found = layout.violations(c3, "532323", row(c3, **{column: value}))
    assert [violation.check for violation in found] == broken
    assert all(column in violation.columns for violation in found)


def test_a_violation_tells_both_sides(c3):
    (found,) = layout.violations(c3, "532323", row(c3, transferred_in_county=31))
    assert (found.code, found.left, found.right) == ("532323", 61, 60)
    assert found.columns == (
        "transferred_in_county",
        "transferred_in_province",
        "transferred_out_of_province",
        "transferred",
    )


def test_a_check_over_a_missing_number_says_nothing(c3):
    assert layout.violations(c3, "532323", row(c3, column_21=None)) == []


@pytest.mark.parametrize(
    ("formula", "percent", "decimals", "expected"),
    [
        ("3/1", True, 1, Decimal("60.0")),
        ("1-3", False, 0, 40),
        ("4+5*2-6", False, 0, 210),  # 30 + 10 x 20 - 20: products first
        ("1/2/5", False, 2, Decimal("0.50")),  # 100 / 20 / 10
        ("2/3", True, 1, Decimal("33.3")),
        ("1/21", False, 0, None),  # a missing number
    ],
)
def test_formulas_are_worked_out_exactly(c3, formula, percent, decimals, expected):
    leaf = c3.leaves[20].model_copy(update={"formula": formula, "percent": percent, "decimals": decimals})
    numbers = {one.no: value for one, value in zip(c3.leaves, row(c3, column_21=None).values(), strict=True)}
    assert layout.formula(leaf, numbers) == expected


def test_targets_and_rates_of_them_are_not_counted_again():
    table = load().programmes["mouding-2017"].tables["C4"]
    assert layout.from_ledger(table) == {
        "new_transfer_month", "new_transfer_year", "new_transfer_month_out_of_province",
        "new_transfer_year_out_of_province", "new_transfer_month_poor", "new_transfer_year_poor", "startups",
    }  # fmt: skip
    assert "column_21" in layout.from_ledger(load().programmes["mouding-2017"].tables["C3"])


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (112, 100, (12, Decimal("12.0"))),
        (2, 3, (-1, Decimal("-33.3"))),
        (5, 0, (5, None)),
        (None, 3, None),
        (3, None, None),
    ],
)
def test_a_change_is_a_difference_and_its_percentage(c3, now, before, expected):
    assert layout.change(c3.leaves[0], now, before) == expected


def test_a_rate_changes_by_points(c3):
    assert layout.change(c3.leaves[20], Decimal("63.6"), Decimal("60.1")) == (Decimal("3.5"), None)


def test_ten_thousand_is_a_word_of_formulas(c3):
    leaf = c3.leaves[20].model_copy(update={"formula": "2/1/万", "percent": True, "decimals": 1})
    assert layout.formula(leaf, {1: Decimal("52.5"), 2: 131_250}) == Decimal("25.0")


def test_dividing_by_nobody_gives_nothing(c3):
    assert layout.formula(c3.leaves[20], {1: 0, 3: 0}) is None


def test_halves_are_rounded_up():
    assert layout.rounded(Decimal("2.5"), 0) == 3
    assert layout.rounded(Decimal("3.5"), 0) == 4
    assert layout.rounded(Decimal("0.25"), 1) == Decimal("0.3")


def test_heads_reach_over_what_they_hold(c3):
    heads = {(head.row, head.first): head for head in layout.heads(c3)}
    assert heads[0, 2][:5] == ("已转移就业", 0, 2, 1, 11)
    assert heads[1, 3][:5] == ("按区域", 1, 3, 1, 3)
    assert heads[1, 2][:6] == ("人数", 1, 2, 2, 1, "transferred")
    assert heads[2, 5][:6] == ("省外", 2, 5, 1, 1, "transferred_out_of_province")
    assert heads[0, 20][:6] == ("转移率", 0, 20, 3, 1, "column_21")
    # every column is covered once in every row of the head
    for line in range(3):
        covered = [
            c for h in heads.values() if h.row <= line < h.row + h.rows for c in range(h.first, h.first + h.columns)
        ]
        assert sorted(covered) == list(range(22))


@pytest.mark.parametrize(
    ("column", "lines"),
    [(1, ["其中", "建档立卡"]), (5, ["省外"]), (18, ["有条件暂", "无意愿"]), (20, ["转移率", "%"])],
)
def test_long_heads_break_into_lines(c3, column, lines):
    head = next(head for head in layout.heads(c3) if head.first == column and head.column)
    assert head.lines == lines
