"""A phone in the hand: Chromium with a profile of its own on disk, which can be killed, taken offline and searched byte by byte."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import cookie
from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM

PIN = "280461"


class Hand:
    """`page` is Playwright's. `taps` counts what the thumb does. `wrong` keeps errors of scripts and of the content policy."""

    def __init__(self, playwright: Any, site: str, profile: Path) -> None:
        self.playwright, self.site, self.profile = playwright, site, profile
        self.taps = 0
        self.wrong: list[str] = []
        self.start()

    def start(self, *, online: bool = True) -> None:
        """Open the browser anew on the same profile."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, args=ARGUMENTS, viewport={"width": 360, "height": 760}, base_url=self.site,
            has_touch=True, locale="zh-CN", timezone_id="Asia/Shanghai",
        )  # fmt: skip
        self.context.set_default_timeout(10_000)
        self.page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._heard)
        self.online(online)

    def _heard(self, said: Any) -> None:
        """Without a network the browser itself complains about what it cannot fetch; a wrong answer of the server is the test's matter."""
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.wrong.append(said.text)

    def online(self, on: bool) -> None:
        self.context.set_offline(not on)

    def kill(self) -> None:
        """SIGKILL to the browser process: nothing is flushed, nothing is said goodbye to."""
        mine = f"--user-data-dir={self.profile}"
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if mine in command and not any(one.startswith("--type=") for one in command):
                os.kill(int(process.name), signal.SIGKILL)
        with suppress(Exception):  # the connection went with the process
            self.context.close()
        for lock in self.profile.glob("Singleton*"):
            lock.unlink()

    def tap(self, selector: str) -> None:
        self.taps += 1
        self.page.locator(selector).first.click()

    def enrol(self) -> None:
        """Sign in (by its session), set the PIN, download."""
        self.context.add_cookies([cookie(self.site, cast.collector_lan)])
        self.page.goto("/phone/")
        self.page.fill("#pin1", PIN)
        self.page.fill("#pin2", PIN)
        self.page.click("text=登记并下载名单")
        self.page.wait_for_selector("#people li")

    def unlock(self) -> None:
        self.page.goto("/phone/")
        self.page.fill("#pin", PIN)
        self.page.wait_for_selector("#people")

    def upload(self) -> None:
        """Press 现在上传 and wait until nothing waits."""
        self.page.click("[data-tab=tray]")
        self.page.click("text=现在上传")
        self.page.wait_for_selector("text=待上传 0")

    def traces(self, *secrets: str) -> list[str]:
        """Files of the profile that hold one of these in clear, in UTF-8 or UTF-16."""
        needles = [text.encode(code) for text in secrets for code in ("utf-8", "utf-16-le")]
        found = []
        for path in self.profile.rglob("*"):
            if path.is_file() and not path.is_symlink():
                data = path.read_bytes()
                found += [f"{path.name}: {needle!r}" for needle in needles if needle in data]
        return found
