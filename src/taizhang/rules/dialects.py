"""A checked tree as an SQL expression. One writer; what differs between engines stands in `Dialect`.

After compiling nothing can fail on a row: every number lies in decimal(18, 6) or is null, no cast meets a value it
cannot take, dates are only taken apart between the years 1 and 9999. Literals and parameters are always bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import sqlfunctions
from .bind import bound
from .sql import Sql, fill, join
from .tree import Node, Type


@dataclass(frozen=True)
class Dialect:
    """What an engine calls things.

    `mark` is the placeholder; `times`, `divide` multiply and divide {a} and {b} exactly; `has_any` asks a list {x} for
    one of {values}; `count_months` counts the members of {x} from {a} to {b}; `matches` is a whole-text regex test.
    """

    name: str
    mark: str
    types: Mapping[Type, str]
    wide: str
    times: str
    divide: str
    size: str
    has_any: str
    count_months: str
    matches: str


NUMERIC = "decimal(18, 6)"
DUCKDB = Dialect(
    name="duckdb",
    mark="?",
    types={
        Type.BOOL: "boolean", Type.NUMBER: NUMERIC, Type.TEXT: "varchar", Type.DATE: "date", Type.CODE: "varchar",
        Type.CODES: "varchar[]", Type.MONTHS: "date[]", Type.REGION: "varchar",
    },
    wide="decimal(38, 6)",
    times="cast({a} as decimal(38, 6)) * {b}",
    # Decimal `/` would go through double. Seven places cut, then rounded to six: the same as rounding the exact value.
    divide="cast(cast(cast({a} as decimal(38, 6)) * 10000000000000 as hugeint)"
    " // nullif(cast(cast({b} as decimal(38, 6)) * 1000000 as hugeint), 0) as decimal(38, 0))"
    " * cast(0.0000001 as decimal(8, 7))",
    size="len({x})",
    has_any="list_has_any({x}, [{values}])",
    count_months="len(list_filter({x}, lambda _month: _month between {a} and {b}))",
    matches="regexp_full_match({x}, '{pattern}')",
)  # fmt: skip
POSTGRES = Dialect(
    name="postgres",
    mark="%s",
    types={
        Type.BOOL: "boolean", Type.NUMBER: "numeric(18, 6)", Type.TEXT: "text", Type.DATE: "date", Type.CODE: "text",
        Type.CODES: "text[]", Type.MONTHS: "date[]", Type.REGION: "text",
    },
    wide="numeric",
    times="{a} * {b}",
    divide="div({a} * 10000000, nullif({b}, 0)) * 0.0000001",
    size="cardinality({x})",
    has_any="({x} && array[{values}])",
    count_months="(select count(*) from unnest({x}) as _months(_month) where _month between {a} and {b})",
    matches="({x} ~ '^({pattern})$')",
)  # fmt: skip
SPARK = Dialect(
    name="spark",
    mark="?",
    types={
        Type.BOOL: "boolean", Type.NUMBER: NUMERIC, Type.TEXT: "string", Type.DATE: "date", Type.CODE: "string",
        Type.CODES: "array<string>", Type.MONTHS: "array<date>", Type.REGION: "string",
    },
    wide="decimal(38, 6)",
    times="{a} * {b}",
    divide="{a} / nullif({b}, 0)",  # decimal in Spark, with at least 20 places
    size="size({x})",
    has_any="coalesce(arrays_overlap({x}, array({values})), case when {x} is not null then false end)",
    count_months="size(filter({x}, _month -> _month between {a} and {b}))",
    matches="({x} rlike '^({pattern})$' and not contains({x}, chr(10)) and not contains({x}, chr(13)))",
)  # fmt: skip

LIMITED = (
    "cast(nullif(nullif(least(greatest({x}, -1000000000000), 1000000000000), 1000000000000), -1000000000000) as {type})"
)
SIGNS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "and", "or": "or"}


def compile_tree(tree: Node, dialect: Dialect, params: Mapping[str, Any], column: Callable[[str], str]) -> Sql:
    """SQL for a tree. `column` maps an item id to a column expression. Raises RuleError for unusable parameters."""
    return Writer(dialect, params, column).write(tree)


class Writer:
    """Walks a tree once, bottom up."""

    def __init__(self, dialect: Dialect, params: Mapping[str, Any], column: Callable[[str], str]) -> None:
        self.dialect = dialect
        self.params = params
        self.column = column

    def write(self, node: Node) -> Sql:
        if node.op == "lit":
            return self.literal(node.value, node.kind.type)
        if node.op == "param":
            return self.literal(bound(node, self.params), node.kind.type)
        if node.op == "item":
            return self.item(node)
        if node.op == "at":
            return Sql(self.column(node.value))
        args = [self.argument(node, arg) for arg in node.args]
        if node.op in SIGNS:
            return fill("({all})", all=join(f" {SIGNS[node.op]} ", args))
        return OPS[node.op](self, node, args)

    def literal(self, value: Any, kind: Type) -> Sql:
        if value is None:
            return Sql(f"cast(null as {self.dialect.types[kind]})")
        return Sql(f"cast({self.dialect.mark} as {self.dialect.types[kind]})", (value,))

    def argument(self, node: Node, arg: Node) -> Sql:
        """A part of `node`; where its function finds no code in empty text anyway, the column as it stands."""
        bare = node.op == "call" and node.value in sqlfunctions.BLIND_TO_EMPTY and arg.op == "item"
        return Sql(self.column(arg.value)) if bare else self.write(arg)

    def item(self, node: Node) -> Sql:
        """A column; empty text, an empty list and a number out of range are null."""
        name, kind = self.column(node.value), node.kind.type
        if kind is Type.NUMBER:
            within = f"{name} between -999999999999 and 999999999999"
            return Sql(f"case when {within} then cast({name} as {self.dialect.types[kind]}) end")
        if kind in (Type.TEXT, Type.CODE, Type.REGION):
            return Sql(f"nullif({name}, '')")
        if kind in (Type.CODES, Type.MONTHS):
            return Sql(f"case when {self.dialect.size.replace('{x}', name)} > 0 then {name} end")
        return Sql(name)

    def number(self, inner: Sql) -> Sql:
        """A whole number from the engine as a number of the language."""
        return fill("cast({x} as {type})", x=inner, type=self.dialect.types[Type.NUMBER])

    def limited(self, template: str, places: int = 6, **parts: Sql) -> Sql:
        """A computed number, rounded half away from zero; null when it leaves the range."""
        inner = fill("round({x}, {places})", x=fill(template, **parts), places=str(places))
        return fill(LIMITED, x=inner, type=self.dialect.types[Type.NUMBER])


def _sum(sign: str) -> Callable[[Writer, Node, list[Sql]], Sql]:
    def write(writer: Writer, node: Node, args: list[Sql]) -> Sql:
        return writer.limited(f"cast({{a}} as {writer.dialect.wide}) {sign} {{b}}", a=args[0], b=args[1])

    return write


def _case(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    branches = [fill("when {c} then {v}", c=c, v=v) for c, v in zip(args[:-1:2], args[1::2], strict=True)]
    return fill("case {branches} else {last} end", branches=join(" ", branches), last=args[-1])


def _in(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    return fill("({x} in ({options}))", x=args[0], options=join(", ", args[1:]))


def _like(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    return fill("({x} like {p})", x=args[0], p=writer.literal(node.value, Type.TEXT))


def _call(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    return sqlfunctions.FUNCTIONS[node.value](writer, node, args)


OPS: dict[str, Callable[[Writer, Node, list[Sql]], Sql]] = {
    "derived": lambda writer, node, args: args[0],
    "not": lambda writer, node, args: fill("(not {x})", x=args[0]),
    "isnull": lambda writer, node, args: fill("({x} is null)", x=args[0]),
    "between": lambda writer, node, args: fill("({x} between {a} and {b})", x=args[0], a=args[1], b=args[2]),
    "neg": lambda writer, node, args: fill("(-({x}))", x=args[0]),
    "add": _sum("+"),
    "sub": _sum("-"),
    "mul": lambda writer, node, args: writer.limited(writer.dialect.times, a=args[0], b=args[1]),
    "div": lambda writer, node, args: writer.limited(writer.dialect.divide, a=args[0], b=args[1]),
    "case": _case,
    "in": _in,
    "like": _like,
    "call": _call,
}
