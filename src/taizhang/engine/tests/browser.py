"""Chromium and the real application for it: one Playwright for the whole test process, as its sync API refuses to start
a second one while the first runs; the site on loopback; the database asked beside Playwright's loop."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
Answer = TypeVar("Answer")
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


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on the test's output."""


@contextmanager
def served() -> Iterator[str]:
    """The real application on loopback: its address."""
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    connections.close_all()
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Silent, allow_reuse_address=False)
    server.set_app(get_wsgi_application())
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def beside(question: Callable[[], Answer]) -> Answer:
    """Run something that asks the database on a thread of its own: Playwright's loop keeps Django off this one."""
    from django.db import connections

    def run() -> Answer:
        try:
            return question()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
