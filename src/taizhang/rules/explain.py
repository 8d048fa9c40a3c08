"""Why a rule holds or does not, in Chinese with the row's values. browser/explain.js gives the same sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .build import SIGNS
from .evaluate import outward, value_of
from .functions import FUNCTIONS
from .tree import Coding, Node, Type

CONTRARY = {"eq": "!=", "ne": "=", "lt": ">=", "le": ">", "gt": "<=", "ge": "<"}
UNKNOWN = "未填写"
INCALCULABLE = "算不出"


@dataclass(frozen=True)
class Part:
    """One comparison that decided: `text` says what is the case on this row, `value` what the rule made of it."""

    text: str
    value: bool | None
    items: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    value: Any
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "；".join(part.text for part in self.parts)


def explain(tree: Node, row: Mapping[str, Any], params: Mapping[str, Any]) -> Explanation:
    """The value and the parts that decided it. Raises RuleError for parameters."""
    teller = _Teller(row, params)
    parts = {part.text: part for part in teller.decisive(tree)}
    return Explanation(outward(tree, teller.value(tree)), tuple(parts.values()))


class _Teller:
    def __init__(self, row: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        self.row = row
        self.params = params

    def value(self, node: Node) -> Any:
        return value_of(node, self.row, self.params)

    def decisive(self, node: Node) -> list[Part]:
        """The leaves that made the value what it is: of an `and` that fails, only the failing ones, and so on."""
        if node.op == "derived" and node.kind.type is Type.BOOL:
            return [Part(f"{node.name} {self.shown(node)}", self.value(node), _items(node))]
        if node.op == "not":
            return self.decisive(node.args[0])
        if node.op in ("and", "or"):
            value = self.value(node)
            return [p for arg in node.args if self.value(arg) is value for p in self.decisive(arg)]
        if node.op == "case":
            return self.branch(node)
        return [Part(self.leaf(node), self.value(node) if node.kind.type is Type.BOOL else None, _items(node))]

    def branch(self, node: Node) -> list[Part]:
        for when, then in zip(node.args[:-1:2], node.args[1::2], strict=True):
            if self.value(when) is True:
                return [*self.decisive(when), *(self.decisive(then) if then.op != "lit" else [])]
        failed = [part for when in node.args[:-1:2] for part in self.decisive(when)]
        return failed + (self.decisive(node.args[-1]) if node.args[-1].op != "lit" else [])

    def leaf(self, node: Node) -> str:
        value = self.value(node)
        if node.op in SIGNS:
            left, right = node.args
            if right.kind.type is Type.BOOL and right.op == "lit":
                return self.told(left)
            sign = SIGNS[node.op] if value is not False else CONTRARY[node.op]
            return f"{self.told(left)} {sign} {self.told(right)}"
        if node.op == "in":
            listed = "、".join(self.told(option) for option in node.args[1:])
            return f"{self.told(node.args[0])} {'不属于' if value is False else '属于'} {listed}"
        if node.op == "between":
            inside = "不在" if value is False else "在"
            return f"{self.told(node.args[0])} {inside} {self.told(node.args[1])} 至 {self.told(node.args[2])} 之间"
        if node.op == "like":
            return f"{self.told(node.args[0])} {'不符合' if value is False else '符合'} “{node.value}”"
        if node.op == "isnull":
            return self.told(node.args[0]) if value else f"{self.told(node.args[0])} 已填写"
        return self.told(node)

    def told(self, node: Node) -> str:
        """A term with its value: `年度累计务工时间 2.5`, `周岁(出生日期 2005-01-01, 基准日 2020-12-31) 15`."""
        if node.op == "call" and node.value == "month_start":
            return self.told(node.args[0])
        shown = self.shown(node)
        if node.op == "lit":
            return shown
        if node.op in ("item", "param", "derived", "at"):
            return f"{node.name} {shown}"
        return f"{self.formula(node)} {shown}"

    def formula(self, node: Node) -> str:
        if node.op == "call":
            args = node.args[:1] if node.value == "round" else node.args
            return f"{FUNCTIONS[node.value].chinese}({', '.join(self.told(arg) for arg in args)})"
        if node.op in ARITHMETIC:
            return f"({f' {ARITHMETIC[node.op]} '.join(self.told(arg) for arg in node.args)})"
        if node.op == "neg":
            return f"-({self.told(node.args[0])})"
        if node.op == "case":
            return "分情况取值"
        return f"({'；'.join(part.text for part in self.decisive(node))})"

    def shown(self, node: Node) -> str:
        value = self.value(node)
        if value is None:
            return UNKNOWN if node.op in ("item", "param", "lit") else INCALCULABLE
        return display(outward(node, value), node.kind.coding, node.kind.type)


def display(value: Any, coding: Coding | None, kind: Type) -> str:
    """A value as people read it: codes by their label, months as 2020-10."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list):
        return "、".join("" if v is None else f"{v:%Y-%m}" if isinstance(v, date) else label(v, coding) for v in value)
    if isinstance(value, date):
        return value.isoformat()
    return label(value, coding) if kind is Type.CODE else str(value)


def label(code: str, coding: Coding | None) -> str:
    return coding.label(code) if coding else code


ARITHMETIC = {"add": "+", "sub": "-", "mul": "×", "div": "÷"}


def _items(node: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.value for part in node.walk() if part.op in ("item", "derived")))
