"""Puts the answer of an upload together: its notes from the check, its file from the vault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from taizhang import catalogue
from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError
from taizhang.ledger.homes import SEALED
from taizhang.release import actions as release

from . import actions, answer, queries, reading, vault
from .answer import Note
from .columns import Layout
from .models import Upload
from .queries import Problem
from .reading import Grid

MOST = 200_000  # problems told in one answer


def answer_for(*, actor: User, upload: Upload) -> tuple[str, bytes]:
    """File name and bytes of the marked workbook; made once per check. Raises DomainError "not_checked", "gone"."""
    if upload.batch_id is None:
        raise DomainError("not_checked", "这个文件还没有检查完。请检查完再下载。", status=409)
    if not vault.has(upload.pk, "file"):
        raise DomainError("gone", "这一批已经办结，原文件已按规定清除。", status=410)
    if not vault.has(upload.pk, "answer"):
        vault.put(upload.pk, "answer", _make(upload))
    content = release.export(
        actor=actor,
        kind=release.Kind.ANSWER,
        subject=str(upload.pk),
        division=upload.division,
        make=lambda slip: vault.get(upload.pk, "answer"),
    )
    return f"{Path(upload.name).stem}-检查结果.xlsx", content


def _make(upload: Upload) -> bytes:
    layout = actions.layout_of(upload)
    assert upload.batch_id is not None
    found = queries.problems(upload.batch_id, window=slice(0, MOST))
    clear = _clear_words(upload)
    notes = [_unmasked(note_of(problem, layout), problem, clear) for problem in found]
    lines = answer.summary(upload.name, upload.counts)
    with vault.opened(upload.pk) as path:
        if upload.layout["kind"] == "xlsx" and upload.rows <= answer.WHOLE_ROWS:
            return answer.same_workbook(path, upload.layout["sheet"], notes, lines)
        grid = reading.read(path)
    whole = upload.rows <= answer.WHOLE_ROWS
    bad = None if whole else {note.row for note in notes if note.kind != "warning"}
    width = grid.cells.num_columns
    headers = [cell or "" for cell in _row(grid, layout.header_row)]
    keys = [at for at in (layout.person, layout.base) if at is not None]
    secret = list(upload.template.items())
    return answer.bad_rows(headers[:width], _rows(grid, layout, bad), notes, lines, keys, secret)


def _clear_words(upload: Upload) -> dict[tuple[int, str | None, str], tuple[str, str | None]]:
    """Words of findings about sealed items as they were, numbers and all: the clerk's own file holds them anyway."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = vault.get_table(upload.pk, "findings")
    found = found.filter(pc.is_in(found["item"], value_set=pa.array(list(SEALED), pa.string())))
    return {(one["row_no"], one["item"], one["rule"]): (one["message"], one["suggestion"]) for one in found.to_pylist()}


def _unmasked(note: Note, problem: Problem, clear: dict[tuple[int, str | None, str], tuple[str, str | None]]) -> Note:
    words = clear.get((problem.row_no, problem.item, problem.rule))
    return replace(note, message=words[0], suggestion=words[1]) if words else note


def note_of(problem: Problem, layout: Layout) -> Note:
    """Where in the sheet a problem stands. One without a column of its own stands at the first matched column."""
    at, header = place(problem.item, layout)
    return Note(problem.row_no, at, problem.kind, header, problem.message, problem.suggestion, problem.name)


def place(item: str | None, layout: Layout) -> tuple[int, str]:
    """Position and header of an item's column; of a place split over columns the lowest."""
    mine = [match for match in layout.matches if match.column and match.column.partition(".")[0] == item]
    named = [match for match in layout.matches if match.column in ("full_name", "id_number")]
    match = (mine or named or list(layout.matches))[-1 if mine else 0]
    if mine or item is None:
        return match.at, match.header
    return match.at, catalogue.load().items[item].name if item in catalogue.load().items else match.header


def _row(grid: Grid, at: int) -> list[str | None]:
    return [column[at].as_py() for column in grid.cells.columns]


def _rows(grid: Grid, layout: Layout, wanted: set[int] | None) -> Iterator[tuple[int, list[str | None]]]:
    """(row number, cells) of the rows to send back, piece by piece."""
    number = layout.header_row + 2
    for batch in grid.cells.slice(layout.header_row + 1).to_batches(max_chunksize=10_000):
        for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if any(cells) if wanted is None else number in wanted:
                yield number, list(cells)
            number += 1


def place_words(item: str | None, layout: Layout) -> str:
    """ "D 身份证号": letters and header of the column a problem stands in; just the item's name when the file has no such column."""
    mine = [match for match in layout.matches if match.column and match.column.partition(".")[0] == item]
    if mine:
        return f"{mine[-1].letters} {mine[-1].header}"
    known = catalogue.load().items
    return known[item].name if item and item in known else "整行"
