"""Rules and thresholds as they are in force in a county on a day. Version 0 is the notice's own.

`in_force` is the one place that answers; whatever counts, lists or explains asks it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from taizhang import catalogue
from taizhang.catalogue.schema import Indicator, Parameter, Programme
from taizhang.divisions.models import Division
from taizhang.engine.errors import DomainError
from taizhang.ledger import inforce
from taizhang.rules import Rule, RuleError, parse
from taizhang.rules.build import check_number
from taizhang.rules.reading import difference
from taizhang.statistics.compiling import Compiler, Dialect, Sources, Variant
from taizhang.statistics.models import RuleVersion
from taizhang.statistics.versionstates import State

Resolve = Callable[[Programme, str, dt.date], Programme]


@inforce.resolver
def in_force(programme: Programme, division: str, on: dt.date) -> Programme:
    """The programme with the rules and thresholds of the division's county on a day; itself where none is changed."""
    if len(division) < 6:
        return programme
    return applied(programme, _standing(programme.id, division[:6], on))


def remembered() -> Resolve:
    """`in_force` that asks the database once per county: for one page's loop over people."""
    known: dict[tuple[str, str, dt.date], Programme] = {}

    def resolve(programme: Programme, division: str, on: dt.date) -> Programme:
        key = (programme.id, division[:6], on)
        if key not in known:
            known[key] = in_force(programme, division, on)
        return known[key]

    return resolve


def _standing(programme: str, area: str, on: dt.date) -> list[RuleVersion]:
    """The versions in force in the counties of an area, the last to begin for each county and target."""
    rows = RuleVersion.objects.filter(
        programme=programme, county__startswith=area, state=State.IN_FORCE, valid_from__lte=on
    ).order_by("valid_from", "number")
    latest = {(row.county, row.indicator, row.parameter): row for row in rows}
    return [row for row in latest.values() if row.text]  # an empty one is a return to the notice


def applied(programme: Programme, rows: Iterable[RuleVersion]) -> Programme:
    """The programme with some versions put in place of its own rules."""
    indicators, parameters = dict(programme.indicators), dict(programme.parameters)
    changed = False
    for row in rows:
        if row.indicator in indicators:
            one = indicators[row.indicator]
            indicators[row.indicator] = one.model_copy(update={"where": _read(programme.id, one.of, row)})
            changed = True
        elif row.parameter in parameters:
            own = parameters[row.parameter]
            parameters[row.parameter] = own.model_copy(update={"value": value_of(own, row.text)})
            changed = True
    return programme.model_copy(update={"indicators": indicators, "parameters": parameters}) if changed else programme


def _read(programme: str, subject: str, row: RuleVersion) -> Rule:
    try:
        return _parsed(programme, subject, row.text)
    except RuleError as error:
        raise DomainError(
            "rule_outdated", f"{row.target}第 {row.number} 版口径现在读不了：{error.message}", status=500
        ) from None


@lru_cache(maxsize=500)
def _parsed(programme: str, subject: str, text: str) -> Rule:
    return parse(text, catalogue.load().vocabulary(programme, subject))


def value_of(parameter: Parameter, text: str) -> Decimal | dt.date | str:
    """A threshold's value as typed, of the type it has. Raises RuleError."""
    plain = text.replace(",", "").replace("，", "").strip()
    try:
        if isinstance(parameter.value, dt.date):
            return dt.date.fromisoformat(plain)
        if isinstance(parameter.value, Decimal):
            return check_number(Decimal(plain))
    except InvalidOperation:
        raise RuleError("这个参数要一个数，如 9000 或 3.5", text, 1) from None
    except ValueError as error:
        said = "日期写成 2020-10-01" if isinstance(parameter.value, dt.date) else str(error)
        raise RuleError(said, text, 1) from None
    if not plain:
        raise RuleError("参数的值不能空着")
    return plain


def rules() -> list[tuple[str, Rule]]:
    """(subject, rule) of every version that has been approved: what snapshots must hold besides the notices' rules."""
    known = catalogue.load().programmes
    rows = RuleVersion.objects.filter(state=State.IN_FORCE).exclude(indicator="").exclude(text="")
    return [
        (
            known[row.programme].indicators[row.indicator].of,
            _read(row.programme, known[row.programme].indicators[row.indicator].of, row),
        )
        for row in rows
        if row.programme in known and row.indicator in known[row.programme].indicators
    ]


def compiler(
    programme: Programme,
    division: str,
    as_of: dt.date,
    dialect: Dialect,
    sources: Sources,
    values: Mapping[str, Any] | None = None,
) -> Compiler:
    """The programme's compiler over a division, each county by its own rules. `values`: thresholds tried out."""
    by_county: dict[str, list[RuleVersion]] = defaultdict(list)
    for row in _standing(programme.id, division[:6], as_of):
        by_county[row.county].append(row)
    if len(division) >= 6:
        variants = [Variant((), applied(programme, by_county[division[:6]]))]
    else:
        alike: dict[tuple[tuple[str, str, str], ...], list[str]] = defaultdict(list)
        for county, rows in by_county.items():
            alike[tuple(sorted((row.indicator, row.parameter, row.text) for row in rows))].append(county)
        variants = [Variant((), programme)] + [
            Variant(tuple(counties), applied(programme, by_county[counties[0]])) for counties in alike.values()
        ]
    return Compiler(programme, as_of, dialect, sources, variants, values or {})


def signature(division: str) -> tuple[str, str]:
    """Another one whenever a version of the division's counties comes into force: for what remembers results."""
    rows = RuleVersion.objects.filter(county__startswith=division[:6], state=State.IN_FORCE)
    return ("versions", ",".join(str(key) for key in rows.order_by("pk").values_list("pk", flat=True)))


def notes(programme: Programme, indicators: Iterable[str], division: str, as_of: dt.date) -> tuple[str, ...]:
    """What a table over a division must say: which figures follow a county's own rule instead of the notice's."""
    wanted = set(indicators)
    read = {p for name in wanted for rule in _all(programme.indicators[name]) for p in rule.parameters}
    rows = [r for r in _standing(programme.id, division[:6], as_of) if r.indicator in wanted or r.parameter in read]
    if not rows:
        return ()
    names = dict(Division.objects.filter(code__in={row.county for row in rows}).values_list("code", "name"))
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[names.get(row.county, row.county)].append(
            f"{row.target}（第 {row.number} 版，{row.valid_from.isoformat()} 起）"
        )
    lines = tuple(f"{name}用本县口径：{'、'.join(said)}" for name, said in sorted(found.items()))
    return lines if len(division) >= 6 else ("各县口径不同，合计数是按各县口径算出再相加的", *lines, "其余的县按通知")


def _all(indicator: Indicator) -> list[Rule]:
    return [rule for rule in (indicator.where, indicator.measure.value) if rule]


# -- reading versions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A version and what it changes, in words."""

    row: RuleVersion
    changes: Sequence[str]
    until: dt.date | None = None


def notice(row: RuleVersion) -> Programme | None:
    """The programme a version belongs to, by its notice."""
    return catalogue.load().programmes.get(row.programme)


def before(row: RuleVersion) -> str:
    """What stood in force just before a version: the text of an earlier one, "" for the notice's own."""
    rows = same_target(row).filter(state=State.IN_FORCE, number__lt=row.number, valid_from__lte=row.valid_from)
    last = rows.order_by("valid_from", "number").last()
    return last.text if last else ""


def same_target(row: RuleVersion) -> Any:
    return RuleVersion.objects.filter(
        county=row.county, programme=row.programme, indicator=row.indicator, parameter=row.parameter
    )


def changes(row: RuleVersion) -> list[str]:
    """The difference to what stood before, in words."""
    programme = notice(row)
    if programme is None:
        return []
    if row.parameter:
        own = programme.parameters[row.parameter]
        old, new = (str(value_of(own, text) if text else own.value) for text in (before(row), row.text))
        return [f"{row.parameter}由 {old}{own.unit or ''} 改为 {new}{own.unit or ''}"]
    one = programme.indicators[row.indicator]
    old_rule, new_rule = (_parsed(programme.id, one.of, t) if t else one.where for t in (before(row), row.text))
    return difference(old_rule.tree if old_rule else None, new_rule.tree if new_rule else None)


def history(county: str, programme: str, *, indicator: str = "", parameter: str = "") -> list[Told]:
    """The versions of a rule or threshold in a county, newest first."""
    rows = list(
        RuleVersion.objects.filter(county=county, programme=programme, indicator=indicator, parameter=parameter)
        .select_related("proposed_by", "decided_by")
        .order_by("-number")
    )
    return [Told(row, changes(row), _until(row, rows)) for row in rows]


def _until(row: RuleVersion, rows: Sequence[RuleVersion]) -> dt.date | None:
    """The last day a version counts, where another takes its place."""
    if row.state != State.IN_FORCE:
        return None
    later = [
        other.valid_from
        for other in rows
        if other.state == State.IN_FORCE and (other.valid_from, other.number) > (row.valid_from, row.number)
    ]
    return min(later) - dt.timedelta(days=1) if later else None
