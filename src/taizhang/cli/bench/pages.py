"""Pages of a county of 600,000 people over loopback, and the same pages with a tenth of them."""

from __future__ import annotations

import http.cookiejar
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taizhang.cli.bench.installation import environment, installation, python, result_of

PEOPLE, PROGRAMME, COUNTY = 600_000, "mouding-2017", "532323"
TIMES = 60  # requests per page; the first few warm the connection and are not counted
WARM = 5


class Browser:
    """A signed-in visitor. Follows redirects and keeps cookies; `seconds` is until the last byte."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> tuple[str, float]:
        return self._open(urllib.request.Request(self.address + path))

    def post(self, path: str, **fields: str) -> tuple[str, float]:
        token = next(cookie.value for cookie in self.jar if "csrf" in cookie.name)
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token or ""}).encode()
        return self._open(urllib.request.Request(self.address + path, body, {"Referer": self.address + path}))

    def _open(self, request: urllib.request.Request) -> tuple[str, float]:
        started = time.perf_counter()
        with self.opener.open(request, timeout=60) as answer:
            text = answer.read().decode()
        return text, time.perf_counter() - started


def measure(folder: Path, people: int | None) -> dict[str, Any]:
    """`p95_ms` by page with everybody, and `ratio_to_tenth`: that over the same with a tenth of the people."""
    many = people or PEOPLE
    large, small = _figures(folder / "large", many), _figures(folder / "small", many // 10)
    return {
        "people": many,
        "p95_ms": large,
        "ratio_to_tenth": {page: round(large[page] / small[page], 2) for page in large},
    }


def _figures(data_dir: Path, people: int) -> dict[str, float]:
    with installation(data_dir, PROGRAMME, COUNTY, people) as accounts:
        asked = result_of(python(data_dir, "-m", "taizhang.cli.bench.sample", str(TIMES)))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        serving = subprocess.Popen(
            [sys.executable, "-m", "taizhang.cli", "serve", "--port", str(port)], env=environment(data_dir)
        )
        try:
            browser = _signed_in(f"http://127.0.0.1:{port}", accounts["password"])
            pages: dict[str, Callable[[dict[str, str]], tuple[str, float]]] = {
                "list": lambda person: browser.get("/people/"),
                "search by ID number": lambda person: browser.post("/people/search/", name=person["number"]),
                "search by name": lambda person: browser.post("/people/search/", name=person["name"]),
                "search by pinyin": lambda person: browser.post("/people/search/", name=person["initials"]),
                "region picker": lambda person: browser.get("/divisions/options/?q=" + urllib.parse.quote("和平")),
                "person": lambda person: browser.get(f"/people/{person['id']}/"),
            }
            return {page: _p95([ask(person)[1] for person in asked][WARM:]) for page, ask in pages.items()}
        finally:
            serving.terminate()
            serving.wait(20)


def _signed_in(address: str, password: str) -> Browser:
    browser = Browser(address)
    for _ in range(200):
        try:
            browser.get("/accounts/login/")
            break
        except OSError:
            time.sleep(0.1)
    text, _ = browser.post("/accounts/login/", username="county", password=password)
    if not re.search(r"工作台", text):
        raise RuntimeError("could not sign in")
    return browser


def _p95(seconds: list[float]) -> float:
    """In milliseconds."""
    return round(sorted(seconds)[int(len(seconds) * 0.95)] * 1000, 1)
