"""The language's functions in SQL. Templates hold for all engines; differences come from the dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from . import regions
from .sql import Sql, fill, join
from .tree import Node

if TYPE_CHECKING:
    from .dialects import Writer

Write = Callable[["Writer", Node, list[Sql]], Sql]

KNOWN_DAY = "{d} between date '0001-01-01' and date '9999-12-31'"
_DAY = "extract(month from {d}) * 100 + extract(day from {d}) end"
DAY_NUMBER = f"case when {KNOWN_DAY} then extract(year from {{d}}) * 10000 + {_DAY}"
MONTH_DAY = f"case when {KNOWN_DAY} then extract(year from {{d}}) * 1200 + {_DAY}"
MONTH_START = f"case when {KNOWN_DAY} then cast(date_trunc('month', cast({{d}} as timestamp)) as date) end"

# GB 11643-1999: a day that exists, 1800 to 2099 (the standard's own example was born in 1880).
_LONG, _SHORT = "(0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])", "(0[469]|11)(0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02(0[1-9]|1[0-9]|2[0-8])"
_LEAP = "((18|19)(0[48]|[2468][048]|[13579][26])|20([02468][048]|[13579][26]))0229"
ID_PATTERN = f"[1-9][0-9]{{5}}((18|19|20)[0-9]{{2}}({_LONG}|{_SHORT}|{_FEBRUARY})|{_LEAP})[0-9]{{3}}[0-9X]"
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _matches(writer: Writer, x: Sql, pattern: str) -> Sql:
    return fill(writer.dialect.matches, x=x, pattern=pattern)


def _quoted(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def _elapsed(template: str, unit: str) -> Write:
    """Completed units between two days: the difference of two numbers, cut downwards. Birthdays count;
    29 February is completed on 1 March of common years."""

    def write(writer: Writer, node: Node, args: list[Sql]) -> Sql:
        since, until = (fill(template, d=arg) for arg in args)
        return writer.number(fill("floor((({b}) - ({a})) / {unit})", a=since, b=until, unit=unit))

    return write


def _part(name: str) -> Write:
    def write(writer: Writer, node: Node, args: list[Sql]) -> Sql:
        return writer.number(fill(f"case when {KNOWN_DAY} then extract({name} from {{d}}) end", d=args[0]))

    return write


def _digit(position: int) -> str:
    # Only ever reached after ID_PATTERN has matched: the character is a digit.
    return f"(ascii(substr({{s}}, {position}, 1)) - 48)"


def _id_sum() -> str:
    terms = [f"{weight} * {_digit(i + 1)}" for i, weight in enumerate(ID_WEIGHTS)]
    last = f"case when substr({{s}}, 18, 1) = 'X' then 10 else {_digit(18)} end"
    return f"mod({' + '.join(terms)} + {last}, 11) = 1"


def _id_valid(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    checked = fill(_id_sum(), s=args[0])
    shape = _matches(writer, args[0], ID_PATTERN)
    return fill("case when {shape} then {sum} when {s} is not null then false end", shape=shape, sum=checked, s=args[0])


def _id_birth(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    pieces = ", ".join(f"cast(substr({{s}}, {start}, {size}) as integer)" for start, size in ((7, 4), (11, 2), (13, 2)))
    valid = _id_valid(writer, node, args)
    return fill("case when {valid} then {day} end", valid=valid, day=fill(f"make_date({pieces})", s=args[0]))


def _id_sex(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    odd = fill(f"mod({_digit(17)}, 2) = 1", s=args[0])
    return fill(
        "case when {valid} then case when {odd} then '1' else '2' end end", valid=_id_valid(writer, node, args), odd=odd
    )


def _within(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    """Null where the place is known less exactly than the region asked for and could lie in it."""
    return fill(
        "case when {r} is null or {p} is null then null when substr({r}, 1, length({p})) = {p} then true"
        " when substr({p}, 1, length({r})) = {r} then null else false end",
        r=args[0],
        p=args[1],
    )


ABROAD = f"(ascii({{r}}) between 65 and 90 or substr({{r}}, 1, 2) in {_quoted(regions.ABROAD_PREFIXES)})"


def _prefix(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    length = regions.LENGTHS[node.value]
    return fill(
        "case when {home} and length({r}) >= {n} then substr({r}, 1, {n}) end",
        home=_matches(writer, args[0], regions.HOME_PATTERN),
        r=args[0],
        n=str(length),
    )


def _city(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    template = (
        "case when not {home} or length({r}) < 4 then null"
        f" when substr({{r}}, 1, 4) in {_quoted(regions.COUNTIES_WITHOUT_CITY)}"
        " then case when length({r}) >= 6 then substr({r}, 1, 6) end"
        f" when substr({{r}}, 1, 2) in {_quoted(regions.MUNICIPALITIES)} then concat(substr({{r}}, 1, 2), '01')"
        " else substr({r}, 1, 4) end"
    )
    return fill(template, home=_matches(writer, args[0], regions.HOME_PATTERN), r=args[0])


def _scope(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    """Levels are compared from the province down; the first known difference decides, an unknown level is null."""
    both = "length({w}) >= %d and length({h}) >= %d"
    differ = f"{both} and substr({{w}}, 1, %d) <> substr({{h}}, 1, %d)"
    direct = f"substr({{w}}, 1, 4) in {_quoted(regions.COUNTIES_WITHOUT_CITY)}"
    template = (
        "case when {w_abroad} then case when {h_abroad} then null else '境外' end"
        " when {h_abroad} or not {home} or {w} is null or {h} is null then null"
        f" when {differ % (2, 2, 2, 2)} then '省外'"
        f" when {differ % (4, 4, 4, 4)} then case when substr({{w}}, 1, 2) in {_quoted(regions.MUNICIPALITIES)}"
        " then '市内县外' else '省内市外' end"
        f" when {differ % (6, 6, 6, 6)} and substr({{w}}, 1, 4) not in {_quoted(regions.CITIES_WITHOUT_COUNTY)}"
        f" then case when {direct} then '省内市外' else '市内县外' end"
        f" when {differ % (9, 9, 9, 9)} then '县内乡外' when {both % (9, 9)} then '乡内' end"
    )
    work, home = args
    # One regular expression for both: it costs more than all the comparisons together.
    pair = fill("({w} || '/' || {h})", w=work, h=home)
    return fill(
        template,
        w=work,
        h=home,
        w_abroad=fill(ABROAD, r=work),
        h_abroad=fill(ABROAD, r=home),
        home=_matches(writer, pair, f"{regions.HOME_PATTERN}/{regions.HOME_PATTERN}"),
    )


def _tier(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    """三次产业划分规定(2018). A division (two digits, with or without the section's letter) goes before the section."""
    branches = [
        fill("when {matches} then {n}", matches=_matches(writer, args[0], pattern), n=str(tier))
        for pattern, tier in TIER_PATTERNS
    ]
    return writer.number(fill("case {branches} end", branches=join(" ", branches)))


TIER_PATTERNS = (
    ("[A-T]?(05|11|43)[0-9]{0,2}", 3),
    ("[A-T]?0[1-4][0-9]{0,2}|A", 1),
    ("[A-T]?(0[6-9]|[1-4][0-9]|50)[0-9]{0,2}|[B-E]([|][B-E])*", 2),
    ("[A-T]?(5[1-9]|[6-8][0-9]|9[0-7])[0-9]{0,2}|[F-T]([|][F-T])*", 3),
)


def _contains(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    found = fill(writer.dialect.has_any, x=args[0], values=join(", ", args[1:]))
    unsure = [v for v, n in zip(args[1:], node.args[1:], strict=True) if n.op != "lit"]
    if not unsure:
        return found
    nulls = join(" or ", [fill("{v} is null", v=v) for v in unsure])
    return fill(
        "case when {x} is null then null when {found} then true when {nulls} then null else false end",
        x=args[0],
        found=found,
        nulls=nulls,
    )


def _months_within(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    many, low, high = args
    counted = fill(writer.dialect.count_months, x=many, a=low, b=high)
    known = fill("{x} is not null and {a} is not null and {b} is not null", x=many, a=low, b=high)
    return writer.number(fill("case when {known} then {counted} end", known=known, counted=counted))


def _plain(name: str) -> Write:
    return lambda writer, node, args: fill(f"{name}({{all}})", all=join(", ", args))


def _size(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    counted = fill(writer.dialect.size, x=args[0])
    return writer.number(fill("case when {x} is not null then {n} end", x=args[0], n=counted))


def _round(writer: Writer, node: Node, args: list[Sql]) -> Sql:
    places = int(node.args[1].value)
    return writer.limited(f"cast({{x}} as {writer.dialect.wide})", places, x=args[0])


FUNCTIONS: dict[str, Write] = {
    "age": _elapsed(DAY_NUMBER, "10000.0"),
    "months_between": _elapsed(MONTH_DAY, "100.0"),
    "year": _part("year"),
    "month_of": _part("month"),
    "month_start": lambda writer, node, args: fill(MONTH_START, d=args[0]),
    "id_valid": _id_valid,
    "id_birth": _id_birth,
    "id_sex": _id_sex,
    "within": _within,
    **dict.fromkeys(("province", "county", "town", "village"), _prefix),
    "city": _city,
    "scope": _scope,
    "tier": _tier,
    "length": lambda writer, node, args: writer.number(fill("length({s})", s=args[0])),
    "coalesce": _plain("coalesce"),
    "abs": _plain("abs"),
    "round": _round,
    "least": _plain("least"),
    "greatest": _plain("greatest"),
    "contains": _contains,
    "contains_any": _contains,
    "size": _size,
    "months_within": _months_within,
}
# These repeat their argument and give null for empty text by themselves.
BLIND_TO_EMPTY = frozenset({"scope", "tier", "province", "city", "county", "town", "village"})
