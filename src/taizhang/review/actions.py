"""Every step of a record through review. Set-based: one decision and a county's workbook go the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch
from taizhang.ledger.states import State
from taizhang.protection import audit
from taizhang.review import policies
from taizhang.review.policies import Move, Verb


@dataclass
class Decided:
    """What became of the rows of one call. `refused`: row number -> why; `handed_back`: rows the ledger would not take (conflicts)."""

    done: int = 0
    entered: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    handed_back: int = 0


def submit(*, actor: User, batch: Batch, ids: Sequence[UUID] | None = None) -> Decided:
    """Hand a batch's drafts (or some of its rows) to the first office; earlier pending rows about the same people are superseded."""
    return _decide(actor, Verb.SUBMIT, batch, ids)


def approve(*, actor: User, batch: Batch, ids: Sequence[UUID] | None = None, version: int | None = None) -> Decided:
    """Approve rows of one batch at the actor's step; at the last step they enter the ledger in the same transaction.

    `ids` None means every row that waits for the actor. `version` (one row only) refuses when somebody decided in between.
    """
    return _decide(actor, Verb.APPROVE, batch, ids, version=version)


def send_back(
    *, actor: User, batch: Batch, ids: Sequence[UUID], reason: str, remarks: dict[str, str] | None = None, version: int | None = None
) -> Decided:
    """Return rows to whoever handed them in. `remarks`: item id -> what to mend; a reason or a remark is asked for.

    Raises DomainError "reason_missing".
    """
    if not reason.strip() and not remarks:
        raise DomainError("reason_missing", "退回要写明理由：选一条常用理由，或写一句话。")
    return _decide(actor, Verb.RETURN, batch, ids, reason=reason.strip(), remarks=remarks or {}, version=version)


def withdraw(*, actor: User, batch: Batch, ids: Sequence[UUID] | None = None, reason: str = "") -> Decided:
    """Take back one's own rows before they are in the ledger."""
    return _decide(actor, Verb.WITHDRAW, batch, ids, reason=reason)


@transaction.atomic
def _decide(
    actor: User,
    verb: Verb,
    batch: Batch,
    ids: Sequence[UUID] | None,
    *,
    reason: str = "",
    remarks: dict[str, str] | None = None,
    version: int | None = None,
) -> Decided:
    review = catalogue.load().programmes[batch.programme].review
    own = batch.submitted_by_id == actor.pk
    rows = _lock(batch, ids)
    if ids is not None and not rows:
        raise NotFound("submission")
    if version is not None and rows[0][3] != version:
        raise DomainError("changed", "别人刚刚办理了这条记录，没有再改。请看最新情况。", status=409)
    result = Decided()
    moved: dict[Move, list[UUID]] = {}
    states = {state for _, _, state, _ in rows}
    verdicts = {state: _verdict(review, verb, state, actor, own) for state in states}
    if len(rows) == 1 or (ids is None and all(isinstance(verdict, DomainError) for verdict in verdicts.values())):
        for verdict in verdicts.values():
            if isinstance(verdict, DomainError) and (ids is not None or verdict.code in {"own_record", "not_yours"}):
                raise verdict
    for identifier, row_no, state, _ in rows:
        verdict = verdicts[state]
        if isinstance(verdict, Move):
            moved.setdefault(verdict, []).append(identifier)
        elif ids is not None:
            result.refused[row_no] = verdict.message
    for move, chosen in moved.items():
        _move(actor, move, batch, chosen, reason, remarks or {}, result)
    if result.done:
        audit.write(
            actor, policies.AUDIT[verb], subject=str(batch.pk), detail={"rows": result.done, "entered": result.entered, "programme": batch.programme}
        )
    return result


def _verdict(review: policies.Review, verb: Verb, state: str, actor: User, own: bool) -> Move | DomainError:
    try:
        return policies.check_move(review, verb, state=state, role=actor.role, own_record=own)
    except DomainError as refusal:
        return refusal


def _lock(batch: Batch, ids: Sequence[UUID] | None) -> list[tuple[UUID, int, str, int]]:
    """The rows in id order, locked: of two reviewers the second waits and then sees what the first did."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, row_no, state, version FROM ledger_submission
               WHERE batch_id = %s AND (%s::uuid[] IS NULL OR id = ANY(%s::uuid[])) AND outcome IN ('new', 'update', 'same')
               ORDER BY id FOR UPDATE""",
            [batch.pk, list(ids) if ids is not None else None, list(ids) if ids is not None else None],
        )
        return cursor.fetchall()


def _move(
    actor: User, move: Move, batch: Batch, chosen: list[UUID], reason: str, remarks: dict[str, str], result: Decided
) -> None:
    """Move the rows, write one decision each, supersede what they replace, and open the ledger's door where the move says so."""
    import json

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_decision (submission_id, division, actor_id, verb, from_state, to_state, at, remarks, reason)
               SELECT id, division, %s, %s, state, %s, now(), %s, %s FROM ledger_submission WHERE id = ANY(%s::uuid[])""",
            [actor.pk, move.verb.value, move.target.value, json.dumps(remarks), reason, chosen],
        )
        # Rows on their way into the ledger are moved by the door, which knows which of them it took.
        target = move.source if move.enters and move.verb is Verb.APPROVE else move.target
        cursor.execute(
            """UPDATE ledger_submission SET state = %s, version = version + 1, decided_by_id = %s, decided_at = now(),
                 remarks = CASE WHEN %s THEN %s::jsonb ELSE remarks END WHERE id = ANY(%s::uuid[])""",
            [target.value, actor.pk, move.verb is Verb.RETURN, json.dumps({**remarks, "": reason} if reason else remarks), chosen],
        )
        if move.verb is Verb.SUBMIT:
            _supersede(cursor, batch, chosen)
    result.done += len(chosen)
    if move.enters:
        outcome = ledger.apply(actor=actor, batch=batch, submissions=chosen)
        result.entered += outcome.entered
        result.handed_back += len(chosen) - outcome.entered


def _supersede(cursor: object, batch: Batch, chosen: list[UUID]) -> None:
    """A newer version of a person's record takes the place of the one that still waits or was returned."""
    cursor.execute(  # type: ignore[attr-defined]
        """WITH newer AS (SELECT id_token FROM ledger_submission WHERE id = ANY(%s::uuid[]) AND id_token IS NOT NULL),
           old AS (
             UPDATE ledger_submission s SET state = %s, version = s.version + 1 FROM ledger_batch b
             WHERE b.id = s.batch_id AND b.programme = %s AND s.batch_id <> %s AND s.id_token IN (SELECT id_token FROM newer)
               AND s.state NOT IN ('entered', 'withdrawn', 'superseded', 'draft')
             RETURNING s.id, s.division, s.state)
           INSERT INTO ledger_decision (submission_id, division, actor_id, verb, from_state, to_state, at, remarks, reason)
           SELECT id, division, %s, 'supersede', 'submitted', %s, now(), '{}', '' FROM old""",
        [chosen, State.SUPERSEDED.value, batch.programme, batch.pk, batch.submitted_by_id, State.SUPERSEDED.value],
    )
