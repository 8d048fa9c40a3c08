"""A returned paper mended on the page: the remarks, the form with what was handed in, a new paper in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotAllowed
from taizhang.ledger import submitted, webedit
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.flat import as_json
from taizhang.ledger.models import Submission
from taizhang.ledger.webedit import Filled, Finding
from taizhang.review import actions, policies, queries, record
from taizhang.review.policies import Verb


def words_of(paper: Submission) -> Lexicon:
    """The words of the programme the paper is for, whatever programme the account now has."""
    loaded = catalogue.load()
    return Lexicon(loaded, loaded.programmes[paper.batch.programme])


def get_returned(actor: User, submission_id: UUID) -> Submission:
    """A paper of the actor's that waits to be mended. Raises NotFound; NotAllowed "not_yours", "wrong_state"."""
    paper = queries.get_submission(actor, submission_id)
    own = paper.batch.submitted_by_id == actor.pk
    policies.check_move(
        actions.review_of(paper.batch), Verb.CORRECT, state=paper.state, role=actor.role, own_record=own
    )
    words = words_of(paper)
    if words.programme is None or words.programme.form is None:
        raise NotAllowed("no_form", "这个方案没有采集表，不能在网页上改。请改好原来的表再导入。")
    return paper


def form_data(
    actor: User, paper: Submission, answers: dict[str, Any] | None = None, findings: list[Finding] | None = None
) -> dict[str, Any]:
    """What <record-form> reads: what was handed in over what the ledger holds; numbers masked until corrected."""
    words = words_of(paper)
    assert words.programme is not None
    assert words.programme.form is not None
    form = words.programme.form
    known = record.known_person(actor, paper)
    ours = as_json(known.values) if known else {}
    typed = answers if answers is not None else {**ours, **submitted.values(paper)}
    numbers = record.numbers_of(paper)
    masked = {
        item: record.MASKS[item](new or old)
        for item, (old, new) in numbers.items()
        if (new or old) and item in form.items
    }
    sealed = {item: text for item, text in masked.items() if answers is None or item not in answers}
    shown = {item: typed.get(item) for item in form.items if item not in sealed}
    codes = {value for item, value in shown.items() if words.catalogue.items[item].kind == "region" and value}
    return {
        "form": words.catalogue.form_json(form),
        "answers": shown,
        "sealed": sealed,
        "findings": findings or [],
        "asOf": timezone.localdate().isoformat(),
        "regions": dict(Division.objects.filter(code__in=codes).values_list("code", "full_name")),
    }


@transaction.atomic
def hand_in_again(*, actor: User, submission_id: UUID, version: int, filled: Filled) -> Submission:
    """Check the mended form and hand it in; the returned paper gives way to it and keeps its values and decisions.

    Raises webedit.Wrong with what is still wrong; DomainError "changed" (409), "nothing_changed"; as `get_returned`.
    """
    paper = get_returned(actor, submission_id)
    actions.give_way(actor=actor, submission=paper, version=version)
    known = record.known_person(actor, paper)
    carried = {
        item: new for item, (old, new) in record.numbers_of(paper).items() if new and (known is None or new != old)
    }
    answers = {**{item: number for item, number in carried.items() if item not in filled.answers}, **filled.answers}
    title = f"退回后改报：{paper.batch.title}"[:200]
    return webedit.hand_in(
        actor=actor, person=known, filled=replace(filled, answers=answers, title=title), words=words_of(paper)
    )


def remarks(paper: Submission) -> list[tuple[str, str, str]]:
    """(item, label, what to mend) of the last return, in the form's order."""
    words = words_of(paper)
    noted = {item: text for item, text in (paper.remarks or {}).items() if item}
    form = words.programme.form if words.programme else None
    order = [*(form.items if form else ()), *noted]
    return [
        (item, words.label(item), noted[item])
        for item in dict.fromkeys(order)
        if item in noted and item in words.items()
    ]
