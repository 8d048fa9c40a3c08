"""The county's people as Parquet, for counting: opaque ids and what rules read, never a name, number, phone or address.

`live/<county>.parquet` is today's `worker_flat`; `dates/<day>/<county>.parquet` is `worker_flat_at(day)`. Beside
each file a manifest says when it was
built, from what day, how many rows, and the county's high-water mark in the ledger; a file whose mark is not the
ledger's is built anew
when it is next read (or by the job after a change).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.engine import duck
from taizhang.engine.planning import planned_for_bulk
from taizhang.rules import Rule
from taizhang.statistics import compiling, extraction, hoisting, sources
from taizhang.statistics.boards import dimensions

# Beside the items that rules read, a person's birth date is the only one of this sensitivity: ages are counted from it.
COUNTED_THOUGH_PERSONAL = frozenset({"birth_date"})


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds. `mark` is the ledger's state before the rows were read, so the rows are never older
    than it."""

    county: str
    day: str
    mark: str
    rows: int
    columns: tuple[str, ...]
    computed: str  # fingerprint of the columns worked out from others
    built_at: str
    seconds: float


def items() -> dict[str, pa.DataType]:
    """The items a snapshot holds: all that a rule of a programme reads.

    Raises ValueError when a rule reads an item that may not leave the ledger.
    """
    known = catalogue.load()
    read = {item for rule in _rules() for item in rule.items}
    refused = sorted(
        item
        for item in read - COUNTED_THOUGH_PERSONAL
        if known.items[item].sealed or known.items[item].sensitivity in ("identity", "contact")
    )
    if refused:
        raise ValueError(f"口径读了不进快照的数据项：{'、'.join(refused)}")
    return {item: known.items[item].arrow_type for item in sorted(read)}


def _rules() -> list[Rule]:
    programmes = catalogue.load().programmes.values()
    return [*(rule for programme in programmes for rule in compiling.rules_of(programme)), *dimensions.rules()]


def computed() -> dict[str, Rule]:
    """The columns worked out from others, by name."""
    return hoisting.hoisted(_rules())


def holds(rule: Rule) -> bool:
    """Whether a snapshot of people has all that a rule reads, so that it can be counted there."""
    return rule.items <= columns().keys() and hoisting.hoisted([rule]).keys() <= computed().keys()


def columns(subject: str = "worker") -> dict[str, pa.DataType]:
    """Column -> type of a subject's snapshot."""
    own = {"worker_id": pa.string(), "division": pa.string()}
    movement = sources.MOVEMENT_ITEMS
    held = {item: kind for item, kind in items().items() if subject == "movement" or item not in movement}
    return {**own, **({"programme": pa.string()} if subject == "movement" else {}), **held}


def subjects() -> list[str]:
    """Subjects that some programme counts; `worker` always."""
    used = {i.of for p in catalogue.load().programmes.values() for i in p.indicators.values()}
    return sorted({"worker", *used}, reverse=True)


def root() -> Path:
    return Path(settings.DATA_DIR) / "snapshots"


def _path(county: str, day: dt.date, subject: str = "worker") -> Path:
    folder = root() / "live" if day == timezone.localdate() else root() / "dates" / day.isoformat()
    return folder / (f"{county}.parquet" if subject == "worker" else f"{county}.{subject}.parquet")


def manifest(county: str, day: dt.date) -> Manifest | None:
    """The manifest of a county's snapshot of a day, None when there is none."""
    try:
        data = json.loads(_path(county, day).with_suffix(".json").read_text())
        return Manifest(**{**data, "columns": tuple(data["columns"])})
    except (FileNotFoundError, TypeError, KeyError, ValueError):
        return None


def read(counties: Iterable[str], as_of: dt.date) -> Mapping[str, list[Path]]:
    """Subject -> files of the counties' people on a day, built anew where the ledger has moved on.

    Whoever reads them must keep to the actor's divisions: a file holds its whole county.
    """
    counties = list(counties)
    marks = sources.marks(counties)
    for county in counties:
        if not is_fresh(county, as_of, marks[county]):
            refresh(county, as_of)
    return {subject: [_path(county, as_of, subject) for county in counties] for subject in subjects()}


def is_fresh(county: str, as_of: dt.date, mark: str) -> bool:
    """Whether a county's snapshot of a day exists and the ledger, at `mark`, has nothing newer."""
    return _fresh(manifest(county, as_of), as_of, mark)


def _fresh(found: Manifest | None, as_of: dt.date, mark: str) -> bool:
    return (
        found is not None
        and found.mark == mark
        and found.day == as_of.isoformat()
        and set(columns()) <= set(found.columns)
        and found.computed == hoisting.fingerprint(computed())
        and all(_path(found.county, as_of, subject).is_file() for subject in subjects())
    )


def refresh(county: str, as_of: dt.date | None = None) -> Manifest:
    """Build a county's snapshot of a day (default today) unless another process has just done it."""
    today = timezone.localdate()
    as_of = as_of or today
    started = timezone.now()
    with building(_path(county, as_of).with_suffix(".lock")), acting_for([county]):
        mark = sources.marks([county])[county]
        found = manifest(county, as_of)
        if found and _fresh(found, as_of, mark):
            return found
        people = sources.ledger(as_of, live=as_of == today)
        rows = {subject: write(subject, county, _path(county, as_of, subject), people) for subject in subjects()}
        built = timezone.now()
        done = Manifest(
            county=county,
            day=as_of.isoformat(),
            mark=mark,
            rows=rows["worker"],
            columns=tuple(columns()),
            computed=hoisting.fingerprint(computed()),
            built_at=built.isoformat(timespec="seconds"),
            seconds=round((built - started).total_seconds(), 3),
        )
        path = _path(county, as_of).with_suffix(".json")
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(done), ensure_ascii=False, indent=1))
        os.replace(unfinished, path)
        return done


def write(subject: str, county: str, path: Path, people: compiling.Sources) -> int:
    """One subject's rows of a county as a Parquet file; returns their number. The county must be open."""
    held = columns(subject)
    relation = people.of(subject)
    inside = compiling.inside(county, compiling.POSTGRES)
    query = (
        f"SELECT {extraction.select_list(held)} FROM {relation.text} WHERE {inside.text} ORDER BY division, worker_id"
    )
    params = (*relation.params, *inside.params)
    computing = hoisting.select(computed(), "piece")
    with planned_for_bulk(), connection.cursor() as cursor, duck.session() as session:

        def extend(piece: pa.Table) -> pa.Table:
            session.register("piece", piece)
            return session.sql(computing.text, params=list(computing.params)).to_arrow_table()

        return extraction.write_parquet(cursor, query, params, held, path, extend)


@contextmanager
def building(lock: Path) -> Iterator[None]:
    """One builder of a file at a time; the lock falls with its process."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
