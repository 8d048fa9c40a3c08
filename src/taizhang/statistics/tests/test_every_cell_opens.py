"""R38 表库相符 over all tables of the five programmes: each figure is the number of the people it opens to (of a mean or a
number of households: made of their values), and a county is the sum of its towns and of its villages.

The people are drawn at random, with a fixed seed, over every item the rules read. Not a sample of cells but all of
them are looked at, in every division and three months: more than 5,000."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import connection
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.catalogue.schema import TableColumn
from taizhang.divisions.models import Division, Level
from taizhang.ledger.models import Movement
from taizhang.protection import keys
from taizhang.rules.sql import Sql, join
from taizhang.statistics import behind, indicators, layout, registers, tables, versions
from taizhang.statistics.tests import counties, drawn, population

# programme -> (root, its counties, days); the first day fills the ledger before the year begins.
WORLDS = {
    "mouding-2017": ("532323", ["532323"], 2017),
    "sichuan-2022": ("511723", ["511723"], 2022),
    "shanxi-2022": ("14", ["140121", "140212"], 2022),
    "guzhang-2020": ("433126", ["433126"], 2020),
    "heyuan-2018": ("441623", ["441623"], 2018),
}
EVERY = [(one, table) for one in WORLDS for table in sorted(catalogue.load().programmes[one].tables)]
CELLS = [(one, table) for one, table in EVERY if catalogue.load().programmes[one].tables[table].kind == "cells"]
REGISTERS = [pair for pair in EVERY if pair not in CELLS]


# What a movement must be to be counted within the month: its direction, and what holds of the code of its reason.
MOVES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "added": ("in", lambda code: True),
    "added_grown": ("in", lambda code: code == "1"),
    "added_moved_in": ("in", lambda code: code == "2"),
    "added_discharged": ("in", lambda code: code == "3"),
    "added_other": ("in", lambda code: code not in ("1", "2", "3")),
    "left": ("out", lambda code: True),
    "left_moved": ("out", lambda code: code == "41"),
    "left_pension": ("out", lambda code: code == "42"),
    "left_dead": ("out", lambda code: code == "31"),
    "left_other": ("out", lambda code: code not in ("31", "41", "42")),
}


def months(year: int) -> list[dt.date]:
    return [dt.date(year, 8, 31), dt.date(year, 9, 20), dt.date(year, 12, 31)]


@pytest.fixture(scope="module", autouse=True)
def world(module_database):
    population.load_tree()
    keys.create()
    for seed, (name, (root, below, year)) in enumerate(WORLDS.items()):
        counties.tree(root[:2])
        actor = population.officer(f"li{seed}", scopes=(root,))
        collected = [dt.date(year - 1, 12, 10), dt.date(year, 8, 12), dt.date(year, 9, 10)]
        villages = [village for county in below for village in drawn.grow(county)]
        drawn.fill(actor, catalogue.load().programmes[name], root, villages, collected, people=200, seed=seed)
    with connection.cursor() as cursor:  # what the server does by itself a minute after such an import
        cursor.execute("SET ROLE NONE")
        cursor.execute("ANALYZE")
        cursor.execute("SET ROLE taizhang_app")


class Asked:
    """A programme on a day: the cells of its tables at every level, and the people its indicators open to."""

    def __init__(self, programme: str, day: dt.date) -> None:
        self.programme, self.day = catalogue.load().programmes[programme], day
        self.root, self.counties, _ = WORLDS[programme]
        found = [tables.compute(programme, table, place, day) for one, table in CELLS if one == programme
                 for place in dict.fromkeys((self.root, *self.counties))]  # fmt: skip
        self.results = {result.table.id: result for result in reversed(found)}
        self.cells: dict[str, indicators.Cells] = {result.table.id: {} for result in found}
        for result in found:
            for code, row in result.cells.items():
                again = self.cells[result.table.id].setdefault(code, row)
                assert again == row  # a county's own table says what the province's says of it
        self.people = self._people()
        self.facts = self._facts()
        self.moves = self._moves()

    def _people(self) -> dict[str, list[tuple[str, str]]]:
        """Indicator -> (village, person) of everybody it opens to."""
        wanted = {name for result in self.results.values() for name in tables.wanted_of(result.table)}
        behind_it: dict[str, list[tuple[str, str]]] = {name: [] for name in wanted}
        with indicators.runner("snapshot", self.root, self.day, programme=self.programme.id) as run:
            compiler = versions.compiler(self.programme, self.root, self.day, run.dialect, run.sources)
            lists = [
                Sql(f"SELECT '{name}', division, worker_id FROM ({sql.text}) AS found", sql.params)
                for name in wanted
                for sql in [compiler.people(self.programme.indicators[name], self.root)]
            ]
            for name, village, worker in run.rows(join(" UNION ALL ", lists)):
                behind_it[name].append((village, str(worker)))
        return behind_it

    def _facts(self) -> dict[str, tuple[str, str | None, Decimal | None]]:
        """Person -> village, household and wage, as the ledger has them."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT worker_id::text, division, household_no, monthly_wage FROM worker_flat_at(%s)", [self.day]
            )
            return {worker: tuple(values) for worker, *values in cursor.fetchall()}

    def _moves(self) -> dict[str, list[Movement]]:
        found = defaultdict(list)
        for move in Movement.objects.filter(programme=self.programme.id, effective_on__lte=self.day):
            found[str(move.worker_id)].append(move)
        return found

    def opened(self, indicator: str, division: str) -> layout.Number:
        """What the people behind a number make: how many, or what their values come to."""
        people = [worker for village, worker in self.people[indicator] if village.startswith(division)]
        assert len(people) == len(set(people)), "nobody stands twice in a list"
        asked = self.programme.indicators[indicator]
        if asked.of == "movement":
            return sum(
                self._moved(indicator, move)
                for worker in people
                for move in self.moves[worker]
                if move.division[:6] == self.facts[worker][0][:6]
            )
        if indicator == "monthly_wage_mean":
            wages = [self.facts[worker][2] for worker in people]
            return int((sum(wages) / len(wages)).quantize(Decimal(1), ROUND_HALF_UP)) if wages else None
        if indicator == "poor_households":
            return len({self.facts[worker][:2] for worker in people if self.facts[worker][1]})
        assert asked.measure.value is None, f"say above how {indicator} is made of its people"
        return len(people)

    def _moved(self, indicator: str, move: Movement) -> int:
        """What one movement adds to an indicator, worked out here once more."""
        begun = move.effective_on >= self.day.replace(day=1)
        if indicator == "opening":
            return 0 if begun else 1 if move.direction == "in" else -1
        direction, meant = MOVES[indicator]
        return int(begun and move.direction == direction and meant(move.reason))


def percent(part: layout.Number, whole: layout.Number, leaf: TableColumn) -> layout.Number:
    if not whole:
        return None
    whole *= 10_000 if "万" in leaf.formula else 1
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def opened(asked: Asked, table: str, division: str, column: str) -> layout.Number:
    """A cell worked out from its people; of a formula (3/1) what its first column opens to, over its second."""
    result = asked.results[table]
    leaf = result.columns[column]
    number = asked.opened(behind.opens_to(result, column), division)
    if leaf.formula is None:
        return number
    by_no = {other.no: name for name, other in result.columns.items()}
    _, under = re.fullmatch(r"(\d+)/(\d+)(?:/万)?", leaf.formula).groups()
    return percent(number, asked.cells[table][division][by_no[int(under)]], leaf)


@pytest.fixture(scope="module")
def everything(world) -> list[Asked]:
    found = []
    for name, (root, _, year) in WORLDS.items():
        with acting_for([root]):
            found += [Asked(name, day) for day in months(year)]
    return found


def test_every_figure_is_made_of_the_people_it_opens_to(everything):
    wrong, seen, met = [], 0, set()
    for asked in everything:
        for table, rows in asked.cells.items():
            counted = [name for name in asked.results[table].columns if behind.opens_to(asked.results[table], name)]
            for division, row in rows.items():
                seen += len(counted)
                met |= {(table, name) for name in counted if row[name]}
                found = {name: opened(asked, table, division, name) for name in counted}
                wrong += [(asked.day, table, division, name, row[name], found[name])
                          for name in counted if row[name] != found[name]]  # fmt: skip
    assert wrong == []
    assert seen >= 5_000
    every = {(table, name) for asked in everything for table, rows in asked.cells.items() for row in rows.values()
             for name in row if behind.opens_to(asked.results[table], name)}  # fmt: skip
    assert len(every - met) <= 10  # or the drawn people meet too few of the rules


def test_what_opens_to_nobody_is_a_target_or_filled_in_by_hand_or_made_of_these(everything):
    for asked in everything:
        for result in asked.results.values():
            for name, leaf in result.columns.items():
                if behind.opens_to(result, name) is None:
                    assert leaf.by_hand or leaf.target or leaf.formula, name


def test_each_unit_is_the_sum_of_the_towns_and_of_the_villages_in_it(everything):
    for asked in everything:
        for table, rows in asked.cells.items():
            result = asked.results[table]
            adds = [name for name, leaf in result.columns.items() if leaf.indicator and name != "monthly_wage_mean"]
            sizes = sorted({len(code) for code in rows})
            assert sizes[-1] == 12
            assert set(sizes) == {size for size in (2, 4, 6, 9, 12) if size >= len(asked.root)}
            for code in rows:
                for size in (size for size in sizes if size > len(code)):
                    below = [row for other, row in rows.items() if other.startswith(code) and len(other) == size]
                    for name in adds:
                        assert rows[code][name] == sum(row[name] for row in below), (table, code, size, name)


@pytest.mark.parametrize(("programme", "table"), REGISTERS)
def test_a_register_of_a_unit_is_those_of_the_units_below_it_together(world, programme, table):
    root, _, year = WORLDS[programme]
    changes = catalogue.load().programmes[programme].tables[table].rows == "changes"
    day = timezone.localdate() if changes else months(year)[1]  # changes are listed by the day they were recorded
    with acting_for([root]):
        lines = {
            division: [(line.worker_id, line.cells[1:]) for line in registers.read(programme, table, division, day, limit=None).lines]
            for division in Division.objects.filter(code__startswith=root, level__gte=Level.COUNTY).values_list("code", flat=True)
        }  # fmt: skip
    assert lines[root]
    for size in (9, 12):
        below = [line for code, found in lines.items() if len(code) == size for line in found]
        assert sorted(below, key=str) == sorted(lines[root], key=str)


def test_a_cell_opened_in_its_own_division_shows_the_same_people(everything):
    """The whole way the page goes, for some cells: the list above was read once for the root and cut by village."""
    draw = random.Random(38)
    for asked in everything:
        with acting_for([asked.root]):
            table = draw.choice(sorted(asked.cells))
            division = draw.choice(sorted(asked.cells[table]))
            name = draw.choice(tables.wanted_of(asked.results[table].table))
            people = indicators.people(asked.programme.id, name, division, asked.day)
            assert people == [one for village, one in sorted(asked.people[name]) if village.startswith(division)]
            indicator = asked.programme.indicators[name]
            assert behind.count(asked.programme, indicator, division, asked.day) == len(people)
