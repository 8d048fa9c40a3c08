"""Registers too long to wait for: a job makes the file, once, and keeps it sealed for who asked, for a day.

The same register of the same day asked again by the same person is the file already made, as long as neither the ledger
nor a rule has changed: whoever takes it stands on every page, so it is nobody else's.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from uuid import UUID, uuid5

from django.db import transaction

from taizhang.accounts.models import User
from taizhang.divisions import queries as divisions
from taizhang.engine import jobs as engine
from taizhang.engine.errors import NotFound
from taizhang.engine.jobs import Job
from taizhang.engine.models import Progress
from taizhang.protection.vault import Vault
from taizhang.release import actions as release
from taizhang.statistics import actions, registers, sources, versions

LONG = 500  # lines made while the clerk waits
KEPT_HOURS = 24.0
VAULT = Vault("reports", "report")


@dataclass(frozen=True)
class Report:
    """What somebody asked for, of which state of the ledger."""

    owner: str
    table: str  # "mouding-2017/B1"
    division: str
    as_of: str
    format: str
    lines: int
    state: tuple[str, ...]  # marks of the counties, and the rules in force

    @property
    def key(self) -> UUID:
        """The same for the same question of the same people."""
        return uuid5(UUID(int=0), json.dumps(asdict(self)))

    @property
    def day(self) -> dt.date:
        return dt.date.fromisoformat(self.as_of)

    @property
    def title(self) -> str:
        _, table = actions.find(self.table)
        return f"{divisions.get(self.division).name}{table.title}"

    @property
    def file_name(self) -> str:
        return f"{self.title}{self.day:%Y%m%d}.{self.format}"

    @property
    def made(self) -> bool:
        return VAULT.has(self.key, "file")

    @property
    def made_at(self) -> dt.datetime:
        return VAULT.kept_at(self.key, "file")


def ask(actor: User, programme_table: str, division: str, as_of: dt.date, format: str) -> Report | None:
    """The report, when it is a register of more than `LONG` lines; None for what is made at once.

    Raises NotFound for a division out of the actor's scope, DomainError for a format there is not.
    """
    programme, table = actions.find(programme_table)
    actions.check_format(format)
    actions.check_covers(actor, division)
    if table.kind != "register":
        return None
    lines = registers.count(programme.id, table.id, division, as_of)
    if lines <= LONG:
        return None
    marks = sources.marks(sources.counties(division))
    state = (*(f"{county}:{mark}" for county, mark in sorted(marks.items())), *versions.signature(division))
    return Report(str(actor.pk), programme_table, division, as_of.isoformat(), format, lines, state)


@transaction.atomic
def start(actor: User, wanted: Report, job: Job) -> Progress:
    """The job that makes it: the one at work on it, else a new one."""
    sweep()
    if VAULT.has(wanted.key, "task"):
        running = Progress.objects.filter(pk=UUID(VAULT.get(wanted.key, "task").decode()), owner=actor).first()
        if running and running.is_open:
            return running
    task = engine.start(
        job,
        owner=actor,
        title=f"{wanted.title}，{wanted.lines:,} 行，{wanted.format}",
        area=wanted.division,
        report_id=str(wanted.key),
    )
    VAULT.put(wanted.key, "order", json.dumps(asdict(wanted)).encode())
    VAULT.put(wanted.key, "task", str(task.pk).encode())
    return task


def get(actor: User, key: UUID) -> Report:
    """A report of the actor's own that still lies in their scope. Raises NotFound, also when it is older than a day."""
    try:
        told = json.loads(VAULT.get(key, "order"))
    except FileNotFoundError:
        raise NotFound("report") from None
    wanted = Report(**{**told, "state": tuple(told["state"])})
    if wanted.owner != str(actor.pk):
        raise NotFound("report")
    actions.check_covers(actor, wanted.division)
    return wanted


def make(actor: User, key: UUID) -> None:
    """Make the file and keep it. Safe to run twice: one that is there stays."""
    wanted = get(actor, key)
    if not wanted.made:
        content = actions.export(
            actor=actor,
            programme_table=wanted.table,
            division=wanted.division,
            as_of=wanted.day,
            format=wanted.format,
        )
        VAULT.put(key, "file", content)


def take(actor: User, key: UUID) -> bytes:
    """The file, through the door out: every taking is written down. Raises NotFound as `get`, and while the file is not
    made yet."""
    wanted = get(actor, key)
    if not wanted.made:
        raise NotFound("report")
    return release.export(
        actor=actor,
        kind=release.Kind.REGISTER,
        subject=wanted.table,
        division=wanted.division,
        make=lambda _: VAULT.get(key, "file"),
        as_of=wanted.as_of,
        format=wanted.format,
        rows=wanted.lines,
    )


def sweep() -> None:
    """Forget what was made more than a day ago."""
    VAULT.sweep_older(KEPT_HOURS)
