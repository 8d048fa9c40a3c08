"""Drop-downs that depend on each other: province, city, county, town, village, each list narrowed by the cells to its left.

A hidden sheet holds, per level of a place item, two columns sorted by key: the path above ("共和镇" or "牟定县/共和镇") and the name. The cell's
list is OFFSET(first name, MATCH(path), 0, COUNTIF(path)): understood by Excel, WPS and LibreOffice alike, whatever signs names contain.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

LEVELS = ("province", "city", "county", "town", "village")  # position = length rank of a code: 2, 4, 6, 9, 12 digits


class Place(NamedTuple):
    """A division as the lists need it. `level` counts from 1 (province) to 5 (village)."""

    code: str
    name: str
    level: int
    parent: str


class Choice(NamedTuple):
    """One line of a dependent list: the joined names above it and its own name."""

    path: str
    name: str


def choices_by_level(places: Sequence[Place], levels: Sequence[str]) -> dict[str, list[Choice]]:
    """Level -> its choices, sorted so that equal paths stand together; `levels` is the chain of columns, highest first."""
    by_code = {place.code: place for place in places}
    wanted = {LEVELS.index(level) + 1: level for level in levels}
    found: dict[str, list[Choice]] = {level: [] for level in levels}
    for place in sorted(places, key=lambda one: one.code):
        if place.level not in wanted:
            continue
        above, parent = [], by_code.get(place.parent)
        while parent is not None:
            if parent.level in wanted:
                above.append(parent.name)
            parent = by_code.get(parent.parent)
        found[wanted[place.level]].append(Choice("/".join(reversed(above)), place.name))
    return {level: _grouped(lines) for level, lines in found.items()}


def _grouped(lines: list[Choice]) -> list[Choice]:
    """Same paths next to each other, in the order of first appearance; within a path the order of codes stays."""
    order = {path: n for n, path in enumerate(dict.fromkeys(line.path for line in lines))}
    return sorted(lines, key=lambda line: order[line.path])


def longest(lines: Sequence[Choice]) -> int:
    """Length of the longest list a cell can show."""
    return max((len(list(group)) for _, group in groupby(lines, key=lambda line: line.path)), default=0)


def list_formula(sheet: str, path_column: str, name_column: str, count: int, cells_above: Sequence[str]) -> str:
    """The validation formula of one cell; `cells_above` are the chain's cells to its left, e.g. ["$C2", "$D2"]."""
    names = f"{sheet}!${name_column}$1"
    paths = f"{sheet}!${path_column}$1:${path_column}${max(count, 1)}"
    if not cells_above:
        return f"={sheet}!${name_column}$1:${name_column}${max(count, 1)}"
    key = '&"/"&'.join(cells_above)
    return f"=OFFSET({names},MATCH({key},{paths},0)-1,0,COUNTIF({paths},{key}),1)"
