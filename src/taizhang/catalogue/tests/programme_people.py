"""What the tests of programmes share: literal people as flat rows, and rules asked of them in DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from taizhang.catalogue import Catalogue, Context, load
from taizhang.rules import Rule

CATALOGUE: Catalogue = load()


CONNECTION = duckdb.connect(config={"threads": 1})


def ask(rule: Rule, people: Sequence[Mapping[str, Any]], as_of: dt.date, **parameters: Any) -> list[Any]:
    """The rule's value for each person, in order. What a person does not name is null.

    `@年初` and so on hold the person's row of that day; without one the person was not in the ledger.

    Raises KeyError for a word that is no stored item, so a mistyped test cannot pass by being null.
    """
    for word in {word for person in people for word in person if not word.startswith("@")}:
        if CATALOGUE.items[word].value is not None:
            raise KeyError(word)
    params = {**Context(as_of=as_of).as_of_values(), **parameters}
    sql = rule.to_duckdb(params)
    columns = {
        name: pa.array([p.get(name) for p in people], CATALOGUE.items[name].arrow_type)
        for name in sorted(rule.columns - rule.earlier.keys())
    }
    for name, part in rule.earlier.items():
        then = [person.get(f"@{part.day}") for person in people]
        asked = [None if row is None else part.rule.evaluate(row, part.params(params)) for row in then]
        columns[name] = pa.array(asked, pa.bool_())
    relation = pa.table({**columns, "position": pa.array(range(len(people)))})
    found = CONNECTION.execute(f"select {sql.text} from relation order by position", list(sql.params)).fetchall()
    assert relation.num_rows == len(found)
    return [value for (value,) in found]


def counted(programme: str, people: Sequence[Mapping[str, Any]], as_of: dt.date) -> dict[str, Any]:
    """Every indicator of a programme over people already in its pool: id -> number."""
    indicators = CATALOGUE.programmes[programme].indicators.values()
    return {one.id: _measured(one, people, as_of) for one in indicators}


def _measured(indicator: Any, people: Sequence[Mapping[str, Any]], as_of: dt.date) -> Any:
    inside = [True] * len(people) if indicator.where is None else ask(indicator.where, people, as_of)
    chosen = [person for person, yes in zip(people, inside, strict=True) if yes]
    if indicator.measure.value is None:
        return len(chosen)
    values = [v for v in ask(indicator.measure.value, chosen, as_of) if v is not None] if chosen else []
    return sum(values) / len(values) if values else None
