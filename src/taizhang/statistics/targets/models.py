"""Targets as offices set them. Version 0 of a target is the notice's own line (`programmes/<id>/targets.csv`)."""

from django.conf import settings
from django.db import models

from taizhang.engine.ids import uuid7


class Revision(models.Model):
    """One setting of one target; rows are only added, the highest version holds. No value: withdrawn.

    `goal`: the tree it belongs to (an indicator, or a mark of the notice); `period`: 2026, 2026-H1, 2026-Q3, 2026-07;
    `value` in `unit`; `basis`: the paper it rests on, or why it was changed; `set_from`: the office's own division.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    programme = models.CharField(max_length=40)
    goal = models.CharField(max_length=60)
    division = models.CharField(max_length=12, db_collation="C")
    period = models.CharField(max_length=7)
    version = models.PositiveSmallIntegerField()
    comparator = models.CharField(max_length=2)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    unit = models.CharField(max_length=4)
    basis = models.CharField(max_length=200)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_from = models.CharField(max_length=12, db_collation="C")
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "goal", "division", "period", "version"], name="one_target_per_version"
            ),
            models.CheckConstraint(name="target_from_version_1", condition=models.Q(version__gte=1)),
            models.CheckConstraint(name="target_not_negative", condition=models.Q(value=None) | models.Q(value__gte=0)),
            models.CheckConstraint(name="target_comparator", condition=models.Q(comparator__in=[">", ">=", "=", "<="])),
            models.CheckConstraint(name="target_has_basis", condition=~models.Q(basis="")),
        ]
        indexes = [models.Index(fields=["programme", "period", "division"], name="targets_of_period")]

    def __str__(self) -> str:
        return f"{self.programme}/{self.goal} {self.division} {self.period} v{self.version}"
