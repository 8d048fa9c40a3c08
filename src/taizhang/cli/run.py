"""`serve`, `work`, `migrate`, `manage`: the processes of an installation."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from taizhang.engine import server
from taizhang.site.environment import Environment, read_environment


def run(options: argparse.Namespace) -> int | None:
    """Start the embedded server if this installation uses it, then the command."""
    start_database(read_environment())
    match options.command:
        case "serve":
            return serve(options.host, options.port, options.workers)
        case "work":
            import django

            django.setup()
            from taizhang.engine import jobs

            jobs.run_worker()
        case "migrate":
            set_up()
            migrate()
            load_divisions()
        case "manage":
            os.environ["TAIZHANG_AS_OWNER"] = "1"
            from django.core.management import execute_from_command_line

            execute_from_command_line(["taizhang", *options.rest])
    return None


def start_database(environment: Environment) -> None:
    """The embedded PostgreSQL, unless the office's own is named."""
    if environment.database_url is None:
        server.start(environment.data_dir)


def set_up() -> None:
    """Django, after `start_database`."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taizhang.site.settings")
    django.setup()


@contextmanager
def as_owner() -> Iterator[None]:
    """Let this process's connection be the owner's: for migrations and maintenance only."""
    from django.db import connection

    connection.close()
    options = dict(connection.settings_dict["OPTIONS"])
    connection.settings_dict["OPTIONS"] = {key: value for key, value in options.items() if key != "options"}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = options


def migrate() -> None:
    """Bring the database to this version, as its owner."""
    from django.core.management import call_command

    with as_owner():
        call_command("migrate", verbosity=0, interactive=False)


def load_divisions() -> None:
    """The shipped tree; units an office has changed stay as they are."""
    from taizhang.divisions import actions

    actions.load_all()


def serve(host: str, port: int, workers: int) -> int:
    """Replace this process by the web server; `workers` processes."""
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning", "taizhang.site.wsgi:application"]
    os.execv(sys.executable, command)
