"""为什么算/不算: the fewest leaves of a rule that fix what it makes of a row, opened down to stored items.

`explain` names every part that agrees with the result, and stops at derived items; a clerk who asks why a person is
not counted wants the one thing that keeps them out. Leaves are taken as independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .earlier import Rows, filled, parts
from .evaluate import outward
from .explain import INCALCULABLE, _Teller
from .reading import SIGNS, chinese, fallback, term
from .tree import Node, Type

Goal = frozenset[bool | None]
Under = tuple[tuple[str, bool | None], ...]
Found = list[tuple[Node, Under]]
TRUE, FALSE = Goal((True,)), Goal((False,))
NOT_TRUE, NOT_FALSE = Goal((False, None)), Goal((True, None))
CONTRARY = {"eq": "ne", "ne": "eq", "lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
FLIPPED = {True: False, False: True, None: None}


@dataclass(frozen=True)
class Leaf:
    """A comparison that decides. `under`: the derived items it stands in, outermost first; `items`: what it reads."""

    text: str
    value: bool | None
    items: tuple[str, ...]
    under: Under = ()


@dataclass(frozen=True)
class Decision:
    """What a rule makes of a row, and the leaves that fix it."""

    value: bool | None
    leaves: tuple[Leaf, ...]

    @property
    def text(self) -> str:
        """转移就业 否（主要收入来源 务农收入，不属于 务工收入、经营收入）; derived items by their names."""
        groups: dict[Under, list[str]] = {}
        for leaf in self.leaves:
            groups.setdefault(leaf.under[:1], []).append(leaf.text)
        return "；".join(_headed(under, texts) for under, texts in groups.items())


@dataclass(frozen=True)
class Line:
    """A node of the rule with its truth on this row, for the page that shows the whole rule."""

    depth: int
    text: str
    value: bool | None
    decides: bool


def decide(
    tree: Node,
    row: Mapping[str, Any],
    params: Mapping[str, Any],
    places: Mapping[str, str] | None = None,
    earlier: Rows | None = None,
) -> Decision:
    """The deciding leaves of a yes/no rule.

    Where the rule cannot tell (null), nobody is counted: the leaves are then those that keep it from being true.

    Args:
        places: region code -> name; a code without one is shown as it is.
        earlier: as-of day -> the person's row of that day, for `at(...)`; None for somebody not in it.
    Raises RuleError for parameters.
    """
    judge = _Judge(filled(tree, row, params, earlier), params, places or {}, earlier or {})
    value = judge.value(tree)
    found = judge.fixing(tree, _goal(value))
    told = [leaf for leaf in _unlike(found) if not judge.implied(leaf[0], found)]
    return Decision(value, tuple(judge.told_leaf(node, under) for node, under in told))


def branches(
    tree: Node,
    row: Mapping[str, Any],
    params: Mapping[str, Any],
    places: Mapping[str, str] | None = None,
    earlier: Rows | None = None,
) -> list[Line]:
    """The whole rule from the top, node by node, each with its truth and whether it decides."""
    judge = _Judge(filled(tree, row, params, earlier), params, places or {}, earlier or {})
    deciding = {id(node) for node, _ in judge.fixing(tree, _goal(judge.value(tree)))}
    return list(judge.lines(tree, 0, deciding))


class _Judge(_Teller):
    def __init__(
        self, row: Mapping[str, Any], params: Mapping[str, Any], places: Mapping[str, str], earlier: Rows
    ) -> None:
        super().__init__(row, params)
        self.places = places
        self.earlier = earlier
        self.under: Under = ()

    def fixing(self, node: Node, goal: Goal) -> Found:
        """The fewest leaves that keep the node's value inside `goal`, in which it lies."""
        if node.op == "lit":
            return []
        if node.op == "derived" and node.kind.type is Type.BOOL:
            outer, self.under = self.under, (*self.under, (node.name, self.value(node)))
            found = self.fixing(node.args[0], goal)
            self.under = outer
            return found
        if node.op == "not":
            return self.fixing(node.args[0], Goal(FLIPPED[value] for value in goal))
        if node.op in ("and", "or"):
            return self.connected(node, goal)
        if _is_yes_or_no(node):
            same = (node.op == "eq") == bool(node.args[1].value)
            return self.fixing(node.args[0], goal if same else Goal(FLIPPED[value] for value in goal))
        if node.op == "call" and node.value == "coalesce" and node.kind.type is Type.BOOL:
            return self.first_known(node, goal)
        if node.op == "case" and node.kind.type is Type.BOOL:
            return self.taken(node, goal)
        return [(node, self.under)]

    def connected(self, node: Node, goal: Goal) -> Found:
        """One argument suffices to make an `and` false (or not true), an `or` true; else all are needed."""
        one = goal <= (NOT_TRUE if node.op == "and" else NOT_FALSE)
        if not one:
            return [leaf for arg in node.args for leaf in self.fixing(arg, goal)]
        return _fewest([self.fixing(arg, goal) for arg in node.args if self.value(arg) in goal])

    def first_known(self, node: Node, goal: Goal) -> Found:
        """The first argument that is known gives the value: those before it may be null as well as right."""
        values = [self.value(arg) for arg in node.args]
        before, known = goal | {None}, goal - {None}
        ways = []
        for last, value in enumerate(values):
            if value in known:
                ways.append([*((arg, before) for arg in node.args[:last]), (node.args[last], known)])
            if value not in before:
                break
        else:
            if None in goal:
                ways.append([(arg, goal) for arg in node.args])
        return _fewest([[leaf for arg, wanted in way for leaf in self.fixing(arg, wanted)] for way in ways])

    def taken(self, node: Node, goal: Goal) -> Found:
        """The branch that was taken, and why none before it was."""
        found: Found = []
        for when, then in zip(node.args[:-1:2], node.args[1::2], strict=True):
            if self.value(when) is True:
                return [*found, *self.fixing(when, TRUE), *self.fixing(then, goal)]
            found += self.fixing(when, NOT_TRUE)
        return [*found, *self.fixing(node.args[-1], goal)]

    def implied(self, node: Node, found: Found) -> bool:
        """`养老待遇 已填写` goes without saying beside `养老待遇 城乡居民养老待遇，不属于 未享受、待核`."""
        if node.op != "isnull" or node.args[0].op != "item" or self.value(node):
            return False
        known = (other for other, _ in found if other.op in (*SIGNS, "in", "between", "like"))
        return any(part.value == node.args[0].value for other in known for part in other.args[:1])

    # -- words ---------------------------------------------------------------------------------------------------

    def told_leaf(self, node: Node, under: Under) -> Leaf:
        items = tuple(dict.fromkeys(part.value for part in node.walk() if part.op in ("item", "derived")))
        return Leaf(self.leaf(node), self.value(node), items, under)

    def leaf(self, node: Node) -> str:
        """What is the case; where it cannot be told, what is missing."""
        if node.op == "at":
            return self.then(node)
        value = self.value(node)
        if value is None:
            return f"{self.missing(node)}，判断不了“{chinese(node)}”"
        if node.op in SIGNS:
            return self.compared(node, value)
        told = [self.told(arg) for arg in node.args]
        if node.op == "in":
            return f"{told[0]}，{'属于' if value else '不属于'} {'、'.join(told[1:])}"
        if node.op == "between":
            return f"{told[0]}，{'在' if value else '不在'} {told[1]} 至 {told[2]} 之间"
        if node.op == "like":
            return f"{told[0]}，{'符合' if value else '不符合'} “{node.value}”"
        return super().leaf(node)

    def then(self, node: Node) -> str:
        """年初（2017-01-01）转移就业 否（主要收入来源 务农，不属于 …）; the other day's row opened as this one is."""
        part = parts([node])[node.value]
        day = f"{part.day}（{part.on(self.params).isoformat()}）"
        if part.day not in self.earlier:
            return self.told(node)
        row = self.earlier[part.day]
        if row is None:
            return f"{day}不在台账"
        return f"{day}{decide(part.rule.tree, row, part.params(self.params), self.places).text}"

    def compared(self, node: Node, value: bool) -> str:
        left, right = node.args
        sign = node.op if value else CONTRARY[node.op]
        if left.kind.type is Type.CODE and right.op == "lit":
            return self.told(left) if sign == "eq" else f"{self.told(left)}，不是 {self.told(right)}"
        return f"{self.told(left)} {SIGNS[sign]} {self.told(right)}"

    def missing(self, node: Node) -> str:
        blank = [part for part in node.walk(into_at=False) if part.op in ("item", "param") and self.value(part) is None]
        names = "、".join(dict.fromkeys(term(part) for part in blank))
        if names:
            return f"{names} 未填写"
        told = dict.fromkeys(self.told(arg) for arg in node.args if self.value(arg) is None)
        return "；".join(told) or INCALCULABLE

    def shown(self, node: Node) -> str:
        if node.kind.type is Type.REGION:
            code = outward(node, self.value(node))
            if code in self.places:
                return self.places[code]
        return super().shown(node)

    def lines(self, node: Node, depth: int, deciding: set[int]) -> Iterator[Line]:
        value = self.value(node)
        if node.op in ("and", "or"):
            head = "下面各条都满足" if node.op == "and" else "下面有一条满足"
            yield Line(depth, head, value, False)
        elif node.op == "derived" and node.kind.type is Type.BOOL:
            yield Line(depth, node.name, value, False)
        elif node.op == "not" and (node.args[0].op in ("and", "or") or _opens(node.args[0])):
            yield Line(depth, "下面这条不满足", value, False)
        elif node.op == "not":
            yield Line(depth, self.leaf(node.args[0]), value, id(node.args[0]) in deciding)
            return
        elif fallback(node) is not None:
            yield Line(depth, "下面这条满足" + ("（不明的也算）" if fallback(node) else "（不明的不算）"), value, False)
            yield from self.lines(node.args[0], depth + 1, deciding)
            return
        else:
            yield from self.plain(node, depth, deciding)
            return
        for arg in node.args:
            yield from self.lines(arg, depth + 1, deciding)

    def plain(self, node: Node, depth: int, deciding: set[int]) -> Iterator[Line]:
        """A leaf; of a choice or a first known value, all that it is made of."""
        inner = node.args[0] if _is_yes_or_no(node) else node
        if inner is not node and _opens(inner):
            yield Line(depth, chinese(node), self.value(node), False)
            yield from self.lines(inner, depth + 1, deciding)
        elif node.kind.type is Type.BOOL and (node.op == "case" or node.value == "coalesce") and node.op != "lit":
            yield Line(depth, chinese(node), self.value(node), False)
            for arg in node.args:
                if arg.op != "lit":
                    yield from self.lines(arg, depth + 1, deciding)
        else:
            yield Line(depth, self.leaf(node), self.value(node), id(inner) in deciding)


def _goal(value: bool | None) -> Goal:
    return TRUE if value else FALSE if value is False else NOT_TRUE


def _is_yes_or_no(node: Node) -> bool:
    """`x = '是'` over a yes/no part."""
    return (
        node.op in ("eq", "ne")
        and node.args[1].op == "lit"
        and node.args[0].kind.type is Type.BOOL
        and isinstance(node.args[1].value, bool)
    )


def _opens(node: Node) -> bool:
    """Whether a condition has conditions below it."""
    return node.kind.type is Type.BOOL and (
        node.op in ("and", "or", "not", "derived", "case") or (node.op == "call" and node.value == "coalesce")
    )


def _unlike(found: Found) -> Found:
    """Each leaf once. One that stands in two derived items is told under the first."""
    once: dict[str, tuple[Node, Under]] = {}
    for node, under in found:
        once.setdefault(chinese(node), (node, under))
    return list(once.values())


def _fewest(ways: Sequence[Found]) -> Found:
    """The shortest; of several the first written."""
    return min(ways, key=lambda way: len(_unlike(way)))


def _headed(under: Under, texts: list[str]) -> str:
    listed = "；".join(texts)
    if not under:
        return listed
    name, value = under[0]
    return f"{name} {INCALCULABLE if value is None else '是' if value else '否'}（{listed}）"
