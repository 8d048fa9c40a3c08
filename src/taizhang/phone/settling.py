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
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Submission
from taizhang.ledger.person import Person
from taizhang.ledger.settling import sides
from taizhang.ledger.states import Mode, Source, State
from taizhang.ledger.webedit import Filled
from taizhang.phone import merging, taking
from taizhang.phone.models import Outcome, Receipt
from taizhang.review import record as review_record


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
    mine = _mine(receipt, paper)
    newest, _by = merging.pending(actor, person.id)
    now = merging.standing(person, newest)
    asked = {*receipt.contested, *(side.item for side in sides(paper) if side.verdict == "conflict")}
    theirs = submitted.changed(newest) if newest is not None else {}
    if (
        newest is not None and newest.batch.created_at > paper.batch.created_at
    ):  # said since on another phone, or on a page
        asked |= theirs.keys()
    pairs = {
        item: (now.get(item), "等审的另一份" if item in theirs else "台账现在")
        for item in sorted(asked & mine.keys() - SEALED.keys())
        if not merging.same(item, now.get(item), mine[item])
    }
    return Conflict(
        receipt,
        paper,
        person,
        [Side(item, words.label(item), value, mine[item], whose) for item, (value, whose) in pairs.items()],
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
    newest, _by = merging.pending(actor, found.person.id)
    answers = merging.standing(found.person, newest) | _mine(receipt, found.paper)
    answers |= {side.item: side.theirs for side in found.sides if chosen[side.item] == "theirs"}
    filled = Filled(
        answers,
        Mode(found.paper.batch.mode),
        found.paper.batch.collected_on,
        "两边都改过，由采集员选定",
        found.person.version,
        "手机修改：两边选定",
        Source.PHONE,
    )
    paper = taking.hand_in_over(newest, actor=actor, person=found.person, filled=filled)
    Submission.objects.filter(pk=found.paper.pk).update(state=State.WITHDRAWN)
    receipt.settled_by = paper.pk if paper else found.paper.pk
    receipt.save(update_fields=["settled_by"])
    return paper


def _mine(receipt: Receipt, paper: Submission) -> dict[str, Any]:
    """What the record changed: the paper it became says more, namely what stood there already. What needs no choice and was said anew since, by
    the same phone, is left to the later record."""
    said = submitted.values(paper) | {item: pair[1] for item, pair in review_record.numbers_of(paper).items()}
    later = merging.said_later(receipt.device_id, receipt.worker_id, receipt.seq) - {*receipt.contested}
    return {item: said.get(item) for item in receipt.items if item not in later}
