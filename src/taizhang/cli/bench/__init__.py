"""`./taizhang bench [import|pages|tables|phone]`: the figures of the README, as ratios measured in one run on one machine."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

console = Console(stderr=True, highlight=False)


def run(options: argparse.Namespace) -> int:
    """Measure in a data directory of its own, gone afterwards; the result goes to standard output."""
    from taizhang.cli.bench import importing, pages, phone, tables

    parts = {"import": importing.measure, "pages": pages.measure, "tables": tables.measure, "phone": phone.measure}
    chosen = [options.what] if options.what else list(parts)
    result: dict[str, Any] = {}
    for name in chosen:
        console.print(f"—— {name}")
        with tempfile.TemporaryDirectory(prefix="taizhang-bench-", dir=_roomy()) as folder:
            result[name] = parts[name](Path(folder), options.people)
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        for name, figures in result.items():
            for key, value in figures.items():
                print(f"{name:8} {key:34} {value}")
    return 0


def _roomy() -> str:
    """Not /tmp by name: it may be a small memory file system."""
    from taizhang.site.environment import ROOT

    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)
