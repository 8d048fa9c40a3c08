"""Parts of rules that stand in many indicators, worked out once.

`scope(务工地点, 户籍地)` stands in four columns of C3 and is 20 regular expressions long: over 600,000 people it
would take four fifths of the table's time. Such calls over stored items depend on neither the day nor a threshold, so
they are columns of the snapshot. Within one query a programme's derived items (转移就业 stands in 20 columns) are
worked out once per row as well.
Pure: no Django.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from taizhang.rules import Rule
from taizhang.rules.sql import Sql
from taizhang.rules.tree import Node

COSTLY = frozenset({"scope", "tier", "within"})
Naming = Callable[[Node], str | None]


def _stored(node: Node) -> str | None:
    """Name of the snapshot's column that holds this part; None for a part it does not hold."""
    if node.op != "call" or node.value not in COSTLY:
        return None
    names = [_fixed(arg) for arg in node.args]
    return "__".join((str(node.value), *filter(None, names))) if all(names) else None


def _fixed(node: Node) -> str | None:
    """What tells apart a value made of stored items alone, an item or the first of several that is known; None for any
    other, also for a column that only the query has, which a rewritten rule reads like an item."""
    if node.op == "derived":
        return _fixed(node.args[0])
    if node.op == "call" and node.value == "coalesce":
        names = [_fixed(arg) for arg in node.args]
        return "_or_".join(filter(None, names)) if all(names) else None
    if node.op == "call" and node.value == "county":
        name = _fixed(node.args[0])
        return name and f"county_of_{name}"
    return str(node.value) if node.op == "item" and not str(node.value).startswith("derived__") else None


def _shared(node: Node) -> str | None:
    """Name of the query's column that holds this part for all indicators."""
    return f"derived__{node.value}" if node.op == "derived" else _stored(node)


def hoisted(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Snapshot column -> rule of every costly part of `rules`."""
    return _parts(rules, _stored)


def shared(rules: Iterable[Rule]) -> tuple[dict[str, Rule], list[Rule]]:
    """(query column -> rule, the rules reading those columns): what one query works out once per row."""
    found = list(rules)
    return _parts(found, _shared), [Rule(rule.text, _rewritten(rule.tree, _shared)) for rule in found]


def _parts(rules: Iterable[Rule], name: Naming) -> dict[str, Rule]:
    found = {}
    for rule in rules:
        waiting = [rule.tree]
        while waiting:
            node = waiting.pop()
            column = name(node)
            if column:
                found[column] = Rule(column, node)
            elif node.op != "at" or name is _stored:
                waiting.extend(node.args)
    return dict(sorted(found.items()))


def select(columns: dict[str, Rule], relation: str) -> Sql:
    """DuckDB: the rows of `relation` with the hoisted columns at their end."""
    parts = [(name, rule.to_duckdb({}, lambda item: f'"{item}"')) for name, rule in columns.items()]
    extra = "".join(f', {sql.text} AS "{name}"' for name, sql in parts)
    return Sql(f"SELECT *{extra} FROM {relation}", tuple(value for _, sql in parts for value in sql.params))


def read_back(rule: Rule) -> Rule:
    """The same rule over a snapshot: costly parts are read from their columns."""
    return Rule(rule.text, _rewritten(rule.tree, _stored))


def _rewritten(node: Node, name: Naming) -> Node:
    column = name(node)
    if node.op == "at":  # of another row, on which the query's own columns do not stand
        name = _stored
    if column:
        return Node("item", node.kind, (), column, node.position, node.word, node.name)
    return replace(node, args=tuple(_rewritten(arg, name) for arg in node.args)) if node.args else node


def fingerprint(columns: dict[str, Rule], more: Iterable[str] = ()) -> str:
    """Changes when a column is computed in another way, or one of the further texts."""
    text = "\n".join([*(f"{name}={rule.to_duckdb().text}" for name, rule in columns.items()), *more])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
