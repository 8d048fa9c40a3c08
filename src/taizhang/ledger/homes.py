"""Where each catalogue item lives: one table of specs, read from the models, from which the door's SQL is generated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from taizhang.ledger import facts

Kind = Literal["attributes", "dated", "keyed"]

# Columns that are not items.
STRUCTURE = {
    "id", "worker", "division", "batch", "version", "retired_by", "id_token", "id_sealed", "id_tail",
    "phone_token", "phone_sealed", "name_initials",
    "from_date", "to_date", "from_precision", "to_precision", "is_current",
    "stat_year", "round", "year", "returned_on",
}  # fmt: skip

SEALED = {"id_number": "id", "mobile_phone": "phone"}  # item -> prefix of its `_token` and `_sealed` columns
IDENTITY = ("id_number", "full_name", "birth_date", "sex")  # only ever corrected, with a second person's approval


@dataclass(frozen=True)
class Home:
    """One table of items.

    Attributes:
        items: item id -> PostgreSQL type; the column bears the item's name.
        key: for `keyed`, the column that tells rows of one person apart.
        key_sql: its value for a row `r` of items in a batch collected on `%(day)s`; `{current}` is the row now current.
    """

    name: str
    table: str
    kind: Kind
    items: dict[str, str]
    key: str = ""
    key_sql: str = ""

    @property
    def alias(self) -> str:
        return "w" if self.kind == "attributes" else self.name

    def column(self, item: str) -> str:
        return "division" if item == "hukou_region" else item


MODELS: dict[str, tuple[type[models.Model], Kind, str, str]] = {
    "worker": (facts.Worker, "attributes", "", ""),
    "standing": (facts.Standing, "dated", "", ""),
    "spell": (facts.Spell, "dated", "", ""),
    "intention": (facts.Intention, "dated", "", ""),
    "work_year": (facts.WorkYear, "keyed", "stat_year", "%(stat_year)s"),
    "return_flow": (
        facts.ReturnFlow,
        "keyed",
        "returned_on",
        "coalesce({r}.return_date, {current}.returned_on, %(day)s)",
    ),
    "verification": (
        facts.Verification,
        "keyed",
        "round",
        "date_trunc('month', coalesce({r}.survey_date, %(day)s))::date",
    ),
    "service_year": (facts.ServiceYear, "keyed", "year", "extract(year FROM %(day)s::date)::int"),
}


@cache
def homes() -> dict[str, Home]:
    """Every home of items by the catalogue's name of its table."""
    found = {}
    for name, (model, kind, key, key_sql) in MODELS.items():
        items = {field.name: _type(field) for field in model._meta.concrete_fields if field.name not in STRUCTURE}
        if name == "worker":
            items["hukou_region"] = "text"
        found[name] = Home(name, model._meta.db_table, kind, items, key, key_sql)
    return found


@cache
def home_of() -> dict[str, Home]:
    """Item id -> its home, sealed items left out."""
    return {item: home for home in homes().values() for item in home.items}


def item_fields() -> dict[str, models.Field]:  # type: ignore[type-arg]
    """Item id -> a fresh field of its type, for a table that holds whole flat rows."""
    every = [field for model, *_ in MODELS.values() for field in model._meta.concrete_fields]
    return {field.name: field.clone() for field in every if field.name not in STRUCTURE}


def _type(field: models.Field) -> str:  # type: ignore[type-arg]
    kind = f"{field.base_field.db_type(connection)}[]" if isinstance(field, ArrayField) else field.db_type(connection)
    return str(kind)


def as_json(expression: str, kind: str) -> str:
    """SQL of an item's JSON value (docs/interfaces.md): decimals as text, everything else as PostgreSQL writes it."""
    return f"to_jsonb({expression}::text)" if kind.startswith("numeric") else f"to_jsonb({expression})"
