"""记为已核实 for many people at once: one batch per division of the actor, decided by somebody else like any other."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from taizhang.accounts.models import User
from taizhang.catalogue import Option
from taizhang.engine.errors import DomainError
from taizhang.ledger import actions, selection, submitted
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.selection import Selection
from taizhang.ledger.states import BatchState, Outcome, Source, State
from taizhang.ledger.webedit import form_of

VERIFIED = "1"  # CL-VERIFY
METHODS = ("1", "2", "3")  # CL-METHOD: somebody went, rang up, or compared; nobody "imports" or reports here
MOST = 20_000  # people in one go: a township


@dataclass(frozen=True)
class Verified:
    """What was handed in. `stopped`: out for good, passed over; `same`: already recorded so, passed over."""

    people: int
    same: int
    stopped: int


def methods(words: Lexicon) -> list[Option]:
    return [option for option in words.options("collect_method") if set(option.codes) & set(METHODS)]


def check(actor: User, conditions: Where, chosen: Selection) -> tuple[int, int]:
    """How many are meant, and how many of them have left for good and are passed over.

    Raises as `selection.count`; DomainError "too_many", "all_stopped"; NotAllowed for an office that fills no form.
    """
    form_of(actor)
    total = selection.count(conditions, chosen)
    if total > MOST:
        raise DomainError(
            "too_many", f"这里有 {total:,} 人，一次最多记 {MOST:,} 人。请加上条件，如选到一个乡镇，分几次记。"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_people(conditions)}) p WHERE p.gone", conditions.params)
        stopped = int(cursor.fetchone()[0])
    if stopped == total:
        raise DomainError("all_stopped", "选的人都已永久退出，不用再核实。")
    return total, stopped


def _people(conditions: Where) -> str:
    return f"""
    SELECT w.id, w.version, w.division, coalesce(s.pool_status, '10') >= '30' AS gone
    FROM ledger_worker w LEFT JOIN ledger_standing s ON s.worker_id = w.id AND s.to_date IS NULL
    WHERE w.id IN (SELECT f.worker_id {conditions.sql})
    """


@transaction.atomic
def hand_in(
    *, actor: User, chosen: Selection, words: Lexicon, day: dt.date, method: str, collector: str = ""
) -> Verified:
    """Hand in that these people were reached on `day`, as `method` (CL-METHOD) says.

    Raises DomainError "no_day", "future_day", "no_method", "nothing_changed" and as `check`.
    """
    if day > timezone.localdate():
        raise DomainError("future_day", f"核实日期是{day:%Y年%m月%d日}，还没有到。请填今天或以前的日期。")
    if method not in METHODS:
        raise DomainError("no_method", "先选怎么核实的：入户走访、电话访谈或数据比对。")
    conditions = selection.where(chosen, words, actor)
    total, stopped = check(actor, conditions, chosen)
    people = sum(
        _one_batch(actor, words, conditions, scope, day, method, collector)
        for scope in selection.scopes_of(conditions, actor)
    )
    if not people:
        raise DomainError("nothing_changed", "这些人在这一天已经记为已核实，没有再记。")
    return Verified(people, total - stopped - people, stopped)


def _one_batch(
    actor: User, words: Lexicon, conditions: Where, scope: str, day: dt.date, method: str, collector: str
) -> int:
    """One batch for the people under `scope`; returns how many were handed in. A row that would change nothing goes."""
    assert words.programme is not None
    rows = _rows(conditions, scope)
    if not rows.num_rows:
        return 0
    facts = {"verify_state": VERIFIED, "collect_method": method, "collector": collector or None}
    for item, value in facts.items():
        rows = rows.append_column(item, pa.repeat(pa.scalar(value, pa.string()), rows.num_rows))
    rows = rows.append_column("survey_date", pa.repeat(pa.scalar(day, pa.date32()), rows.num_rows))
    batch = actions.open_batch(
        actor=actor,
        source=Source.WEB,
        programme=words.programme.id,
        division=scope,
        collected_on=day,
        title="记为已核实",
        clears=False,
    )
    actions.stage(batch, rows, None, State.DRAFT)
    actions.compare(batch)
    _drop(batch)
    left = Submission.objects.filter(batch=batch).count()
    if left:
        import_string(settings.INTAKE_SUBMIT)(actor=actor, batch=batch)
    else:
        empty = Batch.objects.filter(pk=batch.pk, state=BatchState.OPEN)
        empty._raw_delete(empty.db)
    return left


def _rows(conditions: Where, scope: str) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(p.id::text ORDER BY p.id), array_agg(p.version ORDER BY p.id)"
            f" FROM ({_people(conditions)}) p WHERE NOT p.gone AND p.division >= %s AND p.division < %s",
            [*conditions.params, scope, scope + ":"],
        )
        ids, versions = cursor.fetchone()
    return pa.table(
        {"worker_id": pa.array(ids or [], pa.string()), "base_version": pa.array(versions or [], pa.int64())}
    )


def _drop(batch: Batch) -> None:
    """Drafts nobody has seen that would change nothing."""
    idle = Submission.objects.filter(batch=batch, state=State.DRAFT).exclude(outcome=Outcome.UPDATE)
    submitted.drop(idle)
