"""SQL of `worker_flat` and `worker_flat_at(day)`, generated from the homes. A migration holds a copy; a test holds
both equal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from taizhang.ledger.homes import MODELS, Home, homes

HEAD = ("w.id AS worker_id", "w.division", "w.version", "w.id_token", "w.phone_token", "w.id_tail", "w.name_initials")

LATE = "late AS MATERIALIZED (SELECT worker_id, batch_id FROM ledger_change WHERE at > %s)"


def columns() -> list[str]:
    """Names of the view's columns in order: how to find the person, then the items."""
    return [expression.split(".")[-1].split(" AS ")[-1] for expression in HEAD] + list(_items())


def _items() -> dict[str, str]:
    found = {}
    for home in homes().values():
        alias = "w" if home.name == "worker" else home.name
        for item in home.items:
            found[item] = f"{alias}.{home.column(item)}"
    found["pool_status"] = "coalesce(standing.pool_status, '10')"  # no row means 正常
    return found


def _select(joins: str, worker: str = "ledger_worker") -> str:
    chosen = ", ".join((*HEAD, *(f"{expression} AS {item}" for item, expression in _items().items())))
    return f"SELECT {chosen} FROM {worker} w{joins} WHERE w.retired_by_id IS NULL"


def view() -> str:
    """Everybody now, one flat row each; row-level security of the caller applies."""
    joins = "".join(
        f" LEFT JOIN {home.table} {home.name} ON {home.name}.worker_id = w.id"
        f" AND {home.name}.{'to_date IS NULL' if home.kind == 'dated' else 'is_current'}"
        for home in homes().values()
        if home.kind != "attributes"
    )
    return f"CREATE VIEW worker_flat WITH (security_invoker = true) AS {_select(joins)}"


def function() -> str:
    """Everybody with the facts that held on a day; what a person is (worker) as known now."""
    joins = "".join(_join_at(home, home.table, "day") for home in homes().values() if home.kind != "attributes")
    return (
        "CREATE FUNCTION worker_flat_at(day date) RETURNS SETOF worker_flat LANGUAGE sql STABLE AS $$"
        f" {_select(joins)} $$"
    )


def as_known(day: dt.date, at: dt.datetime) -> tuple[str, tuple[Any, ...]]:
    """Everybody as the ledger knew them at a moment, with the facts that then held on a day: a query in parentheses, and
    its parameters. `worker_flat_at(day)` at that moment gave the same rows.

    A row's version at `at` is the first that history keeps from after it, else the row itself; it was there if the
    batch that wrote it had changed the person by then (docs/decisions/history-keeps-what-was.md).
    """
    params: list[Any] = [at]
    parts = [LATE]
    for name, home in homes().items():
        parts.append(f"known_{name} AS ({_versions(name, home)})")
        params += [at, at]
    joins = ""
    for home in homes().values():
        if home.kind != "attributes":
            join = _join_at(home, f"known_{home.name}", "%s::date")
            joins += join
            params += [day] * join.count("%s")
    return f"(WITH {', '.join(parts)} {_select(joins, 'known_worker')})", tuple(params)


def facts_as_known(name: str, at: dt.datetime) -> tuple[str, tuple[Any, ...]]:
    """All rows of one home as they were at a moment, as `as_known`."""
    return f"(WITH {LATE} {_versions(name, homes()[name])})", (at, at, at)


def _versions(name: str, home: Home) -> str:
    columns = ", ".join(f"t.{field.column}" for field in MODELS[name][0]._meta.concrete_fields)
    person = "id" if home.kind == "attributes" else "worker_id"
    there = f"NOT EXISTS (SELECT 1 FROM late l WHERE l.worker_id = t.{person} AND l.batch_id = t.batch_id)"
    return (
        f"SELECT {columns} FROM {home.table} t WHERE {there}"
        f" AND NOT EXISTS (SELECT 1 FROM {home.table}event e WHERE e.id = t.id AND e.pgh_created_at > %s)"
        f" UNION ALL SELECT {columns} FROM (SELECT DISTINCT ON (id) * FROM {home.table}event"
        f" WHERE pgh_created_at > %s ORDER BY id, pgh_id) t WHERE {there}"
    )


def _join_at(home: Home, table: str, day: str) -> str:
    name = home.name
    if home.kind == "dated":
        return (
            f" LEFT JOIN {table} {name} ON {name}.worker_id = w.id AND {name}.from_date <= {day}"
            f" AND ({name}.to_date IS NULL OR {name}.to_date >= {day})"
        )
    limit = f"extract(year FROM {day})" if home.key in ("stat_year", "year") else day
    known = f"{table} WHERE {home.key} <= {limit}"
    newest = f"SELECT DISTINCT ON (worker_id) * FROM {known} ORDER BY worker_id, {home.key} DESC"
    return f" LEFT JOIN ({newest}) {name} ON {name}.worker_id = w.id"


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """A flat row in its JSON shapes (docs/interfaces.md)."""
    return {item: _json(value) for item, value in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [_json(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
