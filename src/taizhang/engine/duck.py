"""DuckDB for bulk computing: bounded, and blind to files nobody named."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
from django.conf import settings

MEMORY = "1GB"
THREADS = 2


@contextmanager
def session(
    directories: Sequence[Path | str] = (), *, memory: str = MEMORY, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory DuckDB until the block ends.

    It reads and writes only files below `directories`, loads no extension, reaches no network, and its limits cannot
    be changed by a statement. Arrow tables come in by `connection.register(name, table)`; Python variables are not
    looked up by name. Work larger than `memory` spills into the data directory.
    """
    connection = _opened(directories, memory, threads)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def small() -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of the session that the small batches of a process share: opening one takes longer than their work.

    It reaches no file, and sees only what was registered with it.
    """
    with _shared(os.getpid()).cursor() as cursor:
        yield cursor


@cache
def _shared(pid: int) -> duckdb.DuckDBPyConnection:
    return _opened((), MEMORY, 1)


def _opened(directories: Sequence[Path | str], memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    spill = Path(settings.DATA_DIR) / "tmp" / "duckdb"
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET allowed_directories = ?", [[str(Path(d).resolve()) for d in directories]])
    for setting in ("enable_external_access", "python_enable_replacements"):
        connection.execute(f"SET {setting} = false")
    connection.execute("SET lock_configuration = true")
    return connection
