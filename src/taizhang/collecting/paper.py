"""一人一表 for many people as one PDF: the programme's form, filled in from the ledger, a QR code on each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.collecting import points, queries, sheets
from taizhang.collecting.models import Round
from taizhang.divisions import queries as divisions
from taizhang.engine import typeset
from taizhang.engine.errors import DomainError, NotFound
from taizhang.engine.ids import uuid7
from taizhang.ledger import paper, webedit
from taizhang.ledger import queries as ledger
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.paper import Answers, Group
from taizhang.protection.vault import Vault
from taizhang.release import actions as release
from taizhang.release.actions import Kind, Slip

AT_ONCE = 50  # forms made while the clerk waits; more go to a job
MOST = 1_000  # forms in one file: Typst takes two to four megabytes of memory for each
KEPT_HOURS = 24.0
VAULT = Vault("papers", "paper")
NOTE = "填表人在对的□里打√；预先打好的，对的不动，不对的划掉改在旁边。号码按规定遮住，改号码请写全。扫描或拍照时，右上角的二维码要拍清楚。"
# Who died or left the pool for good needs no form, unless asked for by themselves.
IN_POOL = """EXISTS (SELECT FROM ledger_membership m WHERE m.worker_id = w.id AND m.programme = %(programme)s
             AND m.to_date IS NULL)"""


@dataclass(frozen=True)
class Order:
    """Whose forms are to be printed."""

    owner: str
    title: str
    ids: tuple[str, ...]
    divisions: tuple[str, ...]


def of_village(actor: User, code: str) -> Order:
    """The pool of a village. Raises NotFound outside the actor's divisions, also for what is no village."""
    if len(code) != 12 or not actor.sees_people or not actor.covers(code):
        raise NotFound("division")
    return _order(actor, divisions.get(code).full_name, [code])


def of_point(actor: User, point_id: UUID) -> Order:
    """The pools of those villages of a collection point that are the actor's. Raises NotFound."""
    point = points.get(actor, point_id)
    villages = [one.code for one in points.line(actor, point).villages if actor.covers(one.code)]
    if not villages:
        raise NotFound("point")
    return _order(actor, point.name, villages)


def of_person(actor: User, worker_id: UUID) -> Order:
    """One person, in the pool or not. Raises NotFound."""
    worker = ledger.get_worker(actor, worker_id)
    return Order(str(actor.pk), f"{worker.full_name}一人", (str(worker.pk),), (worker.division,))


def of_household(actor: User, worker_id: UUID) -> Order:
    """The pool's members of a person's household. Raises NotFound; DomainError "no_household"."""
    worker = ledger.get_worker(actor, worker_id)
    if not worker.household_no:
        raise DomainError("no_household", "这个人还没有户编号，不知道一户有谁。请先在台账里填户编号，或只印一个人的。")
    return _order(actor, f"{worker.full_name}一户", [worker.division], worker.household_no)


def _order(actor: User, title: str, villages: Sequence[str], household: str = "") -> Order:
    words, _ = webedit.form_of(actor)
    assert words.programme is not None
    rows = ledger.fetch(
        f"""SELECT w.id FROM ledger_worker w WHERE w.division = ANY (%(villages)s) AND w.retired_by_id IS NULL
            AND (%(household)s = '' OR w.household_no = %(household)s) AND {IN_POOL}""",
        {"villages": list(villages), "household": household, "programme": words.programme.id},
    )
    return Order(str(actor.pk), title, tuple(str(row["id"]) for row in rows), tuple(villages))


def current_round(actor: User, division: str) -> Round | None:
    """The open round the forms belong to."""
    return next((one for one in queries.open_rounds(actor) if one.division == division[:6]), None)


def make(*, actor: User, wanted: Order) -> bytes:
    """The PDF, through the door out; every form is written down as a sheet.

    Raises DomainError "nobody", "too_many_people", "no_font"; NotAllowed "no_form" and as `release.export`.
    """
    check(wanted)
    words, form = webedit.form_of(actor)
    return release.export(
        actor=actor,
        kind=Kind.PAPER,
        subject=form.id,
        division=wanted.divisions,
        make=lambda slip: _pdf(actor, wanted, words, slip),
        people=len(wanted.ids),
        numbers="masked",
    )


def check(wanted: Order) -> None:
    if not wanted.ids:
        raise DomainError("nobody", "这里没有在库的人，没有表可印。")
    if len(wanted.ids) > MOST:
        raise DomainError(
            "too_many_people", f"这里有 {len(wanted.ids):,} 人，一次最多印 {MOST:,} 份。请一个村一个村地印。"
        )


def _pdf(actor: User, wanted: Order, words: Lexicon, slip: Slip) -> bytes:
    data = data_of(actor, wanted, words, slip.watermark)
    return typeset.pdf("taizhang.collecting", "form", data, tagged=False, apart=len(wanted.ids) > AT_ONCE)


def data_of(actor: User, wanted: Order, words: Lexicon, watermark: str) -> dict[str, Any]:
    """What `papers/form.typ` is filled with; writes the sheets down."""
    programme = words.programme
    assert programme is not None
    assert programme.form is not None
    groups = paper.layout(words)
    people = paper.answers([UUID(one) for one in wanted.ids], groups, words)
    if not people:
        raise DomainError("nobody", "这些人已经迁走或作废了，没有表可印。", status=409)
    found = current_round(actor, wanted.divisions[0])
    printed = sheets.register(actor, [one.worker_id for one in people], programme.id, found, timezone.now())
    places = {code: divisions.get(code).full_name for code in {one.division for one in people}}
    return {
        "title": programme.form.title,
        "head": f"{programme.short_name}  {f'{found.name}核实' if found else '没有开始的核实'}",
        "version": f"{programme.form.version} 版",
        "watermark": watermark,
        "note": NOTE,
        "modules": sheets.MODULES,
        "groups": [_group(group) for group in groups],
        "people": [_person(one, places, printed[one.worker_id]) for one in people],
    }


def _group(group: Group) -> dict[str, Any]:
    cells = [
        {"label": cell.label, "span": cell.span, "unit": cell.unit, "options": cell.options} for cell in group.cells
    ]
    return {"title": group.title, "rows": len(group.rows), "cells": cells}


def _person(one: Answers, places: dict[str, str], sheet: UUID) -> dict[str, Any]:
    return {
        "name": one.name,
        "place": places[one.division] + one.village_group,
        "number": sheets.number_of(sheet),
        "code": sheets.modules(sheets.text_of(sheet)),
        "cells": one.cells,
    }


def keep(wanted: Order) -> UUID:
    """Put an order aside, sealed, for the job that carries it out; older ones are forgotten."""
    check(wanted)
    VAULT.sweep_older(KEPT_HOURS)
    key = uuid7()
    VAULT.put(key, "order", json.dumps(asdict(wanted)).encode())
    return key


def kept(actor: User, key: UUID) -> Order:
    """An order of the actor's own. Raises NotFound, also for somebody else's and when it is older than a day."""
    try:
        told = json.loads(VAULT.get(key, "order"))
    except FileNotFoundError:
        raise NotFound("paper") from None
    if told["owner"] != str(actor.pk):
        raise NotFound("paper")
    return Order(told["owner"], told["title"], tuple(told["ids"]), tuple(told["divisions"]))


def made(key: UUID) -> bool:
    return VAULT.has(key, "file")


@transaction.atomic
def carry_out(*, actor: User, key: UUID) -> None:
    """Make the ordered file and keep it sealed. Safe to run twice: one that is there stays."""
    wanted = kept(actor, key)
    if not made(key):
        VAULT.put(key, "file", make(actor=actor, wanted=wanted))


def file_of(actor: User, key: UUID) -> bytes:
    """Raises NotFound as `kept`, and while the file is not made yet."""
    kept(actor, key)
    if not made(key):
        raise NotFound("paper")
    return VAULT.get(key, "file")
