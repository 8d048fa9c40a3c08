"""C3 of a county of 600,000 people: in a process that has just started, from a snapshot that lies ready."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from taizhang.cli.bench.installation import installation, python

PEOPLE, PROGRAMME, COUNTY = 600_000, "mouding-2017", "532323"
COLD = """
import datetime as dt, time, sys
from taizhang.cli import run
run.set_up()
from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.statistics import tables
programme, county, day = sys.argv[1], sys.argv[2], dt.date.fromisoformat(sys.argv[3])
catalogue.load()
with acting_for([county]):
    for _ in range(2):
        started = time.perf_counter()
        tables.compute(programme, "C3", county, day)
        print(time.perf_counter() - started)
"""


def measure(folder: Path, people: int | None) -> dict[str, Any]:
    """Seconds for the first C3 of a process, and for the second."""
    many = people or PEOPLE
    with installation(folder / "data", PROGRAMME, COUNTY, many):
        output = python(folder / "data", "-c", COLD, PROGRAMME, COUNTY, dt.date.today().isoformat()).output
    first, second = (float(line) for line in output.strip().splitlines()[-2:])
    return {"people": many, "c3_cold_seconds": round(first, 3), "c3_again_seconds": round(second, 3)}
