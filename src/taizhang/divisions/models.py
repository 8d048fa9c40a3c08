"""The administrative tree: province, prefecture, county, town, village, each with the dates it held good."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from taizhang.engine.ids import uuid7


class Level(models.IntegerChoices):
    PROVINCE = 1, "省"
    CITY = 2, "市（州）"
    COUNTY = 3, "县（市、区）"
    TOWN = 4, "乡镇（街道）"
    VILLAGE = 5, "村（社区）"


class Division(models.Model):
    """One unit.

    `code` has 2, 4, 6, 9 or 12 digits, so a unit's code is a prefix of every code beneath it; letters are a country
    abroad.

    A unit is valid from `valid_from` (null: always) through `valid_to` (null: still). Codes are never used twice.
    """

    code = models.CharField(max_length=12, primary_key=True, db_collation="C")
    name = models.CharField(max_length=60)
    full_name = models.CharField(max_length=200)
    match_key = models.CharField(max_length=60, db_index=True)  # name without its usual suffixes
    initials = models.CharField(max_length=60, db_collation="C", default="")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="division_code_digits", condition=Q(code__regex=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12}|[A-Z]{2})$")
            ),
            models.CheckConstraint(
                name="division_code_begins_with_parent", condition=Q(parent=None) | Q(code__startswith=F("parent_id"))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_valid(self, on: dt.date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class ChangeKind(models.TextChoices):
    """Stored values never change."""

    ADD = "add", "新设"
    RENAME = "rename", "更名"
    RETIRE = "retire", "撤销"
    MERGE = "merge", "并入"
    SPLIT = "split", "拆分"


class DivisionChange(models.Model):
    """What an office changed in the tree, from which day on; never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    unit = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="changes")
    other = models.ForeignKey(Division, null=True, on_delete=models.PROTECT, related_name="+")
    old_name = models.CharField(max_length=60, default="")
    new_name = models.CharField(max_length=60, default="")
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
