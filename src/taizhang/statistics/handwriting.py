"""Typing into a table: what an officer put into the cells of a month, checked whole, then kept whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db import transaction

from taizhang.accounts import policies as rights
from taizhang.accounts.models import User
from taizhang.accounts.permissions import REVIEWERS
from taizhang.catalogue import duedates
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme, Table, TableColumn
from taizhang.engine.errors import DomainError, NotFound
from taizhang.protection import audit
from taizhang.review import periods
from taizhang.review.periodstates import Stage
from taizhang.statistics import actions, handcells, layout
from taizhang.statistics.models import TypedCell
from taizhang.statistics.pages import Question

Cell = tuple[str, str]  # division code, column id
LONGEST = 200  # characters
BIGGEST = 100_000_000
PLAIN = str.maketrans("０１２３４５６７８９．，－−％", "0123456789.,--%")


class Mistakes(DomainError):
    """Nothing was kept: cell -> what is wrong with what was typed."""

    def __init__(self, cells: Mapping[Cell, str]) -> None:
        super().__init__("mistakes", f"有 {len(cells)} 格没有填对，什么都没有存。改好标红的格子，再点保存。")
        self.cells = cells


@dataclass(frozen=True)
class Saved:
    """How many cells changed; `crossed`: those that somebody else had changed since the page was opened."""

    changed: int
    crossed: tuple[Cell, ...]


@transaction.atomic
def save(
    *,
    actor: User,
    question: Question,
    rows: Collection[str],
    texts: Mapping[Cell, tuple[str, str]],
) -> Saved:
    """Keep what was changed in the cells of a month; the later of two writers counts, the history has both.

    Args:
        question: which table, division and day (of the month).
        rows: codes of the rows that can be typed for.
        texts: cell -> what the page showed, what stands there now; what was not touched overwrites nobody's number.
    Raises NotFound out of scope, for an unknown row or column; NotAllowed "wrong_role"; DomainError "sealed" (409),
    Mistakes.
    """
    division, as_of = question.division, question.as_of
    actions.check_covers(actor, division)
    rights.check_role(actor, *sorted(REVIEWERS))
    settings, table = actions.find(question.table)
    message = closed(settings, division, as_of)
    if message:
        raise DomainError("sealed", message, status=409)
    touched = {cell: text for cell, (shown, text) in texts.items() if tidy(text) != tidy(shown)}
    meant = _read(table, rows, touched)
    now = handcells.newest(settings, table, division, as_of)
    held = {cell: now[cell].said if cell in now else None for cell in meant}
    changed = {cell: value for cell, value in meant.items() if value != held[cell]}
    TypedCell.objects.bulk_create(_row(actor, settings, table, as_of, cell, value) for cell, value in changed.items())
    if changed:
        detail = {"table": question.table, "period": handcells.month_of(as_of), "cells": len(changed)}
        audit.write(actor, audit.Action.TABLE_TYPED, division, detail)
    crossed = tuple(cell for cell in changed if written(held[cell]) != tidy(texts[cell][0]))
    return Saved(len(changed), crossed)


def _row(
    actor: User, settings: Programme, table: Table, as_of: dt.date, cell: Cell, value: Decimal | str | None
) -> TypedCell:
    return TypedCell(
        programme=settings.id,
        table=table.id,
        month=handcells.month_of(as_of),
        division=cell[0],
        column=cell[1],
        value=value if isinstance(value, Decimal) else None,
        text=value if isinstance(value, str) else "",
        written_by=actor,
    )


def closed(settings: Programme, division: str, as_of: dt.date) -> str:
    """Why nothing can be typed any more: the county's figures of the day's month are sealed. Empty while it can."""
    county, month = division[:6], handcells.month_of(as_of)
    for period in duedates.periods_of(settings, as_of.year):
        if handcells.month_of(period.cut_off) == month and _stage(settings, period, county) is Stage.SEALED:
            return (
                f"{period.name}已经封账，手工栏不能再改。确实要改的，请上一级（州、市或省）在“期限与封账”里重开这一期，"
                "改好再封；不必改这一期的，填到下一个月的表里。"
            )
    return ""


def _stage(settings: Programme, period: Period, county: str) -> Stage:
    return periods.stages(settings.id, period.id, [county])[county]


def _read(table: Table, rows: Collection[str], texts: Mapping[Cell, str]) -> dict[Cell, Decimal | str | None]:
    """What the texts mean. Raises NotFound for a cell the table does not have; Mistakes naming all of them."""
    leaves = layout.columns(table)
    found: dict[Cell, Decimal | str | None] = {}
    wrong: dict[Cell, str] = {}
    for (code, column), text in texts.items():
        if code not in rows or column not in leaves or not leaves[column].by_hand:
            raise NotFound("cell")
        try:
            found[code, column] = read(leaves[column], text)
        except ValueError as error:
            wrong[code, column] = str(error)
    if wrong:
        raise Mistakes(wrong)
    return found


def read(leaf: TableColumn, text: str) -> Decimal | str | None:
    """A number or words as people type them; None for nothing. Raises ValueError saying what is wrong."""
    text = tidy(text)
    if not text:
        return None
    if leaf.by_hand == "text":
        return _words(text)
    plain = text.translate(PLAIN).replace(",", "").replace(" ", "")
    unit = leaf.unit or ""
    try:
        number = Decimal(plain.removesuffix(unit) if unit else plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"“{text[:20]}”不是数，请只填数字，如 12。")
    if number < 0:
        raise ValueError("不能是负数。")
    if leaf.percent and number > 100:
        raise ValueError("百分率不能超过 100。")
    if number >= BIGGEST:
        raise ValueError("数太大了，请核对；最多填到 99999999。")
    if number != layout.rounded(number, leaf.decimals):
        raise ValueError(f"最多 {leaf.decimals} 位小数。" if leaf.decimals else "请填整数。")
    return Decimal(layout.rounded(number, leaf.decimals) or 0)


def _words(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"最多写 {LONGEST} 个字，现在有 {len(text)} 个。")
    if audit.holds_number(text):
        raise ValueError("这里不能写身份证号和手机号：统计表会往外报。写姓名或所在的村即可。")
    return text


def tidy(text: str) -> str:
    return " ".join(text.split())


def written(value: int | Decimal | str | None) -> str:
    """A kept value as its input shows it."""
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
