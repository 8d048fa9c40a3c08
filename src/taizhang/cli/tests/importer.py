"""Runs steps of an import in processes that can be killed: `python -m taizhang.cli.tests.importer`.

Reads one line of JSON per wanted process on standard input (a step's name and its arguments), forks, and answers with
the child's process id. Forking from a process that has imported everything makes a child start at once; it has no
database connection and no threads before the fork, so each child is as good as a fresh process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path


def work() -> None:
    """`./taizhang work`, but it looks for jobs of dead workers after two seconds instead of twenty."""
    from taizhang.engine import jobs

    jobs.run_worker(heartbeat=0.5)


def bring(path: str, form: str, username: str) -> None:
    """Take the file in and queue its check."""
    from taizhang.accounts.acting import acting_as
    from taizhang.intake import actions

    user = _user(username)
    with acting_as(user):
        upload, _ = actions.bring(actor=user, programme=form, path=Path(path), name="表.xlsx", inline=True)
        actions.start_check(actor=user, upload_id=upload.pk)


def submit(username: str) -> None:
    """Hand the only upload in."""
    from taizhang.accounts.acting import acting_as
    from taizhang.intake import actions
    from taizhang.intake.models import Upload

    user = _user(username)
    with acting_as(user):
        actions.submit(actor=user, upload_id=Upload.objects.get().pk)


def approve(username: str) -> None:
    """Approve every row that waits, which writes them to the ledger."""
    from taizhang.accounts.acting import acting_as
    from taizhang.intake.models import Upload
    from taizhang.review import actions as review

    user = _user(username)
    with acting_as(user):
        review.approve(actor=user, batch=Upload.objects.select_related("batch").get().batch)


def command(*arguments: str) -> None:
    """`./taizhang …`"""
    from taizhang.cli.main import main

    main(list(arguments))


def _user(username: str):  # type: ignore[no-untyped-def]
    from taizhang.accounts.models import User

    return User.objects.get(username=username)


STEPS = {step.__name__: step for step in (work, bring, submit, approve, command)}


def serve() -> None:
    """Fork a child per line; children that ended are reaped by the kernel."""
    import django

    django.setup()
    from taizhang import catalogue
    from taizhang.intake import actions, answering, jobs, run, service  # noqa: F401 - loaded once, before forking
    from taizhang.review import actions as review  # noqa: F401

    catalogue.load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        step, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(step, arguments)
        print(child, flush=True)


def _become(step: str, arguments: list[str]) -> None:
    """Never returns. Says on standard error what broke."""
    os.setpgid(0, 0)
    os.dup2(2, 1)  # standard output is the parent's conversation
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 0
    try:
        STEPS[step](*arguments)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    serve()
