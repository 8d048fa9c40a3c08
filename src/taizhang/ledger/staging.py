"""Flat rows in Arrow -> `ledger_submission` and `ledger_paper`: numbers sealed, initials spelt, all by COPY."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from taizhang.engine import duck
from taizhang.engine.copy import copy_arrow
from taizhang.ledger.homes import SEALED, home_of
from taizhang.ledger.initials import initials
from taizhang.ledger.models import Batch
from taizhang.ledger.states import State
from taizhang.protection import keys

PIECE = 40_000  # rows staged at once
SMALL = 5_000  # rows below which opening a session costs more than staging them
# Columns of the input beside items.
EXTRA = {"row_no", "worker_id", "base_version"}


def check_columns(rows: pa.Table) -> list[str]:
    """The items among the columns of `rows`, in their order. Raises ValueError for a column that is none (a mistake
    of the caller)."""
    items = [name for name in rows.column_names if name not in EXTRA]
    unknown = [name for name in items if name not in home_of() and name not in SEALED]
    if unknown:
        raise ValueError(f"not items the ledger keeps: {', '.join(unknown)}")
    return items


# Columns of a staged row that say who it is about and where it stands; the others are what it says.
STANDING = (
    "batch_id", "state", "row_no", "division", "worker_id", "base_version", "id_token", "phone_token", "full_name",
    "findings", "outcome",
)  # fmt: skip


def submissions(batch: Batch, rows: pa.Table, findings: pa.Table | None, state: str = State.SUBMITTED) -> pa.Table:
    """One row per row of `rows` (numbered), with the columns of `ledger_submission` and `ledger_paper` that staging fills."""
    with duck.small() if rows.num_rows < SMALL else duck.session() as session:
        session.register("numbered", rows)
        session.register("sealed", _sealed(rows))
        session.register("found", _findings(session, rows.num_rows, findings))
        names = initials(session, "numbered") if "full_name" in rows.column_names else None
        if names is not None:
            session.register("initials", names.to_arrow_table())
        division = (
            f"coalesce(nullif(n.hukou_region, ''), '{batch.division}')"
            if "hukou_region" in rows.column_names
            else f"'{batch.division}'"
        )
        return session.sql(
            f"""
            SELECT uuidv7()::VARCHAR AS id, $batch AS batch_id, $state AS state, n.row_no::INTEGER AS row_no,
                   CASE WHEN starts_with({division}, $division) THEN {division} ELSE $division END AS division,
                   n.worker_id, n.base_version, {"nullif(n.full_name, '')" if names is not None else "NULL::VARCHAR"} AS full_name,
                   {"i.initials" if names is not None else "NULL::VARCHAR"} AS name_initials, {_items(rows)}
                   s.* EXCLUDE (ord), f.findings, f.outcome
            FROM numbered n POSITIONAL JOIN sealed s POSITIONAL JOIN found f
            {"LEFT JOIN initials i ON i.name = n.full_name" if names is not None else ""}
            ORDER BY s.ord
            """,
            params={"batch": str(batch.pk), "division": batch.division, "state": str(state)},
        ).to_arrow_table()


def write(batch: Batch, rows: pa.Table, findings: pa.Table | None, state: str = State.SUBMITTED) -> int:
    """Stage `rows`; returns how many. While the database takes one piece, the next is sealed and spelt."""
    rows = _numbered(rows)
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as writer:
        pending: Future[None] | None = None
        for start in range(0, rows.num_rows, PIECE):
            table = submissions(batch, rows.slice(start, PIECE), _piece(findings, start), state)
            if pending is not None:
                pending.result()
            pending = writer.submit(_insert, cursor, table)
        if pending is not None:
            pending.result()
    return int(rows.num_rows)


def _insert(cursor: Any, table: pa.Table) -> None:
    """COPY goes by no table under row-level security: through a temporary one."""
    said = ["full_name", *(name for name in table.column_names if name not in ("id", *STANDING))]
    alike = ", ".join((*(f"s.{name}" for name in STANDING), *(f"p.{name}" for name in said[1:])))
    cursor.execute("DROP TABLE IF EXISTS staged")
    cursor.execute(
        "CREATE TEMP TABLE staged ON COMMIT DROP AS"
        f" SELECT s.id, {alike} FROM ledger_submission s, ledger_paper p WHERE false"
    )
    copy_arrow(cursor, "staged", table)
    about, what = ", ".join(STANDING), ", ".join(said)
    cursor.execute(f"INSERT INTO ledger_submission (id, {about}) SELECT id, {about} FROM staged")
    cursor.execute(
        f"INSERT INTO ledger_paper (submission_id, division, {what}) SELECT id, division, {what} FROM staged"
    )


def _piece(findings: pa.Table | None, start: int) -> pa.Table | None:
    """The findings of a piece, counted from its first row."""
    if findings is None or not findings.num_rows:
        return None
    row = findings["row"]
    mine = findings.filter(pc.and_(pc.greater_equal(row, start), pc.less(row, start + PIECE)))
    return mine.set_column(mine.column_names.index("row"), "row", pc.subtract(mine["row"], start))


def _numbered(rows: pa.Table) -> pa.Table:
    """With `row_no` from 1, `worker_id` and `base_version`, where the caller gave none."""
    count = rows.num_rows
    defaults = {
        "row_no": pa.array(range(1, count + 1), pa.int32()),
        "worker_id": pa.nulls(count, pa.string()),
        "base_version": pa.nulls(count, pa.int64()),
    }
    for name, column in defaults.items():
        if name not in rows.column_names:
            rows = rows.append_column(name, column)
    return rows.set_column(rows.column_names.index("worker_id"), "worker_id", rows["worker_id"].cast(pa.string()))


def _items(rows: pa.Table) -> str:
    """DuckDB SQL of a row's items, each followed by a comma; what is empty is null."""
    parts = []
    for item in check_columns(rows):
        if item in (*SEALED, "full_name"):  # sealed beside; the name stands with the submission's columns too
            continue
        kind, column = rows.schema.field(item).type, f'n."{item}"'
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            column = f"CASE WHEN len({column}) > 0 THEN {column} END"
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column = f"nullif({column}, '')"
        parts.append(f'{column} AS "{item}", ')
    return "".join(parts)


def _texts(rows: pa.Table, item: str) -> list[str | None]:
    if item not in rows.column_names:
        return [None] * rows.num_rows
    column = pc.utf8_trim_whitespace(rows[item].cast(pa.string()))
    return pc.if_else(pc.equal(column, ""), None, column).to_pylist()  # type: ignore[no-any-return]


def _sealed(rows: pa.Table) -> pa.Table:
    """Tokens and sealed blobs beside each row. A phone is bound to its person's number: the row's, else the
    ledger's."""
    numbers, phones = _texts(rows, "id_number"), _texts(rows, "mobile_phone")
    workers = (
        rows["worker_id"].cast(pa.string()).to_pylist() if "worker_id" in rows.column_names else [None] * len(numbers)
    )
    tokens = keys.tokens_many("id_number", numbers)
    owners = _tokens_of(
        [w for w, token, phone in zip(workers, tokens, phones, strict=True) if w and phone and not token]
    )
    contexts = [token or owners.get(w or "") or b"" for token, w in zip(tokens, workers, strict=True)]
    phone_tokens = keys.tokens_many("mobile_phone", phones)
    phone_sealed = keys.seal_many("mobile_phone", phones, contexts)
    _rebind(workers, tokens, phone_tokens, phone_sealed)
    return pa.table({
        "ord": pa.array(range(len(numbers)), pa.int32()),
        "id_token": pa.array(tokens, pa.binary()),
        "id_sealed": pa.array(keys.seal_many("id_number", numbers, [t or b"" for t in tokens]), pa.binary()),
        "id_tail": pa.array(tails(numbers), pa.int32()),
        "phone_token": pa.array(phone_tokens, pa.binary()),
        "phone_sealed": pa.array(phone_sealed, pa.binary()),
    })  # fmt: skip


def tails(numbers: Sequence[str | None]) -> list[int | None]:
    """Blind index of the last four characters, four bytes; at most some ten thousand differ, so each is computed
    once."""
    endings = [number[-4:] if number else None for number in numbers]
    known = sorted({ending for ending in endings if ending})
    found = {
        ending: int.from_bytes(token[:4], "big", signed=True)
        for ending, token in zip(known, keys.tokens_many("id_tail", known), strict=True)
        if token
    }
    return [found[ending] if ending else None for ending in endings]


def _tokens_of(workers: Sequence[str]) -> dict[str, bytes]:
    if not workers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text, id_token FROM ledger_worker WHERE id = ANY (%s::uuid[])", [list(workers)])
        return {worker: bytes(token) for worker, token in cursor.fetchall() if token}


def _rebind(
    workers: Sequence[str | None],
    tokens: Sequence[bytes | None],
    phone_tokens: list[bytes | None],
    phone_sealed: list[bytes | None],
) -> None:
    """Where a known person's number is corrected and the phone is not given, seal the kept phone to the new number."""
    places = [
        at
        for at, (w, token, phone) in enumerate(zip(workers, tokens, phone_tokens, strict=True))
        if w and token and not phone
    ]
    if not places:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, id_token, phone_token, phone_sealed FROM ledger_worker"
            " WHERE id = ANY (%s::uuid[]) AND phone_sealed IS NOT NULL",
            [[workers[at] for at in places]],
        )
        kept = {row[0]: tuple(bytes(value or b"") for value in row[1:]) for row in cursor.fetchall()}
    moved = [at for at in places if (workers[at] or "") in kept and kept[workers[at] or ""][0] != tokens[at]]
    old = [kept[workers[at] or ""] for at in moved]
    clear = keys.unseal_many("mobile_phone", [one[2] for one in old], [one[0] for one in old])
    again = keys.seal_many("mobile_phone", clear, [tokens[at] or b"" for at in moved])
    for at, one, blob in zip(moved, old, again, strict=True):
        phone_tokens[at], phone_sealed[at] = one[1], blob


def _findings(session: duckdb.DuckDBPyConnection, count: int, findings: pa.Table | None) -> pa.Table:
    """Per row its findings as JSON, and the outcome: 'error' where one is an error.

    Else provisionally 'new': comparing then rewrites only the rows that are something else, on a first import none.
    """
    if findings is None or not findings.num_rows:
        return pa.table({"findings": pa.nulls(count, pa.string()), "outcome": pa.repeat("new", count)})
    session.register("given", findings)
    parts = ", ".join(f"{name}: {name}" for name in findings.column_names if name != "row")
    return session.sql(
        f"""
        SELECT any_value(found)::VARCHAR AS findings, CASE WHEN bool_or(bad) THEN 'error' ELSE 'new' END AS outcome
        FROM range(?) numbers(place) LEFT JOIN (
          SELECT row AS place, to_json(list({{{parts}}})) AS found, bool_or(severity = 'error') AS bad FROM given
            GROUP BY row) USING (place)
        GROUP BY place ORDER BY place
        """,
        params=[count],
    ).to_arrow_table()
