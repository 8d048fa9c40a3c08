"""A rule read out in Chinese, as the pages show it beside the text that was written."""

from __future__ import annotations

from .explain import ARITHMETIC, display
from .functions import FUNCTIONS
from .tree import Node, Type

PHRASES = ("within", "coalesce", "contains", "contains_any")
SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}


def chinese(node: Node) -> str:
    """`转移就业 and scope(...) in ('省外')` as 转移就业 并且 就业区域(务工地点, 户籍地) 属于 省外.

    A derived item is called by its name; what it means is read out apart (`meanings`).
    """
    if node.op in ("and", "or"):
        word = " 并且 " if node.op == "and" else " 或者 "
        return word.join(_inner(arg) if arg.op in ("and", "or") else chinese(arg) for arg in node.args)
    if node.op == "not":
        return _negated(node.args[0])
    if node.op in SIGNS:
        return _compared(node)
    if node.op == "in":
        return f"{term(node.args[0])} 属于 {'、'.join(term(option) for option in node.args[1:])}"
    if node.op == "between":
        value, low, high = (term(arg) for arg in node.args)
        return f"{value} 在 {low} 至 {high} 之间"
    if node.op == "like":
        return f"{term(node.args[0])} 符合 “{node.value}”"
    if node.op == "isnull":
        return f"{term(node.args[0])} 未填写"
    if fallback(node) is not None:
        return f"{_inner(node.args[0])}{'（不明的也算）' if fallback(node) else '（不明的不算）'}"
    if node.op == "item" and node.kind.type is Type.BOOL:
        return f"{term(node)} 为“是”"
    return term(node)


def difference(old: Node | None, new: Node | None) -> list[str]:
    """What a changed rule adds, drops and alters, condition by condition; None stands for a rule that takes all."""
    before, after = _terms(old), _terms(new)
    dropped = [(key, text) for key, text in before if text not in dict(after).values()]
    added = [(key, text) for key, text in after if text not in dict(before).values()]
    found = []
    for key, text in dropped:
        other = next((pair for pair in added if pair[0] == key), None)
        if other:
            added.remove(other)
            found.append(f"“{text}”改为“{other[1]}”")
        else:
            found.append(f"去掉“{text}”")
    return [*found, *(f"加上“{text}”" for _, text in added)] or ["条件没有变"]


def _terms(node: Node | None) -> list[tuple[str, str]]:
    """(what it is about, its reading) of every condition that must hold."""
    if node is None:
        return []
    parts = node.args if node.op == "and" else (node,)
    return [(_about(part), chinese(part)) for part in parts]


def _about(node: Node) -> str:
    """A condition without its negation and its right side: 年度务工收入 of 年度务工收入 ≥ 9000."""
    while node.op == "not":
        node = node.args[0]
    return term(node.args[0]) if node.op in (*SIGNS, "in", "between", "like", "isnull") else chinese(node)


def meanings(node: Node) -> dict[str, str]:
    """Name -> reading of every derived item below a rule, those that lean on others first."""
    return {part.name: chinese(part.args[0]) for part in node.walk() if part.op == "derived"}


def term(node: Node) -> str:
    """A value of a rule: an item by its name, a literal as people read it, a formula."""
    if node.op == "lit":
        return "空" if node.value is None else display(node.value, node.kind.coding, node.kind.type)
    if node.op in ("item", "param", "derived", "at"):
        return node.name or str(node.value)
    if node.op == "call" and node.value == "month_start":
        return term(node.args[0])
    if node.op == "call" and node.value in PHRASES:
        return _phrase(node)
    if node.op == "call":
        args = node.args[:1] if node.value == "round" else node.args
        return f"{FUNCTIONS[node.value].chinese}({', '.join(term(arg) for arg in args)})"
    if node.op in ARITHMETIC:
        return f"({f' {ARITHMETIC[node.op]} '.join(term(arg) for arg in node.args)})"
    if node.op == "neg":
        return f"-{term(node.args[0])}"
    if node.op == "case":
        pairs = zip(node.args[:-1:2], node.args[1::2], strict=True)
        return "；".join([*(f"{chinese(a)} 时为 {term(b)}" for a, b in pairs), f"其余为 {term(node.args[-1])}"])
    return f"（{chinese(node)}）"


def _phrase(node: Node) -> str:
    """Functions that read as a sentence: 务工地点 在 县(户籍地) 以内."""
    first, *rest = (term(arg) for arg in node.args)
    if node.value == "within":
        return f"{first} 在 {rest[0]} 以内"
    if node.value == "coalesce":
        return f"（{'，没有就取 '.join([first, *rest])}）"
    return f"{first} 里有 {'、'.join(rest)}" + (" 之一" if len(rest) > 1 else "")


def fallback(node: Node) -> bool | None:
    """What a condition `coalesce(x, true)` counts the unknown as; None for any other node."""
    if node.op != "call" or node.value != "coalesce" or node.kind.type is not Type.BOOL or len(node.args) != 2:
        return None
    return node.args[1].value if node.args[1].op == "lit" and isinstance(node.args[1].value, bool) else None


def _compared(node: Node) -> str:
    left, right = node.args
    if right.op == "lit" and right.kind.type is Type.BOOL:
        return f"{term(left)} 为“{term(right)}”" if node.op == "eq" else f"{term(left)} 不为“{term(right)}”"
    if left.kind.type is Type.CODE and node.op in ("eq", "ne"):
        return f"{term(left)} {'是' if node.op == 'eq' else '不是'} {term(right)}"
    return f"{term(left)} {SIGNS[node.op]} {term(right)}"


def _negated(node: Node) -> str:
    if node.op == "in":
        return f"{term(node.args[0])} 不属于 {'、'.join(term(option) for option in node.args[1:])}"
    if node.op == "isnull":
        return f"{term(node.args[0])} 已填写"
    if node.op == "like":
        return f"{term(node.args[0])} 不符合 “{node.value}”"
    if node.op == "item":
        return f"{term(node)} 为“否”"
    return f"不是“{chinese(node)}”"


def _inner(node: Node) -> str:
    return f"（{chinese(node)}）" if node.op in ("and", "or", "case") else chinese(node)
