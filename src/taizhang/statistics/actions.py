"""Tables and registers as files. One path for the pages and the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from taizhang import catalogue
from taizhang.accounts.acting import acting_as, acting_for
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Programme, Table
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotFound
from taizhang.release import actions as release
from taizhang.statistics import attesting, paper, plain, registers, tables, xlsx
from taizhang.statistics.knowing import Known

FORMATS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def find(programme_table: str) -> tuple[Programme, Table]:
    """The table that "mouding-2017/C3" names. Raises DomainError "unknown_table" naming those there are."""
    programmes = catalogue.load().programmes
    programme, _, table = programme_table.partition("/")
    if programme in programmes and table in programmes[programme].tables:
        return programmes[programme], programmes[programme].tables[table]
    known = "、".join(f"{p.id}/{t}" for p in programmes.values() for t in p.tables)
    raise DomainError("unknown_table", f"没有“{programme_table}”这张表，可用的有：{known}。", status=404)


def render(
    programme_table: str,
    division: str,
    as_of: dt.date,
    format: str,
    *,
    actor: User | None = None,
    watermark: str = "",
    before: dt.date | None = None,
    known: Known = "now",
) -> bytes:
    """A table or register of a division on a day as a file.

    Args:
        programme_table: "mouding-2017/C3".
        format: json, csv, xlsx or pdf.
        actor: whose divisions bind; None only for the command line, which then sees exactly `division`.
        watermark: who takes it and when; stands in the foot of every page of an xlsx or pdf.
        before: a day to compare a table's numbers with; in a workbook only, on sheets of their own.
        known: "then": a table's numbers as sealed, or as recorded by the end of that day (registers: always now).
    A table's xlsx and json carry the signed numbers within (`attesting`).
    Raises NotFound when the division is unknown or out of the actor's scope, DomainError for an unknown table or
    format, and where a pdf cannot be set.
    """
    programme, table = find(programme_table)
    check_format(format)
    with _inside(division, actor):
        divisions.get(division)
        if table.kind == "cells":
            result = tables.compute(programme.id, table.id, division, as_of, known=known)
            if format == "csv":
                return plain.table_csv(result)
            if format == "pdf":
                return paper.table_pdf(result, watermark)
            proof = attesting.proof(result)
            if format == "json":
                return plain.table_json(result, proof)
            earlier = tables.compute(programme.id, table.id, division, before, known=known) if before else None
            return xlsx.table_book(result, watermark, proof, earlier)
        register = registers.read(programme.id, table.id, division, as_of, limit=None)
        match format:
            case "json":
                return plain.register_json(register, registers.partition_of(programme, division, as_of))
            case "csv":
                return plain.register_csv(register)
            case "pdf":
                return paper.register_pdf(register, watermark)
            case _:
                return xlsx.register_book(register, watermark)


def check_format(format: str) -> None:
    """Raises DomainError "unknown_format"."""
    if format not in FORMATS:
        raise DomainError("unknown_format", f"没有“{format}”这种格式，可用 json、csv、xlsx、pdf。")


@contextmanager
def _inside(division: str, actor: User | None) -> Iterator[None]:
    if actor is None:
        with acting_for([division]):
            yield
        return
    check_covers(actor, division)
    with acting_as(actor):
        yield


def check_covers(actor: User, division: str) -> None:
    """Raises NotFound unless the whole division lies in the actor's scope: a table of a part would be a wrong table."""
    if not actor.sees_people or not actor.covers(division):
        raise NotFound("division")


def export(
    *,
    actor: User,
    programme_table: str,
    division: str,
    as_of: dt.date,
    format: str,
    before: dt.date | None = None,
    known: Known = "now",
) -> bytes:
    """`render` for a person, through the door out. Raises as `render` and NotAllowed "out_of_scope"."""
    check_covers(actor, division)
    _, table = find(programme_table)

    def make(slip: release.Slip) -> bytes:
        return render(
            programme_table,
            division,
            as_of,
            format,
            actor=actor,
            watermark=slip.watermark,
            before=before,
            known=known,
        )

    kind = release.Kind.TABLE if table.kind == "cells" else release.Kind.REGISTER
    return release.export(
        actor=actor,
        kind=kind,
        subject=programme_table,
        division=division,
        make=make,
        as_of=as_of.isoformat(),
        format=format,
        known=known,
    )
