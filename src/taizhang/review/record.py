"""One paper beside the ledger: every item of the form, old and new, what the check said and what reviewers said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue import Form
from taizhang.engine.errors import NotAllowed, NotFound
from taizhang.ledger import person, submitted
from taizhang.ledger.flat import as_json
from taizhang.ledger.homes import IDENTITY, SEALED
from taizhang.ledger.models import Change, Decision, Submission, Worker
from taizhang.ledger.person import Person
from taizhang.ledger.states import CLOSED, Outcome
from taizhang.protection import keys, masking
from taizhang.review import policies
from taizhang.review.policies import VERBS, Verb

MASKS = {"id_number": masking.mask_id, "mobile_phone": masking.mask_phone}
SILENT = object()  # the form says nothing about this item: the ledger's value stays


@dataclass(frozen=True)
class Line:
    """One item. `old_text`, `new_text`: the form's wording of a code, or a masked number; else None."""

    item: str
    label: str
    old: Any
    new: Any
    old_text: str | None
    new_text: str | None
    kind: str  # change | correction | new | ""
    kept: bool  # not filled in: what the ledger holds stays
    note: str = ""
    findings: tuple[dict[str, Any], ...] = ()
    remark: str = ""

    @property
    def changed(self) -> bool:
        return self.kind in ("change", "correction")


@dataclass(frozen=True)
class Block:
    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Record:
    """Everything the page of one paper shows."""

    paper: Submission
    known: Person | None
    blocks: list[Block]
    identity: list[Line]  # changed items of identity, told apart
    findings: list[dict[str, Any]]  # of no single item
    said: str  # the reason of the last return
    moved_on: list[str]  # labels of what changed in the ledger since the paper was made
    number: str  # masked
    sex: str | None
    age: int | None

    @property
    def changed(self) -> int:
        return sum(line.changed for block in self.blocks for line in block.lines) + len(self.identity)

    @property
    def is_new(self) -> bool:
        return self.paper.outcome == Outcome.NEW


@dataclass(frozen=True)
class _Sides:
    """Both sides of one paper, item by item."""

    paper: Submission
    known: Person | None
    form: Form | None
    ours: dict[str, Any]
    said: dict[str, Any]
    numbers: dict[
        str, tuple[str | None, str | None]
    ]  # sealed item -> (ledger's, this paper's), in clear, in memory only
    changes: dict[str, list[Any]] = field(default_factory=dict)


def read(actor: User, paper: Submission) -> Record:
    """The record. Known people are looked up inside the actor's divisions."""
    known = known_person(actor, paper)
    form = catalogue.load().forms.get(paper.batch.programme)
    ours = as_json(known.values) if known else {}
    said = submitted.values(paper)
    sides = _Sides(paper, known, form, ours, said, numbers_of(paper), paper.changes or {})
    birth = said.get("birth_date") or (ours.get("birth_date") if known else None)
    findings = paper.findings or []
    return Record(
        paper=paper,
        known=known,
        blocks=_blocks(sides),
        identity=[_line(item, sides) for item in IDENTITY if item in sides.changes],
        findings=[one for one in findings if not one.get("item") or one["item"] not in _shown(sides)],
        said=(paper.remarks or {}).get("", ""),
        moved_on=_moved_on(paper, known, form),
        number=masking.mask_id(sides.numbers["id_number"][1] or sides.numbers["id_number"][0]),
        sex=said.get("sex") or ours.get("sex"),
        age=_age(birth, paper.batch.collected_on),
    )


def known_person(actor: User, paper: Submission) -> Person | None:
    """The ledger's entry the paper is about: by its id, else (a newcomer somebody entered meanwhile) by number."""
    worker = paper.worker_id
    if worker is None and paper.id_token:
        worker = (
            Worker.objects.filter(id_token=bytes(paper.id_token), retired_by=None).values_list("pk", flat=True).first()
        )
    try:
        return person.get(actor, worker) if worker else None
    except NotFound:  # retired, or moved out of the actor's divisions
        return None


def numbers_of(paper: Submission) -> dict[str, tuple[str | None, str | None]]:
    """Sealed item -> (ledger's, this paper's) number in clear; None where there is none."""
    fields = ("id_token", "id_sealed", "phone_sealed")
    worker = Worker.objects.filter(pk=paper.worker_id).values(*fields).first() if paper.worker_id else None
    sealed = paper.paper
    own = {"id_token": paper.id_token, "id_sealed": sealed.id_sealed, "phone_sealed": sealed.phone_sealed}
    context = own["id_token"] or (worker or {}).get("id_token")
    return {item: (_clear(item, worker, (worker or {}).get("id_token")), _clear(item, own, context)) for item in SEALED}


def _clear(item: str, row: dict[str, Any] | None, context: Any) -> str | None:
    sealed = row[f"{SEALED[item]}_sealed"] if row else None
    return keys.unseal(item, bytes(sealed), bytes(context or b"")) if sealed else None


def _blocks(sides: _Sides) -> list[Block]:
    """Sections in the form's order; then what follows in the ledger though the form does not ask it."""
    apart = {item for item in IDENTITY if item in sides.changes}
    found = []
    for section in sides.form.sections if sides.form else ():
        lines = [_line(one.item, sides) for one in section.items if one.item not in apart]
        if lines:
            found.append(Block(section.title, lines))
    asked = set(sides.form.items) if sides.form else set()
    others = sorted({*sides.changes, *sides.said} - asked - apart)
    lines = [
        line
        for line in (_line(item, sides) for item in others)
        if line.changed or (sides.form is None and not line.kept)
    ]
    return [*found, Block("随之变化的", lines)] if lines else found


def _shown(sides: _Sides) -> set[str]:
    return {*(sides.form.items if sides.form else ()), *sides.changes}


def _line(item: str, sides: _Sides) -> Line:
    paper, label = sides.paper, _label(item, sides.form)
    findings = tuple(one for one in paper.findings or () if one.get("item") == item)
    remark = (paper.remarks or {}).get(item, "")
    if item in SEALED:
        return _sealed_line(item, label, sides, findings, remark)
    new = sides.said.get(item, SILENT)
    old = sides.ours.get(item)
    kind = ""
    if item in sides.changes:
        old, new, kind = sides.changes[item]
    elif sides.known is None and new not in (SILENT, None):
        kind = "new"
    kept = new is SILENT
    value = old if kept else new
    return Line(
        item,
        label,
        old,
        value,
        _text(item, old, sides.form),
        _text(item, value, sides.form),
        kind,
        kept,
        "",
        findings,
        remark,
    )


def _sealed_line(item: str, label: str, sides: _Sides, findings: tuple[dict[str, Any], ...], remark: str) -> Line:
    old, new = sides.numbers[item]
    kind = "correction" if item in sides.changes else ("new" if sides.known is None and new else "")
    kept = new is None
    shown = MASKS[item](old), MASKS[item](old if kept else new)
    note = _differing(old, new) if kind == "correction" and shown[0] == shown[1] else ""
    return Line(
        item, label, bool(old), bool(new or old), shown[0] or None, shown[1] or None, kind, kept, note, findings, remark
    )


def _differing(old: str | None, new: str | None) -> str:
    """Where two masked numbers differ: enough to check a correction against the card without showing all of it."""
    if not old or not new or len(old) != len(new):
        return "打星号的部分有变化"
    places = [f"第 {at} 位 {a} 改为 {b}" for at, (a, b) in enumerate(zip(old, new, strict=True), start=1) if a != b]
    return "，".join(places)


def _label(item: str, form: Form | None) -> str:
    if form and item in form.items:
        return form.items[item].label
    known = catalogue.load().items.get(item)
    return known.name if known else item


def _text(item: str, value: Any, form: Form | None) -> str | None:
    """A code in the form's own words; None where the value prints as it is."""
    known = catalogue.load().items.get(item)
    if value is None or known is None or known.kind not in ("enum", "bool"):
        return None
    code = {True: "true", False: "false"}.get(value, value) if known.kind == "bool" else value
    return catalogue.load().label(item, code, form)


def _moved_on(paper: Submission, known: Person | None, form: Form | None) -> list[str]:
    """What somebody else changed in the ledger since the paper was compared, while it still waits."""
    if known is None or paper.base_version is None or paper.state in CLOSED or known.version <= paper.base_version:
        return []
    later = Change.objects.filter(worker_id=known.id, version__gt=paper.base_version).exclude(submission_id=paper.pk)
    return [
        _label(item, form)
        for item in sorted({item for changes in later.values_list("changes", flat=True) for item in changes})
    ]


def _age(birth: str | None, on: dt.date) -> int | None:
    if not birth:
        return None
    born = dt.date.fromisoformat(birth)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True)
class Step:
    """One line of the history."""

    decision: Decision
    said: str
    remarks: list[tuple[str, str]]  # (label, what to mend)
    other: bool  # about an older or newer paper of the same person

    @property
    def words(self) -> str:
        return VERBS[Verb(self.decision.verb)]

    @property
    def bad(self) -> bool:
        return self.decision.verb == Verb.RETURN


def steps(paper: Submission, history: Iterable[Decision]) -> list[Step]:
    """The history in words."""
    form = catalogue.load().forms.get(paper.batch.programme)
    return [
        Step(
            one,
            one.reason,
            [(_label(item, form), text) for item, text in one.remarks.items() if item],
            one.submission_id != paper.pk,
        )
        for one in history
    ]


def allowed(actor: User, paper: Submission) -> tuple[bool, str]:
    """Whether `actor` may approve or return the paper now; if not, why."""
    review = catalogue.load().programmes[paper.batch.programme].review
    try:
        policies.check_move(
            review, Verb.APPROVE, state=paper.state, role=actor.role, own_record=paper.batch.submitted_by_id == actor.pk
        )
    except NotAllowed as refusal:
        return False, refusal.message
    return True, ""


def after_approval(paper: Submission) -> str:
    """What approving does, for the page."""
    review = catalogue.load().programmes[paper.batch.programme].review
    states = [move for move in policies.moves(review) if move.verb is Verb.APPROVE and move.source == paper.state]
    if not states:
        return ""
    (move,) = states
    if move.enters is policies.Enters.ALL:
        return "通过后写入台账"
    following = [one.name for one in policies.moves(review) if one.verb is Verb.APPROVE and one.source == move.target]
    return f"通过后交“{following[0] or '下一步'}”" if following else "通过后审完"
