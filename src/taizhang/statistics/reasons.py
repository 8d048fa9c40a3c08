"""为什么算/不算: a person under one indicator on a day, decided by the same rules in Python on the person's row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.ledger import queries
from taizhang.ledger.flat import as_json
from taizhang.rules.deciding import Decision, Line
from taizhang.statistics import sources
from taizhang.statistics.compiling import as_of_params

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Why:
    """Whether an indicator counts somebody, and what decided.

    scope: None where the pool is somebody else's. where: None where the whole pool counts. known: whether there is a
    value for a sum or mean.
    """

    programme: Programme
    indicator: Indicator
    scope: Decision | None
    where: Decision | None
    known: bool
    lines: Sequence[Line]
    scope_lines: Sequence[Line]

    @property
    def counted(self) -> bool | None:
        """None: it cannot be told, so the person is not counted."""
        for decision in (self.scope, self.where):
            if decision and decision.value is not True:
                return decision.value
        return self.known

    @property
    def text(self) -> str:
        """What decided, in a line."""
        if self.scope and self.scope.value is not True:
            return f"{'不在统计范围' if self.scope.value is False else '判断不了是否在统计范围'}：{self.scope.text}"
        if self.where is None:
            return "统计范围内的全部都算"
        if self.where.value is True and not self.known:
            assert self.indicator.measure.value
            return f"没有“{self.indicator.measure.value.chinese}”，不参加计算"
        return self.where.text


def why(
    programme: Programme,
    indicator: Indicator,
    row: Row,
    as_of: dt.date,
    places: Mapping[str, str],
    *,
    in_scope: bool = False,
) -> Why:
    """The reasons for one person's row (JSON shapes or Python values). `in_scope`: the programme's own scope is not
    asked."""
    params = as_of_params(programme, as_of)
    rule, value = indicator.where, indicator.measure.value
    return Why(
        programme,
        indicator,
        None if in_scope else programme.scope.rule.decide(row, params, places),
        rule.decide(row, params, places) if rule else None,
        value is None or value.evaluate(row, params) is not None,
        rule.branches(row, params, places) if rule else (),
        () if in_scope else programme.scope.rule.branches(row, params, places),
    )


def rows(actor: User, ids: Sequence[str | UUID], as_of: dt.date) -> dict[str, dict[str, Any]]:
    """Id -> flat row on a day of those the actor may see, in JSON shapes."""
    found = queries.people_by_ids(actor, [UUID(str(one)) for one in ids], None if sources.is_live(as_of) else as_of)
    return {str(row["worker_id"]): as_json(row) for row in found}
