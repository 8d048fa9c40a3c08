"""Costly parts of rules, worked out once when a snapshot is built and read as columns afterwards.

`scope(务工地点, 户籍地)` stands in four columns of one table and is 20 regular expressions long; a table over 600,000 people would spend four fifths of its
time on it. Only calls over stored items are hoisted: they do not depend on the day or on a threshold. Pure: no Django.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa

from taizhang.rules import Rule, Type
from taizhang.rules.sql import Sql
from taizhang.rules.tree import Node

COSTLY = frozenset({"scope", "tier"})
ARROW = {Type.CODE: pa.string(), Type.TEXT: pa.string(), Type.NUMBER: pa.decimal128(18, 6)}


def _column(node: Node) -> str | None:
    """Name of the column that holds this part's value; None when it is not hoisted."""
    if node.op != "call" or node.value not in COSTLY or any(arg.op != "item" for arg in node.args):
        return None
    return "__".join((str(node.value), *(str(arg.value) for arg in node.args)))


def hoisted(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Column -> rule of every costly part of `rules`."""
    found = {}
    for rule in rules:
        for node in rule.tree.walk():
            name = _column(node)
            if name:
                found[name] = Rule(name, node)
    return dict(sorted(found.items()))


def arrow_type(rule: Rule) -> pa.DataType:
    return ARROW[rule.type]


def select(columns: dict[str, Rule], relation: str) -> Sql:
    """DuckDB: the rows of `relation` with the hoisted columns at their end."""
    parts = [(name, rule.to_duckdb({}, lambda item: f'"{item}"')) for name, rule in columns.items()]
    extra = "".join(f', {sql.text} AS "{name}"' for name, sql in parts)
    return Sql(f"SELECT *{extra} FROM {relation}", tuple(value for _, sql in parts for value in sql.params))


def read_back(rule: Rule) -> Rule:
    """The same rule over a snapshot: costly parts are read from their columns."""
    return Rule(rule.text, _rewritten(rule.tree))


def _rewritten(node: Node) -> Node:
    name = _column(node)
    if name:
        return Node("item", node.kind, (), name, node.position, node.word, node.name)
    return replace(node, args=tuple(_rewritten(arg) for arg in node.args)) if node.args else node


def fingerprint(columns: dict[str, Rule]) -> str:
    """Changes when a column is computed in another way, so that old snapshots are built anew."""
    text = "\n".join(f"{name}={rule.to_duckdb().text}" for name, rule in columns.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]
