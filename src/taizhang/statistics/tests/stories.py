"""Random stories of a county of a few people: entered, corrected, moved, ended, undone."""

import contextlib
import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from taizhang.engine.errors import DomainError
from taizhang.ledger import actions
from taizhang.ledger.models import Batch
from taizhang.ledger.states import Source
from taizhang.ledger.tests.people import enter, person
from taizhang.statistics.tests.closing import CUT_OFF
from taizhang.statistics.tests.population import JUNTUN, TIANTAI

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


def make(li, what, of_what, day):
    if what == "enter":
        seen = {sequence: (values, job) for sequence, values, job in of_what}
        enter(li, *(person(sequence, **values, **(job or {})) for sequence, (values, job) in seen.items()), on=day)
        return
    batches = list(Batch.objects.filter(state="applied").exclude(source=Source.UNDO).order_by("id"))[1:]
    if batches:
        with contextlib.suppress(DomainError):  # undone already
            actions.undo(actor=li, batch=batches[of_what % len(batches)], reason="试")
