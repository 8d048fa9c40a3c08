"""The real application on loopback for a browser, and the database asked beside Playwright's loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from wsgiref.simple_server import WSGIRequestHandler

Answer = TypeVar("Answer")


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
