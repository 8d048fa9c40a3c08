"""Many people as a list prints them: codes, places and dates put into words by the database, numbers opened in bulk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from taizhang.engine.planning import plan_for_bulk
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import SEALED, Conditions, Where
from taizhang.protection import keys

CHUNK = 5_000  # rows fetched, and numbers opened, at a time
Line = list[Any]


def lines(
    conditions: Where, columns: Sequence[str], words: Lexicon, *, total: int, whole_numbers: bool = False
) -> Iterator[list[Line]]:
    """Name and `columns` of everybody `conditions` finds, by village and name, in chunks.

    Args:
        total: how many there are; tells the planner how to read.
        whole_numbers: identity and phone numbers in clear; else as `masking` shows them.
    Inside a transaction only. Cells are text, Decimal, int or None.
    """
    found = Conditions(words)
    select, params = ["f.full_name"], []
    for item in columns:
        if item in SEALED:
            select.append("NULL")
            continue
        sql, extra = in_words(item, found, words)
        select.append(sql)
        params += extra
    sealed = [item for item in columns if item in SEALED]
    blobs = "".join(f", lw.{SEALED[item][0]}_sealed" for item in sealed)
    plan_for_bulk(total)
    with connection.cursor() as settings:
        settings.execute("SET LOCAL cursor_tuple_fraction = 1")  # every row will be fetched
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(select)}, lw.id_token{blobs}"
            " FROM worker_flat f JOIN ledger_worker lw ON lw.id = f.worker_id"
            f" WHERE f.worker_id IN (SELECT f.worker_id {conditions.sql})"
            " ORDER BY f.division, f.full_name, f.worker_id",
            [*params, *conditions.params],
        )
        while fetched := cursor.fetchmany(CHUNK):
            yield _opened(fetched, columns, sealed, whole_numbers)


def _opened(
    fetched: Sequence[tuple[Any, ...]], columns: Sequence[str], sealed: Sequence[str], whole: bool
) -> list[Line]:
    width = len(columns) + 1
    rows = [list(line[:width]) for line in fetched]
    tokens = [bytes(line[width] or b"") for line in fetched]
    for at, item in enumerate(sealed, start=width + 1):
        blobs = [bytes(line[at]) if line[at] else None for line in fetched]
        mask, place = SEALED[item][1], columns.index(item) + 1
        for row, number in zip(rows, keys.unseal_many(item, blobs, tokens), strict=True):
            row[place] = number if whole else mask(number)
    return rows


def in_words(item: str, found: Conditions, words: Lexicon) -> tuple[str, list[Any]]:
    """SQL of an item's value as the page prints it; a number stays a number."""
    sql, params = found.expression(item)
    known = words.items()[item]
    names = json.dumps(labels(item, words), ensure_ascii=False)
    match known.kind:
        case "enum":
            return f"(SELECT coalesce(%s::jsonb ->> v, v) FROM (SELECT ({sql})::text) one(v))", [names, *params]
        case "bool":
            return f"CASE {sql} WHEN true THEN '是' WHEN false THEN '否' END", params
        case "multi":
            each = "SELECT string_agg(coalesce(%s::jsonb ->> c, c), '、' ORDER BY o)"
            return f"({each} FROM unnest({sql}) WITH ORDINALITY u(c, o))", [names, *params]
        case "months":
            return f"(SELECT string_agg(to_char(m, 'YYYY-MM'), '、' ORDER BY m) FROM unnest({sql}) u(m))", params
        case "region":
            place = "SELECT coalesce(d.full_name, v) FROM (SELECT ({sql})::text) one(v)"
            return f"({place.format(sql=sql)} LEFT JOIN divisions_division d ON d.code = v)", params
        case "date":
            return f"to_char({sql}, 'YYYY-MM-DD')", params
        case "ym":
            return f"to_char({sql}, 'YYYY-MM')", params
        case _:
            return sql, params


def labels(item: str, words: Lexicon) -> dict[str, str]:
    """Code -> wording of an item with a list, the form's own where it has one, as on the page; {} for others."""
    known = words.items()[item]
    if known.kind not in ("enum", "multi"):
        return {}
    stored = words.catalogue.lists[known.list].codes.values() if known.list else ()
    own = reversed(words.options(item))  # of two wordings for a code the first counts
    return {code.code: code.label for code in stored} | {code: one.label for one in own for code in one.codes}


def numbers_asked(columns: Sequence[str]) -> bool:
    """Whether a list with these columns holds identity or phone numbers at all."""
    return any(item in SEALED for item in columns)


def ids_of(conditions: Where) -> list[UUID]:
    """The people themselves, for a job that is to find exactly them later."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT f.worker_id {conditions.sql}", conditions.params)
        return [row[0] for row in cursor.fetchall()]
