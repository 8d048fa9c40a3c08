"""C3 of a hand-made population: every expected number is counted from the comments in population.py."""

import datetime as dt
from decimal import Decimal

import pytest

from taizhang.accounts.acting import acting_for
from taizhang.statistics import indicators, tables
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, DAY, GONGHE, JUNTUN, MACHANG, TIANTAI, XINQIAO, job, person

pytestmark = pytest.mark.django_db

# Columns 1 to 20, village by village. The people are named by their number in population.py.
EXPECTED = {
    TIANTAI: {
        "pool": 13,  # 1-12 and 17; 13 too young, 14 unable, 15 pensioner, 16 non-agricultural
        "pool_poor": 2,  # 1, 10
        "transferred": 9,  # 1-9
        "transferred_in_county": 4,  # 3, 4 (unknown), 6, 9
        "transferred_in_province": 2,  # 7, 8
        "transferred_out_of_province": 3,  # 1, 2, 5 (abroad)
        "transferred_primary": 1,  # 5
        "transferred_secondary": 4,  # 1, 2, 7, 9
        "transferred_tertiary": 4,  # 3, 4 (unknown), 6, 8 (A05)
        "transferred_organised": 2,  # 1, 5
        "transferred_on_own": 7,  # 2, 3, 4, 6, 7, 8, 9
        "transferred_female": 3,  # 1, 3, 6
        "transferred_poor": 1,  # 1
        "new_transfer_month": 1,  # 1
        "new_transfer_year": 2,  # 1, 7; 2 was away already on the first of January
        "new_transfer_year_out_of_province": 1,  # 1
        "not_transferred": 4,  # 10, 11, 12, 17
        "not_transferred_able_willing": 1,  # 10
        "not_transferred_able_unwilling": 2,  # 12, 17
        "not_transferred_unable": 1,  # 11
        "column_21": Decimal("69.2"),  # 9 / 13 = 0.6923
        # 3000 + 5001 + 2000 + 4000 + 3500 + 2500 + 1999 = 22,000 of 7 people = 3142.86
        "monthly_wage_mean": 3143,
    },
    JUNTUN: {
        "pool": 7,  # 18, 19, 20, 23, 24, 25, 26; 21 dead, 22 moved away
        "pool_poor": 2,  # 20, 26
        "transferred": 4,  # 18, 23, 24, 26
        "transferred_in_county": 2,  # 24, 26 (which county of the prefecture is unknown)
        "transferred_in_province": 0,
        "transferred_out_of_province": 2,  # 18, 23
        "transferred_primary": 1,  # 18
        "transferred_secondary": 1,  # 26
        "transferred_tertiary": 2,  # 23, 24
        "transferred_organised": 2,  # 18, 26
        "transferred_on_own": 2,  # 23, 24
        "transferred_female": 1,  # 26
        "transferred_poor": 1,  # 26
        "new_transfer_month": 1,  # 24 (begun on the day itself); 18 only changed jobs
        "new_transfer_year": 1,  # 24
        "new_transfer_year_out_of_province": 0,
        "not_transferred": 3,  # 19, 20, 25
        "not_transferred_able_willing": 1,  # 25
        "not_transferred_able_unwilling": 0,
        "not_transferred_unable": 2,  # 19, 20
        "column_21": Decimal("57.1"),  # 4 / 7 = 0.5714
        "monthly_wage_mean": 5778,  # 6000 + 8000 + 3333 = 17,333 of 3 = 5777.67
    },
    MACHANG: {
        "pool": 2,
        "pool_poor": 0,
        "transferred": 1,  # 27
        "transferred_in_county": 1,
        "transferred_in_province": 0,
        "transferred_out_of_province": 0,
        "transferred_primary": 0,
        "transferred_secondary": 0,
        "transferred_tertiary": 1,
        "transferred_organised": 1,
        "transferred_on_own": 0,
        "transferred_female": 1,
        "transferred_poor": 0,
        "new_transfer_month": 0,
        "new_transfer_year": 1,
        "new_transfer_year_out_of_province": 0,
        "not_transferred": 1,  # 28
        "not_transferred_able_willing": 0,
        "not_transferred_able_unwilling": 0,
        "not_transferred_unable": 1,
        "column_21": Decimal("50.0"),
        "monthly_wage_mean": 2750,
    },
}
COUNTS = [name for name in EXPECTED[MACHANG] if name not in ("column_21", "monthly_wage_mean")]


@pytest.fixture
def county() -> list[str]:
    ids = population.load_people()
    with acting_for([COUNTY]):
        yield ids


@pytest.mark.parametrize("engine", ["snapshot", "ledger"])
def test_c3_shows_the_numbers_counted_by_hand(county, engine):
    result = tables.compute("mouding-2017", "C3", COUNTY, DAY, engine=engine)
    for village, expected in EXPECTED.items():
        assert result.cells[village] == expected
    # 共和镇: 22,000 + 17,333 = 39,333 of 10 people; 13 / 20
    assert result.cells[GONGHE]["monthly_wage_mean"] == 3933
    assert result.cells[GONGHE]["column_21"] == Decimal("65.0")
    # county: 42,083 of 11 people = 3825.73; 14 / 22 = 0.6364
    assert result.cells[COUNTY]["monthly_wage_mean"] == 3826
    assert result.cells[COUNTY]["column_21"] == Decimal("63.6")
    assert result.violations == ()


def test_county_is_the_sum_of_its_towns_and_of_its_villages(county):
    cells = tables.compute("mouding-2017", "C3", COUNTY, DAY).cells
    for name in COUNTS:
        assert cells[COUNTY][name] == cells[GONGHE][name] + cells[XINQIAO][name]
        assert cells[COUNTY][name] == cells[TIANTAI][name] + cells[JUNTUN][name] + cells[MACHANG][name]


def test_every_number_is_the_number_of_people_behind_it_in_the_ledger_too(county):
    """`test_every_cell_opens` asks the snapshot, of all tables."""
    cells = tables.compute("mouding-2017", "C3", COUNTY, DAY).cells
    for name in COUNTS:
        for division in (COUNTY, GONGHE, XINQIAO, TIANTAI, JUNTUN, MACHANG):
            people = indicators.people("mouding-2017", name, division, DAY, engine="ledger")
            assert len(people) == len(set(people)) == cells[division][name], (division, name)


def test_a_number_opens_to_exactly_its_people(county):
    # 省外 of 共和镇: persons 1, 2, 5, 18 and 23
    people = indicators.people("mouding-2017", "transferred_out_of_province", GONGHE, DAY)
    assert set(people) == {county[0], county[1], county[4], county[17], county[22]}
    # the mean opens to those who have a wage and are transferred: 24 has none
    people = indicators.people("mouding-2017", "monthly_wage_mean", JUNTUN, DAY)
    assert set(people) == {county[17], county[22], county[25]}


def test_pages_of_people_neither_repeat_nor_skip(county):
    whole = indicators.people("mouding-2017", "pool", COUNTY, DAY)
    pages = [indicators.people("mouding-2017", "pool", COUNTY, DAY, limit=5, offset=at) for at in range(0, 30, 5)]
    assert [worker for page in pages for worker in page] == whole
    assert len(whole) == 22


def test_the_table_of_an_earlier_day_shows_that_day(county):
    # On 1 August 18 still had the old job and 19 a job; 24's, and 1's, had not begun; 12 was not yet sixteen.
    cells = tables.compute("mouding-2017", "C3", COUNTY, dt.date(2017, 8, 1)).cells
    assert cells[JUNTUN]["transferred"] == 4  # 18, 19, 23, 26
    assert cells[TIANTAI]["transferred"] == 8  # 2-9
    assert cells[TIANTAI]["pool"] == 12
    assert cells[COUNTY]["new_transfer_month"] == 0
    assert cells[JUNTUN]["new_transfer_year"] == 0


def test_a_day_later_the_new_job_and_the_next_birthday_count(county):
    cells = tables.compute("mouding-2017", "C3", COUNTY, dt.date(2017, 8, 21)).cells
    assert cells[TIANTAI]["pool"] == 14  # 13 is sixteen now
    assert cells[TIANTAI]["transferred"] == 10  # 17 works now
    assert cells[TIANTAI]["new_transfer_month"] == 2  # 1, 17


@pytest.mark.parametrize(("division", "rows"), [(COUNTY, 6), (GONGHE, 3), (TIANTAI, 1), ("5323", 4)])
def test_rows_are_the_units_below_with_the_total_last(county, division, rows):
    result = tables.compute("mouding-2017", "C3", division, DAY)
    assert len(result.rows) == rows
    assert result.rows[-1].code == division
    assert result.cells[division]["pool"] == {COUNTY: 22, GONGHE: 20, TIANTAI: 13, "5323": 22}[division]


def test_a_unit_without_people_shows_zeros_and_no_mean(county):
    cells = tables.compute("mouding-2017", "C3", "330106", DAY).cells["330106"]
    assert cells["pool"] == 0
    assert cells["monthly_wage_mean"] is None
    assert cells["column_21"] is None


def test_the_day_of_death_counts_no_more_and_a_residents_pension_leaves_the_pool():
    work = job("2016-01-01", "330106", "C18", "2", 4000)
    population.load_people(
        [
            # died on the 20th, the table's own day; the next one on the 21st
            person("韩逝", TIANTAI, "1970-01-01", standing="31", standing_from=DAY, spells=[work]),
            person("韩晚", TIANTAI, "1970-01-01", standing="31", standing_from=dt.date(2017, 8, 21), spells=[work]),
            # sixty-two and at work: with a resident's pension out of the pool, without one in it
            person("钱领", TIANTAI, "1955-01-01", pension_status="1", spells=[work]),
            person("钱未", TIANTAI, "1955-01-01", pension_status="0", spells=[work]),
        ]
    )
    with acting_for([COUNTY]):
        days = (dt.date(2017, 8, 19), DAY, dt.date(2017, 8, 21))
        cells = [tables.compute("mouding-2017", "C3", TIANTAI, day).cells[TIANTAI] for day in days]
    # both 韩 and 钱未; 韩晚 and 钱未; 钱未
    assert [(cell["pool"], cell["transferred_out_of_province"]) for cell in cells] == [(3, 3), (2, 2), (1, 1)]
