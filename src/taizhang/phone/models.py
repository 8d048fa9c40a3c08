"""Phones, what each of them is known to hold, and a receipt for everything they ever brought."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from taizhang.engine.ids import uuid7
from taizhang.ledger import columns as c


class Kind(models.TextChoices):
    """What a record says. Stored values never change."""

    UNCHANGED = "unchanged", "无变化"
    EDIT = "edit", "修改"
    NEW = "new", "新增"
    ATTEMPT = "attempt", "联系记录"
    STOP = "stop", "停用"


class Outcome(models.TextChoices):
    """What became of a record when it came in; what review makes of it later stands with its paper."""

    ACCEPTED = "accepted", "已收到"
    SAME = "same", "和台账一样"
    CONFLICT = "conflict", "两边都改过"
    REFUSED = "refused", "没有收"


class Device(models.Model):
    """One phone of one collector. The token it carries is kept as its SHA-256 only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    token_hash = models.BinaryField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    skew_seconds = models.IntegerField(default=0)  # the phone's clock ahead of ours, when it last called
    pull = models.PositiveIntegerField(default=0)  # number of the last download sent
    revoked_at = models.DateTimeField(null=True)


class Holding(models.Model):
    """What one phone has of one person: `stamp` is the digest of what it has acknowledged, `sent` of what was sent with download `pull`.

    Opaque ids and digests only. Not under row-level security: a phone must learn that somebody has left its villages.
    """

    EDITED = "edited"  # for a digest: the phone has changed the person itself since

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+", db_index=False)
    worker_id = models.UUIDField()
    stamp = models.CharField(max_length=32, default="")
    sent = models.CharField(max_length=32)  # "" asks the phone to forget the person
    pull = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "worker_id"], name="one_holding_per_person")]


class Receipt(models.Model):
    """A record a phone brought, by the id the phone gave it: bringing it again changes nothing and gives the same answer."""

    uuid = models.UUIDField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    seq = models.BigIntegerField()  # rises on one phone
    kind = models.CharField(max_length=10, choices=Kind.choices)
    division = c.division()
    worker_id = models.UUIDField(null=True)
    device_at = models.DateTimeField()  # by the phone's clock
    happened_at = models.DateTimeField()  # the same by ours
    received_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    message = models.CharField(max_length=300, default="")
    findings = models.JSONField(default=list)  # [{item, message}], numbers masked
    items = ArrayField(models.CharField(max_length=60), default=list)  # that an edit changes
    contested = ArrayField(
        models.CharField(max_length=60), default=list
    )  # of these: where something else stood by then
    submission_id = models.UUIDField(null=True)
    settled_by = models.UUIDField(null=True)  # the submission that settled a conflict

    class Meta:
        indexes = [
            models.Index(fields=["device", "worker_id", "seq"], name="receipt_by_person"),
            models.Index(
                fields=["submission_id"], condition=models.Q(submission_id__isnull=False), name="receipt_by_paper"
            ),
        ]


class Evidence(models.Model):
    """A picture of the paper or a signature that came with a record, by the id the phone gave it."""

    id = models.UUIDField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    division = c.division()
    record = models.UUIDField(db_index=True)  # Receipt.uuid, which comes after it
    kind = models.CharField(max_length=10, choices=[("photo", "照片"), ("signature", "签名")])
    picture = models.ForeignKey("collecting.Picture", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
