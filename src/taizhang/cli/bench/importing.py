"""A province's workbook from file to committed ledger, against merely reading it, and against django-import-export."""

from __future__ import annotations

import datetime as dt
import statistics
from pathlib import Path
from typing import Any

from taizhang import catalogue
from taizhang.cli.bench.installation import installation, python, result_of, taizhang
from taizhang.cli.synthetic import generate, workbook
from taizhang.divisions import loading

PROGRAMME, COUNTY = "shanxi-2022", "140121"
ROWS, COLUMNS, SMALL = 200_000, 27, 5_000
SPARE = (
    "当前状态",
    "就业单位",
    "培训地点",
    "户籍性质",
    "培训意向日期",
    "采集日期",
)  # optional columns left out to come to 27
BARE = "import sys, time, python_calamine as c; t = time.perf_counter(); n = len(c.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()); print(time.perf_counter() - t)"


def measure(folder: Path, people: int | None) -> dict[str, Any]:
    """`ratio_to_bare_read`: whole import command over `to_python()` of the same file; memory in MB of the largest process.

    `ratio_to_django_import_export`: its seconds over ours for the same 5,000 rows, both without process start.
    """
    rows = people or ROWS
    large, small = folder / "large.xlsx", folder / "small.xlsx"
    _write(large, rows)
    _write(small, min(rows, SMALL))
    bare = statistics.median(float(python(folder, "-c", BARE, str(large)).output) for _ in range(3))
    with installation(folder / "data", PROGRAMME, COUNTY, 10):
        ours = taizhang(
            folder / "data",
            "import",
            str(large),
            "--form",
            PROGRAMME,
            "--as",
            "county",
            "--approve-as",
            "county2",
            "--json",
            watch=True,
        )
        entered = result_of(ours)["entered"]
        again = taizhang(
            folder / "data", "import", str(large), "--form", PROGRAMME, "--as", "county", "--json", "--dry-run"
        )
        unchanged = result_of(again)["counts"]["same"]
    with installation(folder / "data2", PROGRAMME, COUNTY, 10):
        compared = result_of(python(folder / "data2", "-m", "taizhang.cli.bench.import_export", str(small)))
    return {
        "rows": rows,
        "columns": COLUMNS,
        "entered": entered,
        "unchanged_when_repeated": unchanged,
        "bare_read_seconds": round(bare, 2),
        "import_seconds": round(ours.seconds, 2),
        "ratio_to_bare_read": round(ours.seconds / bare, 2),
        "largest_process_mb": round(ours.memory / 1e6),
        **compared,
    }


def _write(path: Path, rows: int) -> None:
    loaded = catalogue.load()
    units = loading.shipped()
    population = generate(county=COUNTY, people=rows, as_of=dt.date.today(), divisions=units, seed=7, months=1)
    texts = workbook.as_text(population.initial, loaded.forms[PROGRAMME], loaded, units, population.initial_day)
    workbook.write(texts.select([name for name in texts.column_names if name not in SPARE][:COLUMNS]), path)
