"""What a phone brings: each record once, each on its own, so that a bad one never keeps back the rest.

An edit says which items it changes and what stood there when it did. Laid over what stands now it is a whole form and goes the way of one
filled in on a page (`ledger.webedit`): checked, compared with the ledger, handed to review. What is particular to phones is time: records come
late, twice, out of order, and from two phones of one collector. A waiting paper of the same collector is therefore part of what stands now
(`_merged`), never simply replaced; an item that meanwhile says something the phone has not seen is for the collector to choose.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import actions as collecting
from taizhang.collecting.models import Channel, Result
from taizhang.engine import faults
from taizhang.engine.errors import DomainError
from taizhang.ledger import person as people
from taizhang.ledger import together, webedit
from taizhang.ledger.homes import SEALED, home_of
from taizhang.ledger.listing import Where
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.person import Person
from taizhang.ledger.states import Mode, Source, State
from taizhang.ledger.verifying import METHODS, VERIFIED
from taizhang.ledger.webedit import Filled, Wrong
from taizhang.phone import evidence, merging
from taizhang.phone.downloading import happened
from taizhang.phone.models import Device, Holding, Kind, Outcome, Receipt
from taizhang.protection import masking
from taizhang.review import actions as review
from taizhang.review import correcting, superseding

MOST = 50  # records at once
NUMBERS = {"id_number": masking.mask_id, "mobile_phone": masking.mask_phone}


@dataclass(frozen=True)
class Record:
    """One record as the phone keeps it; see docs/phone.md for what each kind carries."""

    uuid: UUID
    seq: int
    at: dt.datetime
    kind: Kind
    worker: UUID | None = None
    base_version: int | None = None
    answers: dict[str, Any] = field(default_factory=dict)  # of an edit only what it changes; null clears
    seen: dict[str, list[Any]] = field(
        default_factory=dict
    )  # item -> what the phone showed there, and said itself before
    mode: Mode = Mode.AUTO
    since: dt.date | None = None
    method: str = ""
    status: str = ""
    reason: str = ""
    channel: str = ""
    result: str = ""
    next: dt.date | None = None
    paper: UUID | None = None  # a returned one that this mends; numbers it does not say are taken from there


@dataclass(frozen=True)
class Taken:
    """`version`: of the person's entry afterwards, to make the next edit from."""

    uuid: UUID
    outcome: Outcome
    message: str = ""
    findings: list[dict[str, str | None]] = field(default_factory=list)
    worker: UUID | None = None
    version: int | None = None


def take(device: Device, records: Sequence[Record], sent_at: dt.datetime) -> list[Taken]:
    """Take records in, in the order of `seq`; answers in the order given. Of one phone only one call works at a time."""
    skew = sent_at - timezone.now()
    if abs(skew) < dt.timedelta(minutes=1):  # the way takes time too
        skew = dt.timedelta()
    with transaction.atomic():
        device = Device.objects.select_for_update(of=("self",)).select_related("user").get(pk=device.pk)
        known = {
            receipt.uuid: receipt for receipt in Receipt.objects.filter(uuid__in=[record.uuid for record in records])
        }
        known |= _out_of_sight(device, [record for record in records if record.uuid not in known])
        once = {record.uuid: record for record in records if record.uuid not in known}
        fresh = sorted(once.values(), key=lambda record: record.seq)
        known |= _unchanged(device, [record for record in fresh if record.kind is Kind.UNCHANGED], skew)
        for record in fresh:
            if record.uuid not in known:
                known[record.uuid] = _one(device, record, happened(record.at, skew))
        # the phone shows its own edit by now: whatever comes of it, the next download says what stands
        edited = {record.worker for record in fresh if record.kind is Kind.EDIT and record.worker}
        Holding.objects.filter(device=device, worker_id__in=edited).update(stamp=Holding.EDITED, sent=Holding.EDITED)
    return [_answer(known[record.uuid], device) for record in records]


def _answer(receipt: Receipt, device: Device) -> Taken:
    if receipt.device_id != device.pk:  # a phone may not ask what another brought
        return Taken(receipt.uuid, Outcome.REFUSED, "这个编号已经用过。请在手机上重新保存这一条。")
    version = (
        Worker.objects.filter(pk=receipt.worker_id).values_list("version", flat=True).first()
        if receipt.worker_id
        else None
    )
    return Taken(receipt.uuid, Outcome(receipt.outcome), receipt.message, receipt.findings, receipt.worker_id, version)


def _one(device: Device, record: Record, at: dt.datetime) -> Receipt:
    """Take one record in and keep its receipt, whatever comes of it."""
    receipt = Receipt(
        uuid=record.uuid, device=device, seq=record.seq, kind=record.kind, worker_id=record.worker,
        division=device.user.scopes[0], device_at=record.at, happened_at=at, items=_items(record) if record.kind is Kind.EDIT else [],
    )  # fmt: skip
    try:
        with transaction.atomic():
            paper, conflicts = KINDS[record.kind](device, record, timezone.localdate(at))
        nothing = paper is None and record.kind is Kind.EDIT
        receipt.outcome = Outcome.CONFLICT if conflicts else Outcome.SAME if nothing else Outcome.ACCEPTED
        receipt.contested = conflicts
        receipt.message = (
            "台账或另一部手机上也改过这个人的同一项，两边都留着，请在“两边都改过”里选。" if conflicts else ""
        )
        if paper is not None:
            receipt.submission_id, receipt.division, receipt.worker_id = (
                paper.pk,
                paper.division,
                paper.worker_id or record.worker,
            )
    except Wrong as wrong:
        receipt.outcome, receipt.message = Outcome.REFUSED, wrong.message[:300]
        receipt.findings = [_masked(finding) for finding in wrong.findings]
    except DomainError as refusal:
        same = refusal.code == "nothing_changed"
        receipt.outcome, receipt.message = (Outcome.SAME, "") if same else (Outcome.REFUSED, refusal.message[:300])
    except (OperationalError, InterfaceError):
        raise  # the database, not the record: the phone comes again
    except Exception as fault:
        receipt.outcome = Outcome.REFUSED
        receipt.message = f"系统没有收成这一条（错误编号 {faults.report(fault)}）。请打开看看有没有特殊字符，改了再交；还不行，把编号告诉系统管理员。"
    return _kept(receipt)


def _kept(receipt: Receipt) -> Receipt:
    receipt.save(force_insert=True)
    if receipt.outcome != Outcome.REFUSED:
        evidence.attach(receipt)
    return receipt


def _out_of_sight(device: Device, records: Sequence[Record]) -> dict[UUID, Receipt]:
    """Records taken in before, when their person's village was still the collector's: their receipts cannot be read now, only that there are some."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM unnest(%s::uuid[]) asked(id) WHERE tz_receipt_known(id)",
            [[record.uuid for record in records]],
        )
        return {
            uuid: Receipt(uuid=uuid, device=device, outcome=Outcome.ACCEPTED, message="以前已经收到。")
            for (uuid,) in cursor.fetchall()
        }


def _masked(finding: dict[str, Any]) -> dict[str, str | None]:
    """What the phone shows of a finding. It may quote a number, and receipts are kept for good."""
    message, value = str(finding["message"]), finding.get("value")
    mask = NUMBERS.get(str(finding.get("item")))
    if mask and value:
        message = message.replace(str(value), mask(str(value)))
    return {"item": finding.get("item"), "message": message}


def _edit(device: Device, record: Record, day: dt.date) -> tuple[Submission | None, list[str]]:
    if record.worker is None:
        raise DomainError("no_worker", "这一条没有说是谁。请在手机上重新打开这个人再改。")
    known = people.get(device.user, record.worker)
    waiting, by = merging.pending(device.user, record.worker)
    answers, conflicts = _merged(device, record, known, waiting, by)
    _close_returned(device, record)
    filled = Filled(
        answers, record.mode, record.since or day, record.reason, _base(device, record, known), title="手机修改", source=Source.PHONE,
        keep_conflict=True,
    )  # fmt: skip
    # what another phone said unseen is not taken back by one that only wants the ledger's value: it waits for review as it is
    replaced = None if conflicts else waiting
    paper = hand_in_over(replaced, actor=device.user, person=known, filled=filled, submit=not conflicts)
    if paper is None:
        return _own_back(device, known, waiting, filled, conflicts), []
    return paper, conflicts or (["ledger"] if paper.state == State.DRAFT else [])


def _own_back(
    device: Device, known: Person, waiting: Submission | None, filled: Filled, conflicts: list[str]
) -> Submission | None:
    """A record that wants the ledger's values only, some of them where something else waits unseen: its own is taken back all the same."""
    now = merging.standing(known, waiting)
    answers = {**filled.answers, **{item: now.get(item) for item in conflicts}}
    if not conflicts or all(merging.same(item, value, now.get(item)) for item, value in answers.items()):
        return None
    return hand_in_over(waiting, actor=device.user, person=known, filled=replace(filled, answers=answers))


def _close_returned(device: Device, record: Record) -> None:
    """The returned paper that this one mends; others stay open, for a phone may not have known of them."""
    if record.paper is None:
        return
    paper = Submission.objects.filter(
        pk=record.paper, worker_id=record.worker, state=State.RETURNED, entered=False, batch__submitted_by=device.user
    ).select_related("batch").first()  # fmt: skip
    if paper is not None:
        review.give_way(actor=device.user, submission=paper)


def hand_in_over(
    waiting: Submission | None, *, actor: User, person: Person, filled: Filled, submit: bool = True
) -> Submission | None:
    """Hand in what replaces a waiting paper. None: it says no more than the ledger, all a waiting one said is taken back. Raises as `webedit.hand_in`."""
    try:
        with transaction.atomic():
            return webedit.hand_in(actor=actor, person=person, filled=filled, submit=submit)
    except DomainError as refusal:
        if refusal.code != "nothing_changed":
            raise
        if waiting is not None:
            superseding.take_back(actor, waiting)
        return None


def _base(device: Device, record: Record, known: Person) -> int | None:
    """The version numbers are compared from; every other item by what the phone has seen. What this very phone changed it had in view."""
    base = record.base_version
    if base is None or base >= known.version or not record.answers.keys() & SEALED.keys():
        return known.version
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM ledger_change c WHERE c.worker_id = %s AND c.version > %s AND NOT EXISTS (
                 SELECT 1 FROM phone_receipt r WHERE r.submission_id = c.submission_id AND r.device_id = %s AND r.seq < %s)""",
            [known.id, base, device.pk, record.seq],
        )
        return known.version if cursor.fetchone()[0] == 0 else base


def _merged(
    device: Device, record: Record, known: Person, waiting: Submission | None, by: Receipt | None
) -> tuple[dict[str, Any], list[str]]:
    """What stands now with what the record changes; and the items where something else stands by now than the phone had seen.

    On one phone the later record counts, in whatever order they came.
    """
    answers = merging.standing(known, waiting)
    later = merging.said_later(device.pk, record.worker, record.seq)
    own_before = set(by.items) if by and by.device_id == device.pk and by.seq < record.seq else set()
    conflicts = []
    for item in _items(record):
        if item in later:
            continue
        value = record.answers[item]
        now, answers[item] = answers.get(item), value
        seen = (value, *record.seen.get(item, ()))
        if item not in SEALED and item not in own_before and not any(merging.same(item, now, one) for one in seen):
            conflicts.append(item)
    return answers, conflicts


def _items(record: Record) -> list[str]:
    return sorted(record.answers.keys() & (home_of().keys() | SEALED.keys()))


def _new(device: Device, record: Record, day: dt.date) -> tuple[Submission | None, list[str]]:
    filled = Filled(record.answers, record.mode, None, record.reason, title="手机新增", source=Source.PHONE)
    if record.paper is not None:
        returned = correcting.get_returned(device.user, record.paper)
        return correcting.hand_in_again(
            actor=device.user, submission_id=returned.pk, version=returned.version, filled=filled
        ), []
    return webedit.hand_in(actor=device.user, person=None, filled=filled), []


def _unchanged(device: Device, records: Sequence[Record], skew: dt.timedelta) -> dict[UUID, Receipt]:
    """无变化 of many people: one batch per day and method, so that a reviewer sees a round of the village, not its households one by one."""
    groups: dict[tuple[dt.date, str], dict[UUID, Record]] = {}
    for record in records:
        if record.worker and record.method in METHODS:
            groups.setdefault((timezone.localdate(happened(record.at, skew)), record.method), {})[record.worker] = (
                record
            )
    seen = dict(
        Worker.objects.filter(pk__in=[r.worker for r in records], retired_by=None).values_list("pk", "division")
    )
    refused: dict[UUID, str] = {}
    for (day, method), people_of in groups.items():
        try:
            with transaction.atomic():
                _verified(device, day, method, [worker for worker in people_of if worker in seen])
        except DomainError as refusal:
            if refusal.code != "nothing_changed":
                refused |= dict.fromkeys(people_of, refusal.message)
    found = {}
    for record in records:
        message = refused.get(record.worker) if record.worker else None
        if record.method not in METHODS:
            message = "没有说怎么核实的。请先在上面选入户或电话。"
        elif record.worker not in seen:
            message = "没有找到这个人，或者已经不在您负责的村。请同步后再看。"
        at = happened(record.at, skew)
        receipt = Receipt(
            uuid=record.uuid, device=device, seq=record.seq, kind=record.kind, worker_id=record.worker,
            division=seen.get(record.worker, device.user.scopes[0]) if record.worker else device.user.scopes[0], device_at=record.at, happened_at=at,
            outcome=Outcome.REFUSED if message else Outcome.ACCEPTED, message=message or "",
        )  # fmt: skip
        found[record.uuid] = _kept(receipt)
    return found


def _verified(device: Device, day: dt.date, method: str, workers: list[UUID]) -> None:
    words, _ = webedit.form_of(device.user)
    together.hand_in(
        actor=device.user, words=words, conditions=Where(("f.worker_id = ANY(%s)",), (workers,), False), passed=together.OUT, day=day,
        title="手机核实：无变化", source=Source.PHONE, facts={
            "verify_state": pa.scalar(VERIFIED), "collect_method": pa.scalar(method), "survey_date": pa.scalar(day, pa.date32()),
            "collector": pa.scalar(device.user.display_name),
        },
    )  # fmt: skip


def _stop(device: Device, record: Record, day: dt.date) -> tuple[Submission | None, list[str]]:
    if record.worker is None:
        raise DomainError("no_worker", "这一条没有说是谁。请在手机上重新打开这个人。")
    known = people.get(device.user, record.worker)
    return webedit.hand_in_standing(
        actor=device.user,
        person=known,
        status=record.status,
        since=record.since or day,
        reason=record.reason[:200],
        source=Source.PHONE,
    ), []


def _attempt(device: Device, record: Record, day: dt.date) -> tuple[Submission | None, list[str]]:
    if record.worker is None:
        raise DomainError("no_worker", "这一条没有说是谁。请在手机上重新打开这个人。")
    collecting.record_attempt(
        actor=device.user, worker_id=record.worker, channel=CHANNELS.get(record.channel, ""), result=RESULTS.get(record.result, ""),
        next_on=record.next if record.next and record.next >= timezone.localdate() else None, device_at=record.at, attempt_id=record.uuid,
    )  # fmt: skip
    return None, []


KINDS = {Kind.EDIT: _edit, Kind.NEW: _new, Kind.STOP: _stop, Kind.ATTEMPT: _attempt}
CHANNELS = {"visit": Channel.VISIT, "phone": Channel.PHONE, "wechat": Channel.WECHAT}
RESULTS = {
    "reached": Result.REACHED, "unreached": Result.SILENT, "wrong_number": Result.NO_NUMBER, "away": Result.AWAY, "refused": Result.REFUSED,
}  # fmt: skip
