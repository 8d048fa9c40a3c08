"""Records that say something else than the ledger, or than a paper from the collector's other phone: both are kept, the collector picks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from taizhang.accounts.models import Role, User
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import person as people
from taizhang.ledger import submitted, webedit
from taizhang.ledger.flat import as_json
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Submission
from taizhang.ledger.person import Person
from taizhang.ledger.settling import sides
from taizhang.ledger.states import Mode, Source, State
from taizhang.ledger.states import Outcome as RowOutcome
from taizhang.ledger.webedit import Filled
from taizhang.phone import taking
from taizhang.phone.models import Outcome, Receipt


@dataclass(frozen=True)
class Side:
    """One item with two values. `theirs` stands in the ledger or in a paper that waits; `whose` says which."""

    item: str
    label: str
    theirs: Any
    mine: Any
    whose: str


@dataclass(frozen=True)
class Conflict:
    receipt: Receipt
    paper: Submission
    person: Person
    sides: list[Side]

    @property
    def when(self) -> dt.datetime:
        return self.receipt.happened_at


def _open(actor: User) -> Any:
    return Receipt.objects.filter(device__user=actor, outcome=Outcome.CONFLICT, settled_by=None)


def count(actor: User) -> int:
    """How many of the actor's conflicts wait."""
    return int(_open(actor).count()) if actor.role == Role.COLLECTOR else 0


def waiting(actor: User) -> list[Conflict]:
    """The actor's conflicts nobody settled yet, oldest first; those of people who left the actor's villages are left out."""
    found = []
    for receipt in _open(actor).order_by("received_at")[:100]:
        try:
            found.append(get(actor, receipt.pk))
        except NotFound:
            continue
    return found


def get(actor: User, uuid: UUID) -> Conflict:
    """One conflict with both sides of each item. Raises NotFound."""
    receipt = _open(actor).filter(pk=uuid).select_related("device__user").first()
    paper = (
        Submission.objects.select_related("batch", "paper").filter(pk=receipt.submission_id).first()
        if receipt
        else None
    )
    if receipt is None or paper is None or paper.worker_id is None:
        raise NotFound("conflict")
    person = people.get(actor, paper.worker_id)
    words, _ = webedit.form_of(actor)
    mine = submitted.values(paper)
    now = as_json(person.values)
    pairs = {
        side.item: (now.get(side.item), "台账现在")
        for side in (sides(paper) if paper.outcome == RowOutcome.CONFLICT else [])
        if side.verdict == "conflict" and side.item not in SEALED
    }
    pending, _by = taking.pending(actor, person.id)
    if pending is not None and pending.pk != paper.pk:
        theirs = taking.changed(pending)
        pairs |= {
            item: (value, "等审的另一份")
            for item, value in theirs.items()
            if value != now.get(item) and mine.get(item) not in (value, now.get(item))
        }
    return Conflict(
        receipt,
        paper,
        person,
        [Side(item, words.label(item), value, mine.get(item), whose) for item, (value, whose) in pairs.items()],
    )


@transaction.atomic
def settle(*, actor: User, uuid: UUID, chosen: Mapping[str, str], version: str) -> Submission | None:
    """Hand in what the collector picked: `chosen` says "mine" or "theirs" for every item in conflict. None when nothing is left to change.

    Raises NotFound; DomainError "not_chosen", "changed" (409); webedit.Wrong.
    """
    receipt = _open(actor).select_for_update(of=("self",)).filter(pk=uuid).first()
    if receipt is None:
        raise NotFound("conflict")
    found = get(actor, uuid)
    if version != f"{found.person.version}-{len(found.sides)}":
        raise DomainError("changed", "这个人刚刚又有了新的内容，您的选择没有生效。请看新的再选。", status=409)
    if any(chosen.get(side.item) not in ("mine", "theirs") for side in found.sides):
        raise DomainError("not_chosen", "还有没选的项。每一项选一个：手机上填的，或者另一边的。")
    answers = _answers(actor, found)
    answers |= {side.item: side.theirs if chosen[side.item] == "theirs" else side.mine for side in found.sides}
    filled = Filled(
        answers,
        Mode(found.paper.batch.mode),
        found.paper.batch.collected_on,
        "两边都改过，由采集员选定",
        found.person.version,
        "手机修改：两边选定",
        Source.PHONE,
    )
    try:
        paper = webedit.hand_in(actor=actor, person=found.person, filled=filled)
    except DomainError as refusal:
        if refusal.code != "nothing_changed":
            raise
        paper = None
    Submission.objects.filter(pk=found.paper.pk).update(state=State.WITHDRAWN)
    receipt.settled_by = paper.pk if paper else found.paper.pk
    receipt.save(update_fields=["settled_by"])
    return paper


def _answers(actor: User, found: Conflict) -> dict[str, Any]:
    """What the phone said, over what others changed since and the phone had left as it was."""
    mine, now = submitted.values(found.paper), as_json(found.person.values)
    for side in sides(found.paper):
        if side.verdict == "untouched" and side.item not in SEALED:
            mine[side.item] = now.get(side.item)
    pending, _by = taking.pending(actor, found.person.id)
    if pending is not None and pending.pk != found.paper.pk:
        for item, value in taking.changed(pending).items():
            if value != now.get(item) and mine.get(item) == now.get(item):
                mine[item] = value
    return mine
