"""Which column of a sheet means which column of the form. Pure: grids and names in, a layout or a refusal out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from .cells import column_letters
from .reading import Grid
from .refusals import refuse
from .template import BASE, PERSON
from .wording import ALWAYS, Asked

LOOK = 15  # rows in which the header may stand
IGNORED = ""  # chosen by a person: leave this column out
UNIT = re.compile(
    r"\((?:单位:?)?(?:万?元(?:/[年月天])?|元每月|个?月|天|年|周?岁|次|人|必填|选填|可?多选|单选|18位|11位|文本(?:格式)?|格式.*|如.*|yyyy.*)\)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Match:
    """One column of the sheet. `column` is a form column's id, or None; `how`: label, synonym, chosen, ignored, same, none."""

    at: int
    header: str
    column: str | None
    how: str

    @property
    def letters(self) -> str:
        return column_letters(self.at)


@dataclass(frozen=True)
class Layout:
    """The sheet's header row (from 0) and its columns; `person` and `base` are the positions of a prefilled template's keys."""

    header_row: int
    matches: tuple[Match, ...]
    person: int | None = None
    base: int | None = None

    @property
    def positions(self) -> dict[str, int]:
        """Form column id -> position in the sheet."""
        return {match.column: match.at for match in self.matches if match.column}

    def problems(self, asked: Sequence[Asked]) -> list[str]:
        """What stops the check: required columns nobody pointed to, in the form's words."""
        return missing(asked, self.positions)


def plain(header: str) -> str:
    """A header as it is compared: half-width, no spaces, marks of duty or line ends."""
    text = unicodedata.normalize("NFKC", header)
    return re.sub(r"[\s*★●_\u200b\ufeff'\"“”:：]+", "", text).lower()


def without_unit(header: str) -> str:
    return UNIT.sub("", plain(header))


def dictionary(asked: Iterable[Asked]) -> dict[str, tuple[str, str]]:
    """Plain header -> (column id, how). Labels win over synonyms; a synonym two columns share means neither."""
    found: dict[str, tuple[str, str]] = {}
    shared: set[str] = set()
    asked = list(asked)
    for one in asked:
        found.setdefault(plain(one.column.label), (one.column.id, "label"))
    for one in asked:
        for name in one.column.names:
            for key in (plain(name), without_unit(name)):
                known = found.get(key)
                if known and known[0] != one.column.id and known[1] == "synonym":
                    shared.add(key)
                found.setdefault(key, (one.column.id, "synonym"))
    for one in asked:  # a place in one column where the form has several
        if one.column.level:
            for name in (one.field.label, *one.item.names):
                found.setdefault(plain(name), (one.item.id, "synonym"))
    return {key: value for key, value in found.items() if key and key not in shared}


def recognise(grid: Grid, asked: Sequence[Asked], remembered: Mapping[str, str] | None = None) -> Layout:
    """Find the header row and match its cells.

    `remembered`: plain header -> column id (or IGNORED) that this user chose before for this form.
    Raises DomainError: "no_rows", "no_header", "two_headers", "merged_cells".
    """
    words = dictionary(asked)
    rows = _top(grid.cells)
    if not rows:
        raise refuse("no_rows")
    hits = [_hits(row, words, remembered or {}) for row in rows]
    header = max(range(len(rows)), key=lambda n: (hits[n], -n))
    if hits[header] < min(2, len(asked)):
        raise refuse("no_header", expected="”“".join(one.column.label for one in asked[:3]))
    _one_header(rows, hits, header)
    _nothing_merged(grid.merged, header)
    if grid.cells.num_rows <= header + 1:
        raise refuse("no_rows")
    return _layout(rows[header], header, words, remembered or {})


def _top(cells: pa.Table) -> list[list[str]]:
    head = cells.slice(0, LOOK).to_pydict().values()
    return [[cell or "" for cell in row] for row in zip(*head, strict=True)]


def _hits(row: Sequence[str], words: Mapping[str, tuple[str, str]], remembered: Mapping[str, str]) -> int:
    """How many form columns a row of cells names."""
    return len({_find(cell, words, remembered)[0] for cell in row if cell} - {None, IGNORED})


def _find(header: str, words: Mapping[str, tuple[str, str]], remembered: Mapping[str, str]) -> tuple[str | None, str]:
    key = plain(header)
    if key in remembered:
        return (remembered[key], "chosen") if remembered[key] != IGNORED else (IGNORED, "ignored")
    return words.get(key) or words.get(without_unit(header)) or (None, "none")


def _one_header(rows: Sequence[Sequence[str]], hits: Sequence[int], header: int) -> None:
    """A second row that names two or more columns beside the header is a second header, not a person."""
    for other in (header - 1, header + 1):
        if 0 <= other < len(rows) and hits[other] >= 2:
            first, second = sorted((header, other))
            raise refuse("two_headers", first=first + 1, second=second + 1)


def _nothing_merged(merged: Iterable[str], header: int) -> None:
    """Merged cells in the header or below hide answers; a merged title above the header does no harm."""
    bad = [cells for cells in merged if int(re.findall(r"\d+", cells)[-1]) > header]
    if bad:
        raise refuse("merged_cells", cells="、".join(bad[:5]) + ("等" if len(bad) > 5 else ""))


def _layout(
    row: Sequence[str], header: int, words: Mapping[str, tuple[str, str]], remembered: Mapping[str, str]
) -> Layout:
    matches: list[Match] = []
    keys = {plain(PERSON): "person", plain(BASE): "base"}
    special: dict[str, int] = {}
    for at, cell in enumerate(row):
        if not cell.strip():
            continue
        if plain(cell) in keys:
            special[keys[plain(cell)]] = at
            continue
        column, how = _find(cell, words, remembered)
        matches.append(Match(at, cell.strip(), column or None, how))
    return Layout(header, _one_each(matches), special.get("person"), special.get("base"))


def _one_each(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Of several columns with one meaning keep the best: chosen before label before synonym, then the leftmost."""
    rank = {"chosen": 0, "label": 1, "synonym": 2}
    best: dict[str, Match] = {}
    for match in sorted((m for m in matches if m.column), key=lambda m: (rank[m.how], m.at)):
        best.setdefault(str(match.column), match)
    kept = {match.at for match in best.values()}
    return tuple(m if not m.column or m.at in kept else replace(m, column=None, how="same") for m in matches)


def choose(layout: Layout, chosen: Mapping[int, str]) -> Layout:
    """The layout after a person's corrections: position -> column id, or IGNORED.

    Raises DomainError("same_column") when two columns are given one meaning.
    """
    matches = []
    for match in layout.matches:
        column = chosen.get(match.at, match.column or IGNORED)
        if column == (match.column or IGNORED):
            matches.append(match)
        else:
            matches.append(replace(match, column=column or None, how="chosen" if column else "ignored"))
    taken: dict[str, Match] = {}
    for match in matches:
        if match.column in taken:
            raise refuse("same_column", header=taken[match.column].header, other=match.header, item=match.column)
        if match.column:
            taken[match.column] = match
    return replace(layout, matches=tuple(matches))


def missing(asked: Sequence[Asked], positions: Iterable[str]) -> list[str]:
    """Labels of required columns that are not there. Of a place split over columns only the lowest is indispensable."""
    have = set(positions)
    lowest = {one.item.id: one.column.id for one in asked if one.column.level}
    return [
        one.column.label
        for one in asked
        if one.required == ALWAYS
        and not {one.column.id, one.item.id} & have
        and one.column.id == lowest.get(one.item.id, one.column.id)
    ]


def rows_of(grid: Grid, layout: Layout) -> pa.Table:
    """The people's rows: a `row_no` column (as the sheet counts, from 1), form columns as text, and, of a prefilled template,
    `person_key` and `base_key`. Rows with nothing in any matched column are left out."""
    body = grid.cells.slice(layout.header_row + 1)
    numbers = pa.array(range(layout.header_row + 2, grid.cells.num_rows + 1), pa.int64())
    picked = {column: body.column(at) for column, at in layout.positions.items()}
    for name, at in (("person_key", layout.person), ("base_key", layout.base)):
        if at is not None:
            picked[name] = body.column(at)
    table = pa.table({"row_no": numbers, **picked})
    return table.filter(_filled(table, list(layout.positions)))


def _filled(table: pa.Table, names: Sequence[str]) -> pa.Array:
    import pyarrow.compute as pc

    filled = pa.repeat(pa.scalar(False), table.num_rows)
    for name in names:
        text = pc.utf8_trim_whitespace(table[name])
        filled = pc.or_(filled, pc.fill_null(pc.not_equal(text, ""), False))
    return filled
