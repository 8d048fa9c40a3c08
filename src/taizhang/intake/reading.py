"""From a file to a grid of text, through the child process. The web worker itself never parses what somebody sent."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from taizhang.engine import child

from .refusals import refuse

WALL_SECONDS = 180.0


@dataclass(frozen=True)
class Grid:
    """A sheet as read: `cells` has columns c0, c1, ... of text; its row i is row i + 1 of the sheet. `marks`: row, column, kind, text."""

    kind: str
    sheet: str
    cells: pa.Table
    marks: pa.Table
    merged: list[str] = field(default_factory=list)
    mark: dict[str, str] = field(default_factory=dict)
    encoding: str = ""


def read(path: Path, *, wall_seconds: float = WALL_SECONDS) -> Grid:
    """Check and parse `path` in a process of its own. Raises DomainError with one of the codes of `refusals`."""
    size = path.stat().st_size
    if size > settings.UPLOAD_LIMIT_BYTES:
        raise refuse("over_limit", size=size >> 20, limit=settings.UPLOAD_LIMIT_BYTES >> 20)
    with scratch() as out:
        answer = _run(path, out, wall_seconds)
        if "refused" in answer:
            raise refuse(answer["refused"], **answer["params"])
        return Grid(
            kind=answer["kind"], sheet=answer["sheet"], cells=_load(out / "cells.arrow"), marks=_load(out / "marks.arrow"),
            merged=answer["merged"], mark=answer["mark"], encoding=answer.get("encoding", ""),
        )  # fmt: skip


SCRATCH = "taizhang-intake-"
ROOM_IN_MEMORY = 2 << 30  # bytes free in shared memory before it is used


def scratch_base() -> Path:
    """Where a child writes what it read: shared memory where there is plenty, else the data directory."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_IN_MEMORY:
        return memory
    base = Path(settings.DATA_DIR) / "tmp"
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    return base


def scratch_left() -> list[Path]:
    """Directories of ours that stand now."""
    return sorted(scratch_base().glob(f"{SCRATCH}*"))


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory only we can read, gone afterwards: the cells in it are people. What a killed process left is swept first."""
    for left in scratch_left():
        number = left.name.removeprefix(SCRATCH).partition("-")[0]
        if number.isdigit() and not _alive(int(number)):
            shutil.rmtree(left, ignore_errors=True)
    out = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-", dir=scratch_base()))
    try:
        yield out
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _run(path: Path, out: Path, wall_seconds: float) -> dict[str, Any]:
    try:
        status = child.run("taizhang.intake.child", str(path), str(out), home=out, wall_seconds=wall_seconds)
    except subprocess.TimeoutExpired:
        raise refuse("too_slow", seconds=int(wall_seconds)) from None
    written = out / "answer.json"
    if status == 0 and written.exists():
        answer: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
        return answer
    # Killed by a limit (memory aborts the parser, CPU raises SIGXCPU), or the parser itself broke on the file.
    raise refuse("too_large" if status < 0 else "damaged")


def _load(path: Path) -> pa.Table:
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_file(source) as reader:
        return reader.read_all()
