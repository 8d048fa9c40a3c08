"""The same facts handed in for many people at once: one batch per division of the actor, decided by somebody else like
any other. 记为已核实 and 停用 are made of this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError
from taizhang.ledger import actions, selection, submitted
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.selection import Selection
from taizhang.ledger.states import GONE, BatchState, Mode, Outcome, Source, State
from taizhang.ledger.webedit import form_of

OUT = f"p.status >= '{GONE}'"  # whom nobody asks any more, as `passed`
MOST = 20_000  # people in one go: a township


def check(actor: User, conditions: Where, chosen: Selection, passed: str) -> tuple[int, int]:
    """How many are meant, and how many of them are passed over: `passed` is SQL over their 当前状态, `p.status`.

    Raises as `selection.count`; DomainError "too_many"; NotAllowed for an office that fills no form.
    """
    form_of(actor)
    total = selection.count(conditions, chosen)
    if total > MOST:
        raise DomainError(
            "too_many", f"这里有 {total:,} 人，一次最多办 {MOST:,} 人。请加上条件，如选到一个乡镇，分几次办。"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_people(conditions)}) p WHERE {passed}", conditions.params)
        return total, int(cursor.fetchone()[0])


def _people(conditions: Where) -> str:
    return f"""
    SELECT w.id, w.version, w.division, coalesce(s.pool_status, '10') AS status
    FROM ledger_worker w LEFT JOIN ledger_standing s ON s.worker_id = w.id AND s.to_date IS NULL
    WHERE w.id IN (SELECT f.worker_id {conditions.sql})
    """


def hand_in(
    *,
    actor: User,
    words: Lexicon,
    conditions: Where,
    passed: str,
    day: dt.date,
    title: str,
    facts: Mapping[str, pa.Scalar],
    mode: Mode = Mode.AUTO,
    reason: str = "",
    source: Source = Source.WEB,
    clears: bool = False,
) -> int:
    """Hand in `facts` (item id to value) for all but those passed over; returns for how many. Whom they would not change
    is left out. clears: a null of `facts` empties its item; else it says nothing."""
    assert words.programme is not None
    handed_in = 0
    for scope in selection.scopes_of(conditions, actor):
        rows = _rows(conditions, scope, passed)
        if not rows.num_rows:
            continue
        for item, value in facts.items():
            rows = rows.append_column(item, pa.repeat(value, rows.num_rows))
        batch = actions.open_batch(
            actor=actor,
            source=source,
            programme=words.programme.id,
            division=scope,
            collected_on=day,
            title=title,
            mode=mode,
            reason=reason,
            clears=clears,
        )
        actions.stage(batch, rows, None, State.DRAFT)
        actions.compare(batch)
        handed_in += _submit(actor, batch)
    return handed_in


def _rows(conditions: Where, scope: str, passed: str) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(p.id::text ORDER BY p.id), array_agg(p.version ORDER BY p.id)"
            f" FROM ({_people(conditions)}) p WHERE NOT ({passed}) AND p.division >= %s AND p.division < %s",
            [*conditions.params, scope, scope + ":"],
        )
        ids, versions = cursor.fetchone()
    return pa.table(
        {"worker_id": pa.array(ids or [], pa.string()), "base_version": pa.array(versions or [], pa.int64())}
    )


def _submit(actor: User, batch: Batch) -> int:
    """Drafts nobody has seen that would change nothing go; so does a batch nothing is left of."""
    submitted.drop(Submission.objects.filter(batch=batch, state=State.DRAFT).exclude(outcome=Outcome.UPDATE))
    left = Submission.objects.filter(batch=batch).count()
    if left:
        import_string(settings.INTAKE_SUBMIT)(actor=actor, batch=batch)
    else:
        empty = Batch.objects.filter(pk=batch.pk, state=BatchState.OPEN)
        empty._raw_delete(empty.db)
    return left
