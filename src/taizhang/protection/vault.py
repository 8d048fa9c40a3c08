"""Files about people at rest: sealed with SM4 in the data directory, opened only into memory.

A vault file is a row of sealed pieces, each bound to its owner's id, the part's name and its number, so that none can
be swapped or left out.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from taizhang.protection import keys

PIECE = 3 << 20  # bytes of the file per sealed piece; a multiple of 3, so that base64 adds no filling


@dataclass(frozen=True)
class Vault:
    """One folder of the data directory. `item` binds what is sealed here: the same bytes open in no other vault."""

    folder: str
    item: str

    def directory(self, key: UUID) -> Path:
        return Path(settings.DATA_DIR) / self.folder / str(key)

    def put(self, key: UUID, part: str, data: bytes | memoryview) -> None:
        """Seal `data` as a part of `key`; a part of that name is replaced whole or not at all."""
        home = self.directory(key)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        view = memoryview(data)
        pieces = [bytes(view[at : at + PIECE]) for at in range(0, len(view), PIECE)] or [b""]
        contexts = [_context(key, part, number, len(pieces)) for number in range(len(pieces))]
        fd, temporary = tempfile.mkstemp(dir=home)  # created with mode 0600
        with os.fdopen(fd, "wb") as file:
            for piece, context in zip(pieces, contexts, strict=True):
                blob = keys.seal(self.item, base64.b64encode(piece).decode(), context)
                file.write(len(pieces).to_bytes(4, "big") + len(blob).to_bytes(4, "big") + blob)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, home / part)

    def get(self, key: UUID, part: str) -> bytes:
        """The part's bytes. FileNotFoundError when it was swept or never kept; DomainError "seal_broken" when it was
        changed."""
        found, number = [], 0
        with (self.directory(key) / part).open("rb") as file:
            while head := file.read(8):
                count, size = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")
                context = _context(key, part, number, count)
                found.append(base64.b64decode(keys.unseal(self.item, file.read(size), context)))
                number += 1
        return b"".join(found)

    def has(self, key: UUID, part: str) -> bool:
        return (self.directory(key) / part).exists()

    def kept_at(self, key: UUID, part: str) -> dt.datetime:
        """When the part was written. FileNotFoundError as `get`."""
        return dt.datetime.fromtimestamp((self.directory(key) / part).stat().st_mtime, dt.UTC)

    def sweep(self, key: UUID) -> None:
        """Forget everything of `key`."""
        shutil.rmtree(self.directory(key), ignore_errors=True)

    def sweep_older(self, hours: float) -> int:
        """Forget what was last written more than `hours` ago; returns how many keys."""
        limit, swept = time.time() - hours * 3600, 0
        home = Path(settings.DATA_DIR) / self.folder
        for place in home.iterdir() if home.exists() else ():
            if place.stat().st_mtime < limit:
                shutil.rmtree(place, ignore_errors=True)
                swept += 1
        return swept


def _context(key: UUID, part: str, number: int, count: int) -> bytes:
    return f"{key}/{part}/{number}/{count}".encode()
