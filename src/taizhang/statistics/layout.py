"""What a table looks like and what its columns owe each other: merged heads, formulas, checks. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from taizhang.catalogue.schema import Table, TableColumn

Number = int | Decimal | None


class Head(NamedTuple):
    """One cell of a table's head; `column` is the leaf's id, None for a group."""

    title: str
    row: int
    first: int
    rows: int
    columns: int
    column: str | None
    unit: str | None = None

    @property
    def lines(self) -> list[str]:
        """The title in lines short enough for a column of figures, the unit below it where there is room."""
        if self.columns > 1:
            return [self.title]
        if self.title.startswith("其中") and len(self.title) > 2:
            parts = ["其中", self.title[2:].lstrip("：:")]
        elif len(self.title) > 4:
            half = -(-len(self.title) // 2)
            parts = [self.title[:half], self.title[half:]]
        else:
            parts = [self.title]
        return [*parts, self.unit] if self.unit and self.rows > 1 else parts


class Change(NamedTuple):
    """A number against another day's: the difference (of a rate: in points), and in percent of the other where that
    says something."""

    difference: Number
    percent: Decimal | None


class Violation(NamedTuple):
    """A check that does not hold in a row."""

    code: str
    check: str
    left: Number
    right: Number
    columns: tuple[str, ...]


def column_id(leaf: TableColumn, index: int) -> str:
    """How a column is named in cells, addresses and files: its indicator, else its number under the head."""
    return leaf.indicator or (f"column_{leaf.no}" if leaf.no is not None else f"column_{index + 1}")


def columns(table: Table) -> dict[str, TableColumn]:
    """Column id -> leaf, in printing order."""
    return {column_id(leaf, index): leaf for index, leaf in enumerate(table.leaves)}


def from_ledger(table: Table) -> frozenset[str]:
    """The columns whose numbers the ledger alone gives: counted, or made of counted ones. Targets are set by offices and
    may be set anew; they, and rates of them, cannot be counted again."""
    leaves = columns(table)
    counted = {leaf.no for leaf in leaves.values() if leaf.indicator}
    return frozenset(
        name
        for name, leaf in leaves.items()
        if leaf.indicator or (leaf.formula and {int(n) for n in numbers(leaf.formula)} <= counted)
    )


def depth(groups: Sequence[TableColumn]) -> int:
    return max((1 + depth(group.columns) for group in groups), default=0)


def heads(table: Table) -> list[Head]:
    """The head's cells, each where it stands (row and first column from 0) and how far it reaches."""
    top = (*table.header, *table.columns)
    deep, found = depth(top), []
    ids = list(columns(table))

    def place(group: TableColumn, row: int, first: int) -> int:
        width = len(list(group.leaves()))
        leaf = not group.columns
        found.append(
            Head(group.title, row, first, deep - row if leaf else 1, width, ids[first] if leaf else None, group.unit)
        )
        at = first
        for child in group.columns:
            at = place(child, row + 1, at)
        return first + width

    at = 0
    for group in top:
        at = place(group, 0, at)
    return sorted(found, key=lambda head: (head.row, head.first))


def rounded(value: Decimal, decimals: int) -> Number:
    """Half up, as on paper; a whole number when there are no decimals."""
    exact = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return exact if decimals else int(exact)


def change(leaf: TableColumn, now: Number, before: Number) -> Change | None:
    """None where either number is missing."""
    if now is None or before is None:
        return None
    difference = now - before
    if leaf.percent or not before:
        return Change(difference, None)
    share = Decimal(100) * difference / before
    return Change(difference, share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def _evaluate(text: str, numbers: Mapping[int, Number]) -> Decimal | None:
    """An expression over column numbers, products before sums. None when a number is missing or a divisor is 0."""
    total, term, sign, operator = Decimal(0), None, 1, "*"
    for token in re.findall(r"\d+|[-+*/万]", text):
        if token in "+-":
            total, term, sign, operator = total + sign * (term or 0), None, 1 if token == "+" else -1, "*"
        elif token in "*/":
            operator = token
        else:
            number = 10_000 if token == "万" else numbers.get(int(token))
            if number is None or (operator == "/" and not number):
                return None
            value = Decimal(number)
            term = value if term is None else term * value if operator == "*" else term / value
    return total + sign * (term or 0)


def numbers(text: str) -> list[str]:
    """The column numbers of a formula or check, in order."""
    return re.findall(r"\d+", text)


def formula(leaf: TableColumn, numbers: Mapping[int, Number]) -> Number:
    """A column made of the others' printed numbers: `3 / 1` with `percent` is the rate x 100."""
    value = _evaluate(leaf.formula or "", numbers)
    if value is None:
        return None
    return rounded(value * 100 if leaf.percent else value, leaf.decimals)


def fill_formulas(table: Table, row: dict[str, Number]) -> None:
    """Add the formula columns to a row of cells."""
    leaves = columns(table)
    for name, leaf in leaves.items():
        if leaf.formula:
            row[name] = formula(leaf, _by_number(leaves, row))


def _by_number(leaves: Mapping[str, TableColumn], row: Mapping[str, Number]) -> dict[int, Number]:
    return {leaf.no: row.get(name) for name, leaf in leaves.items() if leaf.no is not None}


def violations(table: Table, code: str, row: Mapping[str, Number]) -> list[Violation]:
    """Checks of the table that do not hold in one row. A check over a missing number says nothing."""
    leaves = columns(table)
    numbers = _by_number(leaves, row)
    names = {leaf.no: name for name, leaf in leaves.items() if leaf.no is not None}
    found = []
    for check in table.checks:
        left_text, operator, right_text = re.split(r"\s*(<=|>=|=)\s*", check.strip())
        left, right = _evaluate(left_text, numbers), _evaluate(right_text, numbers)
        if left is None or right is None:
            continue
        # A rate is compared as it is printed: 61.5 with 3/1 = 0.61491...
        left_shown, right_shown = _shown(left, right_text, leaves, names), _shown(right, left_text, leaves, names)
        if not {"=": left_shown == right_shown, "<=": left_shown <= right_shown, ">=": left_shown >= right_shown}[
            operator
        ]:
            used = tuple(names[int(n)] for n in re.findall(r"\d+", check))
            found.append(Violation(code, check, left_shown, right_shown, used))
    return found


def _shown(value: Decimal, opposite: str, leaves: Mapping[str, TableColumn], names: Mapping[int, str]) -> Decimal:
    """`value` printed the way the formula column on the other side of the sign is; unchanged when there is none."""
    leaf = leaves.get(names.get(int(opposite), "")) if opposite.strip().isdigit() else None
    if leaf is None or not leaf.formula:
        return value
    return Decimal(rounded(value * 100 if leaf.percent else value, leaf.decimals) or 0)
