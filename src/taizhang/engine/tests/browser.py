"""Chromium, and one Playwright for the whole test process: its sync API refuses to start a second one while the first
runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
_running: list[Any] = []


@contextmanager
def shared_playwright() -> Iterator[Any]:
    """The process's Playwright, started at first use; `stop` ends it after the last test."""
    from playwright.sync_api import sync_playwright

    if not _running:
        _running.append(sync_playwright().start())
    yield _running[0]


def stop() -> None:
    """End Playwright if a test started it."""
    while _running:
        _running.pop().stop()
