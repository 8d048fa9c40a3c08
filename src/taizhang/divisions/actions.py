"""Loading the tree and keeping it current."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from pypinyin import Style, lazy_pinyin

from taizhang.divisions import loading, policies, queries
from taizhang.divisions.matching import normalise_name
from taizhang.divisions.models import ChangeKind, Division, DivisionChange, Level
from taizhang.engine.copy import copy_arrow
from taizhang.engine.errors import DomainError
from taizhang.protection import audit


def load_national() -> int:
    """Provinces, prefectures, counties and countries abroad; returns how many were new.

    Units already there stay as the office left them.
    """
    table = loading.shipped()
    return _insert(table.filter(pc.less_equal(table["level"], 3)))


def load_county(code: str) -> int:
    """Towns and villages of one county ("532323"); returns how many were new. The national tree must be there."""
    if not re.fullmatch(r"\d{6}", code):
        raise DomainError("county_code", f"“{code}”不是县级代码。请写 6 位数字，如 532323。")
    table = loading.shipped()
    inside = table.filter(pc.and_(pc.greater(table["level"], 3), pc.starts_with(table["code"], code)))
    if not inside.num_rows:
        raise DomainError("county_not_shipped", f"软件包里没有 {code} 的乡镇和村。请在区划页面逐个新设，或换一个县。")
    return _insert(inside)


def load_all() -> int:
    """Everything in the package (about 31,000 units)."""
    return _insert(loading.shipped())


@transaction.atomic
def _insert(table: pa.Table) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE arriving (LIKE divisions_division INCLUDING DEFAULTS) ON COMMIT DROP;"
            "ALTER TABLE arriving ALTER code DROP NOT NULL"
        )
        copy_arrow(cursor, "arriving", table)
        cursor.execute("INSERT INTO divisions_division SELECT * FROM arriving ON CONFLICT (code) DO NOTHING")
        added = cursor.rowcount
        cursor.execute("DROP TABLE arriving")
    return int(added)


@transaction.atomic
def add(*, actor: Any, parent: str, name: str, on: dt.date, split_from: str = "") -> Division:
    """A new unit under `parent`, with the next free local code.

    Also a county-level zone that the national list does not have.

    `split_from`: the unit it was taken out of; that one stays.
    """
    above = _locked(actor, parent, on)
    name = policies.check_name(name, [unit.name for unit in queries.children(parent, on=on)])
    code = policies.next_local_code(
        above.code, list(Division.objects.filter(parent=above).values_list("code", flat=True))
    )
    unit = Division.objects.create(
        code=code,
        name=name,
        full_name=above.full_name + name,
        match_key=normalise_name(name),
        initials=initials(name),
        level=Level(above.level + 1),
        parent=above,
        valid_from=on,
    )
    source = queries.get(split_from) if split_from else None
    _record(actor, ChangeKind.SPLIT if source else ChangeKind.ADD, unit, on, other=source, new_name=name)
    return unit


@transaction.atomic
def rename(*, actor: Any, code: str, name: str, on: dt.date) -> Division:
    """The unit's name from `on`; the old one stays in its history, and full names below follow."""
    unit = _locked(actor, code, on)
    siblings = [other.name for other in queries.children(unit.parent_id, on=on) if other.pk != unit.pk]
    old, unit.name = unit.name, policies.check_name(name, siblings)
    old_full, unit.full_name = unit.full_name, unit.full_name.removesuffix(old) + unit.name
    unit.match_key, unit.initials = normalise_name(unit.name), initials(unit.name)
    unit.save(update_fields=["name", "full_name", "match_key", "initials"])
    below = Division.objects.filter(code__startswith=code, full_name__startswith=old_full).exclude(pk=code)
    below.update(full_name=Concat(Value(unit.full_name), Substr("full_name", len(old_full) + 1)))
    _record(actor, ChangeKind.RENAME, unit, on, old_name=old, new_name=unit.name)
    return unit


@transaction.atomic
def retire(*, actor: Any, code: str, on: dt.date, merged_into: str = "") -> Division:
    """`on` is the unit's last day. With `merged_into` people are to be moved there; the code stays for history."""
    unit = _locked(actor, code, on)
    policies.check_retire(unit, queries.children(code, on=on).count(), merged_into)
    target = queries.get(merged_into) if merged_into else None
    unit.valid_to, unit.replaced_by = on, target
    unit.save(update_fields=["valid_to", "replaced_by"])
    _record(actor, ChangeKind.MERGE if target else ChangeKind.RETIRE, unit, on, other=target, old_name=unit.name)
    return unit


def initials(name: str) -> str:
    """Pinyin initials: 共和镇 -> ghz."""
    letters = (syllable[:1] for syllable in lazy_pinyin(name, style=Style.FIRST_LETTER))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum()).lower()[:60]


def _locked(actor: Any, code: str, on: dt.date) -> Division:
    unit = Division.objects.select_for_update(of=("self",)).filter(pk=code).first()
    policies.check_edit(actor, unit, on)
    assert unit is not None
    return unit


def _record(actor: Any, kind: ChangeKind, unit: Division, on: dt.date, **details: Any) -> None:
    DivisionChange.objects.create(kind=kind, unit=unit, on=on, by=actor, **details)
    audit.write(actor, audit.Action.DIVISION_CHANGED, unit.code, {"kind": str(kind), "on": on.isoformat()})
