"""Indicators as SQL text, the same for DuckDB and PostgreSQL. Pure: no Django, no connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from taizhang.catalogue.schema import Indicator, Programme
from taizhang.rules import AS_OF, Rule, days, earlier
from taizhang.rules.sql import Sql, join
from taizhang.statistics import hoisting

LEVELS = (2, 4, 6, 9, 12)  # digits of a province, prefecture, county, town, village


@dataclass(frozen=True)
class Dialect:
    """One engine's spelling: its placeholder, how it takes a rule, and the word that makes it work a subquery out
    only once."""

    name: str
    place: str
    once: str
    compile: Callable[[Rule, Mapping[str, Any]], Sql]

    def rule(self, rule: Rule, params: Mapping[str, Any]) -> Sql:
        return self.compile(rule, params)


def quoted(item: str) -> str:
    """An item id as a column name."""
    return f'"{item}"'


# DuckDB reads snapshots, where costly parts are columns; it never repeats a subquery's expressions.
DUCKDB = Dialect("duckdb", "?", "", lambda rule, params: hoisting.read_back(rule).to_duckdb(params, quoted))
POSTGRES = Dialect("postgres", "%s", "MATERIALIZED", lambda rule, params: rule.to_postgres(params, quoted))


def as_of_params(programme: Programme, as_of: dt.date) -> dict[str, Any]:
    """Every parameter a programme's rules may use on a day: its own thresholds in force, and the as-of days."""
    return {**programme.parameter_values(as_of), **days(as_of)}


def inside(division: str, dialect: Dialect, column: str = "division") -> Sql:
    """Condition: the village lies in `division`. A range, because LIKE may not use an index under row-level
    security."""
    return Sql(f"{column} >= {dialect.place} AND {column} < {dialect.place}", (division, division + ":"))


def rules_of(programme: Programme, subject: str = "") -> Iterable[Rule]:
    """Every rule of a programme that counts or lists people; with `subject` only those over its rows."""
    for indicator in programme.indicators.values():
        if subject in ("", indicator.of):
            yield from (rule for rule in (indicator.where, indicator.measure.value) if rule)
    if subject in ("", "worker"):
        yield programme.scope.rule
        if programme.scorecard:
            yield programme.scorecard.record
        for table in programme.tables.values():
            yield from (rule for rule in (table.where, *(leaf.value for leaf in table.leaves)) if rule)


def no_other_day(day: dt.date) -> Sql:
    """`Sources.at` of rows that stand for themselves. Raises ValueError."""
    raise ValueError(f"no rows of {day}")


@dataclass(frozen=True)
class Sources:
    """Relations to count over.

    worker: one row per person, with `worker_id`, `division` and the items rules read. facts: subject -> one row per
    fact, with `fact_id`, its own items and, beside them, its person's. at: the people of another day, for rules that
    ask it; stored: columns of such rules (`at__...`) that the rows already have; day: which day they are of.
    """

    worker: Sql
    facts: Mapping[str, Sql] = field(default_factory=dict)
    at: Callable[[dt.date], Sql] = no_other_day
    stored: frozenset[str] = frozenset()
    day: dt.date | None = None

    def of(self, subject: str) -> Sql:
        if subject == "worker":
            return self.worker
        if subject not in self.facts:
            raise ValueError(f"no relation for {subject}")
        return self.facts[subject]


@dataclass(frozen=True)
class Variant:
    """A programme as it is in force in some counties (none named: everywhere else)."""

    counties: tuple[str, ...]
    programme: Programme


class Compiler:
    """A programme's indicators on one day in one dialect. Only people in the programme's scope are ever counted.

    Movements are counted by their programme instead: who left the pool is out of scope by then. Where counties have
    rules of their own (`variants`; the one without counties first), each row is judged by those of its county. `values`:
    thresholds tried out instead of any county's.
    """

    def __init__(
        self,
        programme: Programme,
        as_of: dt.date,
        dialect: Dialect,
        sources: Sources,
        variants: Sequence[Variant] = (),
        values: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.programme, self.as_of, self.dialect, self.sources = programme, as_of, dialect, sources
        chosen = variants or (Variant((), programme),)
        self.variants = [(one, {**as_of_params(one.programme, as_of), **values}) for one in chosen]

    def rule(self, rule: Rule | None, on: Mapping[str, Any] | None = None) -> Sql:
        """A rule by each county's thresholds; `on`: as-of days other than the compiler's."""
        if rule is None:
            return Sql("true")
        return self._by_county(lambda _, params: self.dialect.rule(rule, {**params, **(on or {})}))

    def _by_county(self, choose: Callable[[Variant, Mapping[str, Any]], Sql]) -> Sql:
        """What `choose` makes of each variant, as one expression."""
        otherwise, *special = ((one.counties, choose(one, params)) for one, params in self.variants)
        usual = otherwise[1]
        whens = [
            Sql(f"WHEN left(division, 6) IN ({', '.join([self.dialect.place] * len(counties))}) THEN ({sql.text})",
                (*counties, *sql.params))
            for counties, sql in special
            if sql != usual
        ]  # fmt: skip
        if not whens:
            return usual
        cases = join(" ", whens)
        return Sql(f"CASE {cases.text} ELSE ({usual.text}) END", (*cases.params, *usual.params))

    def current(self, indicator: Indicator, one: Variant) -> Indicator:
        """The indicator as a variant has it; one that is not the programme's (a rule being tried out) as it is."""
        own = self.programme.indicators.get(indicator.id)
        return one.programme.indicators[indicator.id] if own is indicator else indicator

    def rules(self, indicator: Indicator) -> list[Rule]:
        """Every rule an indicator may need."""
        found = [self.current(indicator, one) for one, _ in self.variants]
        return [rule for one in found for rule in (one.where, one.measure.value) if rule]

    def scope(self, subject: str) -> Sql:
        if subject == "movement":
            return Sql(f"programme = {self.dialect.place}", (self.programme.id,))
        return self.rule(self.programme.scope.rule)

    def relation(self, subject: str, rules: Iterable[Rule]) -> Sql:
        """The subject's rows, with what `rules` ask of other days."""
        relation, wanted = (
            self.sources.of(subject),
            [rule for rule in rules if rule.earlier.keys() - self.sources.stored],
        )
        if not wanted:
            return relation
        days = self.variants[0][1]  # the same in all
        return earlier.joined(wanted, relation, self.sources.at, days, self._on_another_day, skip=self.sources.stored)

    def _on_another_day(self, rule: Rule, params: Mapping[str, Any]) -> Sql:
        return self.rule(rule, {name: params[name] for name in AS_OF})

    def counts(self, indicators: Sequence[Indicator], division: str) -> Sql:
        """One pass for all indicators of one subject.

        Yields `code` (every unit from `division` down to the villages that has rows) and per indicator i `n{i}`
        (rows, people or,
        for sum and mean, rows with a value) and for sum and mean `s{i}` (sum of the value).
        """
        wanted = list({id(rule): rule for one in indicators for rule in self.rules(one)}.values())
        parts, rewritten = hoisting.shared(wanted)
        ready = dict(zip(map(id, wanted), rewritten, strict=True))
        relation = self.relation(indicators[0].of, wanted)
        line = self._line(parts, rewritten, relation, division, indicators[0].of)
        person, village, rolled = [Sql("division"), Sql("worker_id")], [], []
        for i, indicator in enumerate(indicators):
            person.append(self._named(self._part(indicator, "where", ready), f"w{i}"))
            if indicator.measure.value:
                person.append(self._named(self._part(indicator, "value", ready), f"v{i}"))
            if indicator.measure.kind == "distinct":
                village.append(f"count(DISTINCT v{i}) FILTER (WHERE w{i}) AS n{i}")
                rolled.append(f"sum(n{i}) AS n{i}")
            elif indicator.measure.value:
                village.append(f"sum(v{i}) FILTER (WHERE w{i}) AS s{i}, count(v{i}) FILTER (WHERE w{i}) AS n{i}")
                rolled.append(f"sum(s{i}) AS s{i}, sum(n{i}) AS n{i}")
            else:
                counted = "DISTINCT worker_id" if indicator.measure.kind == "people" else "*"
                village.append(f"count({counted}) FILTER (WHERE w{i}) AS n{i}")
                rolled.append(f"sum(n{i}) AS n{i}")
        levels = ", ".join(f"({n})" for n in LEVELS if n >= len(division))
        columns = join(", ", person)
        # A person lives in one village, so distinct people of villages add up as plain counts do.
        return Sql(
            f"WITH line AS {self.dialect.once} ({line.text}), "
            f"person AS (SELECT {columns.text} FROM line), "
            f"village AS (SELECT division, {', '.join(village)} FROM person GROUP BY division) "
            f"SELECT left(division, n) AS code, {', '.join(rolled)} "
            f"FROM village CROSS JOIN (VALUES {levels}) AS level(n) GROUP BY 1",
            (*line.params, *columns.params),
        )

    def _part(self, indicator: Indicator, part: str, ready: Mapping[int, Rule]) -> Sql:
        """An indicator's condition or value, by county, from what `_line` has worked out."""

        def choose(one: Variant, params: Mapping[str, Any]) -> Sql:
            current = self.current(indicator, one)
            rule = current.where if part == "where" else current.measure.value
            return self.dialect.rule(ready[id(rule)], params) if rule else Sql("true")

        return self._by_county(choose)

    def _line(
        self, parts: Mapping[str, Rule], rules: Iterable[Rule], relation: Sql, division: str, subject: str
    ) -> Sql:
        """The rows in scope with what the indicators share and the columns they read besides."""
        items = sorted({column for rule in rules for column in rule.columns} - set(parts))
        chosen = [Sql("division"), Sql("worker_id"), *(Sql(quoted(item)) for item in items)]
        chosen += [self._named(self.rule(rule), name) for name, rule in parts.items()]
        columns = join(", ", chosen)
        condition = join(" AND ", [inside(division, self.dialect), self._bracketed(self.scope(subject))])
        return Sql(
            f"SELECT {columns.text} FROM {relation.text} WHERE {condition.text}",
            (*columns.params, *relation.params, *condition.params),
        )

    def people(self, indicator: Indicator, division: str) -> Sql:
        """Who stands behind an indicator's number, as `worker_id` and `division`, one row per person."""
        relation = self.relation(indicator.of, self.rules(indicator))
        return self._people(self.behind(indicator), relation, division, indicator.of)

    def people_where(self, rule: Rule | None, division: str) -> Sql:
        """The people in scope who meet a rule, as `people`."""
        return self._people(self.rule(rule), self.relation("worker", [rule] if rule else []), division, "worker")

    def _people(self, condition: Sql, relation: Sql, division: str, subject: str) -> Sql:
        where = join(" AND ", [inside(division, self.dialect), *map(self._bracketed, (self.scope(subject), condition))])
        distinct = "" if subject == "worker" else "DISTINCT "
        return Sql(
            f"SELECT {distinct}worker_id, division FROM {relation.text} WHERE {where.text}",
            (*relation.params, *where.params),
        )

    def behind(self, indicator: Indicator) -> Sql:
        """Condition of the rows an indicator's number is made of; of a mean, those which have a value."""

        def choose(one: Variant, params: Mapping[str, Any]) -> Sql:
            current = self.current(indicator, one)
            condition = self._bracketed(self.dialect.rule(current.where, params) if current.where else Sql("true"))
            if current.measure.value is None:
                return condition
            value = self._bracketed(self.dialect.rule(current.measure.value, params))
            return join(" AND ", [condition, Sql(f"{value.text} IS NOT NULL", value.params)])

        return self._by_county(choose)

    def _bracketed(self, sql: Sql) -> Sql:
        return Sql(f"({sql.text})", sql.params)

    def _named(self, sql: Sql, name: str) -> Sql:
        return Sql(f"({sql.text}) AS {quoted(name)}", sql.params)
