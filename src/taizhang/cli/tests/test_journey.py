"""The whole way in a real browser: a township's workbook becomes numbers that open to its people, and back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from taizhang.cli.tests import clerk
from taizhang.cli.tests.clerk import ADDED, MISTAKES, NAMES, PEOPLE
from taizhang.cli.tests.conftest import Site
from taizhang.cli.tests.desk import CHROMIUM, Desk, desks, number

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium"),
]
TABLE, TOWN_BOOK = "农村劳动力转移就业情况表", "已转移就业农村劳动力登记册"
VILLAGE = "天台村民委员会"


def test_a_workbook_becomes_numbers_that_open_to_their_people_and_can_be_taken_back(site: Site, tmp_path: Path) -> None:
    with desks(site) as desk:
        township: Desk = desk("township")
        before = figures(township)
        book_before = book_size(township)

        template = download_template(township, tmp_path)
        filled = clerk.fill(template, tmp_path / "共和镇七人.xlsx", PEOPLE, wrong=True)
        answered = first_try(township, filled, tmp_path)
        marks_stand_exactly_at_the_mistakes(filled, answered)
        assert figures(township) == before

        mended = clerk.mend(answered, tmp_path / "共和镇七人-改好.xlsx")
        address = second_try(township, mended)
        review(desk("township2"), by_keyboard=True)
        assert figures(township) == before  # the county has not agreed yet
        review(desk("county"), by_keyboard=False)

        after = figures(township)
        assert {column: after[column] - before[column] for column in ADDED} == ADDED
        assert book_size(township) == book_before + 5
        through_a_number_to_a_person(township, desk("audit"))

        the_same_file_again_changes_nothing(township, mended)
        undo(township, address)
        assert figures(township) == before
        assert book_size(township) == book_before
        assert search(township, NAMES[0]) == 0


# -- the clerk ---------------------------------------------------------------------------------------------------------


def download_template(desk: Desk, folder: Path) -> Path:
    desk.menu("导入")
    desk.picture("import-1366")
    return desk.download(folder, desk.page.get_by_role("button", name="下载采集表"))


def bring(desk: Desk, file: Path, rows: int = 7) -> None:
    """Upload, look at the columns, start the check and wait for its counts."""
    desk.menu("导入")
    desk.page.get_by_role("link", name="上传采集表").click()
    desk.page.get_by_label("选择文件").set_input_files(file)
    desk.picture("upload-1366")
    desk.page.get_by_role("button", name="上传并对列").click()
    desk.page.get_by_role("heading", name=file.name).wait_for()
    assert "没有对上" not in desk.text()
    desk.picture("columns-1366")
    desk.page.get_by_role("button", name=f"检查 {rows} 行").click()
    desk.page.get_by_role("navigation", name="检查结果，点数字看名单").wait_for(timeout=60_000)


def counts(desk: Desk) -> dict[str, int]:
    """What the check found, by kind."""
    found = desk.page.get_by_role("navigation", name="检查结果，点数字看名单").get_by_role("link").all_inner_texts()
    return {re.sub(r"[\d,\s]", "", text): number(text) for text in found}


def first_try(desk: Desk, file: Path, folder: Path) -> Path:
    bring(desk, file)
    assert counts(desk) == {"新增": 3, "更新": 0, "无变化": 0, "重复": 0, "冲突": 0, "错误": 4, "提醒": 0}
    for row, header in MISTAKES:
        assert desk.page.get_by_role("row", name=re.compile(rf"\b{row}\b.*{header}")).count() == 1, (row, header)
    desk.picture("check-1366")
    desk.picture("check-360")
    answered = desk.download(folder, desk.page.get_by_role("link", name="下载带批注的原表"))
    desk.page.get_by_role("link", name="改列的对应").click()
    desk.page.get_by_role("button", name="作废这个文件").click()
    assert "没有写入台账" in desk.text()
    return answered


def marks_stand_exactly_at_the_mistakes(filled: Path, answered: Path) -> None:
    comments, other = clerk.differences(filled, answered)
    assert other == []
    assert set(comments) == set(MISTAKES)
    for place, (_, words) in MISTAKES.items():
        assert words in comments[place]


def second_try(desk: Desk, file: Path) -> str:
    """Upload the mended workbook and submit it; returns the address of the batch."""
    bring(desk, file)
    assert counts(desk) == {"新增": 7, "更新": 0, "无变化": 0, "重复": 0, "冲突": 0, "错误": 0, "提醒": 0}
    desk.page.get_by_role("button", name="提交 7 行").click()
    desk.page.get_by_text("已提交 7 行，等待审核").wait_for()
    desk.picture("submitted-1366")
    return str(desk.page.url)


def the_same_file_again_changes_nothing(desk: Desk, file: Path) -> None:
    bring(desk, file)
    assert counts(desk) == {"新增": 0, "更新": 0, "无变化": 7, "重复": 0, "冲突": 0, "错误": 0, "提醒": 0}
    desk.page.get_by_role("link", name="改列的对应").click()
    desk.page.get_by_role("button", name="作废这个文件").click()


def undo(desk: Desk, address: str) -> None:
    desk.page.goto(address)
    desk.page.get_by_label("撤销原因").fill("村里报错了，整批收回")
    desk.picture("undo-1366")
    desk.page.get_by_role("button", name="撤销这一批").click()
    desk.page.get_by_text("已整批撤销").wait_for()


# -- those who review --------------------------------------------------------------------------------------------------


def review(desk: Desk, *, by_keyboard: bool) -> None:
    """Open the batch and approve its seven rows one after the other."""
    desk.menu("审核")
    desk.page.get_by_role("link", name="共和镇七人-改好").click()
    if not by_keyboard:
        desk.picture("queue-county-1366")
    desk.page.get_by_role("link", name="逐个审").click()
    seen = []
    for left in range(7, 0, -1):
        desk.page.get_by_text(f"这个范围还有 {left} 行等您审").wait_for()
        heading = desk.page.get_by_role("heading", level=1).inner_text()
        seen.append(heading.removesuffix("的填报"))
        if left == 7:
            desk.picture("review-1366")
            desk.picture("review-360")
        if by_keyboard:
            desk.page.get_by_text("用快捷键").wait_for()
            desk.page.keyboard.press("a")
        else:
            desk.page.get_by_role("button", name=re.compile("^通过")).click()
        desk.page.wait_for_load_state()
    assert sorted(seen) == sorted(NAMES)


# -- those who count ---------------------------------------------------------------------------------------------------


def open_table(desk: Desk, title: str) -> None:
    desk.menu("报表")
    desk.page.get_by_role("link", name=title, exact=True).click()
    desk.page.get_by_role("heading", name=title, level=1).wait_for()


def row_of(desk: Desk) -> Any:
    return desk.page.get_by_role("row", name=re.compile(VILLAGE))


def figures(desk: Desk) -> dict[int, int]:
    """天台's row of the table, by column number; rates and means left out."""
    open_table(desk, TABLE)
    cells = row_of(desk).get_by_role("cell").all_inner_texts()
    return {column: number(text) for column, text in enumerate(cells, start=1) if column in ADDED}


def book_size(desk: Desk) -> int:
    """How many people the township's register of the transferred holds."""
    open_table(desk, TOWN_BOOK)
    return number(desk.page.get_by_text(re.compile(r"共 [\d,]+ 人$")).inner_text().rpartition("共")[2])


def search(desk: Desk, text: str) -> int:
    """How many people the box at the top finds."""
    desk.page.get_by_label("查人").fill(text)
    desk.page.get_by_role("button", name="查人").click()
    desk.page.wait_for_load_state()
    return int(desk.page.get_by_role("link", name=text, exact=True).count())


def through_a_number_to_a_person(desk: Desk, auditor: Desk) -> None:
    open_table(desk, TABLE)
    row_of(desk).get_by_role("cell").nth(2).get_by_role("link").click()
    panel = desk.page.locator("#panel")
    panel.wait_for()
    desk.picture("table-c3-1366")
    assert "与名单一致" in panel.inner_text()
    panel.get_by_role("link", name=NAMES[0]).click()
    desk.page.get_by_role("heading", name=re.compile(NAMES[0]), level=1).wait_for()
    reveal(desk, PEOPLE[0]["身份证号"])
    log = desk.page.locator("#log")
    told = log.inner_text()
    assert "共和镇七人-改好" in told
    assert "演示县甲" in told
    desk.picture("person-1366")
    desk.picture("person-360")
    auditor.menu("审计")
    assert "演示乡镇甲" in auditor.page.get_by_role("row", name=re.compile("查看完整号码|显示")).first.inner_text()


def reveal(desk: Desk, whole: str) -> None:
    """The number is masked until a reason is given."""
    place = desk.page.locator("#n-id_number")
    assert place.inner_text().startswith("992323********")
    place.get_by_role("link", name="显示").click()
    desk.page.get_by_role("button", name="显示 30 秒").click()
    desk.page.get_by_text("先选为什么要看").wait_for()
    place.get_by_role("radio").first.check(force=True)
    desk.page.get_by_role("button", name="显示 30 秒").click()
    place.get_by_text(whole).wait_for()
