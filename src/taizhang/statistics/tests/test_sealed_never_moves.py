"""R38: whatever is entered, corrected, moved, ended or undone after a seal, no cell of the sealed month ever moves, whether
it is read from the sealed file or worked out anew from the ledger's history."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings

from taizhang.accounts.acting import acting_as
from taizhang.ledger.tests.people import enter, person
from taizhang.statistics import adjusting, indicators, proving, tables
from taizhang.statistics.tests import closing, population
from taizhang.statistics.tests.closing import CUT_OFF, MOUDING
from taizhang.statistics.tests.population import COUNTY
from taizhang.statistics.tests.stories import make, steps


def every_cell(**options):
    return tables.compute(MOUDING, "C3", COUNTY, CUT_OFF, **options).cells


@pytest.fixture(scope="module")
def sealed(module_database):
    """(officer, cells of C3 at every level, ids behind the pool) when it was sealed."""
    population.load_tree()
    li = closing.population()
    closing.sealed(li)
    with acting_as(li):
        return li, every_cell(known="then"), indicators.people(MOUDING, "pool", COUNTY, CUT_OFF, known="then")


@given(steps)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cell_of_a_sealed_month_ever_moves(sealed, story):
    li, cells, _ = sealed
    with acting_as(li):
        for what, of_what, day in story:
            make(li, what, of_what, day)
        assert every_cell(known="then") == cells
        assert every_cell(known="then", engine="ledger") == cells


def test_after_all_that_the_history_gives_the_sealed_rows_back(sealed):
    with acting_as(sealed[0]):
        assert proving.check_all() == []


def test_the_people_who_differ_explain_every_difference(sealed):
    """What the list of adjustments names is exactly the difference of the two pools."""
    li, _, pool = sealed
    with acting_as(li):
        enter(li, closing.worker(17), person(11, pool_status="31"), on=dt.date(2017, 8, 10))
        now = set(indicators.people(MOUDING, "pool", COUNTY, CUT_OFF))
        settings_of = indicators.programme_of(MOUDING)
        found = adjusting.adjustments(settings_of, COUNTY, CUT_OFF, limit=100)
        assert {one.worker_id for one in found if one.kind == "came"} == now - set(pool)
        assert {one.worker_id for one in found if one.kind == "left"} == set(pool) - now
        assert all(one.reasons for one in found)
