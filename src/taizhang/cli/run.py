"""`serve`, `work`, `migrate`, `manage`: the processes of an installation."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from taizhang.engine import certificate, server
from taizhang.engine.certificate import Certificate
from taizhang.site.environment import Environment, read_environment


def run(options: argparse.Namespace) -> int | None:
    """Start the embedded server if this installation uses it, then the command."""
    start_database(read_environment())
    match options.command:
        case "serve":
            set_up()
            check()
            found = certificate.ready(read_environment().data_dir, options.name) if options.https else None
            if found:
                print(how_to_trust(found, options.host, options.port), file=sys.stderr, flush=True)
            os.execv(sys.executable, web_server(options.host, options.port, options.workers, found))
        case "work":
            set_up()
            check()
            from taizhang.engine import jobs

            jobs.run_worker()
        case "migrate":
            set_up()
            check(databases=())
            if not reachable():
                return 1
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


def check(databases: Sequence[str] = ("default",)) -> None:
    """Stop with what is wrong with the installation and what to do, before anything answers.

    `databases`: none before the first migration, which makes what is checked there.
    """
    from django.core.checks import run_checks

    from taizhang.engine.checks import INSTALLATION

    wrong = run_checks(tags=[INSTALLATION], databases=databases)
    for one in wrong:
        print(f"{one.id} {one.msg}\n    {one.hint}", file=sys.stderr)
    if wrong:
        sys.exit(1)


def reachable() -> bool:
    """Whether the owner can connect; says what to do when not."""
    from django.db import OperationalError, connection

    try:
        with as_owner():
            connection.ensure_connection()
    except OperationalError as error:
        print(
            "连不上数据库。核对 TAIZHANG_DATABASE_URL 里的主机、端口、账号和密码，数据库要开着。",
            error,
            sep="\n",
            file=sys.stderr,
        )
        return False
    return True


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


def how_to_trust(found: Certificate, host: str, port: int) -> str:
    """What the office does once with every phone."""
    place = next((one for one in found.names if one not in ("localhost", "127.0.0.1") and one[0].isdigit()), host)
    return (
        f"手机采集：https://{place}:{port}/phone/\n"
        f"每部手机先信任一次本单位的证书：打开 https://{place}:{port}/phone/trust/ ，浏览器提醒时选“继续前往”，照页面上的步骤安装证书。\n"
        f"证书指纹（SHA-256，和手机上显示的核对）：{certificate.fingerprint(found.authority)}"
        + ("\n现在只有本机能打开：手机要用，请加 --host 0.0.0.0。" if host in ("127.0.0.1", "localhost") else "")
    )


def web_server(host: str, port: int, workers: int, found: Certificate | None = None) -> list[str]:
    """The command that serves the site with `workers` processes, over https when there is a certificate."""
    listen = ["--host", host, "--port", str(port), "--workers", str(workers), "--blocking-threads", "4"]
    quiet = ["--no-ws", "--log-level", "warning"]
    # old phones speak TLS 1.2
    secure = (
        ["--ssl-certificate", str(found.certificate), "--ssl-keyfile", str(found.key), "--ssl-protocol-min", "tls1.2"]
        if found
        else []
    )
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", *listen, *quiet, *secure]
    return [*command, "taizhang.site.wsgi:application"]
