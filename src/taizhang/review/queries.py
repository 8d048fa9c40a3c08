"""What waits for whom. Row-level security keeps every answer inside the actor's divisions."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import NotFound
from taizhang.ledger.models import Submission
from taizhang.ledger.states import ACCEPTED, State
from taizhang.review import policies


def waiting_for(actor: User) -> QuerySet[Submission]:
    """Submissions whose next step is the actor's office; one's own are among them, marked by the page and refused by the policy."""
    turn = Q(pk__in=[])
    for programme in catalogue.load().programmes.values():
        states = policies.waiting_states(programme.review, actor.role)
        if states:
            turn |= Q(batch__programme=programme.id, state__in=states)
    return Submission.objects.filter(turn, outcome__in=list(ACCEPTED)).select_related("batch", "batch__submitted_by")


def waiting_count(actor: User) -> int:
    """How many submissions wait for somebody else's eyes, and may be decided by `actor`."""
    return waiting_for(actor).exclude(batch__submitted_by=actor).count()


def returned_to(actor: User) -> QuerySet[Submission]:
    """What came back to the one who handed it in."""
    return Submission.objects.filter(batch__submitted_by=actor, state=State.RETURNED).select_related("batch")


def by_batch(actor: User) -> list[dict[str, object]]:
    """The queue folded by batch and outcome, oldest first: `batch`, `title`, `submitted_by`, `new`, `update`, `same`, `rows`."""
    counts = {outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in ACCEPTED}
    rows = waiting_for(actor).order_by().values("batch", "batch__title", "batch__submitted_by", "batch__submitted_by__display_name", "batch__created_at")
    return list(rows.annotate(rows=Count("pk"), **counts).order_by("batch__created_at"))


def get_submission(actor: User, submission_id: object) -> Submission:
    """One submission in the actor's divisions, in whatever state.

    Raises NotFound for absent and out of scope alike.
    """
    found = Submission.objects.select_related("batch", "batch__submitted_by").filter(pk=submission_id).first()
    if found is None or not actor.sees_people:
        raise NotFound("submission")
    return found
