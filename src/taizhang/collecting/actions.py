"""Writes of rounds: opening, closing, attempts to reach people, 无变化 for one or many."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import Role, User
from taizhang.catalogue import duedates
from taizhang.catalogue.schema import Programme
from taizhang.collecting import queries
from taizhang.collecting.models import Attempt, Channel, Result, Round, RoundNumber
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.engine.ids import uuid7
from taizhang.ledger import asking, verifying
from taizhang.ledger import queries as ledger
from taizhang.ledger.asking import Question
from taizhang.ledger.selection import Selection
from taizhang.protection import audit
from taizhang.protection.audit import Action

NEXT_WITHIN = 366  # days


@dataclass(frozen=True)
class Verified:
    """What 无变化 did: `people` handed in; `passed` were verified, waiting for review, or no task of the round."""

    people: int
    passed: int


@transaction.atomic
def open_round(programme: Programme, county: str, today: dt.date, actor: User | None = None) -> Round:
    """The round of a county that a day falls into, opened if it was not; one per programme, county and period.

    Raises NotAllowed "wrong_role" for an actor who is no county officer, NotFound outside their county; DomainError
    "no_round" where the programme has none on that day.
    """
    _check_county(actor, county)
    turn = duedates.turn_of(programme, today)
    if turn is None:
        raise DomainError("no_round", f"{programme.short_name}在{today:%Y年%m月%d日}没有要核实的一轮。")
    found, made = Round.objects.get_or_create(
        programme=programme.id,
        division=county,
        first=turn.first,
        defaults={"until": turn.until, "due": turn.due, "name": turn.name, "opened_by": actor},
    )
    if made:
        audit.write(
            actor, Action.ROUND_OPENED, str(found.pk),
            {"programme": programme.id, "division": county, "first": turn.first.isoformat()},
        )  # fmt: skip
    return found


def _check_county(actor: User | None, county: str) -> None:
    if actor is None:
        return  # a job
    if actor.role != Role.COUNTY:
        raise NotAllowed("wrong_role", "一轮核实由县级经办人开始和结束。")
    if len(county) != 6 or not actor.covers(county):
        raise NotFound("division")


@transaction.atomic
def close_round(*, round_id: UUID, actor: User | None = None) -> Round:
    """Close a round for good and keep every village's numbers as they are now.

    Raises as `open_round`; DomainError "closed".
    """
    if actor:
        _check_county(actor, queries.get_round(actor, round_id).division)
    found = Round.objects.select_for_update().get(pk=round_id)
    if found.closed_at:
        raise DomainError("closed", f"{found.name}的核实已经结束。", status=409)
    lines = queries.numbers(found, [found.division])
    RoundNumber.objects.bulk_create(
        RoundNumber(
            round=found, division=one.code, people=one.people, verified=one.verified, waiting=one.waiting,
            unreached=one.unreached,
        )
        for one in lines
    )  # fmt: skip
    found.closed_at, found.closed_by = timezone.now(), actor
    found.save(update_fields=["closed_at", "closed_by"])
    whole = queries.total(lines)
    audit.write(
        actor, Action.ROUND_CLOSED, str(found.pk),
        {"division": found.division, "people": whole.people, "verified": whole.verified},
    )  # fmt: skip
    return found


def turn_over(programme: Programme, county: str, today: dt.date) -> Round | None:
    """What the periodic job does for a county: close what is over, open what has begun. None without a round today."""
    for over in Round.objects.filter(programme=programme.id, division=county, closed_at=None, until__lt=today):
        close_round(round_id=over.pk)
    return open_round(programme, county, today) if duedates.turn_of(programme, today) else None


@transaction.atomic
def record_attempt(
    *,
    actor: User,
    worker_id: UUID,
    channel: str,
    result: str,
    next_on: dt.date | None = None,
    device_at: dt.datetime | None = None,
    attempt_id: UUID | None = None,
) -> Attempt:
    """One attempt to reach a person, in the open round of the actor's programme if there is one.

    Args:
        device_at: the phone's clock, kept beside the server's.
        attempt_id: made on the device; the same id again changes nothing.
    Raises NotFound out of scope; NotAllowed "read_only"; DomainError "no_channel", "bad_next".
    """
    check_editor(actor)
    worker = ledger.get_worker(actor, worker_id)
    if channel not in Channel.values or result not in Result.values:
        raise DomainError("no_channel", "请选怎么联系的（入户、电话、微信）和结果。")
    today = timezone.localdate()
    if next_on and not today <= next_on <= today + dt.timedelta(days=NEXT_WITHIN):
        raise DomainError("bad_next", "下次联系的日子要在今天以后、一年以内。")
    current = next(
        (one for one in queries.open_rounds(actor) if one.division == worker.division[:6] and one.first <= today), None
    )
    row, made = Attempt.objects.get_or_create(
        pk=attempt_id or uuid7(),
        defaults={
            "worker": worker, "division": worker.division, "round": current, "device_at": device_at,
            "channel": channel, "result": result, "next_on": next_on, "by": actor,
        },
    )  # fmt: skip
    if made:
        audit.write(actor, Action.PERSON_TRIED, str(worker_id), {"channel": channel, "result": result})
    return row


def check_editor(actor: User) -> None:
    if actor.role not in (Role.COLLECTOR, Role.TOWNSHIP, Role.COUNTY):
        raise NotAllowed("read_only", "您的账号只能查看，不能记核实和联系情况。")


@transaction.atomic
def verify_unchanged(
    *, actor: User, found: Round, worker_ids: Sequence[UUID], day: dt.date, method: str, collector: str = ""
) -> Verified:
    """无变化: hand in that these people were reached on `day` by `method` (CL-METHOD), as one batch per village or
    other division of the actor, decided by somebody else like any other.

    Those who are verified or wait for review already, and those who are no task of the round, are passed over: the same
    call again hands in nobody. Raises DomainError "closed", "outside_round", "nobody_selected",
    NotAllowed "read_only", and as `verifying.hand_in`.
    """
    check_editor(actor)
    if found.closed_at:
        raise DomainError("closed", f"{found.name}的核实已经结束，不能再记。", status=409)
    if not found.first <= day <= found.until:
        raise DomainError(
            "outside_round", f"{found.name}的核实日期应在{found.first:%Y-%m-%d}到{found.until:%Y-%m-%d}之间。"
        )
    if not worker_ids:
        raise DomainError("nobody_selected", "还没有选人。请先勾选，再记。")
    left = _left(actor, found, worker_ids)
    if left:
        verifying.hand_in(
            actor=actor,
            chosen=Selection(Question(), tuple(left)),
            words=_words(actor, found),
            day=day,
            method=method,
            collector=collector or actor.display_name,
        )
    return Verified(len(left), len(set(worker_ids)) - len(left))


def _words(actor: User, found: Round) -> asking.Lexicon:
    loaded = catalogue.load()
    return asking.Lexicon(loaded, loaded.programmes[found.programme])


def _left(actor: User, found: Round, worker_ids: Sequence[UUID]) -> list[UUID]:
    """Those of `worker_ids` whom the actor sees and who still are to be verified."""
    relation = queries.tasks(actor, found, actor.scopes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT worker_id FROM ({relation.sql} AND w.id = ANY (%(ids)s)) t WHERE state IN ('open', 'unreached')"
            " ORDER BY worker_id",
            {**relation.params, "ids": list(worker_ids)},
        )
        return [row[0] for row in cursor.fetchall()]
