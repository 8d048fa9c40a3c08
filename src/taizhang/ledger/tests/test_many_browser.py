"""In Chromium, without a mouse where it matters: unfold the region tree, tick people, record them as verified, take the
list along; drag a column's edge and find it where it was left."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import ask
from taizhang.ledger.models import Submission
from taizhang.ledger.tests import test_web_browser
from taizhang.ledger.tests.people import JUNTUN, enter, person
from taizhang.ledger.tests.test_web_browser import browser, page, site  # noqa: F401

pytestmark = test_web_browser.pytestmark
LONG = "迪丽拜尔·阿卜杜喀迪尔·吐尔逊江·买买提艾力"


@pytest.fixture(scope="module")
def village(site: tuple[str, str]) -> None:  # noqa: F811
    """Beside 罗小梅 of 天台: two people of 军屯, one with a name longer than its column."""

    def more() -> None:
        li = cast.county_li()
        with acting_as(li):
            enter(
                li, person(30, full_name=LONG, hukou_region=JUNTUN), person(31, full_name="李伟", hukou_region=JUNTUN)
            )

    ask(more)


def here(page: Any) -> str:  # noqa: F811
    return str(page.evaluate("document.activeElement.dataset.code || document.activeElement.id"))


def test_u25_a_place_of_the_tree_leads_to_ticked_people_verified_and_taken_along(village: None, page: Any) -> None:  # noqa: F811
    page.goto("/people/")
    page.get_by_role("button", name="从区划树里选：户籍地").press("Enter")
    page.wait_for_selector("[role=treeitem]:focus")
    assert page.locator("[role=treeitem]").count() == 2  # Lan's two villages and nothing above them
    assert here(page) == "532323101201"
    page.keyboard.press("ArrowDown")
    assert here(page) == JUNTUN
    page.keyboard.press("Enter")
    assert page.get_attribute("[role=combobox]", "aria-expanded") == "false"
    page.get_by_role("button", name="查询").click()
    page.wait_for_url(f"**/people/?region={JUNTUN}")
    assert "2 人" in page.inner_text(".toolbar")

    bar = page.locator("#batch")
    assert not bar.is_visible()
    page.get_by_label(f"选{LONG}").press("Space")
    assert "已选 1 人" in bar.inner_text()
    page.get_by_label("选本页全部").press("Space")
    assert "已选 2 人" in bar.inner_text()
    bar.get_by_role("button", name="取消选择").click()
    assert not bar.is_visible()
    page.get_by_label("选李伟").press("Space")
    bar.get_by_role("button", name="记为已核实").press("Enter")
    page.wait_for_selector("text=把 1 人记为已核实")
    page.check("#m-2", force=True)
    page.get_by_role("button", name="提交 1 人").press("Enter")
    page.wait_for_url(f"**/people/?region={JUNTUN}")
    assert "1 人记为已核实，已提交" in page.inner_text(".notice")
    papers = ask(
        lambda: list(Submission.objects.filter(batch__title="记为已核实").values_list("state", "paper__verify_state"))
    )
    assert papers == [("submitted", "1")]

    page.get_by_label(f"选{LONG}").press("Space")
    bar.get_by_role("button", name="选全部 2 人").press("Enter")
    assert "已选全部 2 人" in bar.inner_text()
    bar.get_by_role("button", name="导出").press("Enter")
    page.wait_for_selector("text=导出 2 人？")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出 2 人").press("Enter")
    with open(waiting.value.path(), "rb") as file:
        rows = list(openpyxl.load_workbook(io.BytesIO(file.read()))["名单"].iter_rows(values_only=True))
    assert sorted(row[0] for row in rows[1:]) == sorted([LONG, "李伟"])


def width(page: Any, item: str) -> int:  # noqa: F811
    return round(page.locator(f"th[data-item={item}]").bounding_box()["width"])


def test_u24_a_columns_width_is_set_by_keys_or_by_dragging_and_stays(village: None, page: Any) -> None:  # noqa: F811
    page.goto("/people/")
    edge = page.get_by_role("separator", name="户籍地列宽")
    before = width(page, "hukou_region")
    with page.expect_response("**/people/widths/"):
        for _ in range(3):
            edge.press("ArrowLeft")
    assert width(page, "hukou_region") == before - 48
    assert int(edge.get_attribute("aria-valuenow")) == before - 48
    box = page.get_by_role("separator", name="姓名列宽").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    name = width(page, "full_name")
    with page.expect_response("**/people/widths/"):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 50, y)
        page.mouse.up()
    assert abs(width(page, "full_name") - (name + 50)) <= 1
    page.reload()
    assert width(page, "hukou_region") == before - 48
    assert abs(width(page, "full_name") - (name + 50)) <= 1
    with page.expect_response("**/people/widths/"):
        page.get_by_role("separator", name="户籍地列宽").press("Home")
    page.reload()
    assert page.get_attribute("col[data-item=hukou_region]", "width") is None


def test_u43_axe_finds_nothing_with_the_tree_and_the_bar_open(village: None, page: Any) -> None:  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    found = []
    for wide in (1366, 360):
        page.set_viewport_size({"width": wide, "height": 800})
        page.goto("/people/")
        page.get_by_label(f"选{LONG}").check()
        page.get_by_role("button", name="列设置").click()
        page.get_by_role("button", name="从区划树里选：户籍地").click()
        page.wait_for_selector("[role=treeitem]:focus")
        for step in ("列表", "记为已核实", "停用", "导出"):
            if step != "列表":
                page.goto("/people/")
                page.get_by_label(f"选{LONG}").check()
                page.locator("#batch").get_by_role("button", name=step).click()
                page.wait_for_load_state("networkidle")
            result = Axe().run(page, options=options).response
            found += [
                (wide, step, one["id"], [node["target"] for node in one["nodes"]][:3]) for one in result["violations"]
            ]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append((wide, step, "scrolls sideways", []))
    assert found == []
