"""Random walks of papers through review against a model: what the model forbids never happens, whatever the order.

Held after every step: nobody approved their own, nobody is in the ledger twice, nobody without the last office's
approval, and every change of state left one decision and one audit entry.
"""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import collector_lan, county_li, county_zhao, township_wei
from taizhang.engine.errors import DomainError
from taizhang.ledger.models import Batch, Submission, Worker
from taizhang.ledger.queries import decisions_on
from taizhang.protection.models import AuditEntry
from taizhang.review import actions
from taizhang.review.tests.papers import row, submit, township_two

pytestmark = pytest.mark.django_db
CAST = {who.__name__: who for who in (collector_lan, township_wei, township_two, county_li, county_zhao)}
TOWNSHIP, COUNTY = ("township_wei", "township_two"), ("county_li", "county_zhao")
PEOPLE = (1, 2)
actors, numbers = st.sampled_from(sorted(CAST)), st.integers(0, 5)


class Review(RuleBasedStateMachine):
    """`papers`: submission -> [who handed it in, person, state]; `log`: decisions as the model expects."""

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.before = AuditEntry.objects.filter(action__startswith="review.").count()
        self.papers, self.log, self.calls, self.wage = {}, {}, 0, 3000

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def move(self, paper, verb: str, target: str) -> None:
        self.log[paper].append((verb, self.papers[paper][2], target))
        self.papers[paper][2] = target

    @rule(who=st.sampled_from(("collector_lan", "township_wei", "county_li")), number=st.sampled_from(PEOPLE))
    def hand_in(self, who: str, number: int) -> None:
        self.wage += 1
        division = {"collector_lan": "532323101201", "township_wei": "532323101", "county_li": "532323"}[who]
        batch = submit(CAST[who](), row(number, monthly_wage=self.wage), division=division)
        with acting_as(county_li()):
            paper = Submission.objects.get(batch=batch).pk
        older = [
            (other, state)
            for other, (by, person, state) in self.papers.items()
            if person == number and (state == "returned" or (by == who and state in ("submitted", "township_approved")))
        ]
        for other, _ in older:
            self.move(other, "supersede", "superseded")
        self.papers[paper], self.log[paper] = [who, number, "submitted"], [("submit", "draft", "submitted")]
        self.calls += 1 + bool(older)

    def _decide(self, who: str, number: int, verb: str) -> None:
        """Press the button; the model says whether that may work."""
        if not self.papers:
            return
        paper = sorted(self.papers)[number % len(self.papers)]
        by, _, state = self.papers[paper]
        office = {"submitted": TOWNSHIP, "township_approved": COUNTY}.get(state, ())
        own = verb == "withdraw"
        allowed = (who == by and state in ("submitted", "returned")) if own else (who != by and who in office)
        with acting_as(CAST[who]()):
            batch = Batch.objects.get(submission=paper)
            try:
                if verb == "approve":
                    decided = actions.approve(actor=CAST[who](), batch=batch, ids=[paper])
                elif verb == "return":
                    decided = actions.send_back(actor=CAST[who](), batch=batch, ids=[paper], reason="电话打不通")
                else:
                    decided = actions.withdraw(actor=CAST[who](), batch=batch, ids=[paper])
            except DomainError:
                assert not allowed, (who, verb, self.papers[paper])
                return
        assert allowed, (who, verb, self.papers[paper])
        if decided.handed_back:  # somebody else's paper about the person was entered meanwhile
            assert (verb, state) == ("approve", "township_approved")
            self.move(paper, "return", "returned")
        else:
            approved = {"submitted": "township_approved", "township_approved": "entered"}
            self.move(
                paper, verb, {"approve": approved.get(state, ""), "return": "returned", "withdraw": "withdrawn"}[verb]
            )
        self.calls += 1

    @rule(who=actors, number=numbers)
    def approve(self, who: str, number: int) -> None:
        self._decide(who, number, "approve")

    @rule(who=st.sampled_from(TOWNSHIP + COUNTY), number=numbers)
    def approve_more(self, who: str, number: int) -> None:
        self._decide(who, number, "approve")

    @rule(who=actors, number=numbers)
    def send_back(self, who: str, number: int) -> None:
        self._decide(who, number, "return")

    @rule(who=actors, number=numbers)
    def withdraw(self, who: str, number: int) -> None:
        self._decide(who, number, "withdraw")

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "papers"):
            return
        with acting_as(county_li()):
            assert dict(Submission.objects.values_list("pk", "state")) == {
                paper: state for paper, (_, _, state) in self.papers.items()
            }
            found: dict = {paper: [] for paper in self.papers}
            for one in decisions_on(self.papers):
                found[one.submission_id].append((one.verb, one.from_state, one.to_state))
                assert one.verb != "approve" or one.actor_id != one.batch.submitted_by_id
            assert found == self.log
            entered = {person for _, person, state in self.papers.values() if state == "entered"}
            assert Worker.objects.count() == len(entered)  # once each, and nobody else
            for paper, (_, _, state) in self.papers.items():
                assert (("approve", "township_approved", "entered") in self.log[paper]) == (state == "entered")
        assert AuditEntry.objects.filter(action__startswith="review.").count() - self.before == self.calls


def test_no_walk_through_review_breaks_its_rules() -> None:
    run_state_machine_as_test(
        Review,
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
