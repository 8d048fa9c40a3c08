"""Column types of catalogue items (docs/interfaces.md, "The flat row"). Null means not known or not asked, so every
item is nullable."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Uuid7(models.Func):
    """`tz_uuid7()` as a database default, so that set-based inserts need not name it."""

    function = "tz_uuid7"
    arity = 0
    output_field = models.UUIDField()


def text(**options: Any) -> models.TextField[Any, Any]:
    return models.TextField(null=True, **options)


def code() -> models.TextField[Any, Any]:
    """A code of a list, or a region."""
    return models.TextField(null=True, db_collation="C")


def yes_no() -> models.BooleanField[Any, Any]:
    return models.BooleanField(null=True)


def whole() -> models.BigIntegerField[Any, Any]:
    return models.BigIntegerField(null=True)


def decimal(digits: int, places: int) -> models.DecimalField[Any, Any]:
    return models.DecimalField(max_digits=digits, decimal_places=places, null=True)


def day() -> models.DateField[Any, Any]:
    return models.DateField(null=True)


def codes() -> ArrayField[Any, Any]:
    """A set of codes, sorted."""
    return ArrayField(models.TextField(db_collation="C"), null=True)


def months() -> ArrayField[Any, Any]:
    """A set of months, each its first day, sorted."""
    return ArrayField(models.DateField(), null=True)


def division(**options: Any) -> models.CharField[Any, Any]:
    """The owner village; row-level security compares it with `taizhang.scopes`."""
    return models.CharField(max_length=12, db_collation="C", **options)


class RowNumbers(models.Field):  # type: ignore[type-arg]
    """A set of row numbers of a batch, as PostgreSQL's `int4multirange`; reads as psycopg's `Multirange`."""

    def db_type(self, connection: Any) -> str:
        return "int4multirange"


def one_open(name: str, *fields: str) -> models.UniqueConstraint:
    """At most one row with open end per `fields`; the same index finds all rows of a person, so that a bulk load
    maintains one, not two."""
    open_end = models.Case(
        models.When(to_date=None, then=models.Value(0)), default=models.F("id"), output_field=models.BigIntegerField()
    )
    return models.UniqueConstraint(*fields, open_end, name=name)


def loose_key(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """A reference the door keeps and `verify` proves; a constraint would cost a query per row of every bulk load."""
    options = {
        "on_delete": models.DO_NOTHING,
        "db_constraint": False,
        "db_index": False,
        "related_name": "+",
        **options,
    }
    return models.ForeignKey(to, **options)
