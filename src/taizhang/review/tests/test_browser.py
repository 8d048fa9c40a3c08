"""In Chromium: fifty papers reviewed by keyboard, items marked for return, nothing for axe, no sideways scroll."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.ledger.models import Submission
from taizhang.ledger.tests.people import enter
from taizhang.review.tests.conftest import make_divisions
from taizhang.review.tests.papers import AUGUST, row, submit, township_two

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PAPERS = 50
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def site(own_database: str) -> Iterator[str]:
    """The real application on loopback with fifty changed people of 天台 before the township's second reviewer."""
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    make_divisions()
    with acting_as(cast.county_li()):
        enter(cast.county_zhao(), *(row(number) for number in range(PAPERS)), on=AUGUST)
    submit(cast.township_wei(), *(row(number, monthly_wage=4500 + number) for number in range(PAPERS)))
    township_two()
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


def ask(question: Any) -> Any:
    """Ask the database beside Playwright's loop, which keeps Django off this thread."""
    from django.db import connections

    def run() -> Any:
        try:
            with acting_as(cast.county_li()):
                return question()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def _session() -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session, user = SessionStore(), township_two()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session["started"] = session["last"] = time.time()
    session.create()
    return str(session.session_key)


@pytest.fixture
def page(site: str) -> Iterator[Any]:
    """The reviewer signed in; an error of a script or the content policy fails the test."""
    from taizhang.engine.tests.browser import shared_playwright

    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1366, "height": 900}, base_url=site, locale="zh-CN")
        context.add_cookies([{"name": "sessionid", "value": ask(_session), "url": site}])
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        yield page
        browser.close()
        assert wrong == []


def _states() -> dict[int, str]:
    return dict(
        Submission.objects.filter(batch__source="workbook", batch__title="共和镇_8月.xlsx").values_list(
            "row_no", "state"
        )
    )


def _press(page: Any, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


def test_u30_fifty_papers_are_reviewed_by_keyboard_alone(page: Any) -> None:
    page.goto("/review/")
    page.click("text=逐个审")
    heading = page.locator("#record h2")
    assert "1 / 50" in page.inner_text("#record")
    first = heading.inner_text()
    _press(page, "j")
    assert "2 / 50" in page.inner_text("#record")
    _press(page, "k")
    assert heading.inner_text() == first
    page.keyboard.press("r")  # nothing said yet: leads to the reasons, sends nothing
    assert page.evaluate("document.activeElement.id") == "r1"
    page.keyboard.press("2")
    page.keyboard.press("5")
    assert page.is_checked("#r2")
    assert page.is_checked("#r5")
    page.keyboard.press("5")
    assert not page.is_checked("#r5")
    _press(page, "r")
    for _ in range(PAPERS - 1):
        _press(page, "a")
    page.wait_for_url("**/review/")
    states = ask(_states)
    assert states == {1: "returned", **dict.fromkeys(range(2, PAPERS + 1), "township_approved")}
    remarks = ask(lambda: Submission.objects.get(state="returned").remarks)
    assert remarks == {"": "收入和工种不合"}


def test_keys_do_nothing_while_typing_or_when_turned_off(page: Any) -> None:
    page.goto("/review/")
    page.click("text=逐个审")
    where = page.url
    page.click("#note")
    page.keyboard.type("jar1")
    assert page.input_value("#note") == "jar1"
    page.uncheck("#keys-on")
    page.locator("h1").click()
    page.keyboard.press("a")
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    assert page.url == where
    page.reload()
    assert not page.is_checked("#keys-on")
    assert set(ask(_states).values()) == {"submitted"}


def test_an_item_marked_for_return_takes_words_of_its_own(page: Any) -> None:
    page.goto("/review/")
    page.click("text=逐个审")
    page.check("#only-changed")
    assert page.locator("#diff tr.same:visible").count() == 0
    line = page.locator("tr[data-item=monthly_wage]")
    assert line.is_visible()
    line.locator(".mark-item").click()
    assert page.evaluate("document.activeElement.name") == "remark-monthly_wage"
    page.keyboard.type("像是年收入")
    assert "退回 1 项" in page.inner_text("#return")
    with page.expect_navigation():
        page.click("#return button")
    assert ask(lambda: Submission.objects.get(state="returned").remarks) == {"monthly_wage": "像是年收入"}


@pytest.mark.parametrize("width", [1366, 360])
def test_no_page_scrolls_sideways(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for url in ("/review/", "/review/returned/", "/review/mine/"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    page.goto("/review/")
    page.click("text=逐个审")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
