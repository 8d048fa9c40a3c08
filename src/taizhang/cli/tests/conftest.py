"""One real installation per test session: demo county, web server and job worker as processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from taizhang.cli.bench.installation import environment, installation

PEOPLE, PROGRAMME, COUNTY = 1_500, "mouding-2017", "532323"


@dataclass(frozen=True)
class Site:
    """A running installation of `PEOPLE` synthetic people in 牟定县.

    `accounts`: collector, township, township2, county, county2, city, province, partner, system, security, audit; all
    with `password`.
    Tests share it: what a test adds, later ones see.
    """

    address: str
    password: str
    accounts: tuple[str, ...]
    data_dir: Path
    log: Path


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Built by `./taizhang demo --no-serve`, then served by `./taizhang serve` and `./taizhang work`."""
    data_dir = Path(tempfile.mkdtemp(prefix="taizhang-site-"))
    try:
        with installation(data_dir, PROGRAMME, COUNTY, PEOPLE) as accounts, served(data_dir) as (address, log):
            password = accounts.pop("password")
            yield Site(address, password, tuple(accounts), data_dir, log)
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


@contextmanager
def served(data_dir: Path) -> Iterator[tuple[str, Path]]:
    """Server and worker until the block ends; yields the address and the file that holds everything they print."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = data_dir / "output.log"
    commands = (["serve", "--port", str(port), "--workers", "1"], ["work"])
    with log.open("ab") as output:
        children = [_start(data_dir, command, output) for command in commands]
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, children, log)
        yield address, log
    finally:
        _end(children)


def _start(data_dir: Path, command: list[str], output: BinaryIO) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "taizhang.cli", *command]
    return subprocess.Popen(
        arguments, env=environment(data_dir), stdout=output, stderr=subprocess.STDOUT, start_new_session=True
    )


def _wait(address: str, children: list[subprocess.Popen[bytes]], log: Path) -> None:
    """Until the sign-in page answers; fails with the end of the log."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and all(child.poll() is None for child in children):
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=30).close()
            return
        except urllib.error.HTTPError as error:
            raise AssertionError(f"the sign-in page answers {error.code}\n{log.read_text()[-3000:]}") from None
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the site did not start\n{log.read_text()[-3000:]}")


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
