"""Tables and registers as JSON and CSV. Pure: bytes out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from taizhang.catalogue.schema import TableColumn
from taizhang.statistics.registers import Partition, Register
from taizhang.statistics.tables import Result

Value = str | int | Decimal | None


def table_json(result: Result, proof: Mapping[str, Any] | None = None) -> bytes:
    """`proof`: the signed numbers (`attesting`). `cells`: division code -> indicator id (a formula column: `column_<no>`) -> number or null; `checks` with what
    fails where."""
    failed = {check: [v for v in result.violations if v.check == check] for check in result.table.checks}
    return _dump(
        {
            **_head(result),
            "title": result.table.title,
            "own_rules": list(result.own_rules),
            "rows": [{"division": row.code, "name": row.name, "parent": row.parent or None} for row in result.rows],
            "columns": [
                _column(leaf, id=name, no=leaf.no, indicator=leaf.indicator, formula=leaf.formula, **_by_hand(leaf))
                for name, leaf in result.columns.items()
            ],
            "cells": {
                code: {name: _number(result.said(code, name)) for name in row} for code, row in result.cells.items()
            },
            "checks": [
                {
                    "check": check,
                    "holds": not found,
                    "violations": [
                        {"division": v.code, "left": _number(v.left), "right": _number(v.right)} for v in found
                    ],
                }
                for check, found in failed.items()
            ],
            **({"proof": proof} if proof is not None else {}),
        }
    )


def cells_as_text(result: Result) -> dict[str, dict[str, str | None]]:
    """Division code -> column -> number as text, exact, or the words typed; null where there is neither."""
    return {
        code: {name: None if (value := result.said(code, name)) is None else str(value) for name in row}
        for code, row in result.cells.items()
    }


def register_json(register: Register, partition: Partition | None) -> bytes:
    """`rows`: one list of printed values per person, in the order of `columns`; `people`: their ids in the same
    order."""
    checks = (
        []
        if partition is None
        else [
            {
                "check": "R-10",
                "holds": partition.holds,
                "pool": partition.pool,
                "first": partition.first,
                "second": partition.second,
                "both": partition.both,
                "neither": partition.neither,
            }
        ]
    )
    return _dump(
        {
            **_head(register),
            "title": register.table.title,
            "total": register.total,
            "columns": [_column(leaf, item=leaf.item) for leaf in register.columns],
            "people": [line.worker_id for line in register.lines],
            "rows": [[_number(value) for value in line.cells] for line in register.lines],
            "checks": checks,
        }
    )


def table_csv(result: Result) -> bytes:
    """One line per division with code and name, one column per leaf; headed by the path of titles. UTF-8 with BOM,
    so that a double click opens it right."""
    titles = [_path(result.table.header + result.table.columns, leaf) for leaf in result.columns.values()]
    rows = ([row.code, row.name, *(result.said(row.code, name) for name in result.columns)] for row in result.rows)
    return _csv(["区划代码", "区划", *titles], list(rows))


def register_csv(register: Register) -> bytes:
    return _csv([leaf.title for leaf in register.columns], [list(line.cells) for line in register.lines])


def _head(shown: Result | Register) -> dict[str, str]:
    return {
        "programme": shown.programme.id,
        "table": shown.table.id,
        "division": shown.division,
        "as_of": shown.as_of.isoformat(),
    }


def _column(leaf: TableColumn, **more: Any) -> dict[str, Any]:
    return {"title": leaf.title, "unit": leaf.unit, **more}


def _by_hand(leaf: TableColumn) -> dict[str, str]:
    return {"by_hand": leaf.by_hand} if leaf.by_hand else {}


def _path(groups: Sequence[TableColumn], leaf: TableColumn) -> str:
    """已转移就业/按区域/县内."""
    for group in groups:
        if group is leaf:
            return group.title
        if any(one is leaf for one in group.leaves()):
            return f"{group.title}/{_path(group.columns, leaf)}"
    return leaf.title


def _number(value: Value) -> Any:
    """JSON numbers: 61.5 stays 61.5."""
    return float(value) if isinstance(value, Decimal) else value


def _dump(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def _csv(head: list[str], rows: list[list[Value]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([["" if value is None else _safe(value) for value in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def _safe(value: Value) -> Value:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
