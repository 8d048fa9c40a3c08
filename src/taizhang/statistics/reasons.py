"""为什么算/不算: a person under one indicator on a day, decided by the same rules in Python on the person's row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.catalogue.schema import Indicator, Programme
from taizhang.ledger import queries
from taizhang.ledger.flat import as_json
from taizhang.rules import days
from taizhang.rules.deciding import Decision, Line
from taizhang.statistics import sources, versions
from taizhang.statistics.compiling import as_of_params

Row = Mapping[str, Any]
THEN = "@"  # before the name of an as-of day: the person's row of that day


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
    values: Mapping[str, Any] | None = None,
    resolve: versions.Resolve = versions.in_force,
) -> Why:
    """The reasons for one row of a person or of a fact (JSON shapes or Python values; `rows`), by the rules in force in
    its county.

    in_scope: the programme's own scope is not asked (nor for movements, which are counted by their programme). values:
    thresholds tried out. resolve: `versions.remembered()` in a loop.
    """
    current = resolve(programme, str(row.get("division") or row.get("hukou_region") or ""), as_of)
    if programme.indicators.get(indicator.id) is indicator:
        indicator = current.indicators[indicator.id]
    params = {**as_of_params(current, as_of), **(values or {})}
    in_scope = in_scope or indicator.of == "movement"
    rule, value = indicator.where, indicator.measure.value
    earlier = {name.removeprefix(THEN): then for name, then in row.items() if name.startswith(THEN)}
    return Why(
        programme,
        indicator,
        None if in_scope else programme.scope.rule.decide(row, params, places),
        rule.decide(row, params, places, earlier) if rule else None,
        value is None or value.evaluate(row, params, earlier) is not None,
        rule.branches(row, params, places, earlier) if rule else (),
        () if in_scope else programme.scope.rule.branches(row, params, places),
    )


def rows(
    actor: User, ids: Sequence[str | UUID], as_of: dt.date, asked: Iterable[Indicator] = ()
) -> dict[str, dict[str, Any]]:
    """Id -> flat row on a day of those the actor may see, in JSON shapes.

    asked: the indicators that will be explained; where they ask another day (`at`), its row stands under `@年初` and so
    on, None for somebody not in it.
    """
    found = _flat(actor, ids, as_of)
    rules = [rule for one in asked for rule in (one.where, one.measure.value) if rule]
    for day in {part.day for rule in rules for part in rule.earlier.values()}:
        then = _flat(actor, list(found), days(as_of)[day])
        for worker, row in found.items():
            row[THEN + day] = then.get(worker)
    return found


def facts(
    actor: User, subject: str, workers: Sequence[str | UUID], as_of: dt.date, asked: Iterable[Indicator] = ()
) -> dict[str, dict[str, Any]]:
    """Fact's id -> its row (own items, its person's, `person__...`) in JSON shapes: every fact of a kind of some people
    begun by a day, of those the actor may see. asked: as in `rows`."""
    relation = sources.ledger(as_of, live=sources.is_live(as_of)).of(subject)
    text = f"SELECT * FROM {relation.text} WHERE worker_id = ANY (%s::uuid[]) ORDER BY worker_id, fact_id"
    every = queries.fetch(text, (*relation.params, [str(one) for one in workers]))
    found = {str(row["fact_id"]): as_json(row) for row in every if actor.sees_people and actor.covers(row["division"])}
    people = rows(actor, list({row["worker_id"] for row in found.values()}), as_of, asked)
    for row in found.values():
        then = people.get(str(row["worker_id"]), {})
        row.update({name: value for name, value in then.items() if name.startswith(THEN)})
    return found


SHOWN = {  # what tells a fact from its like
    "spell": ("start_date", "work_region", "occupation", "industry", "monthly_wage"),
    "movement": ("movement_date", "movement_direction", "pool_add_reason", "movement_exit_reason"),
    "work_year": ("work_months", "annual_work_income"),
    "return_flow": ("return_date", "return_reason"),
    "intention": ("transfer_willingness", "wants_training", "wants_job"),
    "verification": ("survey_date", "verify_state"),
    "service_year": ("service_type",),
}


def told(subject: str, row: Row, places: Mapping[str, str]) -> str:
    """A fact in a few words: 2017-08-05，浙江省杭州市西湖区，纺织服装、服饰业，3000元."""
    known = catalogue.load()
    words = []
    for item in SHOWN[subject]:
        value = row.get(item)
        if value is None:
            continue
        one = known.items[item]
        if one.kind in ("enum", "multi"):
            codes = [value] if isinstance(value, str) else value
            words.append("、".join(known.label(item, code) or code for code in codes))
        elif one.kind == "bool":
            words.append(f"{one.name}{'是' if value else '否'}")
        else:
            words.append(f"{places.get(value, value) if one.kind == 'region' else value}{one.unit or ''}")
    return "，".join(words) or "没有填写内容"


def _flat(actor: User, ids: Sequence[str | UUID], as_of: dt.date) -> dict[str, dict[str, Any]]:
    known = queries.people_by_ids(actor, [UUID(str(one)) for one in ids], None if sources.is_live(as_of) else as_of)
    return {str(row["worker_id"]): as_json(row) for row in known}
