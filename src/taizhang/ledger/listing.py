"""One page of people: the question as SQL, the chosen columns, the rows in words.

Row-level security holds whatever is asked here. Ids are found first (on the worker table alone where the question
allows it, so that its indexes serve), then the twenty rows of the page are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from taizhang.accounts.models import User
from taizhang.ledger import asking, peoplesets
from taizhang.ledger.asking import Lexicon, Question
from taizhang.ledger.homes import homes
from taizhang.protection import keys, masking
from taizhang.rules import Rule

COUNT_AT_MOST = (
    10_000  # beyond this the exact number is asked for separately: counting 600,000 rows is not worth a clerk's wait
)
LAST_CHARACTER = "\U0010ffff"
WORKER_ONLY = frozenset(homes()["worker"].items)


@dataclass(frozen=True)
class Where:
    """Conditions over `f` (worker_flat, or ledger_worker where `flat` is false)."""

    parts: tuple[str, ...]
    params: tuple[Any, ...]
    flat: bool

    @property
    def sql(self) -> str:
        source = (
            "worker_flat f"
            if self.flat
            else "(SELECT *, id AS worker_id, division AS hukou_region FROM ledger_worker WHERE retired_by_id IS NULL)"
            " f"
        )
        return f"FROM {source}" + (f" WHERE {' AND '.join(self.parts)}" if self.parts else "")


@dataclass(frozen=True)
class Row:
    """One line: who, and the chosen columns as (item, value in words or raw)."""

    id: UUID
    name: str
    division: str
    cells: list[tuple[str, Any]]


class Conditions:
    def __init__(self, words: Lexicon) -> None:
        self.words, self.parts, self.params, self.flat = words, [], [], False  # type: ignore[var-annotated]

    def add(self, sql: str, *params: Any) -> None:
        self.parts.append(sql)
        self.params += params

    def expression(self, item: str) -> tuple[str, list[Any]]:
        """SQL of an item's value, stored or computed."""
        rule = self.words.derived(item)
        if rule is None:
            self.flat |= item not in WORKER_ONLY
            return f"f.{item}", []
        return self.rule(rule)

    def rule(self, rule: Rule) -> tuple[str, list[Any]]:
        self.flat |= bool(rule.items - WORKER_ONLY)
        sql = rule.to_postgres(self.words.parameters(), column=lambda item: f"f.{item}")
        return f"({sql.text})", list(sql.params)


def where(question: Question, words: Lexicon, actor: User) -> Where:
    """The question as conditions. Raises RuleError for a 口径 that is wrong, NotFound for an unknown drill-down."""
    found = Conditions(words)
    if question.regions:
        ranges = [part for code in question.regions for part in (code, code + ":")]  # ":" follows "9"
        found.add("(" + " OR ".join(["(f.division >= %s AND f.division < %s)"] * len(question.regions)) + ")", *ranges)
    filters = {one.item: one for one in words.filters()}
    for item, codes in question.chosen.items():
        _choice(found, filters[item], codes)
    for item, (low, high) in question.ranges.items():
        sql, params = found.expression(item)
        for sign, end in ((">=", low), ("<=", high)):
            if end is not None:
                found.add(f"{sql} {sign} %s", *params, end)
    _private(found, question, words)
    if question.people:
        found.add("f.worker_id = ANY(%s)", list(peoplesets.people_of(actor, question.people).ids))
    return Where(tuple(found.parts), tuple(found.params), found.flat)


def _choice(found: Conditions, one: asking.Filter, codes: Sequence[str]) -> None:
    sql, params = found.expression(one.item)
    covered = sorted({code for choice in codes for code in one.covered(choice)})
    kind = found.words.items()[one.item].kind
    if kind == "bool":
        found.add(f"{sql} = ANY(%s)", *params, [code == "true" for code in covered])
    elif kind == "multi":
        found.add(f"{sql} && %s::text[]", *params, covered)
    else:
        found.add(f"{sql} = ANY(%s)", *params, covered)


def _private(found: Conditions, question: Question, words: Lexicon) -> None:
    private = question.private
    if private.ids is not None:
        found.add("f.worker_id = ANY(%s::uuid[])", list(private.ids))
    if private.name:  # ranges, because LIKE may not use an index under row-level security
        column, text = (
            ("name_initials", private.name.upper()) if private.name.isascii() else ("full_name", private.name)
        )
        found.add(f"f.{column} >= %s AND f.{column} < %s", text, text + LAST_CHARACTER)
    rule = asking.check_rule(private.rule, words)
    if rule:
        sql, params = found.rule(rule)
        found.add(sql, *params)


def count(conditions: Where, at_most: int | None = COUNT_AT_MOST) -> int:
    """How many; `at_most + 1` means more than that."""
    limit = f" LIMIT {at_most + 1}" if at_most else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {conditions.sql}{limit}) counted", conditions.params)
        return int(cursor.fetchone()[0])


def page(conditions: Where, columns: Sequence[str], words: Lexicon, window: slice) -> list[Row]:
    """The people of one page, by village and name."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.worker_id {conditions.sql} ORDER BY f.division, f.full_name, f.worker_id OFFSET %s LIMIT %s",
            [*conditions.params, window.start, window.stop - window.start],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return rows(ids, columns, words)


def rows(ids: Sequence[UUID], columns: Sequence[str], words: Lexicon) -> list[Row]:
    """The given people in the given order, one joined row each."""
    if not ids:
        return []
    found = Conditions(words)
    chosen = [item for item in columns if item not in SEALED]
    expressions = [found.expression(item) for item in chosen]
    select = "".join(f", {sql}" for sql, _ in expressions)
    params = [param for _, extra in expressions for param in extra]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.worker_id, f.full_name, f.division{select} FROM worker_flat f"
            " JOIN unnest(%s::uuid[]) WITH ORDINALITY asked(id, place) ON asked.id = f.worker_id"
            # The view's eight tables fill the planner's join window: only a condition on the view itself reaches its indexes.
            " WHERE f.worker_id = ANY(%s::uuid[]) ORDER BY place",
            [*params, list(ids), list(ids)],
        )
        fetched = cursor.fetchall()
    masked = {item: masked_numbers(ids, item) for item in SEALED if item in columns}
    return [_row(line, chosen, columns, masked) for line in fetched]


def _row(line: Sequence[Any], chosen: Sequence[str], columns: Sequence[str], masked: dict[str, dict[UUID, str]]) -> Row:
    values = dict(zip(chosen, line[3:], strict=True))
    values |= {item: numbers.get(line[0], "") for item, numbers in masked.items()}
    return Row(line[0], line[1] or "（没有姓名）", line[2], [(item, values[item]) for item in columns])


SEALED = {"id_number": ("id", masking.mask_id), "mobile_phone": ("phone", masking.mask_phone)}


def masked_numbers(ids: Sequence[UUID], item: str) -> dict[UUID, str]:
    """Identity or phone numbers of a page of people as they may be shown."""
    prefix, mask = SEALED[item]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {prefix}_sealed, id_token FROM ledger_worker"
            f" WHERE id = ANY(%s) AND {prefix}_sealed IS NOT NULL",
            [list(ids)],
        )
        found = cursor.fetchall()
    clear = keys.unseal_many(item, [bytes(row[1]) for row in found], [bytes(row[2] or b"") for row in found])
    return {row[0]: mask(number) for row, number in zip(found, clear, strict=True)}
