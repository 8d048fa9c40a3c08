"""Workbooks somebody brought: where each stands, and what its sender decided about its columns. The file itself lies in the vault."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from taizhang.engine.ids import uuid7


class UploadState(models.TextChoices):
    """Stored values never change. What becomes of submitted rows is told by their batch."""

    UPLOADED = "uploaded", "正在读取"
    COLUMNS = "columns", "待对列"
    CHECKING = "checking", "正在检查"
    CHECKED = "checked", "待提交"
    SUBMITTED = "submitted", "已提交"
    WITHDRAWN = "withdrawn", "已撤回"
    REFUSED = "refused", "没有读成"
    DISCARDED = "discarded", "已作废"


class Upload(models.Model):
    """One file brought by one person for one form. `division` is the part of their divisions it is for."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    division = models.CharField(max_length=12, db_collation="C")
    programme = models.CharField(max_length=40)
    form_version = models.CharField(max_length=40)
    name = models.CharField(max_length=200)  # the file's own name
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)  # SM3 of the file
    state = models.CharField(max_length=12, choices=UploadState.choices, default=UploadState.UPLOADED)
    refusal = models.CharField(max_length=40, default="")
    message = models.CharField(max_length=500, default="")
    collected_on = models.DateField()
    layout = models.JSONField(default=dict)  # see columns.Layout
    template = models.JSONField(default=dict)  # the signed mark, when it was made from one of our templates
    rows = models.IntegerField(default=0)
    counts = models.JSONField(default=dict)  # by outcome, and `warning`
    problems = models.IntegerField(default=0)
    batch = models.ForeignKey("ledger.Batch", null=True, on_delete=models.SET_NULL, related_name="+")
    progress = models.ForeignKey("engine.Progress", null=True, on_delete=models.SET_NULL, related_name="+")
    same_as = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    seconds = models.FloatField(null=True)  # what the check took
    created_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner", "-id"], name="upload_of_owner"),
            models.Index(fields=["digest"], name="upload_digest"),
        ]

    def __str__(self) -> str:
        return self.name


class ColumnChoice(models.Model):
    """What a person said a header means, so that next month's file need not be asked about."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    programme = models.CharField(max_length=40)
    header = models.CharField(max_length=200)  # as `columns.plain` writes it
    column = models.CharField(max_length=80, blank=True)  # a form column's id; empty: leave it out

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "programme", "header"], name="one_choice_per_header")]
