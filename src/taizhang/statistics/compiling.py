"""Indicators as SQL text, the same for DuckDB and PostgreSQL. Pure: no Django, no connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taizhang.catalogue.schema import Indicator, Programme
from taizhang.rules import Rule
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
    month, year = as_of.replace(day=1), as_of.replace(month=1, day=1)
    days = {"基准日": as_of, "期末": as_of, "期初": month, "月初": month, "年初": year}
    return {**programme.parameter_values(as_of), **days}


def inside(division: str, dialect: Dialect, column: str = "division") -> Sql:
    """Condition: the village lies in `division`. A range, because LIKE may not use an index under row-level
    security."""
    return Sql(f"{column} >= {dialect.place} AND {column} < {dialect.place}", (division, division + ":"))


def rules_of(programme: Programme) -> Iterable[Rule]:
    """Every rule of a programme that counts or lists people."""
    yield programme.scope.rule
    for indicator in programme.indicators.values():
        yield from (rule for rule in (indicator.where, indicator.measure.value) if rule)
    if programme.scorecard:
        yield programme.scorecard.record
    for table in programme.tables.values():
        yield from (rule for rule in (table.where, *(leaf.value for leaf in table.leaves)) if rule)


@dataclass(frozen=True)
class Sources:
    """Relations to count over, one per subject; each has `worker_id`, `division` and the items its rules read.

    A spell's or movement's row carries its own items and, beside them, its person's.
    """

    worker: Sql
    spell: Sql | None = None
    movement: Sql | None = None

    def of(self, subject: str) -> Sql:
        found = getattr(self, subject)
        if found is None:
            raise ValueError(f"no relation for {subject}")
        return found  # type: ignore[no-any-return]


class Compiler:
    """A programme's indicators on one day in one dialect. Only people in the programme's scope are ever counted.

    Movements are counted by their programme instead: who left the pool is out of scope by then.
    """

    def __init__(self, programme: Programme, as_of: dt.date, dialect: Dialect) -> None:
        self.programme, self.as_of, self.dialect = programme, as_of, dialect
        self.params = as_of_params(programme, as_of)

    def rule(self, rule: Rule | None) -> Sql:
        return self.dialect.rule(rule, self.params) if rule else Sql("true")

    def scope(self, subject: str) -> Sql:
        if subject == "movement":
            return Sql(f"programme = {self.dialect.place}", (self.programme.id,))
        return self.rule(self.programme.scope.rule)

    def counts(self, indicators: Sequence[Indicator], relation: Sql, division: str) -> Sql:
        """One pass for all indicators of one subject.

        Yields `code` (every unit from `division` down to the villages that has rows) and per indicator i `n{i}`
        (rows, people or,
        for sum and mean, rows with a value) and for sum and mean `s{i}` (sum of the value).
        """
        wanted = [rule for one in indicators for rule in (one.where, one.measure.value) if rule]
        parts, rewritten = hoisting.shared(wanted)
        ready = dict(zip(map(id, wanted), rewritten, strict=True))
        line = self._line(parts, rewritten, relation, division, indicators[0].of)
        person, village, rolled = [Sql("division"), Sql("worker_id")], [], []
        for i, indicator in enumerate(indicators):
            where, value = indicator.where, indicator.measure.value
            person.append(self._named(self.rule(ready[id(where)] if where else None), f"w{i}"))
            if value:
                person.append(self._named(self.rule(ready[id(value)]), f"v{i}"))
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

    def _line(
        self, parts: Mapping[str, Rule], rules: Iterable[Rule], relation: Sql, division: str, subject: str
    ) -> Sql:
        """The rows in scope with what the indicators share and the items they read besides."""
        items = sorted({item for rule in rules for item in rule.items} - set(parts))
        chosen = [Sql("division"), Sql("worker_id"), *(Sql(quoted(item)) for item in items)]
        chosen += [self._named(self.rule(rule), name) for name, rule in parts.items()]
        columns = join(", ", chosen)
        condition = join(" AND ", [inside(division, self.dialect), self._bracketed(self.scope(subject))])
        return Sql(
            f"SELECT {columns.text} FROM {relation.text} WHERE {condition.text}",
            (*columns.params, *relation.params, *condition.params),
        )

    def people(self, condition: Sql, relation: Sql, division: str, subject: str = "worker") -> Sql:
        """Who meets a condition, as `worker_id` and `division`, one row per person."""
        where = join(" AND ", [inside(division, self.dialect), *map(self._bracketed, (self.scope(subject), condition))])
        distinct = "" if subject == "worker" else "DISTINCT "
        return Sql(
            f"SELECT {distinct}worker_id, division FROM {relation.text} WHERE {where.text}",
            (*relation.params, *where.params),
        )

    def behind(self, indicator: Indicator) -> Sql:
        """Condition of the people an indicator's number is made of; of a mean, those who have a value."""
        condition = self._bracketed(self.rule(indicator.where))
        if indicator.measure.value:
            valued = self._bracketed(self.rule(indicator.measure.value))
            condition = join(" AND ", [condition, Sql(f"{valued.text} IS NOT NULL", valued.params)])
        return condition

    def _bracketed(self, sql: Sql) -> Sql:
        return Sql(f"({sql.text})", sql.params)

    def _named(self, sql: Sql, name: str) -> Sql:
        return Sql(f"({sql.text}) AS {name}", sql.params)
