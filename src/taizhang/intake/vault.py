"""Uploaded files at rest: sealed with SM4-GCM in the data directory, opened only into memory, gone when their batch is closed.

A vault file is a row of sealed pieces, each bound to the upload, the part's name and its number, so that none can be swapped or left out.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pyarrow as pa
from django.conf import settings

from taizhang.protection import keys

PIECE = 3 << 20  # bytes of the file per sealed piece; a multiple of 3, so that base64 adds no filling
ITEM = "upload"


def directory(upload: UUID) -> Path:
    return Path(settings.DATA_DIR) / "uploads" / str(upload)


def put(upload: UUID, part: str, data: bytes | memoryview) -> None:
    """Seal `data` as a part of an upload; a part of that name is replaced whole or not at all."""
    home = directory(upload)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    view = memoryview(data)
    pieces = [bytes(view[at : at + PIECE]) for at in range(0, len(view), PIECE)] or [b""]
    contexts = [_context(upload, part, number, len(pieces)) for number in range(len(pieces))]
    fd, temporary = tempfile.mkstemp(dir=home)  # created with mode 0600
    with os.fdopen(fd, "wb") as file:
        for piece, context in zip(pieces, contexts, strict=True):
            blob = keys.seal(ITEM, base64.b64encode(piece).decode(), context)
            file.write(len(pieces).to_bytes(4, "big") + len(blob).to_bytes(4, "big") + blob)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, home / part)


def get(upload: UUID, part: str) -> bytes:
    """The part's bytes. FileNotFoundError when it was swept or never kept; DomainError "seal_broken" when it was changed."""
    found, number = [], 0
    with (directory(upload) / part).open("rb") as file:
        while head := file.read(8):
            count, size = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
            found.append(base64.b64decode(keys.unseal(ITEM, file.read(size), _context(upload, part, number, count))))
            number += 1
    return b"".join(found)


def has(upload: UUID, part: str) -> bool:
    return (directory(upload) / part).exists()


def sweep(upload: UUID) -> None:
    """Forget everything of an upload."""
    shutil.rmtree(directory(upload), ignore_errors=True)


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


def _context(upload: UUID, part: str, number: int, count: int) -> bytes:
    return f"{upload}/{part}/{number}/{count}".encode()
