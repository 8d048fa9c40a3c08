"""A report table of a division on a day: rows, cells, checks."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from taizhang.catalogue.schema import Programme, Table, TableColumn
from taizhang.divisions import queries as divisions
from taizhang.divisions.models import Division, Level
from taizhang.engine import duck
from taizhang.engine.errors import NotFound
from taizhang.statistics import aims, definitions, handcells, indicators, layout, versions, words
from taizhang.statistics.compiling import Sources
from taizhang.statistics.handcells import Hands
from taizhang.statistics.indicators import Cells, EngineName, SnapshotRunner
from taizhang.statistics.knowing import Known
from taizhang.statistics.layout import Violation
from taizhang.statistics.printing import Printed

DIGITS: dict[int, int] = {Level.CITY: 4, Level.COUNTY: 6, Level.TOWN: 9, Level.VILLAGE: 12}


@dataclass(frozen=True)
class Unit:
    """A row of a table. `depth`: 0 the division itself (合计), 1 what is directly below it, 2 below that; `parent`
    its row of depth 1 or 0."""

    code: str
    name: str
    depth: int
    parent: str


@dataclass(frozen=True)
class Result:
    """A computed table.

    rows: in printing order, the total last; cells: division code -> column id -> int, Decimal or None (nothing to
    count or divide);
    columns: column id -> leaf of the head; violations: the checks that do not hold, row by row.
    """

    programme: Programme
    table: Table
    division: str
    place: str
    as_of: dt.date
    rows: tuple[Unit, ...]
    columns: dict[str, TableColumn]
    cells: Cells
    violations: tuple[Violation, ...] = field(default=())
    known: Known = "now"
    own_rules: tuple[str, ...] = ()  # which counties count by a rule of their own
    hands: Hands = field(default_factory=dict)  # cells filled in by hand, their numbers among `cells`

    def change(self, before: Result, code: str, column: str) -> layout.Change | None:
        """A cell against the same of another day; None for targets and words."""
        leaf = self.columns[column]
        if leaf.target:
            return None
        return layout.change(leaf, self.cells[code][column], before.cells.get(code, {}).get(column))

    def said(self, code: str, column: str) -> Printed:
        """What a cell prints: its number, or the words typed into it; None prints as nothing where it is filled in by
        hand, else as missing."""
        hand = self.hands.get((code, column))
        return hand.said if hand else self.cells[code][column]

    def below(self, code: str) -> list[Unit]:
        """The rows directly below one."""
        return [row for row in self.rows if row.parent == code and row.code != code]

    def unfilled(self, code: str, column: str) -> list[Unit]:
        """The units missing from a cell that adds up those below; none where nothing is added up."""
        hand = self.hands.get((code, column))
        if hand is None or hand.own or hand.below is None:
            return []
        return [row for row in self.below(code) if (row.code, column) not in self.hands]

    @property
    def unfilled_notes(self) -> list[str]:
        """For paper: which sums over the whole division lack somebody."""
        found = [(leaf, self.unfilled(self.division, name)) for name, leaf in self.columns.items() if leaf.by_hand]
        return [
            f"第{leaf.no}栏的合计是已填各单位相加，没有填的：{words.listed([row.name for row in missing])}"
            for leaf, missing in found
            if missing
        ]

    @property
    def stub(self) -> str:
        """Head of the first column: what the rows are."""
        return words.stub([row.code for row in self.rows if row.depth == 1], self.division)

    @property
    def bad(self) -> set[tuple[str, str]]:
        """(division code, column id) of the cells that take part in a failed check."""
        return {(violation.code, column) for violation in self.violations for column in violation.columns}


def table_of(programme: Programme, table: str) -> Table:
    """A table or register of a programme. Raises NotFound."""
    found = programme.tables.get(table)
    if found is None:
        raise NotFound("table")
    return found


def compute(
    programme: str,
    table: str,
    division: str,
    as_of: dt.date,
    *,
    engine: EngineName = "snapshot",
    known: Known = "now",
) -> Result:
    """Compute a table (`kind: cells`) for a division on a day, from the snapshot or from the ledger itself.

    known: "then" counts what was known of that day when it was sealed (or by its end), "now" what is known today.
    Raises NotFound for an unknown programme, table or division. Whether the reader may see the division is the
    caller's to check.
    """
    settings = definitions.programme_of(programme)
    chosen = table_of(settings, table)
    if chosen.kind != "cells":
        raise NotFound("table")
    counted = indicators.count(programme, wanted_of(chosen), division, as_of, engine=engine, known=known)
    return _laid_out(settings, chosen, division, as_of, counted, known)


def compute_over(
    settings: Programme, table: Table, division: str, as_of: dt.date, rows: Sources, directory: Path, at: dt.datetime
) -> Result:
    """`compute` over Parquet rows below a directory (a seal that is just being written, of what is known by `at`)."""
    with duck.session([directory]) as session:
        run = SnapshotRunner(session, rows)
        counted = indicators.count_with(run, settings, wanted_of(table), division, as_of)
    return _laid_out(settings, table, division, as_of, counted, "then", at)


def wanted_of(table: Table) -> list[str]:
    """The indicators a table prints."""
    return list(dict.fromkeys(leaf.indicator for leaf in layout.columns(table).values() if leaf.indicator))


def _laid_out(
    settings: Programme,
    chosen: Table,
    division: str,
    as_of: dt.date,
    counted: Cells,
    known: Known,
    at: dt.datetime | None = None,
) -> Result:
    place = divisions.get(division)
    columns = layout.columns(chosen)
    wanted = wanted_of(chosen)
    empty = {name: indicators.none_of(settings.indicators[name]) for name in wanted}
    targets = aims.wanted(settings, columns, division, as_of)
    hands = handcells.read(settings, chosen, division, as_of, known, at)
    typed = _numbers(hands)
    rows = tuple(_rows(place, counted, as_of))
    cells: Cells = {}
    for row in rows:
        numbers = {**empty, **counted.get(row.code, {}), **targets.get(row.code, {}), **typed.get(row.code, {})}
        layout.fill_formulas(chosen, numbers)
        cells[row.code] = {name: numbers.get(name) for name in columns}
    violations = (v for row in rows for v in layout.violations(chosen, row.code, cells[row.code]))
    own = versions.notes(settings, wanted, division, as_of)
    return Result(
        settings, chosen, division, place.full_name, as_of, rows, columns, cells, tuple(violations), known, own, hands
    )


def _numbers(hands: Hands) -> Cells:
    found: Cells = defaultdict(dict)
    for (code, column), hand in hands.items():
        found[code][column] = hand.number
    return found


def _rows(place: Division, counted: Cells, as_of: dt.date) -> Iterator[Unit]:
    """The units below `place`, two levels deep, with the total last. A code that has people but no entry in the tree
    still has its row."""
    tree = divisions.tree(place.code, 2, on=as_of)
    below = {child["code"]: child for child in tree["children"]}
    names = {unit["code"]: unit["name"] for child in below.values() for unit in (child, *child["children"])}
    first, second = (DIGITS.get(place.level + deep) for deep in (1, 2))
    names.update({code: f"区划 {code}" for code in counted if len(code) in (first, second) and code not in names})
    children = sorted(code for code in names if len(code) == first)
    for child in children:
        yield Unit(child, names[child], 1, place.code)
        for code in sorted(code for code in names if len(code) == second and code.startswith(child)):
            yield Unit(code, names[code], 2, child)
    yield Unit(place.code, "合计" if children else place.name, 0, "")


def same_as_ledger(result: Result) -> list[Violation]:
    """表库相符: every number of the table counted again in the ledger itself, as far as the connection's divisions
    reach.

    Returns the cells that differ (left: the table's, right: the ledger's).
    """
    again = compute(
        result.programme.id, result.table.id, result.division, result.as_of, engine="ledger", known=result.known
    )
    return [
        Violation(row.code, "表库相符", number, again.cells.get(row.code, {}).get(column), (column,))
        for row in result.rows
        for column, number in result.cells[row.code].items()
        if number != again.cells.get(row.code, {}).get(column)
    ]
