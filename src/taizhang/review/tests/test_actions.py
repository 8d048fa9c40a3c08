"""Decisions move rows, leave a decision and an audit entry each, and refusals change nothing."""

import pytest
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests.people import collector_lan, county_li, county_zhao, township_mo, township_wei
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger.models import Decision, Submission, Worker
from taizhang.ledger.queries import decisions_on
from taizhang.ledger.tests.people import enter, number
from taizhang.protection.models import AuditEntry
from taizhang.review import actions
from taizhang.review.tests.papers import (
    AUGUST,
    TIANTAI,
    audited,
    decisions,
    draft,
    only,
    review_from,
    reviewed_as,
    row,
    state,
    submit,
    township_two,
)

pytestmark = pytest.mark.django_db


def people() -> int:
    return Worker.objects.filter(retired_by=None).count()


def act(verb, actor, batch, **options):
    with acting_as(actor):
        return verb(actor=actor, batch=batch, **options)


@pytest.fixture
def batch():
    """Three newcomers handed in by Wei."""
    return submit(township_wei(), row(1), row(2), row(3))


def ids(batch) -> list:
    with acting_as(county_li()):
        return list(Submission.objects.filter(batch=batch).order_by("row_no").values_list("pk", flat=True))


def test_a_paper_walks_through_both_offices_into_the_ledger() -> None:
    paper = submit(township_wei(), row(1))
    decided = act(actions.approve, township_two(), paper)
    assert (decided.done, decided.entered) == (1, 0)
    with acting_as(county_li()):
        assert (state(paper), people()) == ("township_approved", 0)
    decided = act(actions.approve, county_li(), paper)
    assert (decided.done, decided.entered) == (1, 1)
    with acting_as(county_li()):
        assert (state(paper), people()) == ("entered", 1)
        assert decisions(paper) == [
            ("submit", "draft", "submitted"),
            ("approve", "submitted", "township_approved"),
            ("approve", "township_approved", "entered"),
        ]
    assert audited() == ["review.submit", "review.approve", "review.approve"]


def test_a_whole_batch_of_one_village_leaves_one_decision_naming_its_rows_and_one_audit_entry(batch) -> None:
    act(actions.approve, township_two(), batch)
    with acting_as(county_li()):
        assert decisions(batch).count(("approve", "submitted", "township_approved")) == 1
        decision = Decision.objects.get(verb="approve")
        assert decision.division == TIANTAI
        assert decision.rows == Multirange([Range(1, 4)])  # rows 1, 2 and 3
    entry = AuditEntry.objects.get(action="review.approve")
    assert (entry.actor, entry.subject) == (township_two().pk, str(batch.pk))
    assert entry.detail == {"rows": 3, "entered": 0, "handed_back": 0, "programme": "mouding-2017"}


def test_every_paper_is_told_its_own_decisions(batch) -> None:
    one, two, three = ids(batch)
    act(actions.approve, township_two(), batch, ids=[one, three])
    act(actions.send_back, township_two(), batch, ids=[two], reason="缺本人签字")
    with acting_as(county_li()):
        told = [(one.submission_id, one.verb) for one in decisions_on([two, three])]
    assert told == [(two, "submit"), (three, "submit"), (three, "approve"), (two, "return")]


@pytest.mark.parametrize(
    ("who", "code"), [(township_wei, "own_record"), (county_li, "wrong_role"), (collector_lan, "wrong_role")]
)
def test_a_refused_approval_changes_nothing(who, code) -> None:
    paper = submit(township_wei(), row(1))
    with acting_as(county_li()):
        before = (only(paper).state, only(paper).version, decisions(paper), audited())
    one = ids(paper)
    with pytest.raises(NotAllowed) as refusal:
        act(actions.approve, who(), paper, ids=one)
    assert refusal.value.code == code
    with acting_as(county_li()):
        assert (only(paper).state, only(paper).version, decisions(paper), audited()) == before


def test_a_neighbour_finds_nothing_to_decide(batch) -> None:
    with pytest.raises(NotFound):
        act(actions.approve, township_mo(), batch, ids=ids(batch)[:1])


def test_selected_rows_that_may_not_be_moved_are_listed_by_row(batch) -> None:
    one, two, three = ids(batch)
    act(actions.approve, township_two(), batch, ids=[two])
    decided = act(actions.approve, township_two(), batch, ids=[one, two, three])
    assert decided.done == 2
    assert list(decided.refused) == [2]
    with acting_as(county_li()):
        assert set(Submission.objects.filter(batch=batch).values_list("state", flat=True)) == {"township_approved"}


def test_a_second_decision_on_what_was_shown_is_told_who_was_faster(batch) -> None:
    one = ids(batch)[0]
    with acting_as(county_li()):
        version = Submission.objects.get(pk=one).version
    act(actions.approve, township_two(), batch, ids=[one], version=version)
    with pytest.raises(DomainError) as refusal:
        act(actions.send_back, township_two(), batch, ids=[one], reason="缺本人签字", version=version)
    assert (refusal.value.code, refusal.value.status) == ("changed", 409)
    assert "魏芳于" in refusal.value.message
    assert "乡镇已审" in refusal.value.message


def test_returning_needs_a_reason_or_a_remark(batch) -> None:
    with pytest.raises(DomainError) as refusal:
        act(actions.send_back, township_two(), batch, ids=ids(batch)[:1], reason=" ")
    assert refusal.value.code == "reason_missing"
    assert "review.return" not in audited()


def test_a_return_keeps_reason_and_remarks_on_row_and_decision(batch) -> None:
    one = ids(batch)[0]
    act(actions.send_back, township_two(), batch, ids=[one], reason="缺本人签字", remarks={"monthly_wage": "请问清"})
    with acting_as(county_li()):
        paper = Submission.objects.get(pk=one)
        assert (paper.state, paper.remarks) == ("returned", {"monthly_wage": "请问清", "": "缺本人签字"})
        decision = Decision.objects.get(batch=batch, verb="return")
        assert (decision.reason, decision.remarks, decision.actor) == (
            "缺本人签字",
            {"monthly_wage": "请问清"},
            township_two(),
        )
    assert audited()[-1] == "review.return"


def test_only_the_submitter_takes_back_what_is_not_decided(batch) -> None:
    one, two, _ = ids(batch)
    act(actions.approve, township_two(), batch, ids=[two])
    with pytest.raises(NotAllowed) as refusal:
        act(actions.withdraw, township_two(), batch, ids=[one])
    assert refusal.value.code == "not_yours"
    decided = act(actions.withdraw, township_wei(), batch)
    assert decided.done == 2
    with acting_as(county_li()):
        rows = Submission.objects.filter(batch=batch).order_by("row_no")
        assert list(rows.values_list("state", flat=True)) == ["withdrawn", "township_approved", "withdrawn"]


def test_drafts_with_errors_stay_behind() -> None:
    with acting_as(county_li()):
        enter(county_zhao(), row(1), on=AUGUST)
    batch = draft(township_wei(), row(2), {**row(3), "id_number": None})
    act(actions.submit, township_wei(), batch)
    with acting_as(county_li()):
        assert list(Submission.objects.filter(batch=batch).order_by("row_no").values_list("state", flat=True)) == [
            "submitted",
            "draft",
        ]


def test_an_approved_row_the_ledger_will_not_take_goes_back_to_its_submitter() -> None:
    """Wei's paper says 5,000, made when the ledger said 4,200; meanwhile somebody entered 4,600."""
    with acting_as(county_li()):
        enter(county_zhao(), row(1), on=AUGUST)
    paper = submit(township_wei(), row(1, monthly_wage=5000))
    act(actions.approve, township_two(), paper)
    with acting_as(county_li()):
        enter(county_zhao(), row(1, monthly_wage=4600), on=AUGUST)
    decided = act(actions.approve, county_li(), paper)
    assert (decided.done, decided.entered, decided.handed_back) == (0, 0, 1)
    with acting_as(county_li()):
        assert decisions(paper)[-1] == ("return", "township_approved", "returned")
        returned = only(paper)
        assert returned.state == "returned"
        assert returned.remarks == {
            "": "您改的同时别人也改了这一项，两边不一样，没有采用您的。请看新的内容后再填。",
            "monthly_wage": "台账里这一项已经有了新的内容",
        }
        assert "两边不一样" in returned.remarks[""]


def test_the_next_workbook_takes_the_place_of_what_was_returned() -> None:
    old = submit(collector_lan(), row(1), row(2), division="532323101201")
    with acting_as(county_li()):
        first = list(Submission.objects.filter(batch=old).order_by("row_no").values_list("pk", flat=True))
    act(actions.send_back, township_wei(), old, ids=first[:1], reason="缺本人签字")
    new = submit(township_two(), row(1, monthly_wage=4300))
    with acting_as(county_li()):
        # the other row, still waiting, is somebody else's: it stays
        assert list(Submission.objects.filter(batch=old).order_by("row_no").values_list("state", flat=True)) == [
            "superseded",
            "submitted",
        ]
        assert decisions(old)[-1] == ("supersede", "returned", "superseded")
        assert state(new) == "submitted"
    assert audited()[-2:] == ["review.supersede", "review.submit"]


def test_handing_the_same_people_in_again_closes_ones_own_older_papers_only() -> None:
    mine = submit(township_wei(), row(1))
    act(actions.approve, township_two(), mine)
    other = submit(collector_lan(), row(1), division="532323101201")
    submit(township_wei(), row(1, monthly_wage=4300))
    with acting_as(county_li()):
        assert (state(mine), state(other)) == ("superseded", "submitted")
        assert decisions(mine)[-1] == ("supersede", "township_approved", "superseded")


def test_a_paper_that_asks_less_does_not_close_one_that_says_more() -> None:
    full = submit(township_wei(), row(1))
    short = {key: value for key, value in row(1).items() if key != "monthly_wage"}
    submit(township_wei(), short)
    with acting_as(county_li()):
        assert state(full) == "submitted"


def test_a_closed_paper_is_not_closed_again() -> None:
    paper = submit(township_wei(), row(1))
    act(actions.approve, township_two(), paper)
    act(actions.approve, county_li(), paper)
    submit(township_wei(), row(1, monthly_wage=4300))
    with acting_as(county_li()):
        assert state(paper) == "entered"


def test_the_township_reviews_its_people_in_a_workbook_the_county_brought() -> None:
    batch = submit(county_li(), row(1), row(2, hukou_region="532323102201"), division="532323")
    decided = act(actions.approve, township_two(), batch)
    assert decided.done == 1
    with acting_as(county_li()):
        rows = Submission.objects.filter(batch=batch).order_by("row_no")
        assert list(rows.values_list("state", flat=True)) == ["township_approved", "submitted"]


def test_changing_identity_needs_somebody_else_and_says_so() -> None:
    with acting_as(county_li()):
        enter(county_zhao(), row(1), on=AUGUST)
    paper = submit(township_wei(), row(1, full_name="罗小美"))
    with acting_as(county_li()):
        assert only(paper).needs_second
    act(actions.approve, township_two(), paper)
    with pytest.raises(NotAllowed):
        act(actions.approve, township_two(), paper, ids=ids(paper))
    act(actions.approve, county_li(), paper)
    with acting_as(county_li()):
        assert Worker.objects.get().full_name == "罗小美"


# -- 四川方案（2022）的两种做法 ------------------------------------------------------------------------------------


def test_sichuan_a_enters_only_after_the_county_checked(monkeypatch) -> None:
    with reviewed_as(review_from("sichuan_a"), monkeypatch):
        paper = submit(collector_lan(), row(1), division="532323101201")
        act(actions.approve, township_wei(), paper)
        with acting_as(county_li()):
            assert (state(paper), people()) == ("township_approved", 0)
        act(actions.approve, county_li(), paper)
        with acting_as(county_li()):
            assert (state(paper), people()) == ("entered", 1)


def test_sichuan_b_enters_at_once_and_is_audited_later(monkeypatch) -> None:
    with reviewed_as(review_from("sichuan_b"), monkeypatch):
        paper = draft(collector_lan(), row(1), division="532323101201")
        decided = act(actions.submit, collector_lan(), paper)
        assert (decided.done, decided.entered) == (1, 1)
        with acting_as(county_li()):
            assert (state(paper), people()) == ("submitted", 1)
        assert act(actions.approve, township_wei(), paper).entered == 0
        assert act(actions.approve, county_li(), paper).entered == 0
        with acting_as(county_li()):
            assert (state(paper), people(), Worker.objects.get().version) == ("entered", 1, 1)
            assert [verb for verb, _, _ in decisions(paper)] == ["submit", "approve", "approve"]


def test_sichuan_b_reopens_what_the_county_returns(monkeypatch) -> None:
    with reviewed_as(review_from("sichuan_b"), monkeypatch):
        paper = submit(collector_lan(), row(1), division="532323101201")
        act(actions.approve, township_wei(), paper)
        act(actions.send_back, county_li(), paper, ids=ids(paper), reason="收入和工种不合")
        with pytest.raises(NotAllowed):  # it is in the ledger: mended, not withdrawn
            act(actions.withdraw, collector_lan(), paper, ids=ids(paper))
        new = submit(collector_lan(), row(1, monthly_wage=3900), division="532323101201")
        with acting_as(county_li()):
            assert (state(paper), state(new), people()) == ("superseded", "submitted", 1)
            assert Worker.objects.get().version == 2


def test_sichuan_b_holds_back_what_changes_identity_until_somebody_else_approves(monkeypatch) -> None:
    with reviewed_as(review_from("sichuan_b"), monkeypatch):
        submit(collector_lan(), row(1), division="532323101201")
        paper = submit(collector_lan(), row(1, full_name="罗小美"), division="532323101201")
        with acting_as(county_li()):
            assert (state(paper), Worker.objects.get().full_name) == ("submitted", "罗二梅")
        assert act(actions.approve, township_wei(), paper).entered == 1
        with acting_as(county_li()):
            assert (state(paper), Worker.objects.get().full_name) == ("township_approved", "罗小美")


def test_a_corrected_number_is_only_told_by_its_token() -> None:
    """The number itself never stands in decisions or audit."""
    with acting_as(county_li()):
        enter(county_zhao(), row(1), on=AUGUST)
        worker = Worker.objects.get()
        batch = draft(county_zhao(), {**row(1), "id_number": number("19850312", 77)}, division="532323")
        Submission.objects.filter(batch=batch).update(worker_id=worker.pk)
        actions.ledger.compare(batch)
        assert only(batch).needs_second
        actions.submit(actor=county_zhao(), batch=batch)
    text = str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert number("19850312", 77) not in text
