"""Invented people for the ledger's tests, and the short way to hand in rows about them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.ledger import actions
from taizhang.ledger.models import Batch
from taizhang.ledger.queries import flat

TIANTAI, JUNTUN = "532323101201", "532323101202"  # villages of 共和镇
AUGUST = dt.date(2017, 8, 20)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def number(birth: str = "19850312", sequence: int = 12) -> str:
    """An identity number nobody can have (99 is no province), with its check digit."""
    body = f"992323{birth}{sequence:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def table(*rows: dict[str, Any]) -> pa.Table:
    """Rows as an Arrow table with the catalogue's types; a key missing in a row is null."""
    items = catalogue.load().items
    extra = {"row_no": pa.int32(), "worker_id": pa.string(), "base_version": pa.int64()}
    names = list(dict.fromkeys(name for row in rows for name in row))
    fields = [pa.field(name, extra.get(name) or items[name].arrow_type) for name in names]
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


def person(sequence: int = 12, **values: Any) -> dict[str, Any]:
    """罗小梅 of 天台, born 1985, unless told otherwise."""
    birth = values.get("birth_date", dt.date(1985, 3, 12))
    return {
        "id_number": number(f"{birth:%Y%m%d}", sequence), "full_name": "罗小梅", "sex": "2", "birth_date": birth,
        "hukou_region": TIANTAI, **values,
    }  # fmt: skip


def hand_in(
    actor: User, *rows: dict[str, Any], on: dt.date = AUGUST, findings: pa.Table | None = None, **options: Any
) -> Batch:
    """A staged batch of these rows, not applied."""
    options = {"source": "workbook", "programme": "mouding-2017", "division": "532323", **options}
    batch = actions.open_batch(actor=actor, collected_on=on, **options)
    actions.stage(batch, table(*rows), findings)
    return batch


def enter(actor: User, *rows: dict[str, Any], **options: Any) -> actions.Outcome:
    """Hand in and apply."""
    return actions.apply(actor=actor, batch=hand_in(actor, *rows, **options))


def only(actor: User) -> dict[str, Any]:
    """The flat row of the one person in the ledger."""
    from taizhang.ledger.models import Worker

    return flat(actor, Worker.objects.get(retired_by=None).pk)
