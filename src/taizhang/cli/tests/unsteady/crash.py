"""The import of 20,000 rows, killed at 30 random instants from file to ledger, and the database stopped under it (trust R10).

The import is three committed steps: the worker's check, the submission, the approval that enters the ledger. The
instants are spread evenly over all three, as measured in this run; each kill hits the step that would be running then.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest

from taizhang import catalogue
from taizhang.cli.bench.installation import environment, installation
from taizhang.cli.synthetic import generate, workbook
from taizhang.divisions import loading
from taizhang.engine import server

ROWS, KILLS = 20_000, 30
PROGRAMME, COUNTY, OFFICER, REVIEWER = "shanxi-2022", "140121", "county", "county2"
STEPS = ("check", "submit", "approve")
DONE = {"check": "checked", "submit": "submitted", "approve": "applied"}
# What a clock, a random number or another run's ids decide, and the queue, is no part of "the same".
OTHER_RUNS_DIFFER = {"uuid", "timestamp with time zone", "bytea"}
OURS = "^(ledger|intake|protection_audit|statistics_touch)"
STORY = "^ledger_"
PEOPLE = "^ledger_(worker|spell|standing|workyear|returnflow|intention|verification|serviceyear|membership|movement)"
pytestmark = pytest.mark.slow


Hashes = dict[str, tuple[int, str]]  # table -> rows, hash


@dataclass
class Ledger:
    """One installation whose database is set back to the beginning of a step by copying a template."""

    data_dir: Path
    parent: subprocess.Popen[str]
    seconds: dict[str, float] = field(default_factory=dict)  # of each step without a kill
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
        self.copy(f"before_{step}", server.DATABASE)

    def run(self, step: str) -> psutil.Process:
        """Start the process of a step; it runs by itself."""
        line = {"check": ["work"], "submit": ["submit", OFFICER], "approve": ["approve", REVIEWER]}[step]
        return self.process(*line)

    def process(self, *line: str) -> psutil.Process:
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(json.dumps(line) + "\n")
        self.parent.stdin.flush()
        return psutil.Process(int(self.parent.stdout.readline()))

    def finish(self, step: str, limit: float = 120.0) -> None:
        """Run a step to its end; the worker is then told to stop, as an administrator stops it."""
        process = self.run(step)
        deadline = time.monotonic() + limit
        while True:
            running = process.is_running()  # asked first: it may finish and end in between
            if self.state() == DONE[step]:
                break
            assert running, f"{step} ended without finishing"
            assert time.monotonic() < deadline, f"{step} did not finish"
            time.sleep(0.05)
        if step == "check":
            process.terminate()
        process.wait(120)
        self.wait_until_alone()

    def state(self) -> str:
        """How far the import is: brought, checked, submitted, applied."""
        with self.connect() as con:
            row = con.execute(
                "SELECT CASE WHEN b.state = 'applied' THEN 'applied' ELSE u.state END"
                " FROM intake_upload u LEFT JOIN ledger_batch b ON b.id = u.batch_id"
            ).fetchone()
        assert row is not None
        return str(row[0])

    def wait_until_alone(self) -> None:
        """Until the dead process's sessions are gone: a COMMIT that had reached the server may still be at work."""
        with self.connect("postgres") as con:
            for _ in range(3000):
                found = con.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [server.DATABASE])
                if found.fetchone() == (0,):
                    return
                time.sleep(0.01)
        raise AssertionError("sessions of a dead process stay")

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


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """An installation with ten people, brought to each step's beginning once without a kill; those are the templates."""
    data_dir = Path(tempfile.mkdtemp(prefix="taizhang-crash-"))
    try:
        with installation(data_dir, PROGRAMME, COUNTY, 10):
            parent = subprocess.Popen(
                [sys.executable, "-m", "taizhang.cli.tests.importer"],
                env={**environment(data_dir), "DJANGO_SETTINGS_MODULE": "taizhang.site.settings"},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                assert parent.stdout is not None
                path = _workbook(data_dir / "people.xlsx")
                assert parent.stdout.readline() == "ready\n"
                yield _walked(Ledger(data_dir, parent), path)
            finally:
                parent.kill()
                parent.communicate()
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


def _workbook(path: Path) -> Path:
    loaded, units, today = catalogue.load(), loading.shipped(), dt.date.today()
    people = generate(county=COUNTY, people=ROWS, as_of=today, divisions=units, seed=7, months=1)
    texts = workbook.as_text(people.initial, loaded.forms[PROGRAMME], loaded, units, people.initial_day)
    workbook.write(texts, path)
    return path


def _walked(ledger: Ledger, path: Path) -> Ledger:
    """The whole import without a kill: seconds, hashes and a template per step."""
    ledger.copy(server.DATABASE, "empty")
    ledger.process("bring", str(path), PROGRAMME, OFFICER).wait(120)
    for step in STEPS:
        ledger.wait_until_alone()
        ledger.copy(server.DATABASE, f"before_{step}")
        ledger.before[step] = ledger.everything()
        begun = time.monotonic()
        ledger.finish(step)
        ledger.seconds[step] = time.monotonic() - begun
        ledger.after[step] = ledger.story()
    ledger.people = ledger.story(PEOPLE)
    return ledger


def _instants(ledger: Ledger, count: int) -> list[tuple[str, float]]:
    """(step, seconds into it), spread evenly with jitter over the whole import; every step is hit at least once."""
    chance, found = random.Random(2017), []
    total = sum(ledger.seconds.values())
    for number in range(count):
        at = (number + chance.random()) * total / count
        for step in STEPS:
            if at < ledger.seconds[step]:
                break
            at -= ledger.seconds[step]
        found.append((step, at))
    assert {step for step, _ in found} == set(STEPS)
    return found


def _check(ledger: Ledger, step: str) -> bool:
    """Nothing of the step, or all of it and once. Returns which."""
    ledger.wait_until_alone()
    whole = ledger.state() == DONE[step]
    if whole:
        assert ledger.story() == ledger.after[step]
    else:
        assert ledger.everything() == ledger.before[step]
    return whole


def kill(process: psutil.Process) -> None:
    """SIGKILL, unless it ended by itself a moment ago."""
    with suppress(psutil.NoSuchProcess):
        process.kill()
    process.wait(10)


def test_it_has_something_to_lose(ledger: Ledger) -> None:
    begin, checked, applied = ledger.before["check"], ledger.after["check"], ledger.after["approve"]
    assert checked["ledger_submission"][0] == begin["ledger_submission"][0] + ROWS
    assert ledger.after["submit"]["ledger_worker"][0] == begin["ledger_worker"][0]
    assert applied["ledger_worker"][0] > ROWS * 0.97


def test_a_kill_leaves_nothing_or_everything_and_the_next_run_completes(ledger: Ledger) -> None:
    begun, struck = "", 0
    for number, (step, seconds) in enumerate(_instants(ledger, KILLS)):
        if begun != step or step == "check":  # a worker's death is also noted in the queue
            ledger.begin(step)
            begun = step
        process = ledger.run(step)
        time.sleep(seconds)
        struck += process.is_running()
        kill(process)
        whole = _check(ledger, step)
        if number % 5 == 4 and not whole:
            ledger.finish(step)
            assert ledger.story() == ledger.after[step]
            whole = True
        if whole:
            begun = ""
    assert struck >= KILLS * 0.9  # the measured seconds were those of a step at work


def test_a_killed_command_repeated_from_the_start_doubles_nobody(ledger: Ledger) -> None:
    ledger.copy("empty", server.DATABASE)
    line = ("command", "import", str(ledger.data_dir / "people.xlsx"), "--form", PROGRAMME, "--as", OFFICER, "--approve-as", REVIEWER, "--json")  # fmt: skip
    nobody = ledger.story("^ledger_worker$")["ledger_worker"]
    total = sum(ledger.seconds.values())
    for share in (0.3, 0.6, 0.9):
        process = ledger.process(*line)
        time.sleep(share * total)
        kill(process)
        ledger.wait_until_alone()
        people = ledger.story("^ledger_worker$")["ledger_worker"]
        assert people in (nobody, ledger.people["ledger_worker"])
    ledger.process(*line).wait(120)
    assert ledger.story(PEOPLE) == ledger.people


def test_the_database_stopped_at_once_is_whole_when_it_comes_back(ledger: Ledger) -> None:
    chance = random.Random(532323)
    for step in STEPS:
        ledger.begin(step)
        with ledger.connect("postgres") as con:
            con.execute("CHECKPOINT")  # a copied sequence logs its numbers only after one; without, they repeat
        process = ledger.run(step)
        time.sleep(chance.uniform(0.3, 0.9) * ledger.seconds[step])
        server.stop(ledger.data_dir, "immediate")
        kill(process)
        server.start(ledger.data_dir)
        if not _check(ledger, step):
            ledger.finish(step)
            assert ledger.story() == ledger.after[step]


def test_the_last_step_again_changes_nothing(ledger: Ledger) -> None:
    ledger.begin("approve")
    ledger.finish("approve")
    before = ledger.everything()
    ledger.run("approve").wait(120)
    ledger.wait_until_alone()
    assert ledger.everything() == before
