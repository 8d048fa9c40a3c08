"""In Chromium.

Filling the form by keyboard, the list's 口径 box and columns, nothing for axe to find, no sideways scroll on a phone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import ask, cookie
from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM, shared_playwright
from taizhang.engine.tests.serving import served
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.tests.people import enter, number, person
from taizhang.ledger.tests.test_web_person import FULL

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[tuple[str, str]]:
    """The real application on loopback with 罗小梅, who works in Shenzhen; yields its address and her id."""
    cast.load_divisions()
    li = cast.county_li()
    cast.collector_lan()
    with acting_as(li):
        job = {
            "main_income_source": "1",
            "work_region": "440306",
            "employer_name": "晨光服装厂（演示）",
            "employment_form": "10",
            "monthly_wage": 4800,
            "industry": "A",
            "start_date": dt.date(2017, 3, 1),
            "out_channel": "1",
            "employment_status": None,
            "transfer_condition": None,
            "transfer_willingness": None,
        }
        enter(li, person(12, mobile_phone="15412340367", **{**FULL, **job}))
        worker = str(Worker.objects.get().pk)
    with served() as address:
        yield address, worker


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(site: tuple[str, str], browser: Any) -> Iterator[Any]:
    """Lan signed in; an error of a script or the content policy fails the test."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 900}, base_url=site[0], locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.add_cookies([cookie(site[0], cast.collector_lan)])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: (
            wrong.append(message.text)
            if message.type == "error"
            and "status of 422" not in message.text
            and "net::ERR_INTERNET" not in message.text
            else None
        ),
    )
    yield page
    context.close()
    assert wrong == []


def answers(page: Any) -> dict[str, Any]:
    return page.evaluate("JSON.parse(document.querySelector('[name=answers]').value)")  # type: ignore[no-any-return]


def test_u12_hidden_answers_are_cleared_only_after_a_yes(site: tuple[str, str], page: Any) -> None:
    """U12: on the office's form; the payload shows it."""
    page.goto(f"/people/{site[1]}/edit/")
    assert page.is_visible("#f-employer_name")
    page.check("#f-main_income_source-2", force=True)  # 务农收入: the section on jobs is no longer asked
    warning = page.locator("[data-item=main_income_source] .notice")
    assert "就业单位" in warning.inner_text()
    assert answers(page)["employer_name"] == "晨光服装厂（演示）"
    warning.get_by_role("button", name="不改").click()
    assert page.is_checked("#f-main_income_source")
    page.check("#f-main_income_source-2", force=True)
    page.locator("[data-yes]").click()
    assert answers(page)["employer_name"] is None
    assert answers(page)["main_income_source"] == "3"
    assert not page.is_visible("#f-employer_name")


def test_u06_the_number_fills_sex_and_birth_at_once(site: tuple[str, str], page: Any) -> None:
    """U06: and tells a wrong check digit."""
    page.goto(f"/people/{site[1]}/edit/")
    page.get_by_role("button", name="改身份证号").click()
    assert page.get_attribute("#f-id_number", "inputmode") == "numeric"
    page.fill("#f-id_number", number("19900506", 15))  # odd: male
    assert "男，1990年5月6日生" in page.inner_text("[data-item=id_number] .note")
    assert answers(page)["sex"] == "1"
    page.fill("#f-id_number", number("19900506", 15)[:-1] + "0")
    assert "校验" in page.inner_text("#f-id_number-e")
    assert page.get_attribute("#f-id_number", "aria-invalid") == "true"


def test_u09_u29_the_form_is_filled_and_sent_without_a_mouse(site: tuple[str, str], page: Any) -> None:
    """U09: focus, links and title of the summary of errors. U29."""
    page.goto(f"/people/{site[1]}/edit/")
    page.focus("#f-full_name")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+S")
    summary = page.locator(".error-summary")
    assert page.evaluate("document.activeElement.className").startswith("error-summary")
    assert page.title().startswith("错误：")
    assert "姓名" in summary.inner_text()
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.id") == "f-full_name"
    page.keyboard.type("罗小妹")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('[data-item]').dataset.item") == "sex"
    page.keyboard.press("1")
    assert page.is_checked("#f-sex")
    page.keyboard.press("2")
    page.fill("#reason", "抄错")
    page.keyboard.press("Control+S")
    page.wait_for_url(f"**/people/{site[1]}/")
    assert "修改 1 项已提交" in page.inner_text(".notice")
    assert ask(lambda: Submission.objects.get(batch__source="web").changes["full_name"][:2]) == [
        "罗小梅",
        "罗小妹",
    ]


def test_a_place_is_found_by_initials_and_chosen_with_the_keys(site: tuple[str, str], page: Any) -> None:
    page.goto(f"/people/{site[1]}/edit/")
    page.fill("#f-work_region", "江苏省苏州市昆山市")
    page.wait_for_selector("#f-work_region-hits [data-code]")
    page.press("#f-work_region", "Enter")
    assert answers(page)["work_region"].startswith("320583")


def test_the_list_is_asked_for_several_places_at_once(site: tuple[str, str], page: Any) -> None:
    page.goto("/people/")
    for place in ("天台", "军屯"):
        page.fill("#f-region", place)
        page.wait_for_selector("#f-region-hits [data-code]")
        page.press("#f-region", "Enter")
    assert page.locator(".picked li").count() == 2
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/people/?region=*&region=*")
    assert page.locator(".picked li").count() == 2
    page.locator(".picked button").first.click()
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/people/?region=*")
    assert page.url.count("region=") == 1


def test_the_list_tells_a_wrong_rule_while_it_is_typed(site: tuple[str, str], page: Any) -> None:
    page.goto("/people/")
    page.get_by_role("button", name="展开").click()
    page.locator("#f-rule").press_sequentially("年铃 >= 16")
    page.wait_for_selector("#rule-said .err")
    assert "年龄" in page.inner_text("#rule-said")
    page.fill("#f-rule", "年龄 >= 16")
    page.wait_for_selector("#rule-said .tag.ok")
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/people/?s=*")
    assert "年" not in page.url
    assert "1 人" in page.inner_text(".toolbar")


def test_u24_columns_move_by_keyboard_and_stay(site: tuple[str, str], page: Any) -> None:
    page.goto("/people/")
    page.get_by_role("button", name="列设置").click()
    page.get_by_role("button", name="年龄上移").press("Enter")
    page.get_by_role("button", name="保存", exact=True).press("Enter")
    page.wait_for_load_state()
    assert page.locator("thead th").all_inner_texts()[1:4] == ["姓名", "年龄（周岁）", "性别"]


def test_the_number_hides_itself_again(site: tuple[str, str], page: Any) -> None:
    page.clock.install()
    page.goto(f"/people/{site[1]}/")
    page.locator("#n-id_number").get_by_role("link", name="显示").click()
    page.check("#why-check", force=True)
    page.get_by_role("button", name="显示 30 秒").click()
    page.wait_for_selector("#n-id_number strong")
    assert page.inner_text("#n-id_number strong") == number("19850312", 12)
    page.clock.fast_forward(31_000)
    page.wait_for_selector("#n-id_number strong", state="detached")
    assert number("19850312", 12) not in page.content()
