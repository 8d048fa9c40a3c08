"""Every step of a record through review. Set-based: one decision and a county's workbook go the same way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Review
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.states import ACCEPTED, State
from taizhang.protection import audit
from taizhang.review import policies
from taizhang.review.policies import Enters, Move, Verb
from taizhang.review.superseding import supersede_older

Remarks = dict[str, str]
# Which rows of a move go through the ledger's door, as SQL over `chosen`.
ENTERING = {Enters.NONE: "", Enters.ALL: "true", Enters.PLAIN: "NOT identity", Enters.IDENTITY: "identity"}


@dataclass
class Decided:
    """What became of the rows of one call.

    Attributes:
        done: rows moved as asked; `entered`: those of them that are in the ledger now.
        refused: row number -> why it was left alone.
        handed_back: rows the ledger would not take (somebody else changed the same item); an approved one goes back to
            its submitter.
    """

    done: int = 0
    entered: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    handed_back: int = 0


def review_of(batch: Batch) -> Review:
    """How the batch's programme reviews."""
    return catalogue.load().programmes[batch.programme].review


def submit(*, actor: User, batch: Batch, ids: Sequence[UUID] | None = None) -> Decided:
    """Hand a batch's drafts (or some of them) to the first office; older papers about the same people give way."""
    return _decide(actor, Verb.SUBMIT, batch, ids)


def approve(*, actor: User, batch: Batch, ids: Sequence[UUID] | None = None, version: int | None = None) -> Decided:
    """Approve rows of one batch at the actor's step; at the last step they enter the ledger in the same transaction.

    Args:
        ids: None means every row that waits for the actor. Of several rows, those refused are listed in `refused`.
        version: of a single row as it was shown.
    Raises DomainError "changed" (409) when somebody decided in between; NotAllowed for a single row; NotFound.
    """
    return _decide(actor, Verb.APPROVE, batch, ids, version=version)


def approve_each(*, actor: User, batch: Batch, ids: Sequence[UUID]) -> Decided:
    """Approve those of several rows that may be; the others are listed with the reason, also a single one."""
    try:
        return _decide(actor, Verb.APPROVE, batch, ids)
    except NotAllowed as refusal:
        return Decided(
            refused=dict.fromkeys(
                Submission.objects.filter(pk__in=ids).values_list("row_no", flat=True), refusal.message
            )
        )


def send_back(
    *,
    actor: User,
    batch: Batch,
    ids: Sequence[UUID],
    reason: str,
    remarks: Remarks | None = None,
    version: int | None = None,
) -> Decided:
    """Return rows to whoever handed them in. `remarks`: item id -> what to mend; a reason or a remark is asked for.

    Raises DomainError "reason_missing"; else as `approve`.
    """
    if not reason.strip() and not remarks:
        raise DomainError("reason_missing", "退回要写明理由：选一条常用理由，或写一句话。")
    return _decide(actor, Verb.RETURN, batch, ids, reason=reason.strip(), remarks=remarks, version=version)


def withdraw(
    *, actor: User, batch: Batch, ids: Sequence[UUID] | None = None, reason: str = "", version: int | None = None
) -> Decided:
    """Take back one's own rows before they are in the ledger."""
    return _decide(actor, Verb.WITHDRAW, batch, ids, reason=reason, version=version)


@transaction.atomic
def give_way(*, actor: User, submission: Submission, version: int | None = None) -> None:
    """Close a returned row whose mended version is about to be handed in by this transaction. Raises as `approve`."""
    _decide(actor, Verb.CORRECT, submission.batch, [submission.pk], version=version)


@transaction.atomic
def _decide(
    actor: User,
    verb: Verb,
    batch: Batch,
    ids: Sequence[UUID] | None,
    *,
    reason: str = "",
    remarks: Remarks | None = None,
    version: int | None = None,
) -> Decided:
    review, own = review_of(batch), batch.submitted_by_id == actor.pk
    counts = _lock(batch, ids)
    if ids is not None and not counts:
        raise NotFound("submission")
    if version is not None:
        _check_version(version)
    verdicts = {state: _verdict(review, verb, state, actor, own) for state in counts}
    _check_any(verdicts, ids)
    result = Decided()
    for state, verdict in verdicts.items():
        if isinstance(verdict, Move):
            _move(actor, verdict, batch, counts[state], whole=len(counts) == 1 and ids is None, result=result)
            _note(actor, verdict, batch, reason, remarks or {})
        elif ids is not None:
            result.refused |= dict.fromkeys(
                _column("SELECT row_no FROM chosen WHERE state = %s", state), verdict.message
            )
    if result.done or result.handed_back:
        detail = {
            "rows": result.done,
            "entered": result.entered,
            "handed_back": result.handed_back,
            "programme": batch.programme,
        }
        audit.write(actor, policies.AUDIT[verb], subject=str(batch.pk), detail=detail)
    return result


def _verdict(review: Review, verb: Verb, state: str, actor: User, own: bool) -> Move | NotAllowed:
    try:
        return policies.check_move(review, verb, state=state, role=actor.role, own_record=own)
    except NotAllowed as refusal:
        return refusal


def _check_any(verdicts: dict[str, Move | NotAllowed], ids: Sequence[UUID] | None) -> None:
    """Raises why when a single row cannot be moved, or when the whole batch is another person's turn."""
    refusals = [verdict for verdict in verdicts.values() if isinstance(verdict, NotAllowed)]
    if len(refusals) < len(verdicts):
        return
    for refusal in refusals:
        if (ids is not None and len(ids) == 1) or (ids is None and refusal.code in {"own_record", "not_yours"}):
            raise refusal


def _check_version(version: int) -> None:
    """Of two reviewers at once the second is told who was faster."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version, state, decided_by_id, decided_at FROM chosen")
        found, state, decided_by, decided_at = cursor.fetchone()
    if found == version:
        return
    decider = User.objects.filter(pk=decided_by).first() if decided_by else None
    who = decider.display_name if decider else "别人"
    when = timezone.localtime(decided_at) if decided_at else None
    told = f"于 {when.month}月{when.day}日 {when:%H:%M} " if when else "刚刚"
    message = f"{who}{told}已经办理了这条记录，现在是“{State(state).label}”。您的办理没有生效，请看最新情况。"
    raise DomainError("changed", message, status=409, state=state)


def _lock(batch: Batch, ids: Sequence[UUID] | None) -> dict[str, int]:
    """Fill the temporary table `chosen` with the rows, locked in id order; counts by state.

    Of two reviewers the second waits and then sees what the first did. No join: PostgreSQL reads a locked row again
    when it was changed meanwhile, but not what was joined to it.
    """
    wanted = list(ids) if ids is not None else None
    with connection.cursor() as cursor:
        cursor.execute(
            """DROP TABLE IF EXISTS chosen;
               CREATE TEMP TABLE chosen ON COMMIT DROP AS
                 SELECT id, row_no, division, state, version, needs_second AS identity, decided_by_id, decided_at, false AS refused
                 FROM ledger_submission WHERE false"""
        )
        cursor.execute(
            """INSERT INTO chosen
               SELECT id, row_no, division, state, version, needs_second, decided_by_id, decided_at, false
               FROM ledger_submission WHERE batch_id = %s AND (%s::uuid[] IS NULL OR id = ANY(%s::uuid[]))
                 AND (outcome = ANY(%s::text[]) OR state NOT IN ('draft', 'submitted'))
               ORDER BY id FOR UPDATE""",
            [batch.pk, wanted, wanted, [str(outcome) for outcome in ACCEPTED]],
        )
        cursor.execute("ANALYZE chosen (id, state)")
        cursor.execute("SELECT state, count(*) FROM chosen GROUP BY state ORDER BY state")
        return dict(cursor.fetchall())


def _column(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [line[0] for line in cursor.fetchall()]


def _move(actor: User, move: Move, batch: Batch, rows: int, *, whole: bool, result: Decided) -> None:
    """Older papers first, then the ledger's door; what the door refused is told by its state.

    `whole`: every open row of the batch takes this move, so the door need not be told which.
    """
    if move.verb is Verb.SUBMIT:
        supersede_older(
            actor, batch, "SELECT id FROM chosen WHERE state = %(moving)s", {"moving": move.source.value}, rows
        )
    entering = ENTERING[move.enters]
    if entering:
        among = f"FROM chosen WHERE state = %s AND {entering}"
        ids = None if whole and entering == "true" else _column(f"SELECT id {among}", move.source.value)
        if ids is None or ids:
            ledger.apply(actor=actor, batch=batch, submissions=ids)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE chosen c SET refused = true FROM ledger_submission s
                    WHERE s.id = c.id AND s.state <> 'entered' AND c.state = %s AND {entering}""",
                [move.source.value],
            )
            refused = cursor.rowcount
            cursor.execute(f"SELECT count(*) {among}", [move.source.value])
            result.entered += cursor.fetchone()[0] - refused
        result.handed_back += refused
        rows -= refused
        if refused and move.verb is Verb.APPROVE:
            _hand_back(actor, move, _column("SELECT id FROM chosen WHERE refused AND state = %s", move.source.value))
    result.done += rows


def _note(actor: User, move: Move, batch: Batch, reason: str, remarks: Remarks) -> None:
    """One decision per village, and the new state of those that the door has not moved already."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO ledger_decision (batch_id, division, rows, actor_id, verb, from_state, to_state, at, remarks, reason)
               SELECT %s, division, range_agg(int4range(row_no, row_no, '[]')), %s, %s, %s, %s, now(), %s, %s
               FROM chosen WHERE state = %s AND NOT refused GROUP BY division""",
            [
                batch.pk,
                actor.pk,
                move.verb.value,
                move.source.value,
                move.target.value,
                json.dumps(remarks),
                reason,
                move.source.value,
            ],
        )
        cursor.execute(
            """UPDATE ledger_submission s SET state = %s, version = s.version + 1, decided_by_id = %s, decided_at = now(),
                 remarks = CASE WHEN %s THEN %s::jsonb ELSE s.remarks END
               FROM chosen c WHERE c.id = s.id AND c.state = %s AND NOT c.refused AND s.state <> %s""",
            [
                move.target.value,
                actor.pk,
                move.verb is Verb.RETURN,
                json.dumps({**remarks, **({"": reason} if reason else {})}),
                move.source.value,
                move.target.value,
            ],
        )


def _hand_back(actor: User, move: Move, refused: list[UUID]) -> None:
    """Approved, but the ledger has moved on: back to the submitter with what the ledger said."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH said AS (
                 -- the door names items in conflict by their ids: here each gets a remark of its own
                 SELECT s.id, s.batch_id, s.row_no, s.division,
                   CASE f ->> 'rule' WHEN 'ledger.conflict' THEN string_to_array(f ->> 'about', ',') ELSE ARRAY[f ->> 'item'] END AS items,
                   coalesce(CASE f ->> 'rule' WHEN 'ledger.conflict' THEN split_part(f ->> 'message', '：', 1) || '。' ELSE f ->> 'message' END,
                     '和台账对不上，没有入账。') AS message
                 FROM ledger_submission s LEFT JOIN LATERAL (
                   SELECT f FROM jsonb_array_elements(s.findings) f WHERE f ->> 'rule' LIKE 'ledger.%%' LIMIT 1
                 ) one(f) ON true
                 WHERE s.id = ANY(%(ids)s::uuid[])
               ), noted AS (
                 UPDATE ledger_submission s SET state = %(to)s, version = s.version + 1,
                   decided_by_id = %(actor)s, decided_at = now(),
                   remarks = jsonb_build_object('', said.message) || coalesce((
                     SELECT jsonb_object_agg(item, '台账里这一项已经有了新的内容') FROM unnest(said.items) item WHERE item IS NOT NULL), '{}')
                 FROM said WHERE s.id = said.id
               )
               INSERT INTO ledger_decision (batch_id, division, rows, actor_id, verb, from_state, to_state, at, remarks, reason)
               SELECT batch_id, division, range_agg(int4range(row_no, row_no, '[]')), %(actor)s, 'return', %(from)s, %(to)s, now(),
                 '{}', message
               FROM said GROUP BY batch_id, division, message""",
            {"ids": refused, "actor": actor.pk, "from": move.source.value, "to": State.RETURNED.value},
        )
