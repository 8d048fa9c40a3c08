"""An installation whose import can be killed at a chosen instant, and whose database is then compared row by row.

The import is three committed steps: the worker's check, the submission, the approval that enters the ledger. A step is
begun again by copying the database as it stood before it.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from taizhang.engine import server

OFFICER, REVIEWER = "county", "county2"
STEPS = ("check", "submit", "approve")
DONE = {"check": "checked", "submit": "submitted", "approve": "applied"}
# Phase -> its step, and the mark on the bar with which it begins (intake.run).
PHASES = {
    "reading": ("check", 2),
    "checking": ("check", 25),
    "staging": ("check", 55),
    "comparing": ("check", 75),
    "submitting": ("submit", None),
    "approving": ("approve", None),
}
# What a clock, a random number or another run's ids decide, and the queue, is no part of "the same".
OTHER_RUNS_DIFFER = {"uuid", "timestamp with time zone", "bytea"}
OURS = "^(ledger|intake|protection_audit|statistics_touch)"
STORY = "^ledger_"
PEOPLE = "^ledger_(worker|spell|standing|workyear|returnflow|intention|verification|serviceyear|membership|movement)"

Hashes = dict[str, tuple[int, str]]  # table -> rows, hash


class Child:
    """A process that is nobody's child here: it may have ended before it is looked at."""

    def __init__(self, pid: int) -> None:
        try:
            self.process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self.process = None

    def runs(self) -> bool:
        return self.process is not None and self.process.is_running()

    def kill(self) -> None:
        """SIGKILL, unless it ended by itself a moment ago."""
        if self.process is not None:
            with suppress(psutil.NoSuchProcess):
                self.process.kill()
            self.wait()

    def stop(self) -> None:
        """As an administrator stops it."""
        if self.process is not None:
            with suppress(psutil.NoSuchProcess):
                self.process.terminate()
            self.wait()

    def wait(self, limit: float = 120.0) -> None:
        if self.process is not None:
            self.process.wait(limit)


@dataclass
class Ledger:
    """The installation, what it held before and after each step, and how long each phase takes here (seconds)."""

    data_dir: Path
    parent: subprocess.Popen[str]
    seconds: dict[str, float] = field(default_factory=dict)
    before: dict[str, Hashes] = field(default_factory=dict)
    after: dict[str, Hashes] = field(default_factory=dict)
    people: Hashes = field(default_factory=dict)

    def connect(self, database: str = server.DATABASE) -> psycopg.Connection:
        url = server.running_url(self.data_dir)
        assert url is not None
        return psycopg.connect(url.replace(f"/{server.DATABASE}?", f"/{database}?"), autocommit=True)

    def copy(self, source: str, target: str) -> None:
        """Replace the database `target` by a copy of `source`."""
        with self.connect("postgres") as con:
            con.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
            con.execute(f"CREATE DATABASE {target} TEMPLATE {source}")

    def begin(self, step: str) -> None:
        """Set the database back. A copied sequence logs its numbers only after a checkpoint; a crash before would repeat them."""
        self.copy(f"before_{step}", server.DATABASE)
        with self.connect("postgres") as con:
            con.execute("CHECKPOINT")

    def run(self, step: str) -> Child:
        """Start the process of a step; it runs by itself."""
        line = {"check": ["work"], "submit": ["submit", OFFICER], "approve": ["approve", REVIEWER]}[step]
        return self.process(*line)

    def process(self, *line: str) -> Child:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(json.dumps(line) + "\n")
        self.parent.stdin.flush()
        return Child(int(self.parent.stdout.readline()))

    def finish(self, step: str) -> None:
        """Run a step to its end."""
        child = self.run(step)
        with self.connect() as con:
            self.until(lambda: state(con) == DONE[step], child, step)
        self.end(step, child)

    def end(self, step: str, child: Child) -> None:
        """Let a process that has done its step go; the worker has to be told."""
        if step == "check":
            child.stop()
        child.wait()
        self.wait_until_alone()

    def until(self, reached: Callable[[], bool], child: Child, what: str, limit: float = 240.0) -> None:
        deadline = time.monotonic() + limit
        while True:
            running = child.runs()  # asked first: it may get there and end in between
            if reached():
                return
            assert running, f"{what}: ended without finishing"
            assert time.monotonic() < deadline, f"{what}: not reached in {limit} s"
            time.sleep(0.01)

    def time(self, step: str) -> None:
        """Run a step to its end and note how long its phases take."""
        child, begun = self.run(step), {}
        with self.connect() as con:
            for phase, (of, mark) in PHASES.items():
                if of == step:
                    self.until(lambda mark=mark: past(con, mark), child, phase)  # type: ignore[misc]
                    begun[phase] = time.monotonic()
            self.until(lambda: state(con) == DONE[step], child, step)
        ends = [*list(begun.values())[1:], time.monotonic()]
        self.seconds |= {phase: end - at for (phase, at), end in zip(begun.items(), ends, strict=True)}
        self.end(step, child)

    def strike(self, phase: str, share: float, blow: Callable[[], None] | None = None) -> None:
        """Begin the phase's step and kill it (after `blow`) when `share` of the phase is over.

        A run that was through by then teaches how long the phase takes now, and the next one is struck.
        """
        step, mark = PHASES[phase]
        for _ in range(6):
            child = self.run(step)
            with self.connect() as con:
                self.until(lambda: past(con, mark), child, phase)
                begun = time.monotonic()
                while struck := child.runs() and (step != "check" or state(con) != DONE[step]):
                    if time.monotonic() >= begun + share * self.seconds[phase]:
                        break
                    time.sleep(0.005)
                took = time.monotonic() - begun
            if struck and blow is not None:
                blow()
            child.kill()
            if struck:
                return
            self.wait_until_alone()
            self.seconds[phase] = min(self.seconds[phase], took) * 0.9
            self.begin(step)
        raise AssertionError(f"{phase} is always over before it can be killed")

    def wait_until_alone(self) -> None:
        """Until the dead process's sessions are gone: a COMMIT that had reached the server may still be at work."""
        with self.connect("postgres") as con:
            for _ in range(6000):
                found = con.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [server.DATABASE])
                if found.fetchone() == (0,):
                    return
                time.sleep(0.01)
        raise AssertionError("sessions of a dead process stay")

    def whole(self, step: str) -> bool:
        """Asserts that nothing of the step, or all of it and once, is there. Returns which."""
        self.wait_until_alone()
        with self.connect() as con:
            whole = state(con) == DONE[step]
        if whole:
            assert self.story() == self.after[step]
        else:
            assert self.everything() == self.before[step]
        return whole

    def everything(self) -> Hashes:
        """Rows and hash of every table of ours, to the last bit."""
        return self._hashes(OURS, lambda types: "t")

    def story(self, tables: str = STORY) -> Hashes:
        """The same without what differs between any two runs; a fact is told with its person's token."""
        return self._hashes(tables, _told)

    def _hashes(self, tables: str, told: Callable[[dict[str, str]], str]) -> Hashes:
        found = {}
        with self.connect() as con:
            names = con.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_name ~ %s AND table_type = 'BASE TABLE'",
                [tables],
            ).fetchall()
            for (table,) in names:
                types = con.execute(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s ORDER BY 1",
                    [table],
                ).fetchall()
                row = con.execute(
                    f"SELECT count(*), md5(coalesce(string_agg(h, '' ORDER BY h), '')) FROM"
                    f" (SELECT md5(({told(dict(types))})::text) AS h FROM {table} t) hashed"
                ).fetchone()
                assert row is not None
                found[str(table)] = (int(row[0]), str(row[1]))
        return found


def _told(types: dict[str, str]) -> str:
    columns = [
        f't."{name}"'
        for name, kind in types.items()
        if (kind not in OTHER_RUNS_DIFFER or name.endswith("_token")) and name not in ("id", "pgh_id", "seconds")
    ]
    if "worker_id" in types:
        columns.append("(SELECT w.id_token FROM ledger_worker w WHERE w.id = t.worker_id)")
    return f"ROW({', '.join(columns)})"


def state(con: psycopg.Connection) -> str:
    """How far the import is: brought, checked, submitted, applied."""
    row = con.execute(
        "SELECT CASE WHEN b.state = 'applied' THEN 'applied' ELSE u.state END"
        " FROM intake_upload u LEFT JOIN ledger_batch b ON b.id = u.batch_id"
    ).fetchone()
    assert row is not None
    return str(row[0])


def past(con: psycopg.Connection, mark: int | None) -> bool:
    """Whether the check's bar has reached a mark."""
    if mark is None:
        return True
    row = con.execute("SELECT max(done) FROM engine_progress WHERE kind = 'intake.check'").fetchone()
    assert row is not None
    return int(row[0]) >= mark
