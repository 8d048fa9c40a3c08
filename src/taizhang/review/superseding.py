"""A newer paper about a person takes the place of an older one, so that nobody decides on what is already mended."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError
from taizhang.engine.planning import plan_for_bulk
from taizhang.ledger.homes import SEALED
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.states import CLOSED, Source, State
from taizhang.protection import audit
from taizhang.review import policies
from taizhang.review.policies import Verb

# States of a paper that still may reach the ledger, and the one that waits for its submitter.
OLDER = sorted({*(state.value for state in State if state not in CLOSED), State.RETURNED.value} - {State.DRAFT.value})

MOVE = """, moved AS (
                 UPDATE ledger_submission s SET state = %(to)s, version = s.version + 1,
                   decided_by_id = %(actor)s, decided_at = now()
                 FROM old WHERE s.id = old.id),
               noted AS (
                 INSERT INTO ledger_decision
                   (batch_id, division, rows, actor_id, verb, from_state, to_state, at, remarks, reason)
                 SELECT batch_id, division, range_agg(int4range(row_no, row_no, '[]')), %(actor)s, %(verb)s, state, %(to)s, now(),
                   '{}', ''
                 FROM old GROUP BY batch_id, division, state)
               SELECT count(*) FROM old"""


def supersede_older(actor: User, batch: Batch, newer: str, params: dict[str, Any], rows: int) -> int:
    """Close what was returned about the people of `newer` (SQL with `params`, giving ids), and what `actor` handed in about them; returns how many.

    A paper somebody else handed in still waits: two offices may both be right, and the door compares. So does one that
    holds an item the newer form does not ask. A phone may not know yet what came back: it closes that by name (`actions.give_way`). Same person: same ledger entry or same identity number, within the
    programme.
    """
    plan_for_bulk(rows)
    items = [*batch.items, *SEALED]
    closed = "s.state <> 'returned' AND b.submitted_by_id = %(actor)s" if batch.source == Source.PHONE else (
        "(s.state = 'returned' OR b.submitted_by_id = %(actor)s)"
    )  # fmt: skip
    older = ", ".join(f"'{state}'" for state in OLDER)  # written out, so that the index of open papers is used
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH newer AS MATERIALIZED (
                 SELECT id_token, worker_id FROM ledger_submission WHERE id IN ({newer})),
               open AS MATERIALIZED (
                 SELECT s.id, s.id_token, s.worker_id FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id
                 WHERE NOT s.entered AND s.state IN ({older}) AND b.programme = %(programme)s AND b.id <> %(batch)s
                   AND b.items <@ %(items)s::varchar[] AND {closed}),
               same AS (SELECT o.id FROM open o JOIN newer n ON n.id_token = o.id_token
                        UNION SELECT o.id FROM open o JOIN newer n ON n.worker_id = o.worker_id),
               old AS MATERIALIZED (
                 SELECT s.id, s.batch_id, s.row_no, s.division, s.state FROM ledger_submission s JOIN same USING (id)
                 WHERE s.state IN ({older}) ORDER BY s.id FOR UPDATE OF s)
               {MOVE}""",
            {
                **params,
                "programme": batch.programme,
                "batch": batch.pk,
                "items": items,
                **_moved_by(actor),
            },
        )
        count = int(cursor.fetchone()[0])
    if count:
        audit.write(actor, policies.AUDIT[Verb.SUPERSEDE], subject=str(batch.pk), detail={"rows": count})
    return count


def take_back(actor: User, paper: Submission) -> None:
    """Close one's own waiting paper by one that says nothing but what the ledger says, which is no paper. Raises DomainError "changed" (409)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""WITH old AS MATERIALIZED (
                 SELECT s.id, s.batch_id, s.row_no, s.division, s.state FROM ledger_submission s JOIN ledger_batch b ON b.id = s.batch_id
                 WHERE s.id = %(paper)s AND NOT s.entered AND s.state = ANY (%(older)s) AND b.submitted_by_id = %(actor)s
                 FOR UPDATE OF s)
               {MOVE}""",
            {"paper": paper.pk, "older": OLDER, **_moved_by(actor)},
        )
        if cursor.fetchone()[0] != 1:
            raise DomainError("changed", "这一份刚刚有人审过，没有收回。请刷新后再看。", status=409)
        audit.write(actor, policies.AUDIT[Verb.SUPERSEDE], subject=str(paper.batch_id), detail={"rows": 1})


def _moved_by(actor: User) -> dict[str, Any]:
    return {"actor": actor.pk, "to": State.SUPERSEDED.value, "verb": Verb.SUPERSEDE.value}
