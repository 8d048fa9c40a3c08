"""Makers of checked nodes: each checks the types of its parts and turns literals into what they are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from . import regions
from .errors import RuleError
from .tree import BOOL, CHINESE, NULL, NUMBER, TEXT, Coding, Kind, Node, Type
from .vocabulary import nearest

ORDERED = (Type.NUMBER, Type.DATE)
MAX_TREE_DEPTH = 80
MAX_COST = 30_000
LIMIT = Decimal(10) ** 12  # numbers lie below this, with PLACES decimals; beyond it a result is null
PLACES = 6
SWAPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
SIGNS = {"eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def make(op: str, kind: Kind, args: Sequence[Node], value: Any = None, at: Node | None = None, name: str = "") -> Node:
    """A node placed where `at` (or its first part) stands. Raises RuleError when the rule gets too deep or too long."""
    place = at or (args[0] if args else None)
    node = Node(op, kind, tuple(args), value, place.position if place else 0, place.word if place else "", name)
    if node.depth > MAX_TREE_DEPTH:
        raise RuleError(f"算式太长或嵌套太深，最多 {MAX_TREE_DEPTH} 层", node.word, node.position)
    if node.cost > MAX_COST:
        raise RuleError("规则展开后太长，请拆成几个数据项", node.word, node.position)
    return node


def fail(node: Node, reason: str, near: tuple[str, ...] = ()) -> RuleError:
    return RuleError(reason, node.word, node.position, near)


def check_number(value: Decimal) -> Decimal:
    """Raises ValueError for a number the language cannot hold exactly."""
    if not value.is_finite() or abs(value) >= LIMIT or value != round(value, PLACES):
        raise ValueError("数太大或小数太多：整数部分最多 12 位，小数最多 6 位")
    return value


def is_text(node: Node) -> bool:
    return node.op == "lit" and node.kind.type is Type.TEXT


def literal(node: Node, kind: Kind, value: Any) -> Node:
    return Node("lit", kind, (), value, node.position, node.word)


def codes_of(node: Node, coding: Coding) -> tuple[str, ...]:
    """Codes meant by a text literal. Raises RuleError naming the right labels."""
    codes = coding.resolve(node.value)
    if codes:
        return codes
    words = coding.words()
    listed = "、".join(words[:20]) + ("等" if len(words) > 20 else "")
    raise fail(node, f"没有这个选项；可选的有 {listed}", nearest(node.value, words))


def fit(node: Node, kind: Kind) -> Node:
    """`node` as a value of `kind`: text literals become codes, regions or yes/no, also inside case and coalesce.

    Raises RuleError when it cannot be.
    """
    have, want = node.kind.type, kind.type
    if have is want and want is not Type.CODE:
        return node
    if node.op == "case":
        parts = [fit(arg, kind) if _is_result(node, i) else arg for i, arg in enumerate(node.args)]
        return make("case", kind, parts, at=node)
    if node.op == "call" and node.value == "coalesce":
        return make("call", kind, [fit(arg, kind) for arg in node.args], "coalesce", node)
    # A missing `else` is null already when the whole case was taken for text; it has no label to look up.
    if have is Type.NULL or (node.op == "lit" and node.value is None):
        return Node("lit", kind, (), None, node.position, node.word)
    if want is Type.CODE and kind.coding is not None:
        return _fit_code(node, kind, kind.coding)
    if is_text(node) and want is Type.REGION:
        return literal(node, kind, _region(node))
    if is_text(node) and want is Type.BOOL and node.value in ("是", "否"):
        return literal(node, kind, node.value == "是")
    if node.op == "param" and have is Type.TEXT and want is Type.REGION:
        return Node("param", kind, (), node.value, node.position, node.word, node.name)
    raise fail(node, _mismatch(node, kind))


def _is_result(case: Node, index: int) -> bool:
    return index % 2 == 1 or index == len(case.args) - 1


def _fit_code(node: Node, kind: Kind, coding: Coding) -> Node:
    if is_text(node):
        codes = codes_of(node, coding)
        if len(codes) > 1:
            raise fail(node, f"“{node.value}”包含几个选项（{'、'.join(codes)}），这里只能是一个")
        return literal(node, kind, codes[0])
    if node.kind.type is Type.CODE:
        theirs = node.kind.coding or Coding()
        if theirs.comparable(coding):
            return node
        # A list of a few fixed words (scope) is translated word by word.
        if theirs is regions.SCOPE_CODING and all(len(coding.resolve(word)) == 1 for word in regions.SCOPES):
            return _translate(node, kind, [(literal(node, node.kind, w), coding.resolve(w)[0]) for w in regions.SCOPES])
        raise fail(node, "两边的选项不是同一个代码表")
    if node.op == "call" and node.value == "tier" and all(coding.resolve(tier) == (tier,) for tier in "123"):
        return _translate(node, kind, [(literal(node, NUMBER, Decimal(tier)), tier) for tier in "123"])
    raise fail(node, _mismatch(node, kind))


def _translate(node: Node, kind: Kind, pairs: list[tuple[Node, str]]) -> Node:
    args: list[Node] = []
    for word, code in pairs:
        args += [make("eq", BOOL, [node, word]), literal(node, kind, code)]
    return make("case", kind, [*args, literal(node, kind, None)], at=node)


def _region(node: Node) -> str:
    if not regions.CODE.fullmatch(node.value):
        raise fail(node, "区划要写代码：2、4、6、9 或 12 位数字，境外写国家或地区的字母代码")
    return regions.normalise(node.value)


def _mismatch(node: Node, kind: Kind) -> str:
    if kind.type is Type.DATE and is_text(node):
        return f"日期要写成 date '{node.value}'，月份写成 month('2020-10')"
    if kind.type is Type.NUMBER and is_text(node):
        return "这里要一个数，数不加引号"
    if kind.type is Type.BOOL and is_text(node):
        return "是/否的数据项只能与 '是' 或 '否' 比较"
    return f"这里要{CHINESE[kind.type]}，写的却是{node.kind}"


def unify(nodes: Sequence[Node]) -> list[Node]:
    """The same nodes with one type. Raises RuleError when they have none in common."""
    typed = [n for n in nodes if n.kind.type is not Type.NULL]
    if not typed:
        raise fail(nodes[0], "这里全是空值，至少要有一个值")
    firm = [n for n in typed if not is_text(n)] or typed
    # A text expression gives way to what it can become (a region), never the other way round.
    kind = next((n.kind for n in firm if n.kind.type is not Type.TEXT), firm[0].kind)
    return [fit(n, kind) for n in nodes]


def condition(node: Node) -> Node:
    """`node` as a condition. Raises RuleError when it is not yes or no."""
    if node.kind.type is Type.NULL:
        raise fail(node, "空值不能当条件")
    if node.kind.type is not Type.BOOL:
        raise fail(node, f"这里要一个条件，写的却是{node.kind}")
    return node


def comparison(op: str, left: Node, right: Node) -> Node:
    """left op right. Raises RuleError: types that do not compare, labels that do not exist, null literals."""
    if is_text(left) and not is_text(right):
        left, right, op = right, left, SWAPPED[op]
    for side in (left, right):
        _no_null(side)
        if side.kind.type in (Type.CODES, Type.MONTHS):
            raise fail(side, f"{side.name or side.word}有多个值，请用 contains(…)、contains_any(…) 或 size(…)")
    kind = left.kind
    if kind.type is Type.CODE and kind.coding and is_text(right) and op in ("eq", "ne"):
        codes = [literal(right, kind, code) for code in codes_of(right, kind.coding)]
        if len(codes) > 1:
            inside = make("in", BOOL, [left, *codes])
            return inside if op == "eq" else make("not", BOOL, [inside])
    pair = _pair(left, right)
    if op not in ("eq", "ne") and pair[0].kind.type not in ORDERED:
        raise fail(left, f"{pair[0].kind}不能比大小，只有数和日期可以")
    return make(op, BOOL, pair)


def _pair(left: Node, right: Node) -> list[Node]:
    if left.kind.type is Type.CODE and right.kind.type is Type.CODE:
        if not (left.kind.coding or Coding()).comparable(right.kind.coding or Coding()):
            raise fail(right, "两边的选项不是同一个代码表")
        return [left, right]
    if {left.kind.type, right.kind.type} <= {Type.TEXT, Type.REGION} and left.kind != right.kind:
        return unify([left, right])
    return [left, fit(right, left.kind)]


def membership(left: Node, options: Sequence[Node]) -> Node:
    """left in (options): labels are replaced by all codes they cover."""
    _no_null(left)
    if left.kind.type in (Type.CODES, Type.MONTHS):
        raise fail(left, f"{left.name or left.word}有多个值，请用 contains_any(…)")
    if is_text(left):
        raise fail(left, "in 的左边要写数据项")
    found: list[Node] = []
    for option in options:
        _no_null(option)
        if left.kind.type is Type.CODE and left.kind.coding and is_text(option):
            found += [literal(option, left.kind, code) for code in codes_of(option, left.kind.coding)]
        else:
            found.append(fit(option, left.kind))
    return make("in", BOOL, [left, *found])


def between(value: Node, low: Node, high: Node) -> Node:
    for node in (value, low, high):
        _no_null(node)
    if value.kind.type not in ORDERED:
        raise fail(value, f"between 只用于数和日期，这里是{value.kind}")
    return make("between", BOOL, [value, fit(low, value.kind), fit(high, value.kind)])


def like(value: Node, pattern: Node) -> Node:
    if value.kind.type is not Type.TEXT or is_text(value):
        hint = "；区划请用 within(…)" if value.kind.type is Type.REGION else ""
        raise fail(value, f"like 的左边要文字数据项，这里是{value.kind}{hint}")
    if not is_text(pattern):
        raise fail(pattern, "like 后面要写带 % 或 _ 的文字，如 '永久%'")
    if "\\" in pattern.value:
        raise fail(pattern, "like 的文字里不能有反斜杠")
    return make("like", BOOL, [value], pattern.value)


def arithmetic(op: str, left: Node, right: Node) -> Node:
    for side in (left, right):
        _no_null(side)
        if side.kind.type is Type.DATE:
            raise fail(side, "日期不能加减乘除；相隔几个月用 months_between(…)，周岁用 age(…)")
        fit(side, NUMBER)
    return make(op, NUMBER, [left, right])


def negative(node: Node) -> Node:
    if node.op == "lit" and node.kind == NUMBER:
        return literal(node, NUMBER, -node.value)
    _no_null(node)
    return make("neg", NUMBER, [fit(node, NUMBER)])


def choice(pairs: Sequence[tuple[Node, Node]], otherwise: Node | None) -> Node:
    """case when ... then ... else ... end; without else it is null."""
    last = otherwise or Node("lit", NULL, (), None, pairs[0][0].position, "case")
    results = unify([*(value for _, value in pairs), last])
    args: list[Node] = []
    for (when, _), value in zip(pairs, results, strict=False):
        args += [condition(when), value]
    return make("case", results[0].kind, [*args, results[-1]])


def _no_null(node: Node) -> None:
    if node.kind.type is Type.NULL:
        raise fail(node, "与空值比较请写 is null 或 is not null")


def date_literal(node: Node, text: str) -> Node:
    """A literal day, `2020-10-01`. Raises RuleError when there is no such day."""
    try:
        if len(text) != 10 or not text.isascii():
            raise ValueError(text)
        return literal(node, Kind(Type.DATE), date.fromisoformat(text))
    except ValueError:
        raise fail(node, "没有这一天；日期写成 date '2020-10-01'") from None


def text_literal(node: Node, text: str) -> Node:
    return literal(node, TEXT, text)
