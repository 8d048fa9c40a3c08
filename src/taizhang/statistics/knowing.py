"""Any day asked two ways: as it was known then, as it is known now.

Then: where the day is the cut-off of a sealed period, the seal; on any other day what the ledger had recorded by the end
of that day, read from its history. Now: whatever has been recorded since counts with its true date.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.utils import timezone

from taizhang.accounts.acting import acting_for
from taizhang.rules.sql import Sql, join
from taizhang.statistics import compiling, seals, snapshots, sources
from taizhang.statistics.compiling import Sources
from taizhang.statistics.models import Seal

Known = Literal["now", "then"]


@dataclass(frozen=True)
class Basis:
    """What a county's figures rest on: a seal, or everything recorded until a moment; with neither, what is known now."""

    county: str
    seal: Seal | None = None
    at: dt.datetime | None = None

    @property
    def known_at(self) -> dt.datetime | None:
        return self.seal.known_at if self.seal else self.at


def bases(programme: str, division: str, as_of: dt.date, known: Known) -> list[Basis]:
    """One per county of the division that ever had people."""
    counties = sources.counties(division)
    if known == "now":
        return [Basis(county) for county in counties]
    return [then(programme, county, as_of) for county in counties]


def then(programme: str, county: str, as_of: dt.date) -> Basis:
    """What a county's figures of a day as known then rest on."""
    seal = seals.latest(programme, county, as_of)
    if seal:
        return Basis(county, seal)
    if as_of >= timezone.localdate():
        return Basis(county)
    return Basis(county, at=end_of(as_of))


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of a day here."""
    return dt.datetime.combine(day, dt.time.max, tzinfo=timezone.get_current_timezone())


def snapshot_sources(found: list[Basis], as_of: dt.date) -> tuple[Sources, list[Path]]:
    """DuckDB relations of the counties together, and the directories they lie in."""
    wanted = []
    files = [_files(basis, as_of) for basis in found]
    for subject in snapshots.subjects():
        wanted.append((subject, [one[subject] for one in files]))
    return seals.joined(wanted), [snapshots.root(), seals.root()]


def ledger_sources(found: list[Basis], as_of: dt.date) -> Sources:
    """The same people from the ledger and its history, in PostgreSQL."""
    if all(basis.known_at is None for basis in found):
        return sources.ledger(as_of, live=sources.is_live(as_of))
    rows = [
        sources.ledger_known(as_of, basis.known_at)
        if basis.known_at
        else sources.ledger(as_of, live=sources.is_live(as_of))
        for basis in found
    ]
    if len(rows) == 1:
        return rows[0]

    def together(relations: list[Sql]) -> Sql:
        """Each county's people from its own relation."""
        parts = []
        for basis, relation in zip(found, relations, strict=True):
            inside = compiling.inside(basis.county, compiling.POSTGRES)
            parts.append(Sql(f"SELECT * FROM {relation.text} WHERE {inside.text}", (*relation.params, *inside.params)))
        many = join(" UNION ALL ", parts)
        return Sql(f"({many.text}) AS together", many.params)

    return Sources(
        together([one.worker for one in rows]),
        {subject: together([one.of(subject) for one in rows]) for subject in rows[0].facts},
        lambda day: together([one.at(day) for one in rows]),
        day=as_of,
    )


def _files(basis: Basis, as_of: dt.date) -> dict[str, Path]:
    if basis.seal:
        return dict(seals.read(basis.seal))
    if basis.at is None:
        return {subject: paths[0] for subject, paths in snapshots.read([basis.county], as_of).items()}
    return _history(basis.county, as_of, basis.at)


def _history(county: str, as_of: dt.date, at: dt.datetime) -> dict[str, Path]:
    """Files of what was known of a day at its end. History does not change, so they are built once per set of rules."""
    folder = snapshots.root() / "then" / as_of.isoformat()
    paths = {
        subject: folder / f"{county}{'' if subject == 'worker' else f'.{subject}'}.parquet"
        for subject in snapshots.subjects()
    }
    note = folder / f"{county}.json"
    wanted = {"columns": sorted(snapshots.columns()), "computed": snapshots.fingerprint()}
    with snapshots.building(folder / f"{county}.lock"):
        if not (note.is_file() and json.loads(note.read_text()) == wanted and all(p.is_file() for p in paths.values())):
            rows = sources.ledger_known(as_of, at)
            with acting_for([county]):
                for subject, path in paths.items():
                    snapshots.write(subject, county, path, rows)
            note.write_text(json.dumps(wanted))
    return paths
