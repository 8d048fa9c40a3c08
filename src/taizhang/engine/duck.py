"""DuckDB for bulk computing: bounded, and blind to files nobody named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    try:
        connection.execute("SET allowed_directories = ?", [[str(Path(d).resolve()) for d in directories]])
        for setting in ("enable_external_access", "python_enable_replacements"):
            connection.execute(f"SET {setting} = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()
