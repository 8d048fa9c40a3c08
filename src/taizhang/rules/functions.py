"""The functions of the language: how many arguments of which type each takes, and what it gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from . import regions
from .build import codes_of as _codes_of
from .build import condition, date_literal, fail, fit, is_text, literal, make, unify
from .errors import RuleError
from .tree import BOOL, DATE, NUMBER, REGION, TEXT, Coding, Kind, Node, Type
from .vocabulary import AS_OF, PERSON, nearest

SCOPE = Kind(Type.CODE, regions.SCOPE_CODING)
SEX = Kind(Type.CODE, regions.SEX_CODING)


@dataclass(frozen=True)
class Function:
    """`build` gets the call's place and arguments; `least`..`most` bound their number; `usage` is shown in errors."""

    usage: str
    least: int
    most: int
    build: Callable[[Node, str, Sequence[Node]], Node]
    chinese: str


def call(name: str, place: Node, args: Sequence[Node]) -> Node:
    """A checked function call. Raises RuleError: unknown function, wrong number or type of arguments."""
    function = FUNCTIONS.get(name)
    if function is None:
        listed = "、".join(FUNCTIONS)
        raise fail(place, f"没有这个函数；可用的有 {listed}", nearest(name, FUNCTIONS))
    if not function.least <= len(args) <= function.most:
        raise fail(place, f"参数个数不对，应写成 {function.usage}")
    for arg in args:
        if arg.kind.type is Type.NULL and name != "coalesce":
            raise fail(arg, f"空值不能作 {name} 的参数")
    return function.build(place, name, args)


def _at(place: Node, name: str, args: Sequence[Node]) -> Node:
    """The condition is asked of the person's row of that day, whatever row the rule itself is about."""
    from .reading import chinese
    from .wire import fingerprint

    day, asked = args
    if day.op != "param" or day.name not in AS_OF:
        raise fail(day, f"at 的第一个参数要写 {'、'.join(f':{one}' for one in AS_OF)} 中的一个")
    found = condition(asked)
    if any(part.op == "at" for part in found.walk()):
        raise fail(place, "at(…) 里面不能再写 at(…)")
    items = {part.value for part in found.walk() if part.op == "item"}
    found = renamed(found, {item: item.removeprefix(PERSON) for item in items})
    column = f"at__{fingerprint(day, found)}"
    told = chinese(found) if found.op in ("item", "derived") else f"（{chinese(found)}）"
    return make("at", BOOL, [day, found], column, place, f"{day.name}时{told}")


def renamed(node: Node, names: Mapping[str, str]) -> Node:
    """The same tree reading other items; what `at(...)` asks of another row stays."""
    if node.op == "item":
        return replace(node, value=names.get(node.value, node.value))
    if node.op == "at" or not node.args:
        return node
    return replace(node, args=tuple(renamed(arg, names) for arg in node.args))


def _fixed(kinds: Sequence[Kind], result: Kind) -> Callable[[Node, str, Sequence[Node]], Node]:
    def build(place: Node, name: str, args: Sequence[Node]) -> Node:
        fitted = [fit(arg, kind) for arg, kind in zip(args, kinds, strict=False)]
        return make("call", result, fitted, name, place)

    return build


def _month(place: Node, name: str, args: Sequence[Node]) -> Node:
    (arg,) = args
    if not is_text(arg) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}", arg.value):
        raise fail(arg, "月份写成 month('2020-10')")
    try:
        return date_literal(replace_word(place, arg), f"{arg.value}-01")
    except RuleError:
        raise fail(arg, "没有这个月；月份写成 month('2020-10')") from None


def replace_word(place: Node, arg: Node) -> Node:
    return Node("lit", TEXT, (), None, place.position, f"{place.word}({arg.word})")


def _contains(place: Node, name: str, args: Sequence[Node]) -> Node:
    """Values become code literals (or one expression of the same list); months are taken at the first of the month."""
    many, *values = args
    if many.kind.type is Type.MONTHS:
        return make("call", BOOL, [many, *(_month_of(fit(v, DATE)) for v in values)], name, place)
    if many.kind.type is not Type.CODES:
        raise fail(many, f"{name} 的第一个参数要有多个值（多选或月份集合），这里是{many.kind}")
    coding = many.kind.coding or Coding()
    found: list[Node] = []
    for value in values:
        if is_text(value):
            found += [literal(value, Kind(Type.CODE, coding), code) for code in _codes_of(value, coding)]
        else:
            found.append(fit(value, Kind(Type.CODE, coding)))
    return make("call", BOOL, [many, *found], name, place)


def _month_of(node: Node) -> Node:
    if node.op == "lit" and isinstance(node.value, date):
        return replace(node, value=node.value.replace(day=1))
    return make("call", DATE, [node], "month_start", node)


def _months_within(place: Node, name: str, args: Sequence[Node]) -> Node:
    many, low, high = args
    if many.kind.type is not Type.MONTHS:
        raise fail(many, f"months_within 的第一个参数要是月份集合，这里是{many.kind}")
    return make("call", NUMBER, [many, _month_of(fit(low, DATE)), _month_of(fit(high, DATE))], name, place)


def _size(place: Node, name: str, args: Sequence[Node]) -> Node:
    if args[0].kind.type not in (Type.CODES, Type.MONTHS):
        raise fail(args[0], f"size 的参数要有多个值（多选或月份集合），这里是{args[0].kind}")
    return make("call", NUMBER, args, name, place)


def _within(place: Node, name: str, args: Sequence[Node]) -> Node:
    inner, outer = (fit(arg, REGION) for arg in args)
    if outer.op == "lit":
        outer = replace(outer, value=regions.containing(outer.value))
    return make("call", BOOL, [inner, outer], name, place)


def _tier(place: Node, name: str, args: Sequence[Node]) -> Node:
    if args[0].kind.type not in (Type.CODE, Type.TEXT) or is_text(args[0]):
        raise fail(args[0], f"tier 的参数要是行业数据项，这里是{args[0].kind}")
    return make("call", NUMBER, args, name, place)


def _round(place: Node, name: str, args: Sequence[Node]) -> Node:
    places = args[1].value if len(args) == 2 and args[1].op == "lit" and args[1].kind == NUMBER else 0
    if len(args) == 2 and (args[1].op != "lit" or args[1].kind != NUMBER or places not in range(7)):
        raise fail(args[1], "小数位数要写 0 到 6 的整数")
    return make("call", NUMBER, [fit(args[0], NUMBER), literal(place, NUMBER, places)], name, place)


def _coalesce(place: Node, name: str, args: Sequence[Node]) -> Node:
    parts = unify(args)
    if parts[0].kind.type in (Type.CODES, Type.MONTHS):
        raise fail(parts[0], "coalesce 不用于有多个值的数据项")
    return make("call", parts[0].kind, parts, name, place)


def _extreme(place: Node, name: str, args: Sequence[Node]) -> Node:
    parts = unify(args)
    if parts[0].kind.type not in (Type.NUMBER, Type.DATE):
        raise fail(parts[0], f"{name} 只用于数和日期，这里是{parts[0].kind}")
    return make("call", parts[0].kind, parts, name, place)


MANY = 100
FUNCTIONS: dict[str, Function] = {
    "age": Function("age(出生日期, :基准日)", 2, 2, _fixed([DATE, DATE], NUMBER), "周岁"),
    "months_between": Function("months_between(起, 止)", 2, 2, _fixed([DATE, DATE], NUMBER), "相隔月数"),
    "year": Function("year(日期)", 1, 1, _fixed([DATE], NUMBER), "年份"),
    "month_of": Function("month_of(日期)", 1, 1, _fixed([DATE], NUMBER), "月份"),
    "month": Function("month('2020-10')", 1, 1, _month, "月份"),
    "id_valid": Function("id_valid(身份证号)", 1, 1, _fixed([TEXT], BOOL), "身份证号有效"),
    "id_birth": Function("id_birth(身份证号)", 1, 1, _fixed([TEXT], DATE), "身份证号中的出生日期"),
    "id_sex": Function("id_sex(身份证号)", 1, 1, _fixed([TEXT], SEX), "身份证号中的性别"),
    "within": Function("within(区划, '5323')", 2, 2, _within, "属于"),
    "province": Function("province(区划)", 1, 1, _fixed([REGION], REGION), "省"),
    "city": Function("city(区划)", 1, 1, _fixed([REGION], REGION), "市"),
    "county": Function("county(区划)", 1, 1, _fixed([REGION], REGION), "县"),
    "town": Function("town(区划)", 1, 1, _fixed([REGION], REGION), "乡"),
    "village": Function("village(区划)", 1, 1, _fixed([REGION], REGION), "村"),
    "scope": Function("scope(务工地点, 户籍地)", 2, 2, _fixed([REGION, REGION], SCOPE), "就业区域"),
    "tier": Function("tier(所属行业)", 1, 1, _tier, "产业"),
    "length": Function("length(文字)", 1, 1, _fixed([TEXT], NUMBER), "字数"),
    "coalesce": Function("coalesce(值, 空时的值)", 2, MANY, _coalesce, "首个非空"),
    "abs": Function("abs(数)", 1, 1, _fixed([NUMBER], NUMBER), "绝对值"),
    "round": Function("round(数, 小数位数)", 1, 2, _round, "四舍五入"),
    "least": Function("least(数, 数)", 2, MANY, _extreme, "最小"),
    "greatest": Function("greatest(数, 数)", 2, MANY, _extreme, "最大"),
    "contains": Function("contains(多选项, '选项')", 2, 2, _contains, "包含"),
    "contains_any": Function("contains_any(多选项, '选项', '选项')", 2, MANY, _contains, "包含任一"),
    "size": Function("size(多选项)", 1, 1, _size, "个数"),
    "months_within": Function("months_within(具体务工时间, 起月, 止月)", 3, 3, _months_within, "期内月数"),
    "at": Function("at(:年初, 条件)", 2, 2, _at, "那一天"),
}
