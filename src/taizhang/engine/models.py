"""What a long job tells the person who started it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from taizhang.engine.ids import uuid7


class State(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "没有完成"


class Progress(models.Model):
    """One background job as its owner sees it.

    Holds no personal data: `title` and `message` name files, counts and offices only.

    `area` (a division code, may be empty) says what it is about; it is not `division` because the row belongs to its
    owner, not to a place.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=12, default="", db_collation="C")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    message = models.CharField(max_length=500, default="")
    result_url = models.CharField(max_length=300, default="")
    created = models.DateTimeField(auto_now_add=True)
    updated = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["owner", "-id"], name="progress_of_owner")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in (State.QUEUED, State.RUNNING)

    @property
    def percent(self) -> int:
        """Whole percent, 0 to 100; 0 while the total is unknown."""
        return min(100, self.done * 100 // self.total) if self.total else 0
