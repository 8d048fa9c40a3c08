"""Reads of uploads: one's own, and for a county officer those brought anywhere in the county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from taizhang import catalogue
from taizhang.accounts.models import Role, User
from taizhang.engine.errors import NotFound
from taizhang.ledger.homes import SEALED
from taizhang.ledger.states import Outcome, State

from .models import ColumnChoice, Upload, UploadState

KINDS: dict[str, tuple[str, str, str]] = {  # filter -> label, tone, icon
    "new": ("新增", "", "plus"),
    "update": ("更新", "", "edit"),
    "same": ("无变化", "", "check"),
    "duplicate": ("重复", "", "dup"),
    "conflict": ("冲突", "", "compare"),
    "error": ("错误", "bad", "stop"),
    "warning": ("提醒", "warn", "warn"),
}
ERRORS = (Outcome.ERROR, Outcome.FOREIGN)  # one heap for the clerk: rows that cannot go on


def uploads_visible_to(actor: User) -> QuerySet[Upload]:
    """Newest first; row-level security narrows further."""
    if not actor.sees_people:
        return Upload.objects.none()
    found = Q(owner=actor)
    if actor.role == Role.COUNTY:
        for scope in actor.scopes:
            found |= Q(division__startswith=scope)
    return (
        Upload.objects.filter(found).exclude(state=UploadState.DISCARDED).select_related("owner", "batch", "progress")
    )


def get_upload(actor: User, upload_id: UUID, *, lock: bool = False) -> Upload:
    """One upload. Raises NotFound, also for one that is not the actor's to see."""
    rows = uploads_visible_to(actor).filter(pk=upload_id)
    if lock:
        rows = rows.select_related(None).select_for_update()
    found = rows.first()
    if found is None:
        raise NotFound("upload")
    return found


def remembered_columns(actor: User, programme: str) -> dict[str, str]:
    """Header (as compared) -> column id this person chose before; empty text: left out."""
    return dict(ColumnChoice.objects.filter(owner=actor, programme=programme).values_list("header", "column"))


@dataclass(frozen=True)
class Problem:
    """One thing to see to: where, what was written, what is wrong, what could stand there instead."""

    submission: UUID
    row_no: int
    name: str
    outcome: str
    item: str | None
    rule: str
    severity: str
    message: str
    suggestion: str | None
    value: str | None

    @property
    def kind(self) -> str:
        if self.rule in ("ledger.duplicate", "ledger.conflict"):
            return self.rule.removeprefix("ledger.")
        return self.severity

    @property
    def guesses(self) -> int:
        """How many numbers a mistyped identity number or phone may have been; 0 when the suggestion may be taken over at a click."""
        several = self.item in SEALED and self.suggestion and "、" in self.suggestion
        return self.suggestion.count("、") + 1 if several and self.suggestion else 0


def _problem(*line: Any) -> Problem:
    """The door names the items of a conflict by their ids; people read their names."""
    found = Problem(*line)
    if found.rule != "ledger.conflict":
        return found
    words, colon, listed = found.message.rpartition("：")
    items = catalogue.load().items
    names = [items[item].name if item in items else item for item in listed.rstrip("。").split(",")]
    return replace(found, message=f"{words}{colon}{'、'.join(names)}。" if colon else found.message)


_PROBLEMS = """
    FROM ledger_submission s, jsonb_array_elements(s.findings) f
    WHERE s.batch_id = %(batch)s AND s.findings IS NOT NULL AND (%(kind)s = '' OR %(kind)s = CASE f ->> 'rule'
        WHEN 'ledger.duplicate' THEN 'duplicate' WHEN 'ledger.conflict' THEN 'conflict' ELSE f ->> 'severity' END)
      AND (%(rule)s = '' OR f ->> 'rule' = %(rule)s)
"""


def count_problems(batch: UUID, kind: str = "", rule: str = "") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_PROBLEMS}", {"batch": batch, "kind": kind, "rule": rule})
        return int(cursor.fetchone()[0])


def problems(batch: UUID, kind: str = "", rule: str = "", *, window: slice | None = None) -> list[Problem]:
    """Findings of a batch by row, errors of a row before its warnings."""
    window = window or slice(0, 100)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT s.id, s.row_no, coalesce(s.full_name, ''), coalesce(s.outcome, ''), f ->> 'item', f ->> 'rule', f ->> 'severity',
                       f ->> 'message', f ->> 'suggestion', f ->> 'value' {_PROBLEMS}
                ORDER BY s.row_no, f ->> 'severity', f ->> 'item' OFFSET %(start)s LIMIT %(size)s""",
            {"batch": batch, "kind": kind, "rule": rule, "start": window.start, "size": window.stop - window.start},
        )
        return [_problem(*line) for line in cursor.fetchall()]


def problems_of(batch: UUID, submission: UUID) -> list[Problem]:
    """Findings of one row."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.id, s.row_no, coalesce(s.full_name, ''), coalesce(s.outcome, ''), f ->> 'item', f ->> 'rule', f ->> 'severity',
                      f ->> 'message', f ->> 'suggestion', f ->> 'value'
               FROM ledger_submission s, jsonb_array_elements(s.findings) f WHERE s.batch_id = %s AND s.id = %s
               ORDER BY f ->> 'severity', f ->> 'item'""",
            [batch, submission],
        )
        return [_problem(*line) for line in cursor.fetchall()]


def problem_rules(batch: UUID) -> list[tuple[str, str, int]]:
    """Kinds of problems: rule, a sample of its words, how often; the commonest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT f ->> 'rule', min(f ->> 'message'), count(*) FROM ledger_submission s, jsonb_array_elements(s.findings) f
               WHERE s.batch_id = %s AND s.findings IS NOT NULL GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 40""",
            [batch],
        )
        return [(rule, words, count) for rule, words, count in cursor.fetchall()]


@dataclass(frozen=True)
class Row:
    """One row of the file as compared: `changes` = [(item, old, new, 'change' | 'correction')]."""

    submission: UUID
    row_no: int
    name: str
    outcome: str
    state: str
    changes: list[tuple[str, Any, Any, str]]


def rows(batch: UUID, outcomes: Sequence[str], *, window: slice) -> list[Row]:
    """Rows with one of `outcomes` in the file's order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, row_no, coalesce(full_name, ''), outcome, state, changes FROM ledger_submission
               WHERE batch_id = %s AND outcome = ANY (%s) ORDER BY row_no OFFSET %s LIMIT %s""",
            [batch, list(outcomes), window.start, window.stop - window.start],
        )
        return [_row(*line) for line in cursor.fetchall()]


def get_row(batch: UUID, submission: UUID) -> Row:
    """One row. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, row_no, coalesce(full_name, ''), outcome, state, changes FROM ledger_submission WHERE batch_id = %s AND id = %s",
            [batch, submission],
        )
        line = cursor.fetchone()
    if line is None:
        raise NotFound("submission")
    return _row(*line)


def _row(identifier: UUID, row_no: int, name: str, outcome: str, state: str, changes: Any) -> Row:
    import json

    listed = json.loads(changes) if isinstance(changes, str) else changes or {}
    return Row(
        identifier, row_no, name, outcome or "", state, [(item, *value) for item, value in sorted(listed.items())]
    )


def outcome_counts(batch: UUID) -> dict[str, int]:
    """Rows by outcome, and under `warning` the rows with a reminder; strangers count as errors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outcome, count(*) FROM ledger_submission WHERE batch_id = %s GROUP BY outcome", [batch])
        found = dict(cursor.fetchall())
        cursor.execute(
            """SELECT count(*) FROM ledger_submission WHERE batch_id = %s AND findings IS NOT NULL AND findings @? '$[*] ? (@.severity == "warning")'""",
            [batch],
        )
        warnings = cursor.fetchone()[0]
    counts = {kind: found.get(kind, 0) for kind in ("new", "update", "same", "duplicate", "conflict")}
    return {**counts, "error": sum(found.get(outcome, 0) for outcome in ERRORS), "warning": warnings}


@dataclass(frozen=True)
class Standing:
    """Rows of a submitted file by where they stand. `waiting`: nobody has decided, or they were returned, so their sender may take them back;
    `passed`: approved by somebody, not in the ledger yet."""

    waiting: int
    passed: int
    entered: int


def standing(batch: UUID) -> Standing:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM ledger_submission WHERE batch_id = %s GROUP BY state", [batch])
        found = dict(cursor.fetchall())

    def many(*states: State) -> int:
        return sum(found.get(state, 0) for state in states)

    return Standing(
        many(State.SUBMITTED, State.RETURNED),
        many(State.TOWNSHIP_APPROVED, State.COUNTY_ACCEPTED, State.TEAM_CONFIRMED),
        many(State.ENTERED),
    )
