"""In Chromium: opening a number keeps the place in the table, going back closes it, the page stands on its own
without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import cookie
from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM, shared_playwright
from taizhang.engine.tests.serving import served
from taizhang.statistics.tests import population
from taizhang.statistics.tests.population import COUNTY, GONGHE, XINQIAO

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]
QUERY = f"?division={COUNTY}&as_of=2017-08-20"


@pytest.fixture
def site(own_database: str) -> Iterator[str]:
    """The real application on loopback over a database of its own."""
    population.load_people()
    with served() as address:
        yield address


@pytest.fixture
def page(site: str) -> Iterator[Any]:
    """Li signed in, at 1366 x 900; a page error or a blocked resource fails the test."""
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1366, "height": 900}, base_url=site)
        context.add_cookies([cookie(site, cast.county_li)])
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        yield page
        browser.close()
        assert wrong == []


def test_a_number_opens_beside_the_table_and_back_closes_it(page: Any) -> None:
    page.set_viewport_size({"width": 950, "height": 700})
    page.goto(f"/tables/mouding-2017/C3/{QUERY}")
    page.wait_for_selector("text=表库相符")
    page.click("[aria-label='展开 共和镇各下级']")
    page.wait_for_selector("text=天台村民委员会")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "收起 共和镇各下级"
    page.evaluate("document.querySelector('#sheet').scrollLeft = 200")
    page.click(f"a[href*='cell={GONGHE}.transferred_out_of_province']")
    page.wait_for_selector("#panel >> text=普秀英")
    assert "省外 5 人" in page.inner_text("#panel h2")
    assert page.evaluate("document.querySelector('#sheet').scrollLeft") == 200
    assert page.evaluate("document.activeElement.id") == "panel-h"
    assert "cell=" in page.url
    page.go_back()
    page.wait_for_selector("#panel", state="detached")
    assert page.is_visible("text=天台村民委员会")


def test_coming_back_from_a_person_finds_the_panel_again(page: Any) -> None:
    page.goto(f"/tables/mouding-2017/C3/{QUERY}&cell={GONGHE}.transferred")
    page.click("#panel >> text=李国华")
    page.wait_for_url("**/people/**")
    page.go_back()
    page.wait_for_selector("#panel >> text=李国华")


def test_it_prints_on_one_landscape_sheet(page: Any, tmp_path: Any) -> None:
    page.goto(f"/tables/mouding-2017/C3/{QUERY}")
    page.wait_for_selector("text=表库相符")
    content = page.pdf(prefer_css_page_size=True)
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") <= 1
    assert b"/MediaBox [0 0 841" in content or b"/MediaBox [0 0 842" in content  # A4 landscape, in points


def test_a_figure_leads_to_its_people_and_each_persons_reason(page: Any) -> None:
    page.goto(f"/tables/mouding-2017/C3/{QUERY}")
    cell = page.locator(f"a[href*='cell={GONGHE}.transferred_out_of_province']")
    figure = int(cell.inner_text())
    cell.click()
    page.wait_for_selector("#panel >> text=普秀英")
    people = page.locator("#panel tbody tr.person")
    assert people.count() == figure == 5
    row = page.locator("#panel tr.person:has-text('普秀英') + tr.why")
    row.locator("summary").click()
    assert "浙江省杭州市西湖区" in row.inner_text()
    row.get_by_role("link", name="整条口径").click()
    page.wait_for_url("**/tables/why/**")
    assert page.inner_text("h1") == "普秀英，已转移就业：省外"
    deciding = page.locator(".rule-lines tr.sel th").all_inner_texts()
    # she lives on wages, and works outside the province; the age and the rest of the scope decide that she is asked
    assert deciding[0].startswith("主要收入来源 务工")
    assert deciding[1].endswith("省外，属于 省外、境外")


def test_a_rule_is_tried_out_and_its_page_has_nothing_for_axe(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/tables/indicators/mouding-2017/transferred/try/{QUERY}")
    page.fill("#rule", "not 转移就业")
    page.get_by_role("button", name="试算").click()
    page.wait_for_selector("text=会算进来 8 人")
    assert page.is_visible("text=不再算 14 人")
    assert not page.get_by_role("button", name="保存").count()
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
    assert [one["id"] for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_sheet_moves_like_a_workbook_and_takes_a_pasted_block(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.goto(f"/tables/mouding-2017/C4/hand/{QUERY}")
    first = page.locator(f"[name='v.{GONGHE}.column_2']")
    first.click()
    page.keyboard.type("300")
    page.keyboard.press("Enter")  # down the column, not away from the page
    assert page.evaluate("document.activeElement.name") == f"v.{XINQIAO}.column_2"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == f"v.{XINQIAO}.column_3"
    paste = """(input, text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""
    page.locator(f"[name='v.{GONGHE}.column_3']").evaluate(paste, "1,580\t12\r\n264\t4\r\n")
    assert page.input_value(f"[name='v.{XINQIAO}.column_18']") == "4"
    page.get_by_role("button", name="保存").click()
    page.wait_for_selector("text=存了 5 格。")
    assert page.get_attribute(f"[name='v.{COUNTY}.column_3']", "placeholder") == "合计 1,844"
    page.set_viewport_size({"width": 360, "height": 800})
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
    assert [one["id"] for one in found.response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"/tables/mouding-2017/C4/{QUERY}")
    page.click(f"a[href*='cell={COUNTY}.column_3']")
    page.wait_for_selector("#panel >> text=李文静")
