"""SQL of `worker_flat` and `worker_flat_at(day)`, generated from the homes. A migration holds a copy; a test holds
both equal."""

from __future__ import annotations

from taizhang.ledger.homes import Home, homes

HEAD = ("w.id AS worker_id", "w.division", "w.version", "w.id_token", "w.phone_token", "w.id_tail", "w.name_initials")


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


def _select(joins: str) -> str:
    chosen = ", ".join((*HEAD, *(f"{expression} AS {item}" for item, expression in _items().items())))
    return f"SELECT {chosen} FROM ledger_worker w{joins} WHERE w.retired_by_id IS NULL"


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
    joins = "".join(_join_at(home) for home in homes().values() if home.kind != "attributes")
    return (
        "CREATE FUNCTION worker_flat_at(day date) RETURNS SETOF worker_flat LANGUAGE sql STABLE AS $$"
        f" {_select(joins)} $$"
    )


def _join_at(home: Home) -> str:
    name = home.name
    if home.kind == "dated":
        return (
            f" LEFT JOIN {home.table} {name} ON {name}.worker_id = w.id AND {name}.from_date <= day"
            f" AND ({name}.to_date IS NULL OR {name}.to_date >= day)"
        )
    limit = "extract(year FROM day)" if home.key in ("stat_year", "year") else "day"
    known = f"{home.table} WHERE {home.key} <= {limit}"
    newest = f"SELECT DISTINCT ON (worker_id) * FROM {known} ORDER BY worker_id, {home.key} DESC"
    return f" LEFT JOIN ({newest}) {name} ON {name}.worker_id = w.id"
