"""The list of people as a workbook: the columns the list shows, the people it finds, who took it on every page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

import xlsxwriter
from django.db import transaction
from django.utils import timezone
from xlsxwriter.worksheet import Worksheet

from taizhang.accounts.models import Role, User
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.engine.ids import uuid7
from taizhang.ledger import asking, inwords, listcolumns, selection
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.selection import Selection
from taizhang.protection.vault import Vault
from taizhang.release import actions
from taizhang.release.actions import Kind, Slip

AT_ONCE = 1_000  # people written while the clerk waits; more go to a job
MOST = 100_000  # people in one file
KEPT_HOURS = 24.0  # a file made by a job waits this long for its owner
WHOLE_NUMBERS = frozenset({Role.COUNTY})  # the office that answers for the county; everybody else gets masked numbers
REASONS = {"check": "核对本人证件", "subsidy": "办理补贴", "reply": "回复比对单位"}
VAULT = Vault("exports", "export")
SUBJECT = "people"
NOTE = "本表含个人信息，只供本职工作使用，不得外传。谁、何时、导出多少人，都有记录。"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Order:
    """What is to be written. `ids`: exactly these people; `reason`: why numbers are wanted whole, "" for masked."""

    owner: str
    ids: tuple[str, ...]
    columns: tuple[str, ...]
    saying: str
    reason: str = ""
    divisions: tuple[str, ...] = field(default=())

    @property
    def conditions(self) -> Where:
        return Where(("f.worker_id = ANY(%s::uuid[])",), (list(self.ids),), False)


def check_reason(actor: User, reason: str) -> None:
    """Raises NotAllowed "whole_numbers" for an office that only gets masked numbers; DomainError "no_reason"."""
    if not reason:
        return
    if actor.role not in WHOLE_NUMBERS:
        raise NotAllowed("whole_numbers", "您的角色只能导出遮住的号码。确需完整号码的，请县级经办人导出。")
    if reason not in REASONS:
        raise DomainError("no_reason", "导出完整号码，先选为什么要。")


@transaction.atomic
def order(*, actor: User, chosen: Selection, words: Lexicon, reason: str = "") -> Order:
    """Fix who and what is to leave, as the list shows it now.

    Raises as `selection.count` and `check_reason`; DomainError "too_many_people".
    """
    check_reason(actor, reason)
    conditions = selection.where(chosen, words, actor)
    total = selection.count(conditions, chosen)
    if total > MOST:
        raise DomainError(
            "too_many_people",
            f"这里有 {total:,} 人，一个文件最多 {MOST:,} 人。请加上条件，如选到一个乡镇，分几次导出。",
        )
    return Order(
        owner=str(actor.pk),
        ids=tuple(str(one) for one in inwords.ids_of(conditions)),
        columns=tuple(listcolumns.chosen(actor, words)),
        saying=selection.saying(chosen, words),
        reason=reason,
        divisions=tuple(selection.scopes_of(conditions, actor)),
    )


def make(*, actor: User, wanted: Order, progress: Progress | None = None) -> bytes:
    """The workbook, through the door out. Raises as `actions.export`."""
    words = asking.lexicon(actor)
    return actions.export(
        actor=actor,
        kind=Kind.PEOPLE,
        subject=SUBJECT,
        division=wanted.divisions,
        make=lambda slip: _book(slip, wanted, words, progress),
        people=len(wanted.ids),
        columns=len(wanted.columns),
        numbers="whole" if wanted.reason else "masked",
        **({"reason": wanted.reason} if wanted.reason else {}),
    )


def keep(wanted: Order) -> UUID:
    """Put an order aside, sealed, for the job that will carry it out; older ones are forgotten."""
    VAULT.sweep_older(KEPT_HOURS)
    key = uuid7()
    VAULT.put(key, "order", json.dumps(wanted.__dict__).encode())
    return key


def kept(actor: User, key: UUID) -> Order:
    """An order of the actor's own. Raises NotFound, also for somebody else's and when it is older than a day."""
    try:
        told = json.loads(VAULT.get(key, "order"))
    except FileNotFoundError:
        raise NotFound("export") from None
    if told["owner"] != str(actor.pk):
        raise NotFound("export")
    lists = {name: tuple(told[name]) for name in ("ids", "columns", "divisions")}
    return Order(owner=told["owner"], saying=told["saying"], reason=told["reason"], **lists)


def carry_out(*, actor: User, key: UUID, progress: Progress) -> None:
    """Make the ordered file and keep it sealed. Safe to run twice: the file is replaced whole."""
    wanted = kept(actor, key)
    check_reason(actor, wanted.reason)  # rights as they are now
    VAULT.put(key, "file", make(actor=actor, wanted=wanted, progress=progress))


def file_of(actor: User, key: UUID) -> bytes:
    """Raises NotFound as `kept`, and while the file is not made yet."""
    kept(actor, key)
    if not VAULT.has(key, "file"):
        raise NotFound("export")
    return VAULT.get(key, "file")


def _book(slip: Slip, wanted: Order, words: Lexicon, progress: Progress | None) -> bytes:
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": "台账名单", "author": slip.watermark})
        sheet = book.add_worksheet("名单")
        head = book.add_format(
            {"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter", "bg_color": "#E8F1F2"}
        )
        text = book.add_format({"num_format": "@", "quote_prefix": True})
        number = book.add_format({"num_format": "#,##0.##"})
        titles = ["姓名", *(listcolumns.heading(item, words) for item in wanted.columns)]
        _page(sheet, slip, titles, len(wanted.ids))
        sheet.write_row(0, 0, titles, head)
        _rows(sheet, wanted, words, text, number, progress)
        _about(book.add_worksheet("说明"), slip, wanted)
    return out.getvalue()


def _page(sheet: Worksheet, slip: Slip, titles: Sequence[str], rows: int) -> None:
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, rows, len(titles) - 1)
    mark = slip.watermark.replace("&", "&&")  # "&" begins a code in footers
    sheet.set_footer(f"&L{mark}&C第 &P 页，共 &N 页")
    for at, title in enumerate(titles):
        sheet.set_column(at, at, max(10, min(24, 2 * len(title) + 2)))


def _rows(sheet: Worksheet, wanted: Order, words: Lexicon, text: Any, number: Any, progress: Progress | None) -> None:
    at, total = 0, len(wanted.ids)
    chunks = inwords.lines(wanted.conditions, wanted.columns, words, total=total, whole_numbers=bool(wanted.reason))
    for chunk in chunks:
        for line in chunk:
            at += 1
            for column, value in enumerate(line):
                if isinstance(value, str) and value:
                    sheet.write_string(at, column, value, text)
                elif value not in (None, ""):
                    sheet.write_number(at, column, value, number)
        if progress:
            progress(at, total, "正在写表")
    if at != total:
        raise DomainError(
            "people_changed", "导出的时候，名单里有人迁走或作废了，没有导出。请回到台账重新导出。", status=409
        )


def _about(sheet: Worksheet, slip: Slip, wanted: Order) -> None:
    numbers = f"完整号码，原因：{REASONS[wanted.reason]}" if wanted.reason else "号码只留头尾几位"
    told = (
        ("谁导出的", slip.watermark),
        ("人数", f"{len(wanted.ids):,} 人"),
        ("口径", wanted.saying),
        ("号码", numbers),
        ("截至", f"{timezone.localtime():%Y-%m-%d %H:%M}"),
        ("注意", NOTE),
    )
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, 1, 80)
    for at, (name, value) in enumerate(told):
        sheet.write_string(at, 0, name)
        sheet.write_string(at, 1, value)
