"""Every write to people. `apply` is the door; `undo` is another batch through it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.engine.planning import plan_for_bulk
from taizhang.ledger import door, pools, staging, undoing
from taizhang.ledger.models import Batch, Worker
from taizhang.ledger.states import BatchState, Mode, Source, State
from taizhang.protection import audit


@dataclass(frozen=True)
class Outcome:
    """What applying did. `counts`: rows by outcome (see `states.Outcome`); `refused`: row numbers an undo left
    standing."""

    batch: Batch
    counts: dict[str, int]
    refused: list[int] = field(default_factory=list)


@transaction.atomic
def open_batch(
    *,
    actor: User,
    source: Source | str,
    programme: str,
    division: str,
    collected_on: dt.date,
    title: str = "",
    form_version: str = "",
    mode: Mode | str = Mode.AUTO,
    reason: str = "",
    stat_year: int | None = None,
    clears: bool | None = None,
    initial: bool = False,
    add_reason: str = "",
) -> Batch:
    """A new, empty batch for the divisions under `division`.

    Args:
        collected_on: the day the facts were collected: when undated changes count from.
        stat_year: the statistical year its yearly figures are for; by default the year of `collected_on`.
        clears: whether an empty cell empties the item; by default only on the web and the phone, where nothing is
        left out by accident.
        initial: a first import (初始导入) wherever these people live.
        add_reason: why those who enter a pool by it enter (CL-ADD); by default as the programme's rules say.
    Raises NotAllowed "out_of_scope"; DomainError "unknown_programme".
    """
    if not actor.sees_people or not actor.covers(division):
        raise NotAllowed("out_of_scope", "这个区划不在您负责的范围内。请选择本辖区。", division=division)
    if programme not in catalogue.load().programmes:
        raise DomainError(
            "unknown_programme", "没有这个方案，或者方案文件有错误。请联系系统管理员。", programme=programme
        )
    if clears is None:
        clears = source in (Source.WEB, Source.PHONE)
    return Batch.objects.create(
        source=source,
        programme=programme,
        division=division,
        collected_on=collected_on,
        title=title,
        form_version=form_version,
        mode=mode,
        reason=reason,
        stat_year=stat_year or collected_on.year,
        clears=clears,
        initial=initial,
        add_reason=add_reason,
        submitted_by=actor,
    )


@transaction.atomic
def stage(batch: Batch, rows: pa.Table, findings: pa.Table | None = None, state: State | str = State.SUBMITTED) -> int:
    """Flat rows -> submissions of `batch`; returns how many.

    Args:
        rows: a column per item (types of docs/interfaces.md), `id_number` and `mobile_phone` in clear, and optionally
        `row_no`
            (int, as the sheet counts; by default from 1), `worker_id` (text) and `base_version` (int).
        findings: of `catalogue.validate`; `row` indexes `rows`. A row with an error never reaches the ledger.
        state: where the rows stand; DRAFT while somebody is still looking at what the check found.
    The set of columns is the set of items the form holds. Call it again to add rows with the same columns.
    """
    items = staging.check_columns(rows)
    if batch.items and set(batch.items) != set(items):
        raise ValueError("all rows of a batch hold the same items")
    if not batch.items:
        batch.items = items
        batch.save(update_fields=["items"])
    return staging.write(batch, rows, findings, state)


@transaction.atomic
def compare(batch: Batch) -> dict[str, int]:
    """Fill outcome, changes, worker and base version of every open submission; counts by outcome. Writes nothing to
    people.

    From here on the base version is the one compared with: what somebody else changes between check and entry is found.
    """
    door.decide(batch, preview=True)
    counts = door.note(batch, enter=False)
    Batch.objects.filter(pk=batch.pk).update(counts=counts)
    batch.counts = counts
    return counts


@transaction.atomic
def turn(*, actor: User, batch: Batch, mode: Mode | str) -> dict[str, int]:
    """Take the whole batch for changes or for corrections, whatever the rule says; compares again."""
    _locked(actor, batch)
    batch.mode = mode
    batch.save(update_fields=["mode"])
    return compare(batch)


@transaction.atomic
def apply(*, actor: User, batch: Batch, submissions: Sequence[UUID] | None = None) -> Outcome:
    """THE door: bring the batch (or these submissions of it) into the ledger, as the person who decides.

    Rows entered, returned or withdrawn before are passed over, so a second call writes nothing. Rows in conflict or
    in error stay
    where they are; the rest goes on. Whether a row may enter at all (states, four eyes) is `review.policies`.
    Raises NotFound for a batch outside the actor's divisions; NotAllowed "read_only".
    """
    _locked(actor, batch)
    door.lock(batch, submissions)
    door.decide(batch, submissions)
    door.write(batch)
    counts = door.note(batch, enter=True, actor=actor.pk)
    batch.state, batch.applied_at, batch.decided_by = BatchState.APPLIED, timezone.now(), actor
    batch.counts = (
        _added_up(batch.counts, counts) if submissions is not None and batch.counts else counts or batch.counts
    )
    batch.save(update_fields=["state", "applied_at", "decided_by", "counts"])
    if counts:
        audit.write(actor, audit.Action.BATCH_APPLIED, str(batch.pk), {"counts": counts})
    return Outcome(batch, counts)


@transaction.atomic
def undo(*, actor: User, batch: Batch, reason: str) -> Outcome:
    """Restore what `batch` replaced, by another batch; rows on which something newer stands are left and named by row
    number.

    Raises DomainError "not_applied", "undo_of_undo", "no_reason"; NotFound out of scope.
    """
    _locked(actor, batch)
    if not reason.strip():
        raise DomainError("no_reason", "请写明撤销的原因。")
    if batch.source == Source.UNDO:
        raise DomainError("undo_of_undo", "撤销批次不能再撤销。需要恢复的，请重新导入原来的文件。")
    if batch.state != BatchState.APPLIED:
        raise DomainError("not_applied", "这一批还没有入账，或已经撤销，没有可撤销的内容。")
    by = open_batch(
        actor=actor,
        source=Source.UNDO,
        programme=batch.programme,
        division=batch.division,
        collected_on=timezone.localdate(),
        title=f"撤销：{batch.title}"[:200],
        reason=reason,
        stat_year=batch.stat_year,
    )
    counts, refused = undoing.run(batch, by)
    by.state, by.applied_at, by.decided_by, by.undoes = BatchState.APPLIED, timezone.now(), actor, batch
    by.counts = counts
    by.save(update_fields=["state", "applied_at", "decided_by", "undoes", "counts"])
    if not refused:  # else the rest can still be undone once the newer batches are
        batch.state, batch.undone_by = BatchState.UNDONE, by
        batch.save(update_fields=["state", "undone_by"])
    audit.write(
        actor, audit.Action.BATCH_UNDONE, str(batch.pk), {"by": str(by.pk), "counts": counts, "refused": len(refused)}
    )
    return Outcome(by, counts, refused)


@transaction.atomic
def sweep(*, actor: User, programme: str, division: str, as_of: dt.date) -> Batch:
    """Bring every membership under `division` up to the scope rule on `as_of`: people come of age without anybody
    handing in a row."""
    batch = open_batch(
        actor=actor,
        source=Source.SYSTEM,
        programme=programme,
        division=division,
        collected_on=as_of,
        title="按日期更新在库人员",
    )
    plan_for_bulk(Worker.objects.filter(division__startswith=division).count())
    door.execute(
        [f"DROP TABLE IF EXISTS {', '.join(door.TEMPORARY)}", pools.everybody(), "ANALYZE door_touched"],
        door.parameters(batch),
    )
    pools.recompute(batch, newcomers=False)
    batch.state, batch.applied_at, batch.decided_by = BatchState.APPLIED, timezone.now(), actor
    batch.save(update_fields=["state", "applied_at", "decided_by"])
    audit.write(actor, audit.Action.BATCH_APPLIED, str(batch.pk), {"counts": {}})
    return batch


def _locked(actor: User, batch: Batch) -> None:
    """Two people who decide on one batch go one after the other; the second sees what the first did."""
    if not actor.sees_people or actor.role == "partner":
        raise NotAllowed("read_only", "您的账号只能查看，不能办理入账。")
    try:
        Batch.objects.select_for_update().get(pk=batch.pk)
    except Batch.DoesNotExist:
        raise NotFound("batch") from None
    batch.refresh_from_db()
    if not actor.covers(batch.division):
        raise NotFound("batch")


def _added_up(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    """Counts of a batch that enters in parts: what the comparison counted stays the whole."""
    return before if sum(before.values()) >= sum(now.values()) else now
