"""Uploaded files at rest: sealed in the data directory, opened only into memory, gone when their batch is closed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pyarrow as pa
from django.conf import settings

from taizhang.protection.vault import Vault

VAULT = Vault("uploads", "upload")
directory, put, get, has, sweep = VAULT.directory, VAULT.put, VAULT.get, VAULT.has, VAULT.sweep


@contextmanager
def opened(upload: UUID, part: str = "file") -> Iterator[Path]:
    """A path from which another process of ours can read the part; on Linux it is memory, never a disk."""
    with readable(get(upload, part)) as path:
        yield path


@contextmanager
def readable(data: bytes) -> Iterator[Path]:
    """`data` behind a path, for as long as the block lasts."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("upload")
        try:
            with os.fdopen(os.dup(fd), "wb") as file:
                file.write(data)
            yield Path(f"/proc/{os.getpid()}/fd/{fd}")
        finally:
            os.close(fd)
        return
    fd, name = tempfile.mkstemp(dir=settings.DATA_DIR)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        yield Path(name)
    finally:
        os.unlink(name)


def put_table(upload: UUID, part: str, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    put(upload, part, memoryview(sink.getvalue()))


def get_table(upload: UUID, part: str) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(get(upload, part))) as reader:
        return reader.read_all()
