"""`test`, `check`, `fix`, `lock`: what CI runs and what a developer runs before it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from taizhang.site.environment import ROOT

EVERYTHING = ["-q", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def run(options: argparse.Namespace) -> int:
    """Exit status of the command named in `options.command`."""
    return {"test": lambda: test(options.rest), "check": check, "fix": fix, "lock": lock}[options.command]()


def test(rest: list[str]) -> int:
    """All tests; `rest` goes to pytest. As root on Debian it fetches the browser and the Chinese fonts it needs."""
    missing = _browser()
    if missing:
        print(f"\n*** 跳过浏览器测试 / BROWSER TESTS ARE SKIPPED: {missing}\n", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "pytest", *(rest or EVERYTHING)]
    if missing:
        command += ["-m", "not browser"]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}).returncode


def _browser() -> str:
    """Empty when Chromium and a Chinese font are there (installing them if we may), else what to install."""
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True).stdout if shutil.which("fc-list") else b""
    if any(map(shutil.which, CHROMIUM)) and fonts:
        return ""
    apt = shutil.which("apt-get")
    if apt and hasattr(os, "geteuid") and os.geteuid() == 0:
        print("正在安装 Chromium 与中文字体 / installing Chromium and Noto CJK …", file=sys.stderr, flush=True)
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run([apt, "update", "-qq"], **quiet)  # type: ignore[call-overload]
        subprocess.run(
            [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk", "fontconfig"],
            **quiet,
        )  # type: ignore[call-overload]
    if any(map(shutil.which, CHROMIUM)):
        return ""
    return "需要 Chromium 和 Noto CJK 字体（Debian: apt-get install chromium fonts-noto-cjk）"


def check() -> int:
    """Format, lint, floors, types, migrations, generated docs. Runs all of them and reports every failure."""
    python = sys.executable
    owner = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TAIZHANG_AS_OWNER": "1"}
    steps = [
        ("格式 format", [python, "-m", "ruff", "format", "--check", "src"]),
        ("写法 lint", [python, "-m", "ruff", "check", "src"]),
        ("分层 floors", [str(Path(python).with_name("lint-imports"))]),
        ("类型 types", [python, "-m", "mypy"]),
        ("设置 settings", [python, "-m", "taizhang.cli", "manage", "check"]),
        ("迁移 migrations", [python, "-m", "taizhang.cli", "manage", "makemigrations", "--check", "--dry-run"]),
        ("文档 docs", [python, "-m", "taizhang.cli.docs", "--check"]),
    ]
    failed = []
    for name, command in steps:
        print(f"—— {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=owner).returncode:
            failed.append(name)
    print("全部通过 / all passed" if not failed else f"没有通过 / failed: {', '.join(failed)}")
    return 1 if failed else 0


def fix() -> int:
    """Format, mend what can be mended, write the generated docs anew."""
    python = sys.executable
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    commands = [
        [python, "-m", "ruff", "check", "--fix", "src"],
        [python, "-m", "ruff", "format", "src"],
        [python, "-m", "taizhang.cli.docs"],
    ]
    return max(subprocess.run(command, cwd=ROOT, env=environment).returncode for command in commands)


def lock() -> int:
    """Pin requirements.txt and requirements-test.txt from their .in files, with hashes and without any index address."""
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "pip-tools"], check=True)
    flags = [
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-trusted-host",
        "--no-emit-find-links",
        "--no-header",
        "--strip-extras",
        "--allow-unsafe",
        "--quiet",
    ]
    for name in ("requirements", "requirements-test"):
        subprocess.run(
            [sys.executable, "-m", "piptools", "compile", *flags, "-o", f"{name}.txt", f"{name}.in"],
            cwd=ROOT,
            check=True,
        )
    return 0
