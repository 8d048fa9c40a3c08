"""What if an indicator's rule read differently: who would enter, who would leave. Nothing is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taizhang import catalogue
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.ledger import asking
from taizhang.ledger.asking import Lexicon
from taizhang.rules import Rule, RuleError
from taizhang.statistics import definitions, proposing, snapshots, versions
from taizhang.statistics.comparing import Side, Sides
from taizhang.statistics.definitions import Definition
from taizhang.statistics.indicators import EngineName
from taizhang.statistics.models import RuleVersion


@dataclass(frozen=True)
class Trial:
    """An indicator as it is (first) and as it would be (second), over its own programme's people."""

    sides: Sides
    rule: Rule | None  # None: all of the scope

    @property
    def engine(self) -> EngineName:
        """The snapshot where it holds all that the new rule reads, else the ledger itself."""
        held = self.rule is None or snapshots.holds(self.rule, self.sides.first.indicator.of)
        return "snapshot" if held else "ledger"


def trial(one: Definition, text: str) -> Trial:
    """The indicator with another rule. Raises RuleError for a rule that is wrong, empty, no yes/no, or that reads
    numbers kept sealed."""
    rule = asking.check_rule(text, Lexicon(catalogue.load(), one.programme), subject=one.indicator.of, other_days=True)
    if rule is None:
        raise RuleError("请写一条口径，如 转移就业 and 年龄 >= 16")
    changed = one.indicator.model_copy(update={"where": rule})
    sides = Sides(Side(one.programme, one.indicator), Side(one.programme, changed), "first")
    return Trial(sides, rule)


def trial_of_values(programme: Programme, indicator: Indicator, values: Mapping[str, Any]) -> Trial:
    """The indicator with other thresholds."""
    sides = Sides(Side(programme, indicator), Side(programme, indicator, values), "first")
    return Trial(sides, indicator.where)


def trial_of_version(row: RuleVersion) -> dict[str, Trial]:
    """Indicator -> what a proposed version does to it, compared with what is in force."""
    notice = versions.notice(row)
    if notice is None:
        return {}
    if row.parameter:
        own = notice.parameters[row.parameter]
        values = {row.parameter: versions.value_of(own, row.text) if row.text else own.value}
        return {one.id: trial_of_values(notice, one, values) for one in proposing.changeable(notice)[row.parameter]}
    one = definitions.find(row.programme, row.indicator)
    if row.text:
        return {one.indicator.id: trial(one, row.text)}
    # a copy, so that it is taken as it stands and not as the county has it
    back = one.indicator.model_copy()
    return {one.indicator.id: Trial(Sides(Side(notice, one.indicator), Side(notice, back), "first"), back.where)}
