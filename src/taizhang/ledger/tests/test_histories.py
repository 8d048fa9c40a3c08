"""Random histories through the door and back: what always holds, and the values against a small model in Python."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import county_li
from taizhang.ledger import actions, verify
from taizhang.ledger.models import Batch
from taizhang.ledger.tests.people import AUGUST, JUNTUN, TIANTAI, hand_in, number, person
from taizhang.protection import keys

JOB = ("employer_name", "start_date", "monthly_wage")
SHOWN = ("education", "home_address", "hukou_region", "pool_status", *JOB)

jobs = st.builds(
    lambda employer, start, wage: {
        "employer_name": employer,
        "start_date": dt.date(2017, start, 1),
        "monthly_wage": Decimal(wage),
    },
    st.sampled_from(["甲厂", "乙厂"]),
    st.integers(1, 12),
    st.integers(2000, 2003),
)
facts = st.fixed_dictionaries(
    {},
    optional={
        "education": st.sampled_from(["60", "70"]),
        "home_address": st.sampled_from(["上村", "下村"]),
        "hukou_region": st.sampled_from([TIANTAI, JUNTUN]),
        "pool_status": st.sampled_from(["10", "21", "31"]),
    },
)
rows = st.lists(st.tuples(st.integers(1, 3), facts, st.none() | jobs), min_size=1, max_size=3)
steps = st.lists(
    st.tuples(st.just("enter"), rows) | st.tuples(st.just("undo"), st.integers(0, 5)), min_size=1, max_size=6
)


class Model:
    """What the flat rows should show. `past`: per person the values before each batch that stands, newest last."""

    def __init__(self):
        self.now, self.past = {}, {}

    def enter(self, batch, handed_in):
        seen = set()
        for sequence, values, job in handed_in:
            if sequence in seen:  # of rows about one person the first counts
                continue
            seen.add(sequence)
            before = self.now.get(sequence)
            after = {**(before or dict.fromkeys(SHOWN) | {"pool_status": "10", "hukou_region": TIANTAI}), **values}
            gone = after["pool_status"] == "31"
            after |= dict.fromkeys(JOB) if gone else job or {}
            if after != before:
                self.past.setdefault(sequence, []).append((batch, before))
                self.now[sequence] = after

    def undo(self, batch):
        for sequence, stack in self.past.items():
            if stack and stack[-1][0] == batch:
                before = stack.pop()[1]
                if before is None:
                    del self.now[sequence]
                else:
                    self.now[sequence] = before


def shown():
    from taizhang.ledger.queries import fetch

    tokens = {keys.token("id_number", number(sequence=sequence)): sequence for sequence in (1, 2, 3)}
    return {
        tokens[bytes(row["id_token"])]: {item: row[item] for item in SHOWN}
        for row in fetch("SELECT * FROM worker_flat", [])
    }


def row(sequence, values, job):
    values = {
        **person(sequence),
        **dict.fromkeys(SHOWN),
        "status_date": None,
        "hukou_region": TIANTAI,
        **values,
        **(job or {}),
    }
    return values


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps)
def test_whatever_enters_and_is_undone_the_ledger_agrees_with_the_model(db, history):
    li, model, day = county_li(), Model(), AUGUST
    with transaction.atomic(), acting_as(li):
        for verb, argument in history:
            day += dt.timedelta(days=20)
            if verb == "enter":
                known = {sequence: model.now[sequence]["hukou_region"] for sequence in model.now}
                argument = [(s, {"hukou_region": known.get(s, TIANTAI)} | v, j) for s, v, j in argument]
                batch = hand_in(li, *(row(*one) for one in argument), on=day)
                actions.apply(actor=li, batch=batch)
                model.enter(batch.pk, argument)
            else:
                applied = list(Batch.objects.filter(state="applied").exclude(source="undo").order_by("id"))
                if applied:
                    batch = applied[argument % len(applied)]
                    actions.undo(actor=li, batch=batch, reason="试验")
                    model.undo(batch.pk)
            assert shown() == model.now
            assert verify.check_all() == []
        transaction.set_rollback(True)
