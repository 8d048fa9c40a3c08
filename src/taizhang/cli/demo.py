"""`./taizhang demo`: a county of synthetic people, an account per role, and the running site, from nothing."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from taizhang.engine import certificate, server
from taizhang.engine.certificate import Certificate
from taizhang.site.environment import ROOT

console = Console(highlight=False)
PATIENCE = 180  # seconds for the site to answer; a busy machine takes its time
# The notices' programmes have their own years; the others are told as if they were of today.
STORY_END = {"guzhang-2020": dt.date(2020, 12, 31)}


def run(options: argparse.Namespace) -> int:
    """Build what is missing, serve, and stop everything on Ctrl-C."""
    county = options.county or _default_county(options.programme)
    os.environ.setdefault(
        "TAIZHANG_DATA_DIR", str(ROOT / "var" / f"demo-{options.programme}-{county}-{options.people}")
    )
    data_dir = Path(os.environ["TAIZHANG_DATA_DIR"]).resolve()
    started = time.monotonic()
    running_before = server.running_url(data_dir) is not None
    try:
        accounts = _prepare(data_dir, options.programme, county, options.people)
        if options.no_serve:
            _say(accounts, None)
            return 0
        found = certificate.ready(data_dir, options.name) if options.https else None
        return _serve(accounts, options.host, options.port, started, found)
    except KeyboardInterrupt:
        return 130
    finally:
        if not running_before:
            server.stop(data_dir)


def _default_county(programme: str) -> str:
    from taizhang import catalogue

    programmes = catalogue.load().programmes
    if programme not in programmes:
        sys.exit(f"没有方案“{programme}”。可以用：{'、'.join(sorted(programmes))}。")
    county = programmes[programme].county
    if county is None:
        sys.exit(f"方案“{programme}”没有写是哪个县的，请用 --county 说明，例如 --county 532323。")
    return county


@contextmanager
def _steps() -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield progress


def _prepare(data_dir: Path, programme: str, county: str, people: int) -> dict[str, str]:
    """Everything up to a database that can be served; what an earlier start finished is not done again."""
    from taizhang.cli import run as processes

    done = data_dir / "demo.json"
    with _steps() as steps:
        task = steps.add_task("启动数据库", total=1)
        server.start(data_dir)
        steps.update(task, completed=1)
        processes.set_up()
        from taizhang.protection import keys

        keys.create()
        task = steps.add_task("建表", total=1)
        processes.migrate()
        steps.update(task, completed=1)
        if done.exists():
            return dict(json.loads(done.read_text()))
        from taizhang.cli import demo_county

        accounts = demo_county.build(
            steps, programme=programme, county=county, people=people, as_of=STORY_END.get(programme, dt.date.today())
        )
    done.write_text(json.dumps(accounts))
    done.chmod(0o600)
    return accounts


def _serve(accounts: dict[str, str], host: str, port: int, started: float, found: Certificate | None) -> int:
    """Web server and job worker as children; the first one to end, or Ctrl-C, ends both."""
    from taizhang.cli import run as processes

    processes.check()
    children = {
        "网站": subprocess.Popen(processes.web_server(host, port, 2, found), start_new_session=True),
        "后台任务": subprocess.Popen([sys.executable, "-m", "taizhang.cli", "work"], start_new_session=True),
    }
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        address = f"{'https' if found else 'http'}://{host}:{port}/"
        if _answers(address, children, found):
            _say(accounts, address)
            if found:
                console.print(processes.how_to_trust(found, host, port))
            console.print(f"用时 {time.monotonic() - started:.1f} 秒。按 Ctrl-C 停止。")
            while _ended(children) is None:
                time.sleep(0.5)
        ended = _ended(children)
        told = f"{ended}的进程停了" if ended else f"网站 {PATIENCE} 秒没有应答"
        console.print(f"{told}，正在全部停止。原因见上面的输出；端口 {port} 被占用时换一个 --port。", style="bold")
        return 1
    except KeyboardInterrupt:
        console.print("\n正在停止……")
        return 0
    finally:
        for child in children.values():
            if child.poll() is None:
                child.terminate()
        for child in children.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)


def _ended(children: dict[str, subprocess.Popen[bytes]]) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def _answers(address: str, children: dict[str, subprocess.Popen[bytes]], found: Certificate | None = None) -> bool:
    """Wait until the site answers; False when a process died first or the site stays silent."""
    trust = ssl.create_default_context(cafile=str(found.authority)) if found else None
    if trust:
        trust.check_hostname = False  # 0.0.0.0 is nobody's name
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if _ended(children):
            return False
        try:
            with urllib.request.urlopen(address, timeout=5, context=trust):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def new_password() -> str:
    """One random password for the accounts of this demo; it exists nowhere else."""
    return f"Demo-{secrets.token_hex(4)}"


def _say(accounts: dict[str, str], address: str | None) -> None:
    table = Table(title=f"台账演示{f'：{address}' if address else ''}", title_justify="left", show_edge=False)
    table.add_column("账号")
    table.add_column("谁")
    for name, who in accounts.items():
        if name != "password":
            table.add_row(name, who)
    console.print(table)
    console.print(f"密码都是 [bold]{accounts['password']}[/bold]，人员都是造出来的（身份证号以 99 开头）。")
