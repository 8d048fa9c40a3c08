"""Every page as every role that may open it, in Chromium, at 1366 and 360 px, normal and 长辈版.

Nothing for axe (WCAG A to AA), no sideways scroll, no error of a script or of the content policy. With TAIZHANG_PAGES
set to a folder, what was looked at is kept there as pictures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from taizhang.cli.bench.installation import python, result_of
from taizhang.cli.tests.conftest import COUNTY, Site
from taizhang.cli.tests.desk import CHROMIUM, SMALL, WIDE, Desk, desks

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium"),
]
ROLES = ("collector", "township", "county", "city", "province", "partner", "system", "security", "audit")
PAGES = os.environ.get("TAIZHANG_PAGES")
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
READERS = {"collector", "township", "county", "city", "province", "partner"}
EDITORS = {"collector", "township", "county"}
OFFICES = {"county", "city", "province"}
# What each page is called here, who opens it, and where it is: a path, or the page before it and the link to follow.
Where = str | tuple[str, str]
ROOMS: dict[str, tuple[set[str], Where]] = {
    "home": (set(ROLES), "/"),
    "figures": (READERS, "/figures/"),
    "handbook": (set(ROLES), "/handbook/"),
    "items": (set(ROLES), "/handbook/items/"),
    "tasks": (set(ROLES), "/tasks/"),
    "password": (set(ROLES), "/accounts/password/"),
    "provinces": ({"system", "security", "audit"}, "/divisions/"),
    "division": (READERS, f"/divisions/{COUNTY}/"),
    "people": (READERS, "/people/"),
    "nobody": (READERS, "/people/?region=110101"),
    "person": (READERS, ("people", "main table a[href^='/people/']")),
    "edit": (EDITORS, ("person", "main a[href$='/edit/']")),
    "print": (READERS, ("person", "main a[href$='/print/']")),
    "reveal": (EDITORS, ("person", "main a[href*='/numbers/'], main [hx-get*='/numbers/']")),
    "new": (EDITORS, "/people/new/"),
    "imports": (READERS, "/imports/"),
    "import": (EDITORS, "/imports/new/"),
    "queue": (EDITORS, "/review/"),
    "paper": ({"township", "county"}, ("queue", "main a[href^='/review/0']")),
    "returned": (EDITORS, "/review/returned/"),
    "correct": ({"township"}, ("returned", "main a[href$='/correct/']")),
    "mine": (EDITORS, "/review/mine/"),
    "tables": (READERS, "/tables/"),
    "C3": (READERS, "/tables/mouding-2017/C3/"),
    "cell": (READERS, ("C3", "main a[href*='cell=']")),
    "match": (READERS, "/tables/mouding-2017/C3/match/"),
    "B1": (READERS, "/tables/mouding-2017/B1/"),
    "B2": (READERS, "/tables/mouding-2017/B2/"),
    "accounts": ({"system", "security"}, "/accounts/"),
    "account": ({"system", "security"}, ("accounts", "main a[href^='/accounts/0']")),
    "new-account": ({"system"}, "/accounts/new/"),
    "audit": ({"audit"}, "/audit/"),
    "refused": ({"audit"}, "/people/"),
    "missing": ({"county"}, "/no/such/page/"),
}
CASES = [(role, name) for role in ROLES for name, (roles, _) in ROOMS.items() if role in roles]


@pytest.fixture(scope="module")
def desk(site: Site) -> Iterator[Any]:
    with desks(site) as open_desk:
        yield open_desk


def listen(page: Any) -> None:
    """Keep what the content policy blocks; the browser tells only the document."""
    page.add_init_script(
        "window.blocked = []; document.addEventListener('securitypolicyviolation',"
        " e => window.blocked.push(e.violatedDirective + ' ' + e.blockedURI))"
    )


def find(at: Desk, name: str) -> str:
    """The page's address, by following links from where the role begins."""
    where = ROOMS[name][1]
    if isinstance(where, str):
        return where
    before, link = where
    at.page.goto(find(at, before))
    found = at.page.locator(link).first
    address = found.get_attribute("href") or found.get_attribute("hx-get")
    assert address, f"{before} has no link to {name}"
    return str(address)


def look(at: Desk, role: str, name: str, version: str) -> list[str]:
    """What is wrong with the open page at both widths."""
    wrong = []
    for size in (WIDE, SMALL):
        at.page.set_viewport_size(size)
        at.page.wait_for_timeout(50)  # one frame, so that what follows the width has done so
        if PAGES:
            folder = Path(PAGES)
            folder.mkdir(parents=True, exist_ok=True)
            at.page.screenshot(path=str(folder / f"{name}-{role}-{size['width']}{version}.png"), full_page=True)
        beyond = at.page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        if beyond > 0:
            wrong.append(f"{size['width']}{version}: scrolls sideways by {beyond} px: {widest(at.page)}")
        for problem in Axe().run(at.page, options=AXE).response["violations"]:
            nodes = "; ".join(
                f"{node['html'][:160]} ({node.get('failureSummary', '')[:200]})" for node in problem["nodes"][:3]
            )
            wrong.append(f"{size['width']}{version}: {problem['id']}: {nodes}")
    return wrong


def widest(page: Any) -> str:
    """Elements that stick out, to say where to look."""
    return str(
        page.evaluate(
            "[...document.querySelectorAll('main *, header *, nav *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".slice(0, 4).map(e => e.tagName + '.' + e.className)"
        )
    )


@pytest.mark.parametrize(("role", "name"), CASES, ids=[f"{role}-{name}" for role, name in CASES])
def test_a_page_is_sound(desk: Any, role: str, name: str) -> None:
    at: Desk = desk(role)
    if not getattr(at, "listening", False):
        listen(at.page)
        at.listening = True  # type: ignore[attr-defined]
    at.page.set_viewport_size(WIDE)
    address = find(at, name)
    at.wrong.clear()
    answer = at.page.goto(address)
    at.page.wait_for_load_state("networkidle")
    assert answer.status == {"refused": 403, "missing": 404}.get(name, 200)
    wrong = look(at, role, name, "")
    at.page.evaluate("document.documentElement.classList.add('elder')")
    wrong += look(at, role, name, "-elder")
    heard = [said for said in at.wrong if f"status of {answer.status}" not in said]
    at.wrong.clear()
    assert (wrong, heard, at.page.evaluate("window.blocked")) == ([], [], [])


def test_before_signing_in(site: Site) -> None:
    from taizhang.engine.tests.browser import shared_playwright

    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        at = Desk.__new__(Desk)
        at.page = browser.new_context(viewport=WIDE, base_url=site.address, locale="zh-CN").new_page()
        listen(at.page)
        at.page.goto("/accounts/login/")
        wrong = look(at, "stranger", "login", "")
        at.page.get_by_label("账号").fill("nobody")
        at.page.get_by_label("密码", exact=True).fill("wrong")
        at.page.get_by_role("button", name="登录").click()
        wrong += look(at, "stranger", "login-failed", "")
        assert at.page.evaluate("window.blocked") == []
        browser.close()
    assert wrong == []


def test_nothing_printed_names_a_person(site: Site) -> None:
    """R20: what server, worker and database print holds no number and no name of the people on the pages."""
    people = result_of(python(site.data_dir, "-m", "taizhang.cli.bench.sample", "200"))
    told = site.log.read_text()
    for log in (site.data_dir / "postgres").glob("**/*log"):
        if log.is_file():
            told += log.read_text(errors="replace")
    wanted = {person["number"] for person in people} | {one["name"] for one in people if len(one["name"]) > 2}
    assert len(wanted) > 200
    assert [value for value in wanted if value in told] == []
    assert re.findall(r"(?<!\d)(99\d{15}[\dX]|154\d{8})(?!\d)", told) == []
