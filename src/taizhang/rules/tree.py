"""Types and nodes of a checked rule. Every interpreter (SQL, Python, JavaScript) walks this one tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any


class Type(Enum):
    """What a value of the language can be; the stored value is the name used in the browser's JSON."""

    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    CODE = "code"
    CODES = "codes"
    MONTHS = "months"
    REGION = "region"
    NULL = "null"


CHINESE = {
    Type.BOOL: "是/否",
    Type.NUMBER: "数",
    Type.TEXT: "文字",
    Type.DATE: "日期",
    Type.CODE: "选项",
    Type.CODES: "多选",
    Type.MONTHS: "月份集合",
    Type.REGION: "区划",
    Type.NULL: "空值",
}


@dataclass(frozen=True, eq=False)
class Coding:
    """The code list behind a CODE or CODES value.

    Attributes:
        codes: canonical code -> canonical label; None when the list is open (any code is accepted as written).
        labels: a programme's own wording -> the codes it covers; looked at first.
    """

    codes: Mapping[str, str] | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def resolve(self, word: str) -> tuple[str, ...]:
        """Codes meant by a label or code, empty when it is neither."""
        if word in self.labels:
            return tuple(self.labels[word])
        if self.codes is None:
            return (word,)
        if word in self.codes:
            return (word,)
        return tuple(code for code, label in self.codes.items() if label == word)

    @cached_property
    def _wording(self) -> dict[str, str]:
        # A label covering several codes cannot name one of them.
        return {codes[0]: label for label, codes in reversed(list(self.labels.items())) if len(codes) == 1}

    def label(self, code: str) -> str:
        """The programme's wording for a code, else the canonical one, else the code itself."""
        return self._wording.get(code) or (self.codes or {}).get(code) or code

    def words(self) -> list[str]:
        """Every label a rule may write, the programme's first."""
        canonical = list((self.codes or {}).values())
        return list(dict.fromkeys([*self.labels, *canonical]))

    def comparable(self, other: Coding) -> bool:
        """Whether a code of one list means the same in the other: one list lies within the other."""
        if self is other or self.codes is None or other.codes is None:
            return True
        mine, theirs = set(self.codes.items()), set(other.codes.items())
        return mine <= theirs or theirs <= mine


@dataclass(frozen=True)
class Kind:
    """A type, with its code list where it has one."""

    type: Type
    coding: Coding | None = None

    def __str__(self) -> str:
        return CHINESE[self.type]


BOOL = Kind(Type.BOOL)
NUMBER = Kind(Type.NUMBER)
TEXT = Kind(Type.TEXT)
DATE = Kind(Type.DATE)
REGION = Kind(Type.REGION)
NULL = Kind(Type.NULL)


@dataclass(frozen=True, eq=False)
class Node:
    """One node of a checked rule.

    `op` is one of: lit, item, param, derived, and, or, not, eq, ne, lt, le, gt, ge, in, between, like, isnull,
    add, sub, mul, div, neg, case (condition, value, ..., else), call (`value` names the function), at (day, condition;
    `value` names the column it is read from, see earlier.py).
    `value` holds the literal (Decimal, date, str, bool, None), item id, parameter name, pattern or function name.
    """

    op: str
    kind: Kind
    args: tuple[Node, ...] = ()
    value: Any = None
    position: int = 0
    word: str = ""
    name: str = ""  # how people call it: the item's or parameter's Chinese name
    depth: int = field(init=False)
    cost: int = field(init=False)  # size of the SQL it becomes, in leaves

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max((arg.depth for arg in self.args), default=0))
        weight = WEIGHTS.get(str(self.value), 1) if self.op == "call" else 1
        object.__setattr__(self, "cost", 1 + weight * sum(arg.cost for arg in self.args))

    def walk(self, *, into_at: bool = True) -> Iterator[Node]:
        """This node and every node below it; those that `at(...)` asks of another day's row only if `into_at`."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            if into_at or node.op != "at":
                waiting.extend(reversed(node.args))


# How often a function's SQL repeats its argument.
WEIGHTS = {
    "scope": 12, "id_valid": 21, "id_birth": 25, "id_sex": 23, "age": 5, "months_between": 5, "city": 4, "tier": 7,
    "within": 5, "contains": 3, "months_within": 4, "province": 2, "county": 2, "town": 2, "village": 2,
}  # fmt: skip
