"""The administrative tree: province, prefecture, county, town, village, each with the dates it held good."""

from django.db import models


class Level(models.IntegerChoices):
    PROVINCE = 1, "省"
    CITY = 2, "市（州）"
    COUNTY = 3, "县（市、区）"
    TOWN = 4, "乡镇（街道）"
    VILLAGE = 5, "村（社区）"


class Division(models.Model):
    """One unit. `code` has 2, 4, 6, 9 or 12 digits, so a unit's code is a prefix of every code beneath it."""

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
            models.CheckConstraint(name="division_code_digits", condition=models.Q(code__regex=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")),
        ]

    def __str__(self) -> str:
        return self.name
