"""The people behind one number, as the panel beside a table shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.engine.errors import NotFound
from taizhang.engine.pager import Pager
from taizhang.ledger import person
from taizhang.statistics import behind, indicators, reasons
from taizhang.statistics.layout import Number
from taizhang.statistics.pages import Question
from taizhang.statistics.tables import Result

PANEL = 20  # people in the panel at a time


@dataclass(frozen=True)
class Panel:
    """The people behind one number."""

    name: str
    title: str
    number: Number
    unit: str
    text: str
    formula: str
    people: Sequence[tuple[behind.Person, reasons.Why | None]]
    indicator: str
    pager: Pager
    same: bool
    list_key: str

    @property
    def indicator_id(self) -> str:
        return self.indicator.partition(".")[2]


def panel_of(question: Question, result: Result, user: User) -> Panel | None:
    """The panel of the open cell, None when none is. Raises NotFound for a cell that the table does not have."""
    if question.cell is None:
        return None
    code, column = question.cell
    leaf = result.columns.get(column)
    unit = next((row for row in result.rows if row.code == code), None)
    if leaf is None or unit is None:
        raise NotFound("cell")
    indicator = result.programme.indicators[behind.indicator_behind(result, column)]
    total = behind.count(result.programme, indicator, code, question.as_of, known=question.known)
    shown = result.cells[code].get(indicator.id)
    pager = Pager.of(total, str(question.page), PANEL, question.words(page=1))
    ids = indicators.people(
        result.programme.id,
        indicator.id,
        code,
        question.as_of,
        known=question.known,
        limit=PANEL,
        offset=(pager.number - 1) * PANEL,
    )
    return Panel(
        name=result.place if unit.depth == 0 else unit.name,
        title=behind.path(result, leaf),
        number=result.cells[code][column],
        unit="%" if leaf.percent else leaf.unit or indicator.unit,
        text=indicator.text or "",
        formula=leaf.formula or "",
        people=_with_reasons(result.programme, indicator, ids, question, user),
        indicator=f"{result.programme.id}.{indicator.id}",
        pager=pager,
        same=indicator.measure.value is not None or shown is None or shown == total,
        list_key=f"cell:{question.table}/{code}/{indicator.id}/{question.as_of.isoformat()}"
        + ("/then" if question.known == "then" else ""),
    )


def _with_reasons(
    programme: Programme, indicator: Indicator, ids: Sequence[str], question: Question, user: User
) -> list[tuple[behind.Person, reasons.Why | None]]:
    """The panel's people, each with why they count; where facts are counted instead of people, or what was known
    then, there is no such reason."""
    as_of = question.as_of
    if indicator.of != "worker" or question.known == "then":
        return [(one, None) for one in behind.people(ids, as_of)]
    rows = reasons.rows(user, ids, as_of, [indicator])
    near = person.places(list(rows.values()))
    return [
        (one, reasons.why(programme, indicator, rows[one.worker_id], as_of, near))
        for one in behind.people_of_rows(rows, ids, as_of)
    ]
