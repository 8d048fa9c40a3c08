"""What if an indicator's rule read differently: who would enter, who would leave. Nothing is saved."""

from __future__ import annotations

from dataclasses import dataclass

from taizhang import catalogue
from taizhang.ledger import asking
from taizhang.ledger.asking import Lexicon
from taizhang.rules import Rule, RuleError
from taizhang.statistics import snapshots
from taizhang.statistics.comparing import Side, Sides
from taizhang.statistics.definitions import Definition
from taizhang.statistics.indicators import EngineName


@dataclass(frozen=True)
class Trial:
    """An indicator as it is (first) and as it would be (second), over its own programme's people."""

    sides: Sides
    rule: Rule

    @property
    def engine(self) -> EngineName:
        """The snapshot where it holds all that the new rule reads, else the ledger itself."""
        return "snapshot" if snapshots.holds(self.rule) else "ledger"


def trial(one: Definition, text: str) -> Trial:
    """The indicator with another rule. Raises RuleError for a rule that is wrong, empty, no yes/no, or that reads
    numbers kept sealed."""
    rule = asking.check_rule(text, Lexicon(catalogue.load(), one.programme))
    if rule is None:
        raise RuleError("请写一条口径，如 转移就业 and 年龄 >= 16")
    changed = one.indicator.model_copy(update={"where": rule})
    sides = Sides(Side(one.programme, one.indicator), Side(one.programme, changed), "first")
    return Trial(sides, rule)
