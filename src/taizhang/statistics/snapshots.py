"""The county's people as Parquet, for counting: opaque ids and what rules read, never a name, number, phone or address
(of a helper's name only whether there is one).

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
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

import pyarrow as pa
from django.conf import settings
from django.db import connection
from django.utils import timezone

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.catalogue.schema import Programme
from taizhang.catalogue.types import SUBJECTS
from taizhang.engine import duck
from taizhang.engine.planning import MANY, planned_for
from taizhang.rules import AS_OF, Rule, days, earlier
from taizhang.rules.sql import Sql
from taizhang.rules.vocabulary import PERSON
from taizhang.statistics import compiling, extraction, hoisting, sources, versions
from taizhang.statistics.boards import dimensions

# Beside the items that rules read, a person's birth date is the only one of this sensitivity: ages are counted from it.
COUNTED_THOUGH_PERSONAL = frozenset({"birth_date"})
FEW = 5_000  # people whose rows are read one by one rather than the county's anew


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
    touches: tuple[int, ...]  # the weights that `mark` is the sum of


@dataclass(frozen=True)
class Plan:
    """What snapshots hold, for some set of rules. `programmes` keeps alive what the plan was made of."""

    programmes: tuple[Programme, ...]
    own: tuple[tuple[str, Rule], ...]  # the counties' own rules: (subject, rule)

    def rules(self, subject: str = "") -> list[Rule]:
        """What is counted, of one subject or of all."""
        own = [rule for of, rule in self.own if subject in ("", of)]
        boards = dimensions.rules() if subject in ("", "worker") else []
        return [*(rule for one in self.programmes for rule in compiling.rules_of(one, subject)), *boards, *own]

    @cached_property
    def subjects(self) -> list[str]:
        return sorted({"worker", *(i.of for p in self.programmes for i in p.indicators.values())}, reverse=True)

    @cached_property
    def items(self) -> dict[str, pa.DataType]:
        known = catalogue.load()
        read = {item for rule in self.rules() for item in rule.items}
        refused = sorted(
            item
            for item in read - COUNTED_THOUGH_PERSONAL
            if (known.items[item].sealed or known.items[item].sensitivity in ("identity", "contact"))
            and not self._asked_only_whether_known(item)
        )
        if refused:
            raise ValueError(f"口径读了不进快照的数据项：{'、'.join(refused)}")
        return {item: known.items[item].arrow_type for item in sorted(read)}

    def _asked_only_whether_known(self, item: str) -> bool:
        """Whether a contact, such as the name of somebody's helper, is never read but by `is null` or `is not null`."""
        found = catalogue.load().items[item]
        if found.sealed or found.sensitivity != "contact" or not pa.types.is_string(found.arrow_type):
            return False
        trees = [rule.tree for rule in self.rules() if item in rule.items]
        nodes = [node for tree in trees for node in tree.walk()]
        tested = [node.args[0] for node in nodes if node.op == "isnull"]
        tests = len([node for node in tested if node.op == "item" and node.value == item])
        return len(trees) <= tests == len([node for node in nodes if node.op == "item" and node.value == item])

    @cached_property
    def present(self) -> frozenset[str]:
        """Items of which snapshots hold only whether there is one."""
        items = catalogue.load().items
        return frozenset(one for one in self.items if items[one].sensitivity == "contact")

    @cached_property
    def hoisted(self) -> dict[str, Rule]:
        return hoisting.hoisted(self.rules())

    @cached_property
    def columns(self) -> dict[str, dict[str, pa.DataType]]:
        """Subject -> its columns, but for those worked out from others."""
        return {subject: self._columns(subject) for subject in SUBJECTS}

    def _columns(self, subject: str) -> dict[str, pa.DataType]:
        found = {"worker_id": pa.string(), "division": pa.string()}
        if subject != "worker":
            found["fact_id"] = pa.string()
        if subject == "movement":
            found["programme"] = pa.string()
        movement = sources.MOVEMENT_ITEMS
        held = {item: kind for item, kind in self.items.items() if subject == "movement" or item not in movement}
        persons = {name for rule in self.rules(subject) for name in rule.columns if name.startswith(PERSON)}
        return {
            **found,
            **held,
            **{name: self.items[name.removeprefix(PERSON)] for name in sorted(persons)},
            **dict.fromkeys(sorted(self.stored(subject)), pa.bool_()),
        }

    def stored(self, subject: str = "") -> frozenset[str]:
        found = earlier.parts(rule.tree for rule in self.rules(subject))
        return frozenset(name for name, part in found.items() if part.rule.parameters <= set(AS_OF))

    @cached_property
    def fingerprint(self) -> str:
        return hoisting.fingerprint(self.hoisted, [f"{one}: {' '.join(self.columns[one])}" for one in self.subjects])


_plans: dict[tuple[object, ...], Plan] = {}


def plan() -> Plan:
    """The plan of the rules now in force; made anew when a county's rule comes into force."""
    own, notices = versions.rules(), tuple(catalogue.load().programmes.values())
    key = (*map(id, notices), *((subject, rule.text) for subject, rule in own))
    if key not in _plans:
        _plans.clear()
        _plans[key] = Plan(notices, tuple(own))
    return _plans[key]


def items() -> dict[str, pa.DataType]:
    """The items a snapshot holds: all that a rule of a programme, or of a county, reads.

    Raises ValueError when a rule reads an item that may not leave the ledger.
    """
    return plan().items


def computed(subject: str = "worker") -> dict[str, Rule]:
    """The columns worked out from others, by name."""
    found = plan()
    return {name: rule for name, rule in found.hoisted.items() if rule.columns <= found.columns[subject].keys()}


def stored(subject: str = "") -> frozenset[str]:
    """The columns that answer `at(:年初, ...)`; what asks for a threshold, which may change, is asked anew each time."""
    return plan().stored(subject)


def holds(rule: Rule, subject: str = "worker") -> bool:
    """Whether a subject's snapshot has all that a rule reads, so that it can be counted there."""
    held = columns(subject).keys() | rule.earlier.keys() - stored()
    other_days = {item for part in rule.earlier.values() for item in part.rule.items}
    return (
        rule.columns <= held
        and other_days <= columns().keys()
        and hoisting.hoisted([rule]).keys() <= computed(subject).keys() | computed().keys()
    )


def columns(subject: str = "worker") -> dict[str, pa.DataType]:
    """Column -> type of a subject's snapshot."""
    return plan().columns[subject]


def said(column: str) -> str:
    """A column as people call it: an item by its name, what is asked of another day by its condition."""
    asked = earlier.parts(rule.tree for rule in plan().rules())
    if column in asked:
        return asked[column].rule.text
    item = catalogue.load().items.get(column.removeprefix(PERSON))
    return item.name if item else column


def subjects() -> list[str]:
    """Subjects that some programme counts; `worker` always."""
    return plan().subjects


def fingerprint() -> str:
    """Changes when a column is added or computed in another way, so that old snapshots are built anew."""
    return plan().fingerprint


def relations(counties: Iterable[str], as_of: dt.date) -> compiling.Sources:
    """The counties' snapshots of a day as DuckDB relations; other days are read when a rule asks for them."""
    wanted = list(counties)

    def at(day: dt.date) -> Sql:
        return sources.parquet(read(wanted, day)).worker

    return sources.parquet(read(wanted, as_of), at, stored())


def root() -> Path:
    return Path(settings.DATA_DIR) / "snapshots"


def _path(county: str, day: dt.date, subject: str = "worker") -> Path:
    folder = root() / "live" if day == timezone.localdate() else root() / "dates" / day.isoformat()
    return folder / (f"{county}.parquet" if subject == "worker" else f"{county}.{subject}.parquet")


def manifest(county: str, day: dt.date) -> Manifest | None:
    """The manifest of a county's snapshot of a day, None when there is none."""
    try:
        data = json.loads(_path(county, day).with_suffix(".json").read_text())
        return Manifest(**{**data, "columns": tuple(data["columns"]), "touches": tuple(data["touches"])})
    except (FileNotFoundError, TypeError, KeyError, ValueError):
        return None


def begun(county: str) -> bool:
    """Whether today's live snapshot has been built at some time of the day."""
    today = timezone.localdate()
    found = manifest(county, today)
    return found is not None and found.day == today.isoformat()


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
    return found is not None and found.mark == mark and _as_wanted(found, as_of)


def _as_wanted(found: Manifest, as_of: dt.date) -> bool:
    """Whether the files hold what the rules now in force read, of that day."""
    return (
        found.day == as_of.isoformat()
        and set(columns()) <= set(found.columns)
        and found.computed == fingerprint()
        and all(_path(found.county, as_of, subject).is_file() for subject in subjects())
    )


def refresh(county: str, as_of: dt.date | None = None) -> Manifest:
    """Bring a county's snapshot of a day (default today) up to date unless another process has just done it: where few
    people were written about since, only their rows are read again."""
    today = timezone.localdate()
    as_of = as_of or today
    started = timezone.now()
    with building(_path(county, as_of).with_suffix(".lock")), acting_for([county]):
        mark, touched = sources.touched(county)
        found = manifest(county, as_of)
        if found and _fresh(found, as_of, mark):
            return found
        changed = touched.since(found.touches) if found and _as_wanted(found, as_of) else None
        people = sources.ledger(as_of, live=as_of == today)
        rows = {}
        for subject in subjects():
            path = _path(county, as_of, subject)
            if changed is None or len(changed) > FEW:
                rows[subject] = write(subject, county, path, people)
            else:
                rows[subject] = _rewrite(subject, county, path, people, changed)
        built = timezone.now()
        done = Manifest(
            county=county,
            day=as_of.isoformat(),
            mark=mark,
            rows=rows["worker"],
            columns=tuple(columns()),
            computed=fingerprint(),
            built_at=built.isoformat(timespec="seconds"),
            seconds=round((built - started).total_seconds(), 3),
            touches=tuple(touched.people),
        )
        path = _path(county, as_of).with_suffix(".json")
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(done), ensure_ascii=False, indent=1))
        os.replace(unfinished, path)
        return done


def write(
    subject: str, county: str, path: Path, people: compiling.Sources, only: Collection[UUID] | None = None
) -> int:
    """One subject's rows of a county (`only`: of some people) as a Parquet file; returns their number. The county must
    be open."""
    held = columns(subject)
    relation = _with_other_days(subject, people)
    inside = compiling.inside(county, compiling.POSTGRES)
    present = {name for name in held if name.removeprefix(PERSON) in plan().present}
    query = f"SELECT {extraction.select_list(held, present)} FROM {relation.text} WHERE {inside.text}"
    params = (*relation.params, *inside.params)
    if only is not None:
        query, params = f"{query} AND worker_id = ANY (%s)", (*params, list(only))
    computing = hoisting.select(computed(subject), "piece")
    with planned_for(MANY if only is None else 0), connection.cursor() as cursor, duck.session() as session:

        def extend(piece: pa.Table) -> pa.Table:
            session.register("piece", piece)
            return session.sql(computing.text, params=list(computing.params)).to_arrow_table()

        return extraction.write_parquet(cursor, f"{query} ORDER BY division, worker_id", params, held, path, extend)


def _rewrite(subject: str, county: str, path: Path, people: compiling.Sources, changed: Collection[UUID]) -> int:
    """The file with the rows of `changed` people as they are now, behind all others as they were."""
    new, whole = (path.with_name(f".{path.name}.{os.getpid()}.{part}") for part in ("new", "whole"))
    try:
        write(subject, county, new, people, changed)
        with duck.session([path.parent]) as session:
            session.register("changed", pa.table({"worker_id": [str(one) for one in changed]}))
            ((rows,),) = session.execute(
                f"""COPY (FROM read_parquet($old) ANTI JOIN changed USING (worker_id)
                          UNION ALL BY NAME FROM read_parquet($new))
                    TO {_quoted(whole)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {extraction.ROW_GROUP})""",
                {"old": str(path), "new": str(new)},
            ).fetchall()
        os.replace(whole, path)
        return int(rows)
    finally:
        new.unlink(missing_ok=True)
        whole.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    """COPY takes no parameter for its file."""
    return "'" + str(path).replace("'", "''") + "'"


def _with_other_days(subject: str, people: compiling.Sources) -> Sql:
    """The subject's rows with the columns of `stored`."""
    wanted, asked = stored(subject), [rule for rule in plan().rules(subject) if rule.earlier]
    if not wanted:
        return people.of(subject)
    assert people.day
    others = {name for rule in asked for name in rule.earlier} - wanted
    return earlier.joined(asked, people.of(subject), people.at, days(people.day), compiling.POSTGRES.rule, skip=others)


@contextmanager
def building(lock: Path) -> Iterator[None]:
    """One builder of a file at a time; the lock falls with its process."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
