"""The audit chain."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class AuditEntry(models.Model):
    """Who did what to which thing, when; written once.

    Holds ids and counts, never a name, number, phone or address of a person.

    `hash` is HMAC-SM3 over the canonical row and the hash before it, so an edited, removed, inserted or exchanged row
    breaks the chain.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.UUIDField(null=True)  # no foreign key: the chain depends on no other table
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, default="")
    detail = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["action", "-seq"], name="audit_by_action")]
        constraints = [models.CheckConstraint(name="audit_seq_from_one", condition=models.Q(seq__gte=1))]

    def __str__(self) -> str:
        return f"{self.seq} {self.action}"


class KeyMark(models.Model):
    """One row.

    A token made with the keys this database was filled with, so that another key file is noticed at start.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    mark = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(name="one_key_mark", condition=models.Q(id=1))]
