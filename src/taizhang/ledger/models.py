"""What was handed in and what it did: batches, submissions, decisions, changes, memberships and movements.

The people themselves and their facts are in `facts.py`, imported here for Django.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from taizhang.engine.ids import uuid7
from taizhang.ledger import columns as c
from taizhang.ledger.facts import (
    Dated,
    Household,
    Intention,
    Keyed,
    ReturnFlow,
    ServiceYear,
    Spell,
    Standing,
    Verification,
    Worker,
    WorkYear,
)
from taizhang.ledger.homes import item_fields
from taizhang.ledger.states import BatchState, ChangeKind, Direction, Mode, Outcome, Source, State

__all__ = [
    "Batch", "Change", "Dated", "Decision", "Household", "Intention", "Keyed", "Membership", "Movement", "Paper",
    "ReturnFlow", "ServiceYear", "Spell", "Standing", "Submission", "Verification", "WorkYear", "Worker",
]  # fmt: skip


class Batch(models.Model):
    """One bringing-in: a workbook, a web edit, a phone sync, an undo. `division` is the root of its scope, often a
    county."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=10, choices=Source.choices)
    programme = models.CharField(max_length=40)
    form_version = models.CharField(max_length=40, default="")
    division = c.division()
    collected_on = models.DateField()
    stat_year = models.PositiveSmallIntegerField()  # the statistical year its yearly figures are for
    title = models.CharField(max_length=200, default="")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(default="")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.AUTO)
    initial = models.BooleanField(default=False)  # 初始导入: newcomers are not 漏登补录
    add_reason = models.CharField(max_length=2, default="", db_default="")  # CL-ADD, where somebody named one
    items = ArrayField(models.CharField(max_length=60), default=list)  # those its form holds
    clears = models.BooleanField(
        default=False
    )  # whether an empty cell empties the item (web) or says nothing (workbook)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.OPEN)
    counts = models.JSONField(default=dict)  # by outcome
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    undone_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["division", "-created_at"], name="batch_list")]


class Submission(models.Model):
    """One row somebody handed in: who it is about and where it stands. What it says is its `Paper`: a step of a whole
    batch rewrites these rows, never those."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=c.Uuid7(), editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    row_no = models.IntegerField()  # in the sheet, as its reader counts
    division = c.division()
    worker_id = models.UUIDField(null=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.SUBMITTED, db_default=State.SUBMITTED)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, null=True)
    id_token = models.BinaryField(null=True)
    phone_token = models.BinaryField(null=True)
    full_name = c.code()
    base_version = models.BigIntegerField(null=True)  # Worker.version it was made from; null: made from nothing
    changes = models.JSONField(null=True)  # {item: [old, new, 'change' | 'correction']}
    findings = models.JSONField(null=True)  # [{item, rule, severity, message, suggestion, value}]
    remarks = models.JSONField(null=True)  # a reviewer's, by item
    version = models.IntegerField(default=1, db_default=1)  # of this row, so that two reviewers cannot both win
    needs_second = models.BooleanField(default=False, db_default=False)  # changes identity: somebody else must approve
    decided_by = c.loose_key(settings.AUTH_USER_MODEL, null=True)
    decided_at = models.DateTimeField(null=True)
    # No index holds `state` itself: a step of a whole batch then rewrites rows in place, within their pages.
    entered = models.GeneratedField(
        expression=Q(state=State.ENTERED),  # type: ignore[arg-type]  # Django takes it, its stubs do not
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "row_no"], name="one_submission_per_row")]
        indexes = [
            models.Index(fields=["division", "batch"], condition=Q(entered=False), name="submission_queue"),
            models.Index(fields=["batch", "row_no"], condition=Q(findings__isnull=False), name="submission_problems"),
            # those that changed somebody are found through `Change.submission_id`
            models.Index(
                fields=["worker_id"], condition=Q(entered=False) | Q(outcome=Outcome.SAME), name="submission_worker"
            ),
        ]


class Paper(models.Model):
    """What a submission says: a whole flat row of items, numbers sealed. Written once; `papers.values` reads it.

    Null means nothing was said, or, where the batch `clears`, that the item is to be emptied. `left_out`: items of the
    batch about which this row says nothing after all.
    """

    submission = models.OneToOneField(
        Submission, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="paper"
    )
    division = c.division()  # the submission's
    id_sealed = models.BinaryField(null=True)
    id_tail = models.IntegerField(null=True)
    phone_sealed = models.BinaryField(null=True)
    name_initials = c.code()
    left_out = ArrayField(models.TextField(), null=True)
    hukou_region = c.code()


for _item, _field in item_fields().items():
    Paper.add_to_class(_item, _field)


class Decision(models.Model):
    """One step of papers of one batch and village, decided together; append only. `queries.decisions_on` finds those
    of a paper."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT)
    division = c.division()
    rows = c.RowNumbers()  # of the batch
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=20)
    from_state = models.CharField(max_length=20, choices=State.choices)
    to_state = models.CharField(max_length=20, choices=State.choices)
    at = models.DateTimeField(auto_now_add=True)
    remarks = models.JSONField(default=dict)
    reason = models.TextField(default="")

    submission_id: UUID  # the paper it was found for; only `queries.decisions_on` sets it


class Change(models.Model):
    """What one batch did to one person: `version` is the one it led to. Gives timeline, three-way comparison and
    staleness of an undo.

    For a newcomer `changes` is empty: the values are in the submission.
    """

    pk = models.CompositePrimaryKey("worker_id", "version")
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    batch = c.loose_key("ledger.Batch")
    submission_id = models.UUIDField(null=True)
    version = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    changes = models.JSONField(default=dict)  # {item: [old, new, 'change' | 'correction']}
    effective_on = models.DateField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["batch"], name="change_by_batch")]


class Membership(models.Model):
    """A person in a programme's pool: from `from_date`, and no longer from `to_date` on (not included)."""

    id = models.BigAutoField(primary_key=True)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    programme = models.CharField(max_length=40)
    from_date = models.DateField()
    to_date = models.DateField(null=True)
    reason_in = models.CharField(max_length=2)  # CL-ADD, see states.OTHER_REASONS
    reason_out = models.CharField(max_length=2, null=True)  # CL-STATUS, see states.OTHER_REASONS
    batch = c.loose_key("ledger.Batch")  # of the entry
    batch_out = c.loose_key("ledger.Batch", null=True)

    class Meta:
        constraints = [
            c.one_open("one_open_membership", "worker", "programme"),
            models.CheckConstraint(
                condition=Q(to_date=None) | Q(to_date__gte=F("from_date")), name="membership_ends_after_start"
            ),
        ]


class Movement(models.Model):
    """增减: one entry to or exit from a pool; append only. 期初 + 增 − 减 = 期末 counts these by `effective_on`."""

    id = models.BigAutoField(primary_key=True)
    worker = c.loose_key("ledger.Worker")
    division = c.division()
    programme = models.CharField(max_length=40)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    reason = models.CharField(max_length=2)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    batch = c.loose_key("ledger.Batch")

    class Meta:
        indexes = [
            models.Index(fields=["programme", "effective_on", "division"], name="movement_by_day"),
        ]
