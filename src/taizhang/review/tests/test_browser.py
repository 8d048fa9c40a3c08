"""In Chromium: fifty papers reviewed by keyboard, items marked for return, nothing for axe, no sideways scroll."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import ask, cookie
from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM, shared_playwright
from taizhang.engine.tests.serving import served
from taizhang.ledger.models import Submission
from taizhang.ledger.tests.people import enter
from taizhang.review.tests.conftest import make_divisions
from taizhang.review.tests.papers import AUGUST, row, submit, township_two

PAPERS = 50
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]


@pytest.fixture
def site(own_database: str) -> Iterator[str]:
    """The real application on loopback with fifty changed people of 天台 before the township's second reviewer."""
    make_divisions()
    with acting_as(cast.county_li()):
        enter(cast.county_zhao(), *(row(number) for number in range(PAPERS)), on=AUGUST)
    submit(cast.township_wei(), *(row(number, monthly_wage=4500 + number) for number in range(PAPERS)))
    township_two()
    with served() as address:
        yield address


@pytest.fixture
def page(site: str) -> Iterator[Any]:
    """The reviewer signed in; an error of a script or the content policy fails the test."""
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1366, "height": 900}, base_url=site, locale="zh-CN")
        context.add_cookies([cookie(site, township_two)])
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
