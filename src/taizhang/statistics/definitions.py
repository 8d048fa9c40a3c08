"""口径: what every indicator of a programme counts, in words, with its thresholds and the columns it feeds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from taizhang import catalogue
from taizhang.catalogue.schema import Indicator, Parameter, Programme, TableColumn
from taizhang.catalogue.types import SUBJECTS
from taizhang.engine.errors import NotFound
from taizhang.rules import Rule
from taizhang.rules.reading import chinese
from taizhang.statistics import layout

AS_OF = {
    "基准日": "报表的截止日期",
    "期末": "报表的截止日期",
    "期初": "截止日期所在月的一日",
    "月初": "截止日期所在月的一日",
    "年初": "截止日期所在年的一月一日",
}
MEASURES = {"count": "", "people": "一人计一次", "sum": "合计", "mean": "平均", "distinct": "不同的个数"}


@dataclass(frozen=True)
class Threshold:
    """A parameter of a rule on a day. `compared`: the comparisons it stands in, with their operator."""

    name: str
    parameter: Parameter
    compared: tuple[str, ...]


@dataclass(frozen=True)
class Use:
    """A table column an indicator feeds: itself, or through a formula (`formula`: 3/1)."""

    title: str
    path: str
    no: int | None
    formula: str
    url: str


@dataclass(frozen=True)
class Definition:
    """An indicator as an official reads it."""

    programme: Programme
    indicator: Indicator

    @property
    def url(self) -> str:
        return reverse("statistics:indicator", args=[self.programme.id, self.indicator.id])

    @property
    def reading(self) -> str:
        """The rule in Chinese; nothing where the whole pool counts."""
        return self.indicator.where.chinese if self.indicator.where else ""

    @property
    def counts(self) -> str:
        """What is counted, and how: 人; 人，“月平均工资”的平均."""
        measure = self.indicator.measure
        how = f"“{measure.value.chinese}”的{MEASURES[measure.kind]}" if measure.value else MEASURES[measure.kind]
        return "，".join(word for word in (SUBJECTS[self.indicator.of], how) if word)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in (self.indicator.where, self.indicator.measure.value) if rule)

    @cached_property
    def meanings(self) -> list[tuple[str, str, str]]:
        """(name, reading, clause) of the derived items its rule names, and of those below them."""
        clauses = {one.name: one.clause or "" for one in self.programme.derived.values()}
        found = {name: text for rule in self.rules for name, text in rule.meanings.items()}
        return [(name, text, clauses.get(name, "")) for name, text in found.items()]

    def thresholds(self, on: dt.date, rules: Sequence[Rule] = ()) -> list[Threshold]:
        """Its parameters in force on a day, in the programme's order."""
        chosen = rules or self.rules
        named = {name for rule in chosen for name in rule.parameters}
        return [
            Threshold(name, parameter, tuple(dict.fromkeys(_comparisons(chosen, name))))
            for name, parameter in self.programme.parameters.items()
            if name in named and name in self.programme.parameter_values(on)
        ]

    @property
    def days(self) -> list[tuple[str, str]]:
        """The as-of days its rule takes."""
        named = {name for rule in self.rules for name in rule.parameters}
        return [(name, said) for name, said in AS_OF.items() if name in named]

    @cached_property
    def uses(self) -> list[Use]:
        return [use for table in self.programme.tables.values() for use in self._uses(table.id)]

    def _uses(self, name: str) -> Iterator[Use]:
        table = self.programme.tables[name]
        leaves = [leaf for leaf in table.leaves if leaf.indicator == self.indicator.id]
        numbers = {str(leaf.no) for leaf in leaves if leaf.no is not None}
        for leaf in table.leaves:
            if leaf in leaves or (leaf.formula and numbers & set(layout.numbers(leaf.formula))):
                path = " · ".join(titles((*table.header, *table.columns), leaf))
                url = reverse("statistics:table", args=[self.programme.id, name])
                yield Use(table.title, path, leaf.no, leaf.formula or "", url)

    def says(self, text: str) -> bool:
        """Whether a word stands anywhere in it."""
        own = self.indicator
        parts = [own.name, own.id, own.text, own.clause, self.reading, *(rule.text for rule in self.rules)]
        parts += [word for name, reading, _ in self.meanings for word in (name, reading)]
        parts += [name for rule in self.rules for name in rule.parameters]
        parts += [word for use in self.uses for word in (use.title, use.path)]
        return any(text in part.lower() for part in parts if part)


def titles(groups: Sequence[TableColumn], leaf: TableColumn) -> list[str]:
    """A column's titles from the top of the head down."""
    for group in groups:
        if any(one is leaf for one in group.leaves()):
            return [group.title] if group is leaf else [group.title, *titles(group.columns, leaf)]
    return []


def _comparisons(rules: Sequence[Rule], name: str) -> Iterator[str]:
    """Readings of the comparisons a parameter stands in: 年度累计务工时间 ≥ 县外月数."""
    for rule in rules:
        for node in rule.tree.walk():
            if node.op in ("eq", "ne", "lt", "le", "gt", "ge", "between"):
                below = {part.value[0] for arg in node.args for part in arg.walk() if part.op == "param"}
                if name in below:
                    yield chinese(node)


def programmes(own: str) -> list[Programme]:
    """Those with indicators; the user's own first."""
    found = [one for one in catalogue.load().programmes.values() if one.indicators]
    return sorted(found, key=lambda one: (one.id != own, one.id))


def definitions(programme: Programme, text: str = "") -> list[Definition]:
    """A programme's indicators in its order, those that a word stands in."""
    found = [Definition(programme, indicator) for indicator in programme.indicators.values()]
    wanted = text.strip().lower()
    return [one for one in found if one.says(wanted)] if wanted else found


def programme_of(programme: str) -> Programme:
    """A loaded programme, as its notice has it. Raises NotFound."""
    found = catalogue.load().programmes.get(programme)
    if found is None:
        raise NotFound("programme")
    return found


def find(programme: str, indicator: str) -> Definition:
    """Raises NotFound."""
    settings = programme_of(programme)
    if indicator not in settings.indicators:
        raise NotFound("indicator")
    return Definition(settings, settings.indicators[indicator])


def named(words: str) -> Definition:
    """The indicator of "mouding-2017.transferred". Raises NotFound."""
    programme, _, indicator = words.partition(".")
    return find(programme, indicator)
