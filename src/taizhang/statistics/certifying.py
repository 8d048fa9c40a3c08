"""表库相符: every number of a report counted twice, from the sealed rows (DuckDB) and from the ledger and its history
(PostgreSQL), and who makes the difference where there is one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme, Table
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.protection import audit, signing
from taizhang.statistics import (
    actions,
    attesting,
    behind,
    handcells,
    indicators,
    knowing,
    layout,
    sealing,
    seals,
    sources,
    tables,
    versions,
)
from taizhang.statistics.knowing import Basis, Known
from taizhang.statistics.models import Certificate
from taizhang.statistics.tables import Result

FORMAT = "taizhang-certificate-1"
Advance = Callable[[int, int, str], None]
NAMED_CELLS = 20  # differing cells whose people are looked up
NAMED_PEOPLE = 200  # of each


def key_of(settings: Programme, table: Table, division: str, as_of: dt.date, known: Known) -> str:
    """What a certificate depends on: asked again while this is the same, it is not computed again."""
    bases = knowing.bases(settings.id, division, as_of, known)
    counties = [basis.county for basis in bases]
    marks = sources.marks(counties)
    rest = [
        [basis.county, bytes(basis.seal.digest).hex() if basis.seal else "", marks[basis.county]] for basis in bases
    ]
    asked = [
        settings.id,
        table.id,
        division,
        as_of.isoformat(),
        known,
        rest,
        sealing.rules_digest(settings),
        *handcells.marks(settings.id, table.id, division),
        *versions.signature(division),
    ]
    return signing.sm3(signing.canonical(asked)).hex()


def find(programme_table: str, division: str, as_of: dt.date, known: Known) -> Certificate | None:
    """The certificate that still holds for this question."""
    settings, table = _table(programme_table)
    return visible().filter(key=key_of(settings, table, division, as_of, known)).first()


def visible() -> QuerySet[Certificate]:
    """Certificates of the connection's divisions, newest first."""
    return Certificate.objects.select_related("made_by").order_by("-made_at")


def get(certificate_id: Any) -> Certificate:
    """Raises NotFound, also for one of other divisions."""
    found = visible().filter(pk=certificate_id).first()
    if found is None:
        raise NotFound("certificate")
    return found


def certify(
    *,
    actor: User | None,
    programme_table: str,
    division: str,
    as_of: dt.date,
    known: Known = "then",
    advance: Advance = lambda *_: None,
) -> Certificate:
    """Count a table twice and keep what came out, signed. The same question is answered from what was kept.

    known: "then" proves the sealed numbers against the ledger as it was known at the seal; "now" the live snapshot
    against the ledger as it is. actor: None for the command line, which then keeps nothing.
    Raises NotFound out of scope; DomainError "unknown_table", "no_cells", "seal_broken".
    """
    settings, table = _table(programme_table)
    if actor is not None:
        actions.check_covers(actor, division)
    divisions.get(division)
    key = key_of(settings, table, division, as_of, known)
    kept = visible().filter(key=key).first()
    if kept is not None:
        return kept
    bases = knowing.bases(settings.id, division, as_of, known)
    advance(0, 3, "从封账数据数一遍" if known == "then" else "从快照数一遍")
    ours = tables.compute(settings.id, table.id, division, as_of, known=known)
    advance(1, 3, "从台账逐人再数一遍")
    again = tables.compute(settings.id, table.id, division, as_of, engine="ledger", known=known)
    advance(2, 3, "逐格比对")
    differences = compared(ours, again, bases)
    said = attesting.statement(ours, bases) | {
        "format": FORMAT,
        "holds": not differences,
        "differences": signing.sm3(signing.canonical(differences)).hex(),
    }
    data = signing.canonical(said)
    made = Certificate(
        key=key,
        programme=settings.id,
        table=table.id,
        division=division,
        as_of=as_of,
        known=known,
        period=next((basis.seal.period for basis in bases if basis.seal), ""),
        cells=len(ours.rows) * len(layout.from_ledger(table)),
        holds=not differences,
        differences=differences,
        statement=data.decode(),
        digest=signing.sm3(data),
        mac=signing.mac(data),
        signature=signing.sign(data),
        made_by=actor,
    )
    advance(3, 3, "相符" if not differences else f"{len(differences)} 个数不符")
    return _keep(actor, made) if actor is not None else made


def compared(ours: Result, again: Result, bases: list[Basis]) -> list[dict[str, Any]]:
    """The cells that differ: sealed number, the ledger's, the number printed when it was sealed, and the opaque ids of
    the people whom only one side counts."""
    printed = _printed(ours, bases)
    counted = [column for column in ours.columns if column in layout.from_ledger(ours.table)]
    found: list[dict[str, Any]] = []
    for row in ours.rows:
        for column in counted:
            number, other = ours.cells[row.code][column], again.cells.get(row.code, {}).get(column)
            then = printed.get(row.code, {}).get(column) if printed is not None else _text(number)
            if number != other or _text(number) != then:
                found.append(
                    {
                        "division": row.code,
                        "column": column,
                        "sealed": _text(number),
                        "ledger": _text(other),
                        "printed": then,
                        "only_sealed": [],
                        "only_ledger": [],
                    }
                )
    for one in found[:NAMED_CELLS]:
        _name(one, ours)
    return found


def _printed(ours: Result, bases: list[Basis]) -> dict[str, dict[str, str | None]] | None:
    """The numbers written down when the county was sealed; None where the table rests on more than one seal."""
    if len(bases) != 1 or bases[0].seal is None:
        return None
    found: dict[str, dict[str, str | None]] | None = seals.tables(bases[0].seal).get(ours.table.id)
    return found


def _name(one: dict[str, Any], result: Result) -> None:
    indicator = behind.indicator_behind(result, one["column"])
    sides = [
        set(
            indicators.people(
                result.programme.id, indicator, one["division"], result.as_of, engine=engine, known=result.known
            )
        )
        for engine in ("snapshot", "ledger")
    ]
    one["only_sealed"] = sorted(sides[0] - sides[1])[:NAMED_PEOPLE]
    one["only_ledger"] = sorted(sides[1] - sides[0])[:NAMED_PEOPLE]


def _text(number: Any) -> str | None:
    return None if number is None else str(number)


def _table(programme_table: str) -> tuple[Programme, Table]:
    settings, table = actions.find(programme_table)
    if table.kind != "cells":
        raise DomainError("no_cells", f"{table.title}是登记册，一人一行，没有要核对的数。请选统计表。")
    return settings, table


@transaction.atomic
def _keep(actor: User, made: Certificate) -> Certificate:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # asked twice at once: one answer is enough
        return visible().get(key=made.key)
    detail = {
        "table": f"{made.programme}/{made.table}",
        "as_of": made.as_of,
        "result": "equal" if made.holds else "different",
    }
    audit.write(actor, audit.Action.CERTIFIED, made.division, detail)
    return made


def says(found: Certificate) -> dict[str, Any]:
    """The signed statement."""
    said: dict[str, Any] = json.loads(found.statement)
    return said


def as_file(found: Certificate) -> bytes:
    """The statement, the differences by opaque ids and the signatures, for whoever wants to check them elsewhere."""
    content = {
        "statement": says(found),
        "differences": found.differences,
        "sm3": bytes(found.digest).hex(),
        "hmac_sm3": bytes(found.mac).hex(),
        "ed25519": bytes(found.signature).hex(),
        "public_key": signing.public_key().hex(),
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()


def in_words(found: Certificate, programme: Programme) -> list[dict[str, Any]]:
    """The differing cells with names of places, columns and, in the connection's divisions, people."""
    names = dict(says(found)["rows"])
    ids = {one for cell in found.differences for one in (*cell["only_sealed"], *cell["only_ledger"])}
    known = {one.worker_id: one for one in behind.people(sorted(ids), found.as_of)}
    titles = layout.columns(programme.tables[found.table])
    return [
        {
            **cell,
            "place": names.get(cell["division"], cell["division"]),
            "title": titles[cell["column"]].title if cell["column"] in titles else cell["column"],
            "sealed_people": [known[one] for one in cell["only_sealed"] if one in known],
            "ledger_people": [known[one] for one in cell["only_ledger"] if one in known],
            "unnamed": sum(one not in known for one in (*cell["only_sealed"], *cell["only_ledger"])),
        }
        for cell in found.differences
    ]
