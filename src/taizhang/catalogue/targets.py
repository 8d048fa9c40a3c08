"""`targets.csv`: what a notice orders to be reached, a line per division. These lines are version 0 of every target;
what an office sets later stands in the database beside them."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from .marks import Mistake
from .types import CodeText, Strict

Comparator = Literal[">", ">=", "=", "<="]
UNITS = {"人": 1, "人次": 1, "万人": 10_000, "万人次": 10_000, "%": 1}  # how many of the ledger's own unit
PERIOD = r"^\d{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$"
FORMULA = re.compile(r"\s*\d+(\.\d+)?%?(\s*\*\s*\d+(\.\d+)?%?)*\s*")


class Target(Strict):
    """One line: a value to reach in one division and period, in `unit`.

    id: "<programme>/<mark>". since: the day the work begins, when that is later than the period's first. indicator: whose number is compared, None where the ledger holds nothing to count.
    together: name of a compound goal, reached only when all lines of that name are. formula: how the notice comes to
    the value ("1273*63.62%", in `unit`), note: the same in words; both stand beside the value and never replace it.
    """

    id: str
    name: str = Field(min_length=1)
    indicator: str | None = None
    division: CodeText = Field(pattern=r"^\d{2,12}$")
    period: str = Field(pattern=PERIOD)
    since: dt.date | None = None
    comparator: Comparator
    value: Decimal = Field(ge=0)
    unit: Literal["人", "人次", "万人", "万人次", "%"]
    clause: str | None = None
    together: str | None = None
    formula: str | None = None
    note: str | None = None

    @property
    def goal(self) -> str:
        """Which tree of targets it belongs to: its indicator, else its own mark."""
        return self.indicator or self.id.rpartition("/")[2]

    @property
    def worked_out(self) -> Decimal | None:
        """The formula's result, unrounded."""
        return product(self.formula) if self.formula else None


def product(formula: str) -> Decimal:
    """1273*63.62% -> 809.8826."""
    result = Decimal(1)
    for factor in formula.replace(" ", "").split("*"):
        result *= Decimal(factor.rstrip("%")) / (100 if factor.endswith("%") else 1)
    return result


def read(path: Path, name: str, programme: str, indicators: Mapping[str, object]) -> tuple[list[Target], list[Mistake]]:
    """The lines of a file, and what is wrong with it by line; a programme without the file has no targets."""
    if not path.is_file():
        return [], []
    found: list[Target] = []
    mistakes: list[Mistake] = []
    lines: dict[str, int] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                target = Target.model_validate({key: value or None for key, value in row.items() if key})
            except ValidationError as error:
                for one in error.errors():
                    word = str(row.get(str(one["loc"][0]), "")) if one["loc"] else ""
                    mistakes.append(Mistake(name, number, word, f"{'.'.join(map(str, one['loc']))} 这一格填得不对"))
                continue
            mistakes += [Mistake(name, number, word, said) for word, said in _wrong(target, programme, indicators)]
            if target.id in lines:
                mistakes.append(Mistake(name, number, target.id, f"这个标识第 {lines[target.id]} 行用过"))
            lines[target.id] = number
            found.append(target)
    mistakes += [Mistake(name, lines[one.id], one.division, said) for one, said in _unbalanced(found)]
    return found, mistakes


def _wrong(target: Target, programme: str, indicators: Mapping[str, object]) -> list[tuple[str, str]]:
    wrong = []
    if not target.id.startswith(f"{programme}/"):
        wrong.append((target.id, f"标识应以 {programme}/ 开头"))
    if target.indicator and target.indicator not in indicators:
        wrong.append((target.indicator, "indicators.yaml 里没有这个指标；台账数不出的留空"))
    if target.formula and not FORMULA.fullmatch(target.formula):
        wrong.append((target.formula, "算式写成 1273*63.62% 这样，只用乘号"))
    return wrong


def _unbalanced(found: list[Target]) -> list[tuple[Target, str]]:
    """Targets whose parts, where there are any, do not make the whole."""
    groups: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for one in found:
        groups[one.goal, one.period].append(one)
    wrong = []
    for group in groups.values():
        for one in group:
            if one.unit == "%":
                continue
            parts = [
                part for part in group if above(part.division, {other.division for other in group}) == one.division
            ]
            total = sum((part.value * UNITS[part.unit] for part in parts), Decimal(0))
            if parts and total != one.value * UNITS[one.unit]:
                wrong.append((one, f"下级之和 {total / UNITS[one.unit]} 不等于 {one.value}{one.unit}"))
    return wrong


def above(division: str, known: set[str]) -> str | None:
    """The nearest unit over `division` that is in `known`."""
    return max((code for code in known if division.startswith(code) and code != division), key=len, default=None)
