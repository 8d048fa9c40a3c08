"""The import of 20,000 rows, killed at 30 random instants from file to ledger, and the database stopped under it (trust R10).

The kills are spread over all phases; each strikes the process that is at work then.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from taizhang import catalogue
from taizhang.cli.bench.installation import environment, installation
from taizhang.cli.synthetic import generate, workbook
from taizhang.cli.tests.killable import OFFICER, PEOPLE, PHASES, REVIEWER, STEPS, Ledger
from taizhang.divisions import loading
from taizhang.engine import server

ROWS = 20_000
KILLS = {"reading": 4, "checking": 4, "staging": 5, "comparing": 4, "submitting": 5, "approving": 8}
PROGRAMME, COUNTY = "shanxi-2022", "140121"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """An installation with ten people, brought to each step's beginning once without a kill; those are the templates."""
    data_dir = Path(tempfile.mkdtemp(prefix="taizhang-crash-"))
    try:
        with installation(data_dir, PROGRAMME, COUNTY, 10):
            _without_fsync(data_dir)
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


def _without_fsync(data_dir: Path) -> None:
    """It protects from power cuts only, which nobody plays here; a stopped server loses nothing without it."""
    with psycopg.connect(str(server.running_url(data_dir)), autocommit=True) as con:
        con.execute("ALTER SYSTEM SET fsync = off")
        con.execute("SELECT pg_reload_conf()")


def _workbook(path: Path) -> Path:
    loaded, units, today = catalogue.load(), loading.shipped(), dt.date.today()
    people = generate(county=COUNTY, people=ROWS, as_of=today, divisions=units, seed=7, months=1)
    texts = workbook.as_text(people.initial, loaded.forms[PROGRAMME], loaded, units, people.initial_day)
    workbook.write(texts, path)
    return path


def _walked(ledger: Ledger, path: Path) -> Ledger:
    """The whole import without a kill: seconds, hashes and a template per step; then the last step once more."""
    ledger.copy(server.DATABASE, "empty")
    ledger.process("bring", str(path), PROGRAMME, OFFICER).wait()
    for step in STEPS:
        ledger.wait_until_alone()
        ledger.copy(server.DATABASE, f"before_{step}")
        ledger.before[step] = ledger.everything()
        ledger.time(step)
        ledger.after[step] = ledger.story()
    ledger.people = ledger.story(PEOPLE)
    ledger.before["again"] = ledger.everything()
    ledger.process("approve", REVIEWER).wait()
    ledger.wait_until_alone()
    ledger.after["again"] = ledger.everything()
    return ledger


def test_it_has_something_to_lose(ledger: Ledger) -> None:
    begin, checked, applied = ledger.before["check"], ledger.after["check"], ledger.after["approve"]
    assert checked["ledger_submission"][0] == begin["ledger_submission"][0] + ROWS
    assert ledger.after["submit"]["ledger_worker"][0] == begin["ledger_worker"][0]
    assert applied["ledger_worker"][0] > ROWS * 0.97


def test_the_last_step_again_changes_nothing(ledger: Ledger) -> None:
    assert ledger.after["again"] == ledger.before["again"]


@pytest.mark.parametrize("phase", PHASES)
def test_a_kill_leaves_nothing_or_everything_and_the_next_run_completes(ledger: Ledger, phase: str) -> None:
    chance, step, nothing = random.Random(f"2017 {phase}"), PHASES[phase][0], 0
    fresh = False
    for number in range(KILLS[phase]):
        if not fresh:
            ledger.begin(step)
        ledger.strike(phase, (number + chance.random()) / KILLS[phase])
        whole = ledger.whole(step)
        nothing += not whole
        fresh = not whole and step != "check"  # a worker's death is also noted in the queue
    assert nothing >= KILLS[phase] / 2  # they struck a step at work
    if not whole and phase in ("checking", "comparing", "submitting", "approving"):
        ledger.finish(step)
        assert ledger.story() == ledger.after[step]


def test_a_killed_command_repeated_from_the_start_doubles_nobody(ledger: Ledger) -> None:
    ledger.copy("empty", server.DATABASE)
    line = ("command", "import", str(ledger.data_dir / "people.xlsx"), "--form", PROGRAMME, "--as", OFFICER, "--approve-as", REVIEWER, "--json")  # fmt: skip
    nobody = ledger.story("^ledger_worker$")["ledger_worker"]
    total = sum(ledger.seconds.values())
    child = ledger.process(*line)
    time.sleep(0.7 * total)
    child.kill()
    ledger.wait_until_alone()
    assert ledger.story("^ledger_worker$")["ledger_worker"] in (nobody, ledger.people["ledger_worker"])
    ledger.process(*line).wait()
    assert ledger.story(PEOPLE) == ledger.people


@pytest.mark.parametrize("phase", ["staging", "submitting", "approving"])
def test_the_database_stopped_at_once_is_whole_when_it_comes_back(ledger: Ledger, phase: str) -> None:
    step, chance = PHASES[phase][0], random.Random(f"532323 {phase}")
    ledger.begin(step)
    ledger.strike(phase, chance.uniform(0.3, 0.9), lambda: server.stop(ledger.data_dir, "immediate"))
    server.start(ledger.data_dir)
    if not ledger.whole(step):
        ledger.finish(step)
        assert ledger.story() == ledger.after[step]
