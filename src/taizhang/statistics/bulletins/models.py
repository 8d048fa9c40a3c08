"""Bulletins: what was drawn up, and what was issued. Both tables only grow; nothing in them names a person."""

from django.conf import settings
from django.db import models

from taizhang.engine.ids import uuid7


class Bulletin(models.Model):
    """A bulletin as drawn up from one basis; the same basis is never drawn up twice (`key`).

    content: canonical JSON of all its figures and sentences. digests: file name -> SM3 of the files kept beside it.
    sealed: every figure comes from seals; only such a bulletin may be issued.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10)
    programme = models.CharField(max_length=40)
    division = models.CharField(max_length=12, db_collation="C")
    period = models.CharField(max_length=10)
    key = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    sealed = models.BooleanField()
    content = models.TextField()
    digests = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["division", "-made_at"], name="bulletins_of_division")]

    def __str__(self) -> str:
        return self.title


class Issue(models.Model):
    """A bulletin sent out: from then on it and its files stay as they are. One per kind, unit and period."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bulletin = models.OneToOneField(Bulletin, on_delete=models.PROTECT, related_name="issue")
    kind = models.CharField(max_length=10)
    programme = models.CharField(max_length=40)
    division = models.CharField(max_length=12, db_collation="C")
    period = models.CharField(max_length=10)
    paper = models.CharField(max_length=60)  # 文号
    digest = models.BinaryField(max_length=32)  # SM3 of content and digests
    signature = models.BinaryField(max_length=64)  # Ed25519 of the same
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "programme", "division", "period"], name="one_issue_per_period")
        ]

    def __str__(self) -> str:
        return self.paper
