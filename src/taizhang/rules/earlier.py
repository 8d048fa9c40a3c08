"""`at(:年初, condition)`: the condition's value for the same person on another day's row.

In every engine it is a column of the row (its node's `value` names it), worked out beforehand on the rows of that
day: null for somebody not among them. Within the condition the as-of days are those of that day; thresholds stay the
caller's, so that both days are measured alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from .bind import bound
from .errors import RuleError
from .sql import Sql, fill, join
from .tree import Node
from .vocabulary import days

if TYPE_CHECKING:
    from .rule import Rule

Rows = Mapping[str, Mapping[str, Any] | None]
Compile = Callable[["Rule", Mapping[str, Any]], Sql]


@dataclass(frozen=True)
class Earlier:
    """One `at(...)` of a rule. `column`: where its value stands in the row; `day`: the name of its as-of day."""

    column: str
    day: str
    rule: Rule
    place: Node

    def on(self, params: Mapping[str, Any]) -> date:
        """The day asked for. Raises RuleError when the caller does not give it."""
        found = bound(self.place, params)
        if not isinstance(found, date):
            raise RuleError(f"缺少参数 :{self.day} 的值", self.place.word, self.place.position)
        return found

    def params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The caller's parameters as of that day."""
        return {**params, **days(self.on(params))}


def parts(trees: Iterable[Node]) -> dict[str, Earlier]:
    """Column -> what it holds, of every `at(...)` below some trees."""
    from .rule import Rule

    return {
        node.value: Earlier(node.value, node.args[0].name, Rule(node.name, node.args[1]), node.args[0])
        for tree in trees
        for node in tree.walk()
        if node.op == "at"
    }


def filled(tree: Node, row: Mapping[str, Any], params: Mapping[str, Any], rows: Rows | None) -> Mapping[str, Any]:
    """The row with a column for each `at(...)` whose day's row is given (None: the person was not there)."""
    if not rows:
        return row
    found = {}
    for column, part in parts([tree]).items():
        if part.day in rows:
            then = rows[part.day]
            found[column] = None if then is None else part.rule.evaluate(then, part.params(params))
    return {**row, **found}


def joined(
    rules: Sequence[Rule],
    relation: Sql,
    on: Callable[[date], Sql],
    params: Mapping[str, Any],
    compile_rule: Compile,
    *,
    key: str = "worker_id",
    quote: Callable[[str], str] = '"{}"'.format,
    skip: Collection[str] = (),
) -> Sql:
    """`relation` with the columns of every `at(...)` of `rules`; itself when there is none.

    Args:
        relation: a FROM item with one `key` per row.
        on: the relation of a day's people, one row per `key`.
        compile_rule: a rule and its parameters as SQL of the engine.
        skip: columns that `relation` has already.
    """
    by_day: dict[date, list[Earlier]] = {}
    for part in parts(rule.tree for rule in rules).values():
        if part.column in skip:
            continue
        by_day.setdefault(part.on(params), []).append(part)
    if not by_day:
        return relation
    wanted, tables = [Sql("now_row.*")], [fill("(SELECT * FROM {relation}) AS now_row", relation=relation)]
    for number, (day, found) in enumerate(by_day.items()):
        columns = [fill("({x}) AS {c}", x=compile_rule(p.rule, p.params(params)), c=quote(p.column)) for p in found]
        wanted += [Sql(f"then_{number}.{quote(part.column)}") for part in found]
        tables.append(
            fill(
                "(SELECT {key} AS then_key, {columns} FROM {people}) AS {alias} ON {alias}.then_key = now_row.{key}",
                key=key,
                columns=join(", ", columns),
                people=on(day),
                alias=f"then_{number}",
            )
        )
    return fill(
        "(SELECT {all} FROM {from}) AS now_row", all=join(", ", wanted), **{"from": join(" LEFT JOIN ", tables)}
    )
