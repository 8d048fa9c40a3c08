"""Background jobs on procrastinate: started in the caller's transaction, shown as a bar, found again after a crash.

    @job("intake.check")
    def check(progress, batch_id):            # arguments are ids, never data
        for done in ...: progress.advance(done, total, "正在核对")
        return "/imports/…/"                  # optional: where the result stands

    jobs.start(check, owner=actor, title="共和镇名册.xlsx", batch_id=batch.pk)

Rooms put their job functions into a module named `jobs`; the worker imports it. A job runs as its owner: it sees the
owner's divisions and no more. It may run again after a crash, so it must be safe to run twice.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.module_loading import import_string
from procrastinate import App, JobContext, RetryStrategy
from procrastinate.contrib.django import app as django_app
from procrastinate.contrib.django.db_cleanup import close_db_connections_async
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Status

from taizhang.engine import faults
from taizhang.engine.errors import DomainError
from taizhang.engine.models import Progress, State

log = logging.getLogger(__name__)

ATTEMPTS = 5  # a job that kills its worker this often is given up
HEARTBEAT = 5.0  # seconds
_ID = re.compile(r"[A-Za-z0-9._:/-]{1,80}")
# Identity and mobile numbers never go into the queue; digits inside a UUID are none.
_PERSONAL = re.compile(r"(?<![0-9A-Za-z-])(\d{17}[\dXx]|1\d{10})(?![0-9A-Za-z-])")


class JobFailed(Exception):
    """A job broke; the error id stands in the log and on the page.

    Carries no text of the original error, which may quote people's data.
    """


@dataclass(frozen=True)
class Job:
    """A function that the worker can run. Made by `@job`."""

    name: str
    function: Callable[..., str | None]
    task: Any

    def __call__(self, progress: Reporter, **ids: Any) -> str | None:
        """Run the bare function (tests, other jobs)."""
        return self.function(progress, **ids)


class Reporter:
    """Writes one Progress row on a connection of its own: the page sees it while the job's transaction is open."""

    def __init__(self, progress_id: str | UUID, context: JobContext | None = None) -> None:
        self.id = str(progress_id)
        self._context = context
        self._connection = connection.copy()
        self._written = 0.0

    def advance(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Show that `done` of `total` are through. Cheap enough to call often: at most five writes a second.

        Raises JobAborted when the worker has been told to stop; the job then starts again with the next worker.
        """
        if self._context is not None and self._context.should_abort():
            raise JobAborted
        now = time.monotonic()
        if now - self._written < 0.2 and done != total:
            return
        self._written = now
        self.write(done=done, total=total, message=message)

    def write(self, **values: object) -> None:
        """Set columns of the row at once; None leaves a column as it is."""
        given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
        if "message" in given:
            given["message"] = str(given["message"])[:500]
        assignments = ", ".join(f"{name} = %s" for name in given)  # names are ours, never input
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE engine_progress SET {assignments}{', ' if given else ''}updated = now() WHERE id = %s",
                [*given.values(), self.id],
            )

    def state(self) -> str | None:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT state FROM engine_progress WHERE id = %s", [self.id])
            row = cursor.fetchone()
        return row[0] if row else None

    def hold(self) -> bool:
        """Take the lock that says this job is alive. PostgreSQL lets it go the moment this process dies."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [self.id])
            return bool(cursor.fetchone()[0])

    def close(self) -> None:
        self._connection.close()


def job(name: str) -> Callable[[Callable[..., str | None]], Job]:
    """Make a function a job named "<room>.<verb>".

    It gets a Reporter and ids, and may return the address of its result.
    """

    def wrap(function: Callable[..., str | None]) -> Job:
        def task(context: JobContext, /, progress_id: str, **ids: Any) -> None:
            _run(function, progress_id, ids, context)

        retry = RetryStrategy(
            max_attempts=ATTEMPTS, wait=2, retry_exceptions=[OperationalError, InterfaceError, JobAborted]
        )
        return Job(name, function, django_app.task(name=name, pass_context=True, retry=retry)(task))

    return wrap


@transaction.atomic
def start(
    wanted: Job, *, owner: Any, title: str, area: str = "", lock: str | None = None, **ids: UUID | str | int
) -> Progress:
    """Queue a job; it begins when the surrounding transaction commits, and not at all if that rolls back.

    Args:
        lock: jobs of the same lock run one after the other.
        ids: opaque ids for the function. ValueError when one could be a person's number.
    """
    progress = _new_progress(wanted, owner, title, area, ids)
    wanted.task.configure(lock=lock).defer(progress_id=str(progress.pk), **_plain(ids))
    return progress


def run_now(wanted: Job, *, owner: Any, title: str, area: str = "", **ids: UUID | str | int) -> Progress:
    """Run a job in this process (command line), with the same row and the same rights. Errors are not swallowed."""
    progress = _new_progress(wanted, owner, title, area, ids)
    _run(wanted.function, str(progress.pk), _plain(ids), None)
    progress.refresh_from_db()
    return progress


def _new_progress(wanted: Job, owner: Any, title: str, area: str, ids: dict[str, Any]) -> Progress:
    for name, value in ids.items():
        text = str(value)
        if not _ID.fullmatch(text) or _PERSONAL.search(text):
            raise ValueError(f"job argument {name} is not an id")
    return Progress.objects.create(kind=wanted.name, title=title[:200], owner=owner, area=area)


def _plain(ids: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in ids.items()}


@contextmanager
def _as_owner(progress_id: str) -> Iterator[None]:
    """Rights of the job's owner; accounts is a higher floor, so settings name the function."""
    owner_id = Progress.objects.values_list("owner_id", flat=True).get(pk=progress_id)
    with import_string(settings.JOBS_ACTING_FOR_OWNER)(owner_id):
        yield


def _run(
    function: Callable[..., str | None], progress_id: str, ids: dict[str, Any], context: JobContext | None
) -> None:
    reporter = Reporter(progress_id, context)
    try:
        if not reporter.hold() or reporter.state() in (State.DONE, State.FAILED, None):
            return  # another worker has it, or it was finished before its worker died
        reporter.write(state=State.RUNNING, done=0)
        try:
            with _as_owner(progress_id):
                result = function(reporter, **ids)
        except (OperationalError, InterfaceError, JobAborted):
            again = context is not None and context.job.attempts + 1 < ATTEMPTS
            reporter.write(
                state=State.QUEUED if again else State.FAILED,
                message="任务中断，稍后自动继续。" if again else "连接中断，没有完成。请重试。",
            )
            raise
        except DomainError as error:
            reporter.write(state=State.FAILED, message=error.message)
            if context is None:
                raise
        except Exception as error:
            number = faults.report(error)
            reporter.write(state=State.FAILED, message=f"程序出错，没有完成。请把编号 {number} 告诉系统管理员。")
            if context is None:
                raise
            raise JobFailed(number) from None
        else:
            reporter.write(state=State.DONE, result_url=result or "")
    finally:
        reporter.close()


async def rescue(app: App, stalled_after: float) -> int:
    """Put jobs of dead workers back into the queue; returns how many.

    A job is dead when its worker's heartbeat is old and nobody holds its lock, so a busy worker is never doubled. One
    that took its worker down `ATTEMPTS` times is given up and says so.
    """
    rescued = 0
    for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after):
        progress_id = stalled.task_kwargs.get("progress_id")
        row = await app.connector.execute_query_one_async(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%(id)s, 0)) AS free", id=progress_id or str(stalled.id)
        )
        if not row["free"]:
            continue
        rescued += 1
        if stalled.attempts + 1 < ATTEMPTS:
            await app.job_manager.retry_job(stalled)
            continue
        await app.job_manager.finish_job(stalled, Status.FAILED, delete_job=False)
        await app.connector.execute_query_async(
            "UPDATE engine_progress SET state = 'failed', message = %(message)s, updated = now()"
            " WHERE id = %(id)s::uuid",
            message=f"连续中断 {ATTEMPTS} 次，已停止。请联系系统管理员。",
            id=progress_id,
        )
    return rescued


def _close_connection(call_next: Callable[[], Any], context: JobContext, worker: Any) -> Any:
    """Around every task, also periodic ones: the worker's threads end without telling Django."""
    try:
        return call_next()
    finally:
        connection.close()


def run_worker(*, wait: bool = True, heartbeat: float = HEARTBEAT, concurrency: int = 1) -> None:
    """Work until SIGTERM or Ctrl-C (`wait=False`: until the queue is empty).

    Jobs of dead workers are looked for every `heartbeat` seconds.
    """
    asyncio.run(_work(wait, heartbeat, concurrency))


async def _work(wait: bool, heartbeat: float, concurrency: int) -> None:
    stalled_after = 4 * heartbeat

    async def watch(app: App) -> None:
        while True:
            await asyncio.sleep(heartbeat)
            try:
                await rescue(app, stalled_after)
            except Exception as error:  # the database may be restarting: try again next round
                log.warning("looking for stalled jobs failed: %s", type(error).__name__)

    connector: Any = django_app.connector  # Django's, which knows its worker's counterpart
    with django_app.replace_connector(connector.get_worker_connector()) as app:
        async with app.open_async():
            await rescue(app, stalled_after)
            watcher = asyncio.create_task(watch(app))
            try:
                await app.run_worker_async(
                    wait=wait,
                    listen_notify=wait,  # emptying the queue needs no listener
                    concurrency=concurrency,
                    update_heartbeat_interval=heartbeat,
                    stalled_worker_timeout=stalled_after,
                    shutdown_graceful_timeout=2,
                    task_middleware=[_close_connection, close_db_connections_async],
                    delete_jobs="successful",
                    fetch_job_polling_interval=min(5.0, heartbeat),
                )
            finally:
                watcher.cancel()
