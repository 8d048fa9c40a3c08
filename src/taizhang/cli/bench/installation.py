"""A whole installation in a folder, driven from outside by the same commands people use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from taizhang.engine import server
from taizhang.site.environment import ROOT


@dataclass(frozen=True)
class Ran:
    """One finished command: what it printed, seconds, and the most memory (bytes) any of its processes, or a database backend, held for itself."""

    output: str
    seconds: float
    memory: int


def environment(data_dir: Path) -> dict[str, str]:
    return {**os.environ, "TAIZHANG_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}


def python(data_dir: Path, *arguments: str, watch: bool = False) -> Ran:
    """Run `python arguments...` in the installation of `data_dir`; raises on failure."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment(data_dir), stdout=subprocess.PIPE, text=True
    )
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, data_dir, peak), daemon=True)
    if watch:
        watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments[:4])} … ended with {process.returncode}:\n{output[-2000:]}")
    return Ran(output, seconds, peak[0])


def taizhang(data_dir: Path, *arguments: str, watch: bool = False) -> Ran:
    return python(data_dir, "-m", "taizhang.cli", *arguments, watch=watch)


def _watch(pid: int, data_dir: Path, peak: list[int]) -> None:
    """Sample the process tree and this installation's database backends until the process ends. Shared memory is not counted twice."""
    postgres = server.running_url(data_dir) and int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    while psutil.pid_exists(pid):
        for root in filter(None, (pid, postgres)):
            try:
                family = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
                for one in family:
                    memory = one.memory_info()
                    peak[0] = max(peak[0], memory.rss - memory.shared)
            except psutil.Error:
                continue
        time.sleep(0.1)


def build(data_dir: Path, programme: str, county: str, people: int) -> dict[str, str]:
    """A demo installation; returns its accounts and their password. The database stays up: `stop` ends it."""
    server.start(data_dir)
    taizhang(data_dir, "demo", "--no-serve", "--programme", programme, "--county", county, "--people", str(people))
    return dict(json.loads((data_dir / "demo.json").read_text()))


@contextmanager
def installation(data_dir: Path, programme: str, county: str, people: int) -> Iterator[dict[str, str]]:
    """`build`, and everything stopped afterwards."""
    try:
        yield build(data_dir, programme, county, people)
    finally:
        server.stop(data_dir, "immediate")


def result_of(ran: Ran) -> Any:
    """The JSON on the last line a command printed."""
    return json.loads(ran.output.strip().splitlines()[-1])
