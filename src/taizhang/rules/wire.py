"""A checked rule as JSON for browser/rules.js."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .functions import FUNCTIONS
from .tree import Node, Type

if TYPE_CHECKING:
    from .rule import Rule

VERSION = 1


def to_json(rule: Rule) -> dict[str, Any]:
    """{version, text, type, items, parameters, labels, tree}.

    `labels` maps the id of each coded item it reads to {code: label}. In the tree numbers are strings, days ISO;
    a node is {op, type} with `args`, `value`, `name`, `labels` (a key of the former) where it has them.
    """
    labels: dict[str, dict[str, str]] = {}
    tree = _node(rule.tree, labels)
    return {
        "version": VERSION,
        "text": rule.text,
        "type": rule.type.value,
        "items": sorted(rule.items),
        "parameters": sorted(rule.parameters),
        "labels": labels,
        "tree": tree,
    }


def fingerprint(*nodes: Node) -> str:
    """Twelve letters that differ when the nodes do."""
    text = json.dumps([_node(node, {}) for node in nodes], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def plain(value: Any) -> Any:
    """A value as JSON holds it: decimals as text, days in ISO form."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def _node(node: Node, labels: dict[str, dict[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"op": node.op, "type": node.kind.type.value}
    if node.args:
        found["args"] = [_node(arg, labels) for arg in node.args]
    if node.op == "param":
        name, default = node.value
        found["value"] = name
        if default is not None:
            found["default"] = plain(
                default if not isinstance(default, int) or isinstance(default, bool) else str(default)
            )
    elif node.op == "lit" or node.value is not None:
        found["value"] = plain(node.value)
    if node.name:
        found["name"] = node.name
    if node.op == "call":
        found["name"] = FUNCTIONS[node.value].chinese if node.value in FUNCTIONS else ""
    _add_labels(node, found, labels)
    return found


def _add_labels(node: Node, found: dict[str, Any], labels: dict[str, dict[str, str]]) -> None:
    coding = node.kind.coding
    if coding is None or node.kind.type not in (Type.CODE, Type.CODES):
        return
    words = {
        code: coding.label(code) for code in coding.codes or {c for codes in coding.labels.values() for c in codes}
    }
    words = {code: word for code, word in sorted(words.items()) if code != word}
    if not words:
        return
    for name, known in labels.items():
        if known == words:
            found["labels"] = name
            return
    name = f"l{len(labels)}"
    labels[name] = words
    found["labels"] = name
