"""R38: whatever is entered, corrected, moved, ended or undone after a seal, no cell of the sealed month ever moves, whether
it is read from the sealed file or worked out anew from the ledger's history."""

import contextlib
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taizhang.accounts.acting import acting_as
from taizhang.engine.errors import DomainError
from taizhang.ledger import actions
from taizhang.ledger.models import Batch
from taizhang.ledger.states import Source
from taizhang.ledger.tests.people import enter, person
from taizhang.statistics import adjusting, indicators, proving, tables
from taizhang.statistics.tests import closing, population
from taizhang.statistics.tests.closing import CUT_OFF, MOUDING
from taizhang.statistics.tests.population import COUNTY, JUNTUN, TIANTAI

XINCUN = "532323102201"

facts = st.fixed_dictionaries(
    {},
    optional={
        "education": st.sampled_from(["60", "70"]),
        "is_poverty_registered": st.booleans(),
        "hukou_region": st.sampled_from([TIANTAI, JUNTUN, XINCUN]),
        "pool_status": st.sampled_from(["10", "21", "31", "41"]),
        "labour_ability": st.sampled_from(["1", "4"]),
        "transfer_condition": st.booleans(),
        "transfer_willingness": st.sampled_from(["1", "2"]),
    },
)
jobs = st.fixed_dictionaries(
    {
        "employer_name": st.sampled_from(["甲厂", "杭州某厂"]),
        "start_date": st.sampled_from([dt.date(2016, 5, 1), dt.date(2017, 3, 1), dt.date(2017, 8, 5), dt.date(2017, 9, 1)]),
        "work_region": st.sampled_from(["330106", "532323", "530102"]),
        "main_income_source": st.sampled_from(["1", "2", "3"]),
        "monthly_wage": st.integers(2000, 2003).map(Decimal),
    }
)  # fmt: skip
days = st.sampled_from([dt.date(2017, 8, 1), CUT_OFF, dt.date(2017, 9, 10)])
rows = st.lists(st.tuples(st.integers(11, 16), facts, st.none() | jobs), min_size=1, max_size=3)
steps = st.lists(
    st.tuples(st.just("enter"), rows, days) | st.tuples(st.just("undo"), st.integers(0, 9), st.none()),
    min_size=1,
    max_size=4,
)


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


def make(li, what, of_what, day):
    if what == "enter":
        seen = {sequence: (values, job) for sequence, values, job in of_what}
        enter(li, *(person(sequence, **values, **(job or {})) for sequence, (values, job) in seen.items()), on=day)
        return
    batches = list(Batch.objects.filter(state="applied").exclude(source=Source.UNDO).order_by("id"))[1:]
    if batches:
        with contextlib.suppress(DomainError):  # undone already
            actions.undo(actor=li, batch=batches[of_what % len(batches)], reason="试")


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
