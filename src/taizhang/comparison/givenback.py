"""Rows of a list that could not be read, given back as they were, each with the reason."""

from __future__ import annotations

from pathlib import Path

from taizhang.accounts.models import User
from taizhang.comparison import policies, vault
from taizhang.comparison.models import DepartmentList
from taizhang.comparison.reading import NUMBER, Layout, People
from taizhang.engine.errors import DomainError
from taizhang.intake.answer import Note, bad_rows
from taizhang.intake.reading import Grid
from taizhang.release import actions as release

SHOWN = 50  # rows told on the page
MOST = 20_000  # rows given back: more means that the column is not what it says


def workbook(name: str, grid: Grid, layout: Layout, people: People) -> bytes:
    """The unread rows under their own headers; made when the list is matched, for the list itself is not kept."""
    import pyarrow.compute as pc

    told = people.unread.slice(0, MOST)
    at = layout.positions[NUMBER]
    notes = [
        Note(row, at, "error", layout.headers[at], message)
        for row, message in zip(told["row_no"].to_pylist(), told["message"].to_pylist(), strict=True)
    ]
    cells = grid.cells.take(pc.subtract(told["row_no"], 1))
    rows = zip(told["row_no"].to_pylist(), map(list, zip(*cells.to_pydict().values(), strict=True)), strict=True)
    lines = [("名单", name), ("没有读成", f"{people.unread.num_rows:,} 行")]
    return bad_rows(layout.headers, rows, notes, lines)


def file_of(*, actor: User, found: DepartmentList) -> tuple[str, bytes]:
    """File name and bytes, through the door out. Raises NotAllowed "county_only"; DomainError "gone"."""
    policies.check_bringer(actor.role, actor.sees_people)
    if not vault.VAULT.has(found.pk, vault.UNREAD):
        raise DomainError("gone", "没有读成的行只保留 7 天，已按规定清除。请把名单改好再传一次。", status=410)
    content = release.export(
        actor=actor, kind=release.Kind.ANSWER, subject=str(found.pk), division=found.division,
        make=lambda slip: vault.VAULT.get(found.pk, vault.UNREAD), rows=found.counts.get("unread", 0),
    )  # fmt: skip
    return f"{Path(found.name).stem}-没有读成的行.xlsx", content
