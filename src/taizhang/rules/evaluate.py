"""The rule on one row, in Python: for messages and for checking the engines against. Tables are evaluated in SQL.

Numbers are integers of millionths, so that every step rounds as the engines do. browser/rules.js mirrors this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from . import regions
from .bind import bound
from .errors import RuleError
from .sqlfunctions import ID_PATTERN, ID_WEIGHTS, TIER_PATTERNS
from .tree import Node, Type

UNIT = 10**6
LIMIT = 10**12 * UNIT
EXACT = Context(prec=80)


def evaluate(tree: Node, row: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    """The value: bool, Decimal, str, date, list, or None for null. Raises RuleError for parameters."""
    return outward(tree, value_of(tree, row, params))


def outward(node: Node, value: Any) -> Any:
    """A computed value in the types of the flat row."""
    if node.kind.type is Type.NUMBER and value is not None:
        return Decimal(value).scaleb(-6, EXACT)
    return value


def value_of(node: Node, row: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    """The value as it is computed with: numbers in millionths."""
    if node.op == "lit":
        return inward(node.value, node.kind.type)
    if node.op == "param":
        return inward(bound(node, params), node.kind.type)
    if node.op == "item":
        return inward(row.get(node.value), node.kind.type)
    if node.op == "at":
        if node.value not in row:
            raise RuleError(f"缺少 :{node.args[0].name} 那天的数据", node.word, node.position)
        return inward(row[node.value], Type.BOOL)
    if node.op == "case":
        return _case(node, row, params)
    args = [value_of(arg, row, params) for arg in node.args]
    if node.op == "call":
        return CALLS[node.value](*args)
    if node.op == "like":
        return None if args[0] is None else bool(like_pattern(node.value).fullmatch(args[0]))
    return OPS[node.op](*args)


def inward(value: Any, kind: Type) -> Any:
    """A value of the flat row (or of its JSON): empty text and lists, numbers out of range and wrong types are null."""
    if value is None:
        return None
    if kind is Type.NUMBER:
        return _number(value)
    if kind is Type.DATE:
        return _day(value)
    if kind is Type.BOOL:
        return value if isinstance(value, bool) else None
    if kind is Type.MONTHS:
        return [_day(v) for v in value] or None
    if kind is Type.CODES:
        return list(value) or None
    return value if isinstance(value, str) and value != "" else None


def _number(value: Any) -> int | None:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    if number is None or not number.is_finite() or abs(number) > 999999999999:
        return None
    return int((number * UNIT).to_integral_value(rounding=ROUND_HALF_UP, context=EXACT))


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) else None


def _case(node: Node, row: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    for when, then in zip(node.args[:-1:2], node.args[1::2], strict=True):
        if value_of(when, row, params) is True:
            return value_of(then, row, params)
    return value_of(node.args[-1], row, params)


def _and(*args: bool | None) -> bool | None:
    return False if False in args else None if None in args else True


def _or(*args: bool | None) -> bool | None:
    return True if True in args else None if None in args else False


def _in(value: Any, *options: Any) -> bool | None:
    return _or(*(strict(lambda a, b: bool(a == b))(value, option) for option in options))


def strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Null in, null out."""
    return lambda *args: None if any(arg is None for arg in args) else function(*args)


def limited(value: int) -> int | None:
    return value if -LIMIT < value < LIMIT else None


def divided(value: int, by: int) -> int:
    """The quotient of integers, rounded half away from zero."""
    quotient = (2 * abs(value) + abs(by)) // (2 * abs(by))
    return quotient if (value < 0) == (by < 0) else -quotient


def _round(value: int, places: int) -> int | None:
    step = 10 ** (6 - places // UNIT)
    return limited(divided(value, step) * step)


def like_pattern(pattern: str) -> re.Pattern[str]:
    pieces = {"%": ".*", "_": "."}
    return re.compile("".join(pieces.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def _elapsed(number: Callable[[date], int], unit: int) -> Callable[..., Any]:
    return strict(lambda since, until: (number(until) - number(since)) // unit * UNIT)


def id_valid(text: str) -> bool:
    if not re.fullmatch(ID_PATTERN, text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, ID_WEIGHTS, strict=False))
    return (total + (10 if text[17] == "X" else int(text[17]))) % 11 == 1


def id_birth(text: str) -> date | None:
    return date(int(text[6:10]), int(text[10:12]), int(text[12:14])) if id_valid(text) else None


def id_sex(text: str) -> str | None:
    return ("1" if int(text[16]) % 2 else "2") if id_valid(text) else None


def within(region: str, outer: str) -> bool | None:
    if region.startswith(outer):
        return True
    return None if outer.startswith(region) else False


def prefix(length: int) -> Callable[[str], str | None]:
    return lambda code: code[:length] if _home(code) and len(code) >= length else None


def city(code: str) -> str | None:
    if not _home(code) or len(code) < 4:
        return None
    if code[:4] in regions.COUNTIES_WITHOUT_CITY:
        return code[:6] if len(code) >= 6 else None
    return code[:2] + "01" if code[:2] in regions.MUNICIPALITIES else code[:4]


def scope(work: str | None, home: str | None) -> str | None:
    """Where somebody works, seen from home; None when the known digits do not decide."""
    if work is not None and _abroad(work):
        return None if home is not None and _abroad(home) else "境外"
    if work is None or home is None or _abroad(home) or not _home(work) or not _home(home):
        return None
    for length in (2, 4, 6, 9):
        if min(len(work), len(home)) < length:
            return None
        if length == 6 and work[:4] in regions.CITIES_WITHOUT_COUNTY:
            continue
        if work[:length] != home[:length]:
            return _difference(work, length)
    return "乡内"


def _difference(work: str, length: int) -> str:
    if length == 4 and work[:2] in regions.MUNICIPALITIES:
        return "市内县外"
    if length == 6 and work[:4] in regions.COUNTIES_WITHOUT_CITY:
        return "省内市外"
    return {2: "省外", 4: "省内市外", 6: "市内县外", 9: "县内乡外"}[length]


def _home(code: str) -> bool:
    return re.fullmatch(regions.HOME_PATTERN, code) is not None


def _abroad(code: str) -> bool:
    return re.fullmatch(regions.ABROAD_PATTERN, code) is not None


def tier(industry: str) -> int | None:
    for pattern, found in TIER_PATTERNS:
        if re.fullmatch(pattern, industry):
            return found * UNIT
    return None


def _contains(many: Sequence[Any] | None, *values: Any) -> bool | None:
    if many is None:
        return None
    if any(value is not None and value in many for value in values):
        return True
    return None if None in values else False


def _months_within(many: Sequence[date], low: date, high: date) -> int:
    return UNIT * sum(1 for month in many if month is not None and low <= month <= high)


def _known(function: Callable[..., Any]) -> Callable[..., Any]:
    """least and greatest pass nulls over."""

    def over(*args: Any) -> Any:
        known = [arg for arg in args if arg is not None]
        return function(known) if known else None

    return over


OPS: dict[str, Callable[..., Any]] = {
    "derived": lambda value: value,
    "and": _and,
    "or": _or,
    "not": strict(lambda value: not value),
    "eq": strict(lambda a, b: a == b),
    "ne": strict(lambda a, b: a != b),
    "lt": strict(lambda a, b: a < b),
    "le": strict(lambda a, b: a <= b),
    "gt": strict(lambda a, b: a > b),
    "ge": strict(lambda a, b: a >= b),
    "in": _in,
    "between": lambda value, low, high: _and(
        strict(lambda a, b: a >= b)(value, low), strict(lambda a, b: a <= b)(value, high)
    ),
    "isnull": lambda value: value is None,
    "add": strict(lambda a, b: limited(a + b)),
    "sub": strict(lambda a, b: limited(a - b)),
    "mul": strict(lambda a, b: limited(divided(a * b, UNIT))),
    "div": strict(lambda a, b: None if b == 0 else limited(divided(a * UNIT, b))),
    "neg": strict(lambda a: -a),
}
CALLS: dict[str, Callable[..., Any]] = {
    "age": _elapsed(lambda d: d.year * 10000 + d.month * 100 + d.day, 10000),
    "months_between": _elapsed(lambda d: d.year * 1200 + d.month * 100 + d.day, 100),
    "year": strict(lambda d: d.year * UNIT),
    "month_of": strict(lambda d: d.month * UNIT),
    "month_start": strict(lambda d: d.replace(day=1)),
    "id_valid": strict(id_valid),
    "id_birth": strict(id_birth),
    "id_sex": strict(id_sex),
    "within": strict(within),
    **{name: strict(prefix(length)) for name, length in regions.LENGTHS.items()},
    "city": strict(city),
    "scope": scope,
    "tier": strict(tier),
    "length": strict(lambda text: len(text) * UNIT),
    "coalesce": lambda *args: next((arg for arg in args if arg is not None), None),
    "abs": strict(abs),
    "round": strict(_round),
    "least": _known(min),
    "greatest": _known(max),
    "contains": _contains,
    "contains_any": _contains,
    "size": strict(lambda many: len(many) * UNIT),
    "months_within": strict(_months_within),
}
