"""A form filled on a page: checked like a workbook's row, handed in as a batch of one, decided by somebody else.

Nothing here writes to people. New, changed and stopped people alike are submitted to review, which settings name: it
is a higher floor.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from taizhang.accounts.models import User
from taizhang.catalogue import Context, Form
from taizhang.divisions import queries as divisions
from taizhang.engine.errors import DomainError, NotAllowed
from taizhang.ledger import actions
from taizhang.ledger.asking import Lexicon, lexicon
from taizhang.ledger.homes import SEALED, home_of
from taizhang.ledger.models import Submission
from taizhang.ledger.person import Person
from taizhang.ledger.states import ACCEPTED, Mode, Outcome, Source, State
from taizhang.protection import keys

Finding = dict[str, Any]
MOVED_OUT = "41"  # CL-STATUS
TEMPORARY = frozenset({"20", "21", "22", "23", "24"})  # CL-STATUS: comes back


class Wrong(DomainError):
    """The form was not handed in. `findings` say at which item and how to mend it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("form_wrong", findings[0]["message"] if findings else "有错，没有提交。")
        self.findings = findings


@dataclass(frozen=True)
class Filled:
    """What came from the page. `answers`: item -> JSON value.

    A sealed item stands in it only when it is to be corrected.
    """

    answers: dict[str, Any]
    mode: Mode = Mode.AUTO
    since: dt.date | None = None
    reason: str = ""
    base_version: int | None = None
    title: str = ""  # of the batch; by default 网页新增 or 网页修改
    source: Source = Source.WEB
    add_reason: str = ""  # of somebody new, CL-ADD
    keep_conflict: bool = (
        False  # a row that conflicts with the ledger stays a draft for somebody to settle, and is returned
    )


def form_of(user: User) -> tuple[Lexicon, Form]:
    """The user's words and form. Raises NotAllowed for an office that fills none."""
    words = lexicon(user)
    return words, _form(words)


def _form(words: Lexicon) -> Form:
    if words.programme is None or words.programme.form is None:
        raise NotAllowed("no_form", "您的账号没有对应的采集方案，不能填表。请安全管理员在账号里选定方案。")
    return words.programme.form


@transaction.atomic
def hand_in(
    *, actor: User, person: Person | None, filled: Filled, words: Lexicon | None = None, submit: bool = True
) -> Submission:
    """Check the form and hand it in as a batch of one.

    Args:
        words: of the programme it is for; by default the actor's.
        submit: else it stays a draft, for somebody to settle first.

    Raises Wrong with every error found (by the form's rules, or by comparing with the ledger);
    DomainError "nothing_changed".
    """
    words = words or lexicon(actor)
    form = _form(words)
    today = timezone.localdate()
    if filled.since and filled.since > today:
        raise Wrong([_finding(None, f"情况变动的日期是{filled.since:%Y年%m月%d日}，还没有到。请填今天或以前的日期。")])
    rows, findings = words.catalogue.check(_strings(person, filled, form), form, context(actor, today))
    told = findings.to_pylist()
    errors = [one for one in told if one["severity"] == "error"]
    if errors:
        raise Wrong(errors)
    kept = [name for name in rows.column_names if _staged(name, person, filled, form)]
    return _stage(actor, person, filled, rows.select(kept), words, form, findings, filled.since or today, submit)


def _staged(item: str, person: Person | None, filled: Filled, form: Form) -> bool:
    """Items that go into the batch.

    Those the ledger keeps, sealed ones only when newly typed, sex and birth as the number says.
    """
    if item in SEALED:
        return person is None or item in filled.answers
    if item not in form.items:  # completed from the number
        return person is None or "id_number" in filled.answers
    return item in home_of()


def _stage(
    actor: User,
    person: Person | None,
    filled: Filled,
    rows: pa.Table,
    words: Lexicon,
    form: Form | None,
    findings: pa.Table | None,
    day: dt.date,
    submit: bool = True,
) -> Submission:
    assert words.programme is not None
    region = rows["hukou_region"][0].as_py() if "hukou_region" in rows.column_names else None
    division = person.division if person else region
    if not division:
        raise Wrong([_finding("hukou_region", "户籍地还没有选。请选到村（社区）。")])
    batch = actions.open_batch(
        actor=actor,
        source=filled.source,
        programme=words.programme.id,
        division=division if person is None or not region else _common(division, region, actor),
        collected_on=day,
        title=filled.title or ("网页修改" if person else "网页新增"),
        form_version=form.version if form else "",
        mode=filled.mode,
        reason=filled.reason,
        clears=form is not None,
        add_reason=filled.add_reason if person is None else "",
    )
    if person:
        rows = rows.append_column("worker_id", pa.array([str(person.id)])).append_column(
            "base_version", pa.array([filled.base_version or person.version])
        )
    actions.stage(batch, rows, findings, State.DRAFT)
    actions.compare(batch)
    paper = Submission.objects.get(batch=batch)
    if paper.outcome == Outcome.SAME:
        raise DomainError("nothing_changed", "和台账里的一样，没有要改的，没有提交。")
    if paper.outcome == Outcome.CONFLICT and filled.keep_conflict:
        return paper
    if paper.outcome not in ACCEPTED:
        raise Wrong(
            [one for one in paper.findings or [] if one.get("severity") == "error"]
            or [_finding(None, "和台账对不上，没有提交。请刷新后再填。")]
        )
    if submit:
        import_string(settings.INTAKE_SUBMIT)(actor=actor, batch=batch)
        paper.refresh_from_db()
    return paper


def _common(division: str, region: str, actor: User) -> str:
    """A move between villages belongs to the unit that holds both."""
    for size in (12, 9, 6, 4, 2):
        if division[:size] == region[:size] and actor.covers(division[:size]):
            return division[:size]
    raise Wrong([_finding("hukou_region", "户籍地改到了您负责的区划以外。请上级办理迁移。")])


def context(actor: User, day: dt.date) -> Context:
    """What the checks need to know: the day, the places, where the actor sits."""
    return Context(
        as_of=day, divisions=divisions.match_table(), default_region=actor.scopes[0] if actor.scopes else None
    )


def _strings(person: Person | None, filled: Filled, form: Form) -> pa.Table:
    """The answers as a row of cells, so that a page and a workbook are read by the same code.

    Kept numbers are put back.
    """
    cells = {item: _cell(filled.answers.get(item)) for item in form.items}
    for item in SEALED:
        if person and item in form.items and item not in filled.answers:
            cells[item] = clear_number(person.id, item)
    return pa.table({item: pa.array([value], pa.string()) for item, value in cells.items()})


def _cell(value: Any) -> str | None:
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    return str(value)


def clear_number(worker_id: UUID, item: str) -> str | None:
    """A sealed number in clear, for checking on the server or an audited reveal."""
    prefix = SEALED[item]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {prefix}_sealed, id_token FROM ledger_worker WHERE id = %s AND {prefix}_sealed IS NOT NULL",
            [worker_id],
        )
        row = cursor.fetchone()
    return keys.unseal(item, bytes(row[0]), bytes(row[1] or b"")) if row else None


def _finding(item: str | None, message: str) -> Finding:
    return {"item": item, "rule": "page", "severity": "error", "message": message, "suggestion": None, "value": None}


@transaction.atomic
def hand_in_standing(
    *,
    actor: User,
    person: Person,
    status: str,
    since: dt.date,
    reason: str,
    expected_return: dt.date | None = None,
    moved_to: str = "",
    source: Source = Source.WEB,
) -> Submission:
    """停用 or 恢复: a change of 当前状态 from a day on, decided by somebody else like any other.

    expected_return: of somebody who leaves for a time only. moved_to: of somebody whose hukou moves.
    Raises Wrong for a status no list holds, a day that has not come, a return before the exit, no such place; DomainError
    "nothing_changed".
    """
    words, _ = form_of(actor)
    if status not in words.catalogue.lists["CL-STATUS"].codes:
        raise Wrong([_finding("pool_status", "先选为什么停用。")])
    if since > timezone.localdate():
        raise Wrong([_finding("status_date", "这一天还没有到。请填今天或以前的日期。")])
    if expected_return and expected_return <= since:
        raise Wrong([_finding("expected_return", "预计恢复日期要在退出以后。")])
    moved_to = moved_to if status == MOVED_OUT else ""
    if moved_to and not divisions.valid().filter(pk=moved_to).exists():
        raise Wrong([_finding("move_out_region", f"没有“{moved_to[:12]}”这个区划。请从列表里选。")])
    rows = pa.table({
        "pool_status": pa.array([status]),
        "status_date": pa.array([since], pa.date32()),
        "expected_return": pa.array([expected_return if status in TEMPORARY else None], pa.date32()),
        "move_out_region": pa.array([moved_to or None], pa.string()),
    })  # fmt: skip
    filled = Filled({}, Mode.CHANGE, since, reason, person.version, source=source)
    return _stage(actor, person, filled, rows, words, None, None, since)


@transaction.atomic
def hand_in_facts(
    *,
    actor: User,
    person: Person,
    facts: Mapping[str, Any],
    since: dt.date,
    title: str,
    reason: str = "",
    source: Source = Source.WEB,
) -> Submission:
    """Some items of a known person and nothing else, as a change from a day on. The caller has checked the values; the
    form's rules are not asked.

    Raises Wrong for a day that has not come; DomainError "nothing_changed".
    """
    words, _ = form_of(actor)
    if since > timezone.localdate():
        raise Wrong([_finding(None, "这一天还没有到。请填今天或以前的日期。")])
    items = words.catalogue.items
    rows = pa.table({item: pa.array([value], items[item].arrow_type) for item, value in facts.items()})
    filled = Filled({}, Mode.CHANGE, since, reason, person.version, title=title, source=source)
    return _stage(actor, person, filled, rows, words, None, None, since)
