"""The door's writes, one statement per table and kind, over the temporary tables `door_new` and `door` (see
`deciding`)."""

from __future__ import annotations

from taizhang.ledger.deciding import homes_of, written
from taizhang.ledger.homes import Home, homes

TOKENS = ("id_token", "id_sealed", "id_tail", "phone_token", "phone_sealed", "name_initials")
MOVING = ("ledger_change",)  # beside the homes: what goes with a person to another village


def newcomers(items: list[str]) -> list[str]:
    """Every write about people of `door_new`, in order."""
    held = homes_of(items)
    found = [new_workers(items), households("door_new")] if "household_no" in items else [new_workers(items)]
    found += [insert_dated(h, items, "door_new") for h in held if h.kind == "dated"]
    return [*found, *(upsert_keyed(h, items, "door_new") for h in held if h.kind == "keyed")]


def known(items: list[str]) -> list[str]:
    """Every write about people of `door`, in order. Old rows end before new ones begin."""
    held = homes_of(items)
    found = ["ANALYZE door (worker_id)", *moves(), known_workers(items)]
    if "household_no" in items:
        found.append(households("door"))
    for home in homes().values():
        if home.kind == "dated":
            found += (
                end_dated(home)
                if home not in held
                else [correct_dated(home), *end_dated(home), insert_dated(home, items, "door")]
            )
    for home in held:
        if home.kind == "keyed":
            found += [outdate(home), upsert_keyed(home, items, "door")]
    return found


def new_workers(items: list[str]) -> str:
    own = written(homes()["worker"], items)
    own = [item for item in own if item not in ("hukou_region", "birth_date")]
    columns = ", ".join(("id", "division", "batch_id", "version", *TOKENS, "birth_date", *own))
    values = ", ".join(("worker_id", "division", "%(batch)s", "1", *TOKENS, "birth_date", *own))
    return f"INSERT INTO ledger_worker ({columns}) SELECT {values} FROM door_new"


def known_workers(items: list[str]) -> str:
    """The row itself; its version grows with every applied change, also where only a fact changed."""
    own = [item for item in written(homes()["worker"], items) if item != "hukou_region"]
    sets = "".join(f", {item} = d.{item}" for item in own)
    initials = ", name_initials = coalesce(d.name_initials, w.name_initials)" if "full_name" in items else ""
    phone = "".join(
        f", {column} = CASE WHEN d.phone_differs OR d.id_differs AND d.{new} IS NOT NULL THEN d.{new}"
        f" ELSE w.{column} END"
        for column, new in (("phone_token", "new_phone_token"), ("phone_sealed", "phone_sealed"))
    )
    number = "".join(
        f", {column} = CASE WHEN d.id_differs THEN d.{new} ELSE w.{column} END"
        for column, new in (("id_token", "new_id_token"), ("id_sealed", "id_sealed"), ("id_tail", "id_tail"))
    )
    return f"""
    UPDATE ledger_worker w SET version = w.version + 1, batch_id = %(batch)s, division
      = d.division{sets}{initials}{phone}{number}
    FROM door d WHERE w.id = d.worker_id AND d.outcome = 'update'
    """


def households(source: str) -> str:
    head = "(SELECT min(household_head_name) FROM ledger_worker w WHERE w.id = d.worker_id)"
    return f"""
    INSERT INTO ledger_household (division, batch_id, household_no, household_head_name, from_date)
    SELECT DISTINCT ON (d.division, d.household_no) d.division, %(batch)s, d.household_no, {head}, %(day)s::date
    FROM {source} d WHERE d.household_no IS NOT NULL
    ON CONFLICT (division, household_no) WHERE to_date IS NULL DO NOTHING
    """


def insert_dated(home: Home, items: list[str], source: str) -> str:
    """New open rows: of newcomers (ended at once where the person has left for good), and where a fact opens or
    changes.

    Never before birth, nor inside an earlier row of the person.
    """
    name = home.name
    own = ", ".join(home.items)
    if source == "door_new":
        born, condition = "d.birth_date", f"num_nonnulls({', '.join(f'd.{i}' for i in home.items)}) > 0"
        if name == "standing":
            condition = "coalesce(d.pool_status, '10') <> '10'"
        start = f"greatest(d.{name}_on, {born})"
        end = "NULL::date" if name == "standing" else f"CASE WHEN d.gone THEN greatest({start}, d.standing_on - 1) END"
    else:
        last = (
            f"(SELECT max(o.to_date) + 1 FROM {home.table} o WHERE o.worker_id = d.worker_id AND o.to_date IS NOT NULL)"
        )
        start = f"CASE d.{name}_mode WHEN 'open' THEN greatest(d.{name}_on, d.born, {last}) ELSE d.{name}_on END"
        condition, end = f"d.outcome = 'update' AND d.{name}_mode IN ('open', 'change')", "NULL::date"
    values = ", ".join(f"d.{item}" for item in home.items)
    return f"""
    INSERT INTO {home.table} (worker_id, division, batch_id, from_date, to_date, {own})
    SELECT d.worker_id, d.division, %(batch)s, {start}, {end}, {values} FROM {source} d WHERE {condition}
    """


def correct_dated(home: Home) -> str:
    """Mended in place. Its first day moves only where the form gives one, and never before birth or into an earlier
    row."""
    name = home.name
    sets = ", ".join(f"{item} = d.{item}" for item in home.items)
    last = f"(SELECT max(o.to_date) + 1 FROM {home.table} o WHERE o.worker_id = t.worker_id AND o.to_date IS NOT NULL)"
    return f"""
    UPDATE {home.table} t SET batch_id = %(batch)s, {sets},
      from_date = CASE WHEN d.{name}_since IS NULL THEN t.from_date ELSE greatest(d.{name}_since, d.born, {last}) END
    FROM door d WHERE t.id = d.{name}_id AND d.outcome = 'update' AND d.{name}_mode = 'correct'
    """


def end_dated(home: Home) -> list[str]:
    """The day before the new fact, or before the exit for good (a fact that began later than that keeps its first
    day)."""
    name = home.name
    exit_on = """coalesce((SELECT s.from_date FROM ledger_standing s WHERE s.worker_id = t.worker_id
      AND s.to_date IS NULL), %(day)s::date)"""
    ends = [
        f"""
        UPDATE {home.table} t SET batch_id = %(batch)s, to_date = d.{name}_on - 1
        FROM door d WHERE t.id = d.{name}_id AND d.outcome = 'update' AND d.{name}_mode = 'change'
        """
    ]
    if name != "standing":  # standing was written before: homes are in that order
        ends.append(
            f"""
            UPDATE {home.table} t SET batch_id = %(batch)s, to_date = greatest(t.from_date, {exit_on} - 1)
            FROM door d WHERE t.id = d.{name}_id AND d.outcome = 'update' AND d.{name}_mode = 'close'
            """
        )
    return ends


def outdate(home: Home) -> str:
    """A newer year, round or event takes the place of the current one."""
    return f"""
    UPDATE {home.table} t SET is_current = false, batch_id = %(batch)s
    FROM door d WHERE t.worker_id = d.worker_id AND t.is_current AND t.{home.key} < d.{home.name}_key
      AND d.outcome = 'update' AND d.{home.name}_mode = 'open'
    """


def upsert_keyed(home: Home, items: list[str], source: str) -> str:
    """One row per person and year, round or event. A late one does not become current."""
    name, own = home.name, written(home, items)
    if source == "door_new":
        current, condition = "true", f"num_nonnulls({', '.join(f'd.{i}' for i in own)}) > 0"
    else:
        current = (
            f"NOT EXISTS (SELECT 1 FROM {home.table} o WHERE o.worker_id = d.worker_id AND o.{home.key} > d.{name}_key)"
        )
        condition = f"d.outcome = 'update' AND d.{name}_mode IS NOT NULL"
    conflict = "" if source == "door_new" else (
        f"ON CONFLICT (worker_id, {home.key}) DO UPDATE SET batch_id = EXCLUDED.batch_id, "
        + ", ".join(f"{item} = EXCLUDED.{item}" for item in own)
    )  # fmt: skip
    return f"""
    INSERT INTO {home.table} (worker_id, division, batch_id, {home.key}, is_current, {", ".join(own)})
    SELECT d.worker_id, d.division, %(batch)s, d.{name}_key, {current}, {", ".join(f"d.{item}" for item in own)}
    FROM {source} d WHERE {condition} {conflict}
    """


def moves() -> list[str]:
    """A person who moves takes facts and timeline along; memberships and movements stay where they happened."""
    tables = [*(home.table for home in homes().values() if home.kind != "attributes"), *MOVING]
    return [
        f"""
        UPDATE {table} t SET division = d.division{"" if table in MOVING else ", batch_id = %(batch)s"}
        FROM door d WHERE t.worker_id = d.worker_id AND d.outcome = 'update' AND d.moves
        """
        for table in tables
    ]


def changes() -> str:
    return """
    INSERT INTO ledger_change (worker_id, division, batch_id, submission_id, version, kind, changes, effective_on, at)
    SELECT worker_id, division, %(batch)s, sid, 1, 'new', '{}'::jsonb, %(day)s::date, now() FROM door_new
    UNION ALL
    SELECT worker_id, division, %(batch)s, sid, version + 1, 'update', changes, effective_on, now() FROM door
      WHERE outcome = 'update'
    """
