"""What the manual tells beside the journey: a returned row comes back mended, and each desk shows what is its business.

With TAIZHANG_SCREENSHOTS=docs/images these tests and test_journey.py draw the manual's pictures anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taizhang.cli.tests import clerk
from taizhang.cli.tests.conftest import Site
from taizhang.cli.tests.desk import CHROMIUM, Desk, desks
from taizhang.cli.tests.test_journey import bring, download_template
from taizhang.site.environment import ROOT

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium"),
]
IMAGES = ROOT / "docs" / "images"
IMAGE = re.compile(r"images/([\w-]+\.png)")
PAGES = ("docs/manual.md", "README.md", "README.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name in IMAGE.findall(text) if not (IMAGES / name).exists()] == []


def test_every_picture_is_named_and_small() -> None:
    named = {name for page in PAGES for name in IMAGE.findall((ROOT / page).read_text(encoding="utf-8"))}
    sizes = {path.name: path.stat().st_size for path in IMAGES.iterdir()}
    assert set(sizes) == named
    assert {name: size for name, size in sizes.items() if size > 200_000} == {}
    assert sum(sizes.values()) < 3_000_000


class TestDesks:
    pytestmark = needs_chromium

    def test_a_returned_row_is_mended_on_its_page_and_waits_again(self, site: Site, tmp_path: Path) -> None:
        with desks(site) as desk:
            township, reviewer = desk("township"), desk("township2")
            template = download_template(township, tmp_path)
            bring(township, clerk.fill(template, tmp_path / "共和镇补报.xlsx", [clerk.LATE]), rows=1)
            township.page.get_by_role("button", name="提交 1 行").click()
            send_back(reviewer)
            mend(township)
            reviewer.menu("审核")
            assert "退回后重报" in reviewer.page.get_by_role("row", name=re.compile(NAME)).inner_text()
            township.page.get_by_role("link", name=re.compile("^我填报的")).click()
            township.page.get_by_role("row", name=re.compile(NAME)).get_by_role("button", name="撤回").click()
            reviewer.menu("审核")
            assert reviewer.page.get_by_role("row", name=re.compile(NAME)).count() == 0

    def test_each_desk_begins_with_what_is_due_and_shows_only_its_own_rooms(self, site: Site) -> None:
        with desks(site) as desk:
            for account, rooms in ROOMS.items():
                one = desk(account)
                menu = one.page.get_by_role("navigation", name="主菜单")
                assert [text.split("\n")[0] for text in menu.get_by_role("link").all_inner_texts()] == rooms
                one.page.wait_for_load_state("networkidle")
                if account in ("township", "county"):
                    one.picture(f"home-{account}-1366")
            people(desk("county"))
            keepers(desk("security"), desk("audit"))

    def test_a_phone_shows_the_same_desk(self, site: Site) -> None:
        with desks(site) as desk:
            one = desk("collector")
            one.page.wait_for_load_state("networkidle")
            one.picture("home-360")
            one.page.set_viewport_size({"width": 360, "height": 760})
            assert one.page.evaluate("document.documentElement.scrollWidth") <= 360


NAME = clerk.LATE["姓名"]
COMMON = ["报表", "看板", "口径", "期限与封账", "目标任务", "通报", "任务中心", "口径与表式", "区划"]
COLLECTING = ["核实", "增减候选", "名单比对", "月末报送", "户", "一对一帮扶", "一人一表", "扫回纸表", "采集点"]
ROOMS = {
    "township": ["工作台", "台账", "导入", "审核", *COLLECTING, *COMMON],
    "county": ["工作台", "台账", "导入", "审核", *COLLECTING, *COMMON],
    "security": ["工作台", "口径与表式", "区划", "账号"],
    "audit": ["工作台", "口径与表式", "区划", "审计"],
}


def send_back(desk: Desk) -> None:
    """Return the row with one item marked and a reason."""
    desk.menu("审核")
    desk.page.get_by_role("link", name=NAME).click()
    row = desk.page.get_by_role("row", name=re.compile("^就业地点"))
    row.get_by_role("checkbox").check(force=True)
    row.get_by_role("textbox").fill("请写到县（市、区）或镇")
    desk.page.locator("#r1").check(force=True)
    desk.picture("return-1366")
    desk.page.get_by_role("button", name=re.compile("^退回 1 项")).click()
    desk.page.wait_for_load_state()


def mend(desk: Desk) -> None:
    desk.menu("审核")
    desk.page.get_by_role("link", name=re.compile("^退回给我的")).click()
    row = desk.page.get_by_role("row", name=re.compile(NAME))
    assert "请写到县（市、区）或镇" in row.inner_text()
    desk.picture("returned-1366")
    row.get_by_role("link", name="改好再交").click()
    desk.page.get_by_label("文化程度").wait_for()
    desk.picture("correct-1366")
    desk.page.get_by_role("button", name="改好再交").click()
    desk.page.wait_for_url(re.compile("/review/(?!.*correct)"))
    desk.menu("审核")
    desk.page.get_by_role("link", name=re.compile("^退回给我的")).click()
    assert desk.page.get_by_role("row", name=re.compile(NAME)).count() == 0


def people(desk: Desk) -> None:
    desk.menu("台账")
    desk.picture("people-1366")
    desk.menu("报表")
    desk.picture("tables-1366")
    desk.page.get_by_role("link", name="已转移就业农村劳动力登记册").click()
    desk.page.get_by_role("row", name=re.compile("^共和镇")).get_by_role("link").first.click()
    desk.page.wait_for_load_state()
    desk.picture("register-1366")


def keepers(security: Desk, audit: Desk) -> None:
    security.menu("账号")
    assert "township" in security.text()
    security.picture("accounts-1366")
    audit.menu("审计")
    audit.page.get_by_role("button", name="核对全部记录").click()
    audit.page.get_by_text("审计记录完整").wait_for()
    audit.picture("audit-1366")
