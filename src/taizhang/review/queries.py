"""What waits for whom. Row-level security keeps every answer inside the actor's divisions; these queries do too."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Left, TruncMonth

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import NotFound
from taizhang.ledger import queries as ledger
from taizhang.ledger.models import Decision, Submission
from taizhang.ledger.states import ACCEPTED, CLOSED, Outcome, State
from taizhang.review import policies
from taizhang.review.policies import Verb

ORDER = ("batch_id", "row_no")  # ids of batches grow with time: the oldest waits first
NEAR = 12  # records of the list shown before and after the open one
REGION = re.compile(r"\d{6}|\d{9}|\d{12}")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Asked:
    """Which part of the queue: everything here may stand in an address."""

    batch: str = ""
    region: str = ""
    outcome: str = ""
    month: str = ""  # of collection, 2026-07

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Asked:
        """What no list offers is left out."""
        batch, region, month = data.get("batch", ""), data.get("region", ""), data.get("month", "")
        outcome, village = data.get("outcome", ""), data.get("village", "")
        if region and village.startswith(region[:9]):  # a village of another town was chosen before the town changed
            region = village
        return cls(
            batch if _is_uuid(batch) else "",
            region if REGION.fullmatch(region) else "",
            outcome if outcome in {*ACCEPTED, "identity"} else "",
            month if MONTH.fullmatch(month) else "",
        )

    def pairs(self) -> list[tuple[str, str]]:
        named = (("batch", self.batch), ("region", self.region), ("outcome", self.outcome), ("month", self.month))
        return [(name, value) for name, value in named if value]

    @property
    def query(self) -> str:
        """`?region=…` or empty."""
        return "?" + urlencode(self.pairs()) if self.pairs() else ""

    def but(self, **changed: str) -> Asked:
        return replace(self, **changed)

    def condition(self) -> Q:
        found = Q()
        if self.batch:
            found &= Q(batch_id=self.batch)
        if self.region:
            found &= _under(self.region)
        if self.outcome:
            found &= Q(needs_second=True) if self.outcome == "identity" else Q(outcome=self.outcome)
        if self.month:
            first = dt.date.fromisoformat(f"{self.month}-01")
            found &= Q(
                batch__collected_on__gte=first, batch__collected_on__lt=(first + dt.timedelta(days=31)).replace(day=1)
            )
        return found


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _under(prefix: str) -> Q:
    """Codes that begin so, as a range: LIKE is no use to an index under row-level security. ":" follows "9"."""
    return Q(division__gte=prefix, division__lt=f"{prefix}:")


def submissions_visible_to(actor: User) -> QuerySet[Submission]:
    """Papers about people of the actor's divisions, in whatever state but somebody else's draft."""
    inside = Q(pk__in=[])
    for scope in actor.scopes if actor.sees_people else ():
        inside |= _under(scope)
    mine = ~Q(state=State.DRAFT) | Q(batch__submitted_by=actor)
    return Submission.objects.filter(inside, mine).select_related("batch", "batch__submitted_by")


def waiting_for(actor: User, asked: Asked | None = None) -> QuerySet[Submission]:
    """Papers whose next step is the actor's office; one's own among them, marked by the page, refused by the policy."""
    turn = Q(pk__in=[])
    for programme in catalogue.load().programmes.values():
        states = policies.waiting_states(programme.review, actor.role)
        if states:
            turn |= Q(batch__programme=programme.id, entered=False, state__in=states)
    found = submissions_visible_to(actor).filter(turn, outcome__in=list(ACCEPTED))
    return (found.filter(asked.condition()) if asked else found).order_by(*ORDER)


def decidable(actor: User, asked: Asked | None = None) -> QuerySet[Submission]:
    """Papers that wait for `actor`'s decision: the queue without one's own."""
    return waiting_for(actor, asked).exclude(batch__submitted_by=actor)


def waiting_count(actor: User) -> int:
    """How many papers wait for somebody else's eyes, and may be decided by `actor`."""
    return decidable(actor).order_by().count()


def returned_to(actor: User) -> QuerySet[Submission]:
    """What came back to the one who handed it in, the latest first."""
    return (
        submissions_visible_to(actor)
        .filter(batch__submitted_by=actor, entered=False, state=State.RETURNED)
        .order_by("-decided_at")
    )


def in_review(actor: User) -> QuerySet[Submission]:
    """The actor's own papers that somebody else still has to decide on."""
    waiting = [state for state in State if state not in CLOSED and state is not State.DRAFT]
    return (
        submissions_visible_to(actor)
        .filter(batch__submitted_by=actor, entered=False, state__in=waiting)
        .order_by(*ORDER)
    )


def by_batch(found: QuerySet[Submission]) -> list[dict[str, Any]]:
    """The queue folded by batch, oldest first: what it is, who handed it in, and rows by outcome."""
    counts: dict[str, Any] = {outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in ACCEPTED}
    named = (
        "title",
        "source",
        "collected_on",
        "created_at",
        "submitted_by",
        "submitted_by__display_name",
        "submitted_by__office",
    )
    rows = found.order_by().values("batch", *(f"batch__{name}" for name in named))
    folded = rows.annotate(rows=Count("pk"), identity=Count("pk", filter=Q(needs_second=True)), **counts).order_by(
        "batch"
    )
    return [{name.removeprefix("batch__"): value for name, value in row.items()} for row in folded]


def by_region(found: QuerySet[Submission], size: int) -> list[tuple[str, int]]:
    """(town or village code, rows), by code; `size` is 9 for towns, 12 for villages."""
    rows = (
        found.order_by()
        .annotate(place=Left("division", size))
        .values("place")
        .annotate(rows=Count("pk"))
        .order_by("place")
    )
    return [(row["place"], row["rows"]) for row in rows if len(row["place"]) == size]


def by_outcome(found: QuerySet[Submission]) -> dict[str, int]:
    """Rows by outcome, and under `identity` those that change who somebody is."""
    counts: dict[str, Any] = {outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in ACCEPTED}
    return found.order_by().aggregate(identity=Count("pk", filter=Q(needs_second=True)), **counts)


def by_month(found: QuerySet[Submission]) -> list[tuple[dt.date, int]]:
    """(first of the month of collection, rows)."""
    rows = (
        found.order_by()
        .annotate(month=TruncMonth("batch__collected_on"))
        .values("month")
        .annotate(rows=Count("pk"))
        .order_by("month")
    )
    return [(row["month"], row["rows"]) for row in rows]


def unchanged(actor: User, asked: Asked) -> QuerySet[Submission]:
    """Rows of the queue that say what the ledger says already, one's own left out."""
    return decidable(actor, asked.but(outcome=Outcome.SAME.value))


def get_submission(actor: User, submission_id: UUID) -> Submission:
    """One paper in the actor's divisions, in whatever state. Raises NotFound for absent and out of scope alike."""
    found = submissions_visible_to(actor).select_related("decided_by").filter(pk=submission_id).first()
    if found is None:
        raise NotFound("submission")
    return found


@dataclass(frozen=True)
class Place:
    """Where a record stands in the queue. `number` is None once it waits no longer."""

    total: int
    number: int | None
    previous: UUID | None
    next: UUID | None
    near: list[Submission]


def place_of(paper: Submission, queue: QuerySet[Submission]) -> Place:
    """Neighbours by key, so that a page of a long queue costs no more than one of a short one."""
    here = Q(batch_id=paper.batch_id)
    earlier = queue.filter(Q(batch_id__lt=paper.batch_id) | here & Q(row_no__lt=paper.row_no))
    later = queue.filter(Q(batch_id__gt=paper.batch_id) | here & Q(row_no__gt=paper.row_no))
    before = list(with_returns(earlier.reverse())[:NEAR])[::-1]
    after = list(with_returns(later)[:NEAR])
    own = list(with_returns(queue.filter(pk=paper.pk)))
    number = earlier.order_by().count() + 1 if own else None
    return Place(
        queue.order_by().count(),
        number,
        before[-1].pk if before else None,
        after[0].pk if after else None,
        [*before, *own, *after],
    )


def same_person(paper: Submission) -> QuerySet[Submission]:
    """This paper and others of the programme about the same person; a newcomer's by number, among open ones."""
    person = Q(pk=paper.pk)
    if paper.worker_id:
        person |= Q(pk__in=ledger.papers_of(paper.worker_id).values("pk"))
    if paper.id_token:
        person |= Q(_under(paper.division[:6]), id_token=paper.id_token, entered=False)
    return Submission.objects.filter(person, batch__programme=paper.batch.programme).exclude(state=State.DRAFT)


def with_returns(found: QuerySet[Submission]) -> QuerySet[Submission]:
    """Adds `again`: an older paper about this person was returned; a newcomer is known by number."""
    given_way = Submission.objects.filter(entered=False, state=State.SUPERSEDED, remarks__isnull=False)
    older = given_way.filter(worker_id=OuterRef("worker_id"), worker_id__isnull=False)
    newcomer = given_way.filter(division=OuterRef("division"), worker_id__isnull=True, id_token=OuterRef("id_token"))
    return found.annotate(again=Exists(older) | Exists(newcomer))


def history(paper: Submission) -> list[Decision]:
    """Decisions on this paper and on older ones about the same person, oldest first; at most the last fifty."""
    ids = list(same_person(paper).values_list("pk", flat=True)[:200])
    return [one for one in ledger.decisions_on(ids) if one.verb != Verb.SUPERSEDE][-50:]
