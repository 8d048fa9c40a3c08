"""How a unit's period came to where it is; who may decide is in `periodstates`."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from taizhang.engine.ids import uuid7
from taizhang.ledger import columns as c
from taizhang.review.periodstates import Stage


class PeriodMove(models.Model):
    """One step of a division's period; append only. The state is `target` of the last one, 草稿 when there is none.

    `number` counts the steps of a period of a division, so that of two who press at once one is refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.CharField(max_length=40)
    division = c.division()
    period = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    verb = models.CharField(max_length=10)
    source = models.CharField(max_length=12, choices=Stage.choices)
    target = models.CharField(max_length=12, choices=Stage.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=500, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "period", "division", "number"], name="one_step_at_a_time")
        ]
