"""What a person does at a desk, in Chromium: sign in, download, upload, read a table, take a picture for the manual."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taizhang.cli.tests import pictures
from taizhang.cli.tests.conftest import Site
from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM, shared_playwright
from taizhang.site.environment import ROOT

PICTURES = os.environ.get("TAIZHANG_SCREENSHOTS")  # folder, from the checkout's root; unset: no pictures
SMALL, WIDE = {"width": 360, "height": 760}, {"width": 1366, "height": 768}


class Desk:
    """One account in a browser of its own. `page` is Playwright's; `wrong` keeps errors of its scripts and policy."""

    def __init__(self, browser: Any, site: Site, account: str) -> None:
        self.context = browser.new_context(
            viewport=WIDE, base_url=site.address, locale="zh-CN", timezone_id="Asia/Shanghai", accept_downloads=True
        )
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._heard)
        self.page.goto("/")
        self.page.get_by_label("账号").fill(account)
        self.page.get_by_label("密码", exact=True).fill(site.password)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(site.address + "/")

    def _heard(self, said: Any) -> None:
        """A form sent back for want of an answer (422) is the page's way of asking, not an error of the page."""
        if said.type == "error" and "status of 422" not in said.text:
            self.wrong.append(said.text)

    def menu(self, name: str) -> None:
        """Open a room by the menu at the left."""
        self.page.get_by_role("navigation", name="主菜单").get_by_role("link", name=name).click()
        self.page.wait_for_load_state()

    def download(self, folder: Path, press: Any, name: str | None = None) -> Path:
        """Press what starts a download; returns the saved file."""
        with self.page.expect_download() as waiting:
            press.click()
        target = folder / (name or waiting.value.suggested_filename)
        waiting.value.save_as(target)
        return target

    def text(self) -> str:
        return str(self.page.locator("main").inner_text())

    def picture(self, name: str, *, whole: bool = False) -> None:
        """For the manual: the page at 1366 px, or with `-360` in the name as a phone shows it."""
        if not PICTURES:
            return
        narrow = name.endswith("-360")
        if narrow:
            self.page.set_viewport_size(SMALL)
        drawn = self.page.screenshot(full_page=whole, animations="disabled")
        pictures.write(self.context, drawn, ROOT / PICTURES / f"{name}.png")
        self.page.bring_to_front()  # keys go to the page in front
        if narrow:
            self.page.set_viewport_size(WIDE)


@contextmanager
def desks(site: Site) -> Iterator[Any]:
    """A function account -> Desk; afterwards no page may have had an error of its own."""
    opened: dict[str, Desk] = {}
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def desk(account: str) -> Desk:
            if account not in opened:
                opened[account] = Desk(browser, site, account)
            return opened[account]

        yield desk
        wrong = {account: one.wrong for account, one in opened.items() if one.wrong}
        browser.close()
    assert wrong == {}, wrong


def number(text: str) -> int:
    """The first number in a text, thousands separators taken out."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found.group().replace(",", ""))
