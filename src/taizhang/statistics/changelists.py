"""A list of changes (异动清单): what was entered in a month about people of a programme, a line per changed item, read
in the reader's scope."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.utils import timezone

from taizhang import catalogue
from taizhang.catalogue.schema import Programme, Table, TableColumn
from taizhang.ledger.states import ChangeKind
from taizhang.rules.sql import Sql, join
from taizhang.statistics import printing, sources, versions
from taizhang.statistics.compiling import POSTGRES, inside, quoted
from taizhang.statistics.printing import SEALED, Printed

HOW = {"change": "情况变化", "correction": "更正"}
NEWCOMER = "新登记"


@dataclass(frozen=True)
class Query:
    """The list's SQL: what was entered from the first of the month to the end of the day about people who are in the
    programme or were in this month. Batches that were taken back are left out, and their taking back.

    A newcomer has one line, without an item.
    """

    programme: Programme
    table: Table
    division: str
    as_of: dt.date

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self._lines.text}) AS line", self._lines.params)
            return int(cursor.fetchone()[0])

    def rows(self, limit: int | None, offset: int) -> list[dict[str, Any]]:
        """Per line the person's values c0, c1, ... by column, sealed numbers, and the change: item (empty for a
        newcomer), before and after as JSON, kind, effective_on, confirmed_by."""
        known = catalogue.load().items
        sort = [item for item in self.table.sort if known[item].table and not known[item].sealed]
        order = ", ".join(
            dict.fromkeys((*map(quoted, sort), "division", "full_name", "worker_id", "of_version", "place", "item"))
        )
        page = f" LIMIT {int(limit)} OFFSET {int(offset)}" if limit is not None else ""
        values = [
            f"found.{quoted(leaf.item)} AS c{i}"
            for i, leaf in enumerate(self.table.leaves)
            if leaf.item and leaf.item not in SEALED
        ]
        sealed = [f"w.{prefix}_sealed" for prefix in SEALED.values()]
        text = (
            f"SELECT found.worker_id, {', '.join(values)}, w.id_token, {', '.join(sealed)}, item, told, effective_on, "
            "coalesce(u.display_name, b.display_name) AS confirmed_by "
            f"FROM (SELECT *, row_number() OVER (ORDER BY {order}) AS line FROM ({self._lines.text}) AS every "
            f"ORDER BY {order}{page}) AS found "
            "JOIN ledger_worker w ON w.id = found.worker_id "
            "LEFT JOIN ledger_submission s ON s.id = found.submission_id "
            "LEFT JOIN accounts_user u ON u.id = s.decided_by_id "
            "LEFT JOIN accounts_user b ON b.id = found.batch_decided_by ORDER BY line"
        )
        with connection.cursor() as cursor:
            cursor.execute(text, self._lines.params)
            names = [column.name for column in cursor.description]
            found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [{**row, "told": json.loads(row["told"] or "null")} for row in found]

    @cached_property
    def _lines(self) -> Sql:
        people = sources.ledger(self.as_of, live=sources.is_live(self.as_of))
        month = self.as_of.replace(day=1)
        first, after = (
            timezone.make_aware(dt.datetime.combine(day, dt.time())) for day in (month, self.as_of + dt.timedelta(1))
        )
        compiler = versions.compiler(self.programme, self.division, self.as_of, POSTGRES, people)
        flat = compiler.relation("worker", [self.table.where] if self.table.where else [])
        scope, listed = compiler.scope("worker"), compiler.rule(self.table.where)
        member = Sql(
            "worker_id IN (SELECT worker_id FROM ledger_membership WHERE programme = %s AND from_date <= %s "
            "AND coalesce(to_date >= %s, true))",
            (self.programme.id, self.as_of, month),
        )
        chosen = join(
            " AND ",
            [
                inside(self.division, POSTGRES),
                Sql(f"(({scope.text}) OR {member.text})", (*scope.params, *member.params)),
                Sql(f"({listed.text})", listed.params),
            ],
        )
        return Sql(
            "SELECT f.*, c.version AS of_version, c.effective_on, c.submission_id, told.place, told.item, told.told, "
            "b.decided_by_id AS batch_decided_by "
            f"FROM (SELECT * FROM {flat.text} WHERE {chosen.text}) f JOIN ledger_change c ON c.worker_id = f.worker_id "
            "JOIN ledger_batch b ON b.id = c.batch_id AND b.undone_by_id IS NULL "
            "CROSS JOIN LATERAL (SELECT 0 AS place, '' AS item, NULL::jsonb AS told WHERE c.kind = %s UNION ALL "
            "SELECT array_position(%s, e.key), e.key, e.value FROM jsonb_each(c.changes) e WHERE c.kind = %s "
            "AND e.key = ANY (%s) AND e.value -> 0 IS DISTINCT FROM e.value -> 1) told "
            "WHERE c.at >= %s AND c.at < %s",
            (
                *flat.params, *chosen.params, str(ChangeKind.NEW), list(self.table.items), str(ChangeKind.UPDATE),
                list(self.table.items), first, after,
            ),
        )  # fmt: skip


class Printer(printing.Printer):
    """Lines of the list as words; what an item was and is in the form's own wording."""

    def __init__(self, programme: Programme, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(programme, table, rows)
        self.labels = {
            field.item: field.label for section in (programme.form.sections if programme.form else ()) for field in section.items
        }  # fmt: skip
        codes = {
            value
            for row in rows
            if row["item"] and self.items[row["item"]].kind == "region"
            for value in row["told"][:2]
            if value
        }
        self.places |= printing.names(codes)

    def _cell(self, leaf: TableColumn, row: Mapping[str, Any], i: int, number: int) -> Printed:
        match leaf.change:
            case None:
                return super()._cell(leaf, row, i, number)
            case "item":
                return self.labels.get(row["item"]) or self.items[row["item"]].name if row["item"] else NEWCOMER
            case "before" | "after":
                return self._told(leaf, row["item"], row["told"][leaf.change == "after"]) if row["item"] else None
            case "day":
                return f"{row['effective_on']:%Y-%m-%d}"
            case "how":
                return HOW.get(row["told"][2], "") if row["item"] and len(row["told"]) > 2 else None
            case "confirmed_by":
                return row["confirmed_by"]  # type: ignore[no-any-return]

    def _told(self, leaf: TableColumn, name: str, value: Any) -> Printed:
        """A value of a change, which is kept as JSON."""
        if value in (None, [], ""):
            return None
        item = self.items[name]
        match item.kind:
            case "date" | "ym":
                value = dt.date.fromisoformat(value)
            case "months":
                value = [dt.date.fromisoformat(month) for month in value]
            case "int" | "dec":
                value = Decimal(str(value))
        return self.words(leaf, item, value)
