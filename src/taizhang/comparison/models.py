"""Lists other departments gave. What they make doubtful about people are doubts of `collecting`: nothing else of a list's
people is kept, and of those whom the ledger does not know only their number."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from taizhang.engine.ids import uuid7
from taizhang.ledger import columns as c


class ListState(models.TextChoices):
    """Stored values never change."""

    MATCHING = "matching", "正在比对"
    DONE = "done", "比对完"
    REFUSED = "refused", "没有读成"
    WITHDRAWN = "withdrawn", "已撤回"


class DepartmentList(models.Model):
    """One list as brought, for a county (`division`). The same file for the same kind and day is the same list, matched
    again. `day`: the day it stands for. `counts`: policies.COUNTS; the file itself lies sealed until it is matched."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    division = c.division()
    kind = models.CharField(max_length=40)  # of departments.yaml
    day = models.DateField()
    name = models.CharField(max_length=200)  # the file's own
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)  # SM3 of the file
    state = models.CharField(max_length=10, choices=ListState.choices, default=ListState.MATCHING)
    message = models.CharField(max_length=500, default="", blank=True)
    counts = models.JSONField(default=dict)
    progress = models.ForeignKey("engine.Progress", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    matched_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["division", "kind", "day", "digest"], name="one_list_per_file")]
        indexes = [models.Index(fields=["division", "-id"], name="lists_of_county")]

    def __str__(self) -> str:
        return self.name
