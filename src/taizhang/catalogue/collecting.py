"""Rules for collecting that all programmes share (`data/collecting.yaml`): who is proposed to be added or taken out, what
makes a household one without work, who should have a helper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from taizhang import rules

from . import vocabulary
from .marks import Document
from .mistakes import report
from .schema import Parameter, Programme, RuleText
from .types import Strict

if TYPE_CHECKING:
    from .catalogue import Catalogue

DAY = "day"  # as the value of a fact: the day somebody names when confirming


class Candidates(Strict):
    """One list of people somebody should ask about. Nobody on it is added or taken out but by a person.

    pool: where they are looked for. day: which day is :基准日. scope: the programme's scope must hold on that day too.
    scope_reads: only for programmes whose scope reads this item. place: the item that says whose village they are.
    facts: item -> code, or `day`; what is handed in for those confirmed. verify: hands in that they were verified.
    fill: an item that may be filled in instead, a day to come; such as when somebody is expected back.
    edit: confirmed on the person's form, for the answer differs from one to the next.
    """

    id: str
    name: str
    direction: Literal["in", "out"]
    pool: Literal["inside", "outside", "any"]
    day: Literal["month_end", "next_month_end"]
    where: RuleText
    scope: bool = False
    scope_reads: str = ""
    place: str = "division"
    text: str
    clause: str
    confirm: str
    refuse: str
    facts: dict[str, str] = {}
    verify: bool = False
    edit: bool = False
    fill: str = ""
    fill_text: str = ""


class Household(Strict):
    """able: who could work. working: who does. A household of the pool with somebody able and nobody working has no
    work (零就业家庭)."""

    able: RuleText
    working: RuleText
    text: str
    clause: str


class Helping(Strict):
    """wanted: who should have a one-to-one helper before others."""

    wanted: RuleText
    text: str
    clause: str


class Collecting(Strict):
    """What the file holds."""

    parameters: dict[str, Parameter]
    candidates: tuple[Candidates, ...]
    household: Household
    helping: Helping

    def lists(self, programme: Programme) -> list[Candidates]:
        """Those of use to a programme."""
        read = programme.scope.rule.items
        return [one for one in self.candidates if not one.scope_reads or one.scope_reads in read]

    def values(self, programme: Programme, on: dt.date) -> dict[str, Any]:
        """Parameters and as-of days; the programme's own win. One not yet in force keeps its value."""
        shared = {name: one.value for name, one in self.parameters.items()}
        return {**shared, **programme.parameter_values(), **programme.parameter_values(on), **rules.days(on)}


def load_collecting(document: Document, catalogue: Catalogue, keys: Sequence[str]) -> Collecting | None:
    """Reads the file; what is wrong is reported into `document`."""
    data = document.data or {}
    parameters = {name: one["value"] for name, one in data.get("parameters", {}).items()}
    words = vocabulary.build(catalogue.items, catalogue.lists, values=catalogue.values, parameters=parameters)
    try:
        found = Collecting.model_validate(data, context={"vocabulary": words})
    except ValidationError as error:
        report(error, document, keys)
        return None
    for number, one in enumerate(found.candidates):
        for item in (*one.facts, *filter(None, [one.scope_reads, one.fill])):
            if item not in catalogue.items:
                document.report(("candidates", number), item, "没有这个数据项")
    return found
