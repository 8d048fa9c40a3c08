"""Everything the page of one person shows.

Facts by section of the form, spells, which 口径 count them, who changed what.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string

from taizhang.accounts.models import User
from taizhang.catalogue import Programme, load
from taizhang.divisions.models import Division
from taizhang.engine.errors import NotFound
from taizhang.ledger import inforce, listing, queries
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.flat import as_json
from taizhang.ledger.homes import home_of
from taizhang.ledger.models import Batch, Change, Spell, Submission
from taizhang.ledger.states import CLOSED, ChangeKind, State
from taizhang.rules import Rule, Type, days

HIDDEN = {"id_token", "phone_token", "id_tail", "name_initials", "version", "worker_id", "division"}
VERBS = {"approve": "审核通过", "return": "退回", "submit": "提交", "withdraw": "撤回", "supersede": "被新的填报代替"}


@dataclass(frozen=True)
class Person:
    """A person as one flat row. `numbers`: sealed items, masked; `values`: the other items as Python values."""

    id: UUID
    division: str
    version: int
    values: dict[str, Any]
    numbers: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.values.get("full_name") or "（没有姓名）")


def get(actor: User, worker_id: UUID) -> Person:
    """The person, if inside the actor's divisions. Raises NotFound, the same for absent, retired and out of scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM worker_flat WHERE worker_id = %s", [worker_id])
        row = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
    if row is None or not actor.covers(row[names.index("division")]):
        raise NotFound("person")
    values = dict(zip(names, row, strict=True))
    numbers = {item: listing.masked_numbers([worker_id], item).get(worker_id, "") for item in listing.SEALED}
    return Person(
        worker_id, values["division"], values["version"], {k: v for k, v in values.items() if k not in HIDDEN}, numbers
    )


@dataclass(frozen=True)
class Fact:
    item: str
    label: str
    value: Any  # as stored; the page prints it in words
    sealed: bool
    wide: bool
    text: str | None = None  # the form's own wording of a code


@dataclass(frozen=True)
class Block:
    title: str
    facts: list[Fact]


HOMES = {
    "worker": "身份与户籍",
    "standing": "状态",
    "spell": "现在的就业",
    "intention": "意愿",
    "work_year": "年度务工",
    "return_flow": "返乡回流",
    "verification": "核实",
    "service_year": "就业服务",
}


def blocks(person: Person, words: Lexicon) -> list[Block]:
    """Sections as in the form; a section nobody was asked is left out.

    What the ledger holds beside the form follows under its own heading.
    """
    form = words.programme.form if words.programme else None
    found, told = [], {"full_name"}
    for section in form.sections if form else ():
        items = [one.item for one in section.items if one.item != "full_name"]
        told.update(items)
        facts = [_fact(item, person, words) for item in items]
        if any(fact.value for fact in facts) or any(fact.value is False for fact in facts):
            found.append(Block(section.title, facts))
    other: dict[str, list[Fact]] = {}
    for item, home in home_of().items():
        if item not in told and person.values.get(item) not in (None, [], ""):
            other.setdefault(HOMES[home.name], []).append(_fact(item, person, words))
    if form and other:
        return [*found, Block("其他方案采集的", [fact for facts in other.values() for fact in facts])]
    numbers = [_fact(item, person, words) for item in listing.SEALED if item not in told]
    return found or [Block(title, numbers * (title == HOMES["worker"]) + facts) for title, facts in other.items()]


def _fact(item: str, person: Person, words: Lexicon) -> Fact:
    known = words.catalogue.items[item]
    sealed = item in listing.SEALED
    value = person.numbers.get(item) if sealed else person.values.get(item)
    form = words.programme.form if words.programme else None
    code = str(value).lower() if isinstance(value, bool) else value
    text = words.catalogue.label(item, code, form) if known.kind in ("enum", "bool") and code else None
    wide = (
        known.kind in ("region", "multi", "months")
        or sealed
        or (isinstance(value, str) and len(value) > 14 and known.kind == "str")
    )
    return Fact(item, words.label(item), value, sealed, wide, text)


@dataclass(frozen=True)
class SpellRow:
    spell: Spell
    months: int
    scope: str | None  # code of CL-SCOPE


def spells(person: Person, words: Lexicon) -> list[SpellRow]:
    """就业经历, newest first."""
    kept = list(Spell.objects.filter(worker_id=person.id).order_by("-from_date"))
    rule = words.derived("work_scope")
    today = dt.date.today()
    return [SpellRow(one, _months(one.from_date, one.to_date or today), _scope(rule, one, words)) for one in kept]


def _months(start: dt.date, end: dt.date) -> int:
    return max(0, (end.year - start.year) * 12 + end.month - start.month)


def _scope(rule: Rule | None, spell: Spell, words: Lexicon) -> str | None:
    if rule is None or not spell.work_region:
        return None
    return rule.evaluate({"work_region": spell.work_region, "hukou_region": spell.division}, words.parameters())  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Counted:
    """Whether a 口径 counts this person, and why."""

    name: str
    clause: str | None
    value: bool | None
    why: str
    indicator: str = ""  # "mouding-2017.transferred", for the page that shows the whole rule


@dataclass(frozen=True)
class CountedBy:
    """`main`: the scope, the yes/no items of the programme and every indicator that counts the person.

    `rest`: those that do not.
    """

    main: list[Counted]
    rest: list[Counted]


def counted(person: Person, words: Lexicon) -> CountedBy | None:
    """纳入口径, with the reason each gives; None for an office above programmes."""
    if words.programme is None:
        return None
    today = timezone.localdate()
    programme = inforce.programme(words.programme, person.division, today)
    row, params = as_json(person.values), {**programme.parameter_values(), **days(today)}
    near, earlier = places([row]), _earlier(person, programme, today)

    def told(name: str, clause: str | None, rule: Rule, indicator: str = "") -> Counted:
        decision = rule.decide(row, params, near, earlier)
        return Counted(name, clause, decision.value, decision.text, indicator)

    main = [told(f"{programme.short_name}，统计范围", programme.scope.clause, programme.scope.rule)]
    main += [told(one.name, one.clause, one.value) for one in programme.derived.values() if one.value.type is Type.BOOL]
    numbers = [
        told(one.name, one.clause, one.where, f"{programme.id}.{one.id}")
        for one in programme.indicators.values()
        if one.of == "worker" and one.where is not None
    ]
    return CountedBy(main + [one for one in numbers if one.value], [one for one in numbers if not one.value])


def _earlier(person: Person, programme: Programme, today: dt.date) -> dict[str, dict[str, Any] | None]:
    """The person's rows of the days that the programme's rules ask for (`at`)."""
    rules = [one.where for one in programme.indicators.values() if one.where and one.of == "worker"]
    found = {}
    for day in {part.day for rule in rules for part in rule.earlier.values()}:
        relation = queries.flat_relation(days(today)[day])
        rows = queries.fetch(f"SELECT f.* FROM {relation} f WHERE f.worker_id = %s", [person.id])
        found[day] = as_json(rows[0]) if rows else None
    return found


def places(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Code -> full name of every region in some rows (JSON shapes), and of those around them."""
    regions = [item.id for item in load().items.values() if item.kind == "region"]
    codes = {row[item] for row in rows for item in regions if row.get(item)}
    wanted = codes | {code[:size] for code in codes if code.isdigit() for size in (2, 4, 6, 9)}
    return dict(Division.objects.filter(code__in=wanted).values_list("code", "full_name"))


@dataclass(frozen=True)
class Line:
    """One changed item in the timeline. A sealed item says only that it changed."""

    item: str
    label: str
    old: Any
    new: Any
    sealed: bool
    correction: bool


@dataclass(frozen=True)
class Event:
    """One entry of the timeline."""

    at: dt.datetime
    who: str
    office: str
    what: str
    how: str = ""
    reason: str = ""
    batch: Batch | None = None
    row_no: int | None = None
    bad: bool = False
    lines: list[Line] = field(default_factory=list)
    batch_url: str = ""  # where the file that brought it is, for who may open it


def timeline(actor: User, person: Person, words: Lexicon) -> list[Event]:
    """Who, when, how, why, from which batch, old and new; newest first.

    A batch brought by an office above the actor's is named too: it holds nobody's data.
    """
    changes = list(Change.objects.filter(worker_id=person.id).order_by("-version"))
    papers = queries.papers_of(person.id).select_related("batch__submitted_by")
    by_id = {paper.pk: paper for paper in papers}
    batches = {
        batch.pk: batch
        for batch in Batch.objects.filter(pk__in={one.batch_id for one in changes}).select_related("submitted_by")
    }
    pages = import_string(settings.BATCH_PAGES)(actor, batches)
    events = [
        replace(
            _change(one, batches.get(one.batch_id), by_id.get(one.submission_id) if one.submission_id else None, words),
            batch_url=pages.get(one.batch_id, ""),
        )
        for one in changes
    ]
    events += list(_decisions(by_id))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _change(change: Change, batch: Batch | None, paper: Submission | None, words: Lexicon) -> Event:
    lines = [
        line
        for line in (_line(item, told, words) for item, told in change.changes.items())
        if line.sealed or line.old != line.new
    ]
    what = (
        "登记进台账"
        if change.kind == ChangeKind.NEW
        else ("撤销了一批修改" if change.kind == ChangeKind.UNDO else f"修改 {len(lines)} 项")
    )
    who = batch.submitted_by if batch else None
    return Event(
        change.at,
        who.display_name if who else "上级单位",
        who.office if who else "",
        what,
        str(batch.get_source_display()) if batch else "",
        batch.reason if batch else "",
        batch,
        paper.row_no if paper else None,
        change.kind == ChangeKind.UNDO,
        lines,
    )


def _line(item: str, told: Sequence[Any], words: Lexicon) -> Line:
    old, new, kind = (*told, None, None, None)[:3]
    known = words.catalogue.items.get(item)
    return Line(item, words.label(item) if known else item, old, new, item in listing.SEALED, kind == "correction")


def _decisions(papers: dict[UUID, Submission]) -> Iterator[Event]:
    for one in queries.decisions_on(papers):
        if one.verb not in ("approve", "return", "withdraw"):
            continue
        reason = one.reason or "；".join(str(text) for text in one.remarks.values()) if one.remarks else one.reason
        yield Event(
            one.at, one.actor.display_name, one.actor.office, VERBS[one.verb], reason=reason, bad=one.verb == "return"
        )


def pending(person: Person) -> list[Submission]:
    """Papers about this person that still wait for somebody."""
    open_states = [state for state in State if state not in CLOSED]
    return list(
        Submission.objects.filter(worker_id=person.id, entered=False, state__in=open_states)
        .select_related("batch__submitted_by")
        .order_by("-id")
    )
