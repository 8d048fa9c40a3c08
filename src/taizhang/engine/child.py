"""Other people's files are opened by a process of their own: a scratch directory, a clean environment, a time limit.

The program limits itself before it reads anything (`limit`); what kills it kills nothing else.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[2]


def limit(memory: int, cpu_seconds: int, output: int) -> None:
    """Bind this process for good: bytes of address space, seconds of CPU, bytes of a file written."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(module: str, *arguments: str, home: Path, wall_seconds: float) -> int:
    """Run `python -m module arguments` in `home`; its exit status, negative when a signal ended it.

    Raises subprocess.TimeoutExpired.
    """
    environment = {
        "PYTHONPATH": str(SRC), "PYTHONUTF8": "1", "PATH": os.environ.get("PATH", ""),
        # Address space is limited: no arenas per thread, no pool that reserves ahead.
        "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=home, check=False, timeout=wall_seconds,
        stdout=subprocess.PIPE,  # nothing comes; its end wakes us, where waiting with a limit alone would look every 50 ms
    )  # fmt: skip
    return done.returncode
