"""People as relations for the rules of collecting: with no more joined than a rule reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from taizhang import catalogue
from taizhang.catalogue.collecting import Collecting
from taizhang.catalogue.schema import Programme
from taizhang.ledger.homes import homes
from taizhang.rules import Rule

MEMBER = (
    "EXISTS (SELECT 1 FROM ledger_membership m"
    " WHERE m.worker_id = f.worker_id AND m.programme = %s AND m.to_date IS NULL)"
)


def shared() -> Collecting:
    """The rules of collecting.yaml."""
    found = catalogue.load().collecting
    assert found is not None
    return found


def condition(programme: Programme, rule: Rule, day: dt.date, alias: str = "f") -> tuple[str, list[Any]]:
    """A rule over a relation's rows, as PostgreSQL in brackets, and its parameters."""
    sql = rule.to_postgres(shared().values(programme, day), column=lambda item: f"{alias}.{item}")
    return f"({sql.text})", list(sql.params)


def relation(items: Collection[str]) -> str:
    """People now in brackets: everything about the person, 状态 where it is not 正常, and the facts that hold `items`."""
    columns, joins = "", ""
    for name, home in homes().items():
        wanted = [item for item in home.items if name == "standing" or item in items]
        if name == "worker" or not wanted:
            continue
        holds = "to_date IS NULL" if home.kind == "dated" else "is_current"
        joins += f" LEFT JOIN {home.table} {name} ON {name}.worker_id = w.id AND {name}.{holds}"
        columns += "".join(f", {_now(name, item)}" for item in wanted)
    return (
        f"(SELECT w.*, w.id AS worker_id, w.division AS hukou_region{columns} FROM ledger_worker w{joins}"
        " WHERE w.retired_by_id IS NULL)"
    )


def _now(name: str, item: str) -> str:
    """No row of 状态 means 正常."""
    return "coalesce(standing.pool_status, '10') AS pool_status" if item == "pool_status" else f"{name}.{item}"
