"""Numbers, dates and pages as people read them."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.engine.pager import Pager
from taizhang.site.templatetags import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (98764, "98,764"),
        (-206, "−206"),
        (None, "—"),
        (0, "0"),
        (Decimal("4800.50"), "4,800.5"),
        (Decimal("54.000000"), "54"),
        (Decimal("1E+3"), "1,000"),
        ("1234", "1,234"),
    ],
)
def test_numbers_carry_commas_and_a_missing_one_is_a_dash(value: object, text: str) -> None:
    assert words.thousands(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(112, "+112"), (-206, "−206"), (0, "0"), (None, "—"), (Decimal("40.0"), "+40.0"), (Decimal("-25.0"), "−25.0")],
)
def test_a_change_has_its_sign(value: int | None, text: str) -> None:
    assert words.signed(value) == text


def test_a_share_is_a_percentage() -> None:
    assert words.percent(0.615) == "61.5%"
    assert words.percent(Decimal("0.9999"), 2) == "99.99%"


def test_dates_are_chinese() -> None:
    assert words.cn_date(dt.date(2026, 7, 16)) == "2026年7月16日"
    assert words.cn_month(dt.date(2026, 7, 1)) == "2026年7月"
    assert words.short_date(dt.date(2019, 2, 3)) == "2019年2月3日"
    utc = dt.datetime(2026, 6, 18, 2, 22, tzinfo=dt.UTC)
    assert words.cn_time(utc) == "2026年6月18日 10:22"  # Shanghai is UTC+8


def test_runs_of_months_are_joined() -> None:
    months = [dt.date(2020, 3, 1), dt.date(2020, 4, 1), dt.date(2020, 6, 1), dt.date(2020, 12, 1), dt.date(2021, 1, 1)]
    assert words.months_label(months) == "2020年3月—4月、6月、12月—2021年1月"


@pytest.mark.parametrize(
    ("item", "value", "text"),
    [
        ("is_poverty_registered", True, "是"),
        ("birth_date", "1985-04-12", "1985年4月12日"),
        ("sex", "2", "女"),
        ("full_name", None, "—"),
        ("full_name", "张𠮷祥", "张𠮷祥"),
    ],
)
def test_item_values_print_in_words(item: str, value: object, text: str) -> None:
    assert words.item_label(value, item) == text


def test_a_pager_counts_people() -> None:
    pager = Pager.of(4075, "204")
    assert (pager.first, pager.last, pager.pages) == (4061, 4075, 204)
    assert [page.number for page in pager.shown] == [1, 0, 202, 203, 204]


@pytest.mark.parametrize(
    ("asked", "number"), [(None, 1), ("0", 1), ("-3", 1), ("x", 1), ("9999", 3), ("3", 3), ("99999999999999999999", 1)]
)
def test_a_page_that_does_not_exist_becomes_one_that_does(asked: str | None, number: int) -> None:
    assert Pager.of(45, asked).number == number


def test_an_empty_list_has_one_page() -> None:
    pager = Pager.of(0, None)
    assert (pager.pages, pager.last, pager.slice) == (1, 0, slice(0, 20))


@pytest.mark.parametrize(
    ("value", "text"), [(Decimal("67.0"), "67.0"), (4711, "4,711"), (Decimal("-2.50"), "−2.50"), (None, "—")]
)
def test_a_number_of_a_table_keeps_its_decimals(value: object, text: str) -> None:
    assert words.printed(value) == text
