"""In Chromium, one phone in one hand for a whole day: what a collector is promised of filling, sending and being told."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import ask
from taizhang.engine.tests.browser import CHROMIUM, shared_playwright
from taizhang.engine.tests.looks import AXE, COVERED
from taizhang.engine.tests.serving import served
from taizhang.ledger.models import Submission, Worker
from taizhang.ledger.tests.people import enter, number, person
from taizhang.phone.models import Receipt
from taizhang.phone.tests.conftest import FULL
from taizhang.phone.tests.hand import Hand
from taizhang.review.tests.conftest import make_divisions

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]
JOB = {
    "main_income_source": "1",
    "work_region": "532323102",
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
NAMES = ("普秀英", "李大成", "杨凤", "周远", "李华", "罗小梅", "张春兰", "鲁家贵")
WRONG = "周远"  # whose sex in the ledger is not the number's: any edit comes back


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[str]:
    """Eight people of 天台; 罗小梅 and those after her have work."""
    make_divisions()
    cast.collector_lan()
    li = cast.county_li()
    with acting_as(li):
        rows = [
            person(
                60 + at,
                full_name=name,
                sex="1" if at % 2 and name != WRONG else "2",  # as the number says
                mobile_phone=f"1541234{at:04d}",
                **{**FULL, **(JOB if at > 4 else {})},
            )
            for at, name in enumerate(NAMES)
        ]
        enter(li, *rows)
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def hand(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    with shared_playwright() as playwright:
        hand = Hand(playwright, site, tmp_path_factory.mktemp("phone") / "profile")
        hand.enrol()
        yield hand
        hand.context.close()
    assert hand.wrong == []


@pytest.fixture
def page(hand: Hand) -> Iterator[Any]:
    """The list of people, whatever the test before left open."""
    hand.online(True)
    hand.unlock()
    yield hand.page
    hand.context.unroute_all()


def to_form(page: Any, name: str) -> None:
    page.fill("#find", name)
    page.tap("#people .name-link")
    page.tap("main >> button:has-text('修改')")
    page.wait_for_selector("record-form")


def answers(page: Any) -> dict[str, Any]:
    return json.loads(page.input_value("[name=answers]"))  # type: ignore[no-any-return]


TYPED = """([field, number, said]) => { const input = document.querySelector(field), begun = performance.now();
  input.value = number; input.dispatchEvent(new Event("input", { bubbles: true }));
  return [document.querySelector(said).textContent, performance.now() - begun]; }"""


def test_u06_u07_u10_a_number_is_told_at_once_and_only_the_search_leads_to_the_form(page: Any) -> None:
    """U06: check digit, sex, birth, age and whose number within 300 ms. U07: no form without the search. U10: what to do."""
    page.evaluate("location.hash = '#form'")
    page.wait_for_timeout(100)
    assert page.locator("record-form").count() == 0
    page.tap("[data-tab=new]")
    good = number("19900506", 15)
    for typed, words in (
        (good[:-1] + ("0" if good[-1] != "0" else "1"), "最后一位校验不对，多半是抄错了一位或两位对调，对照证件改"),
        (good, "男，1990年5月6日生，"),
        (number("19850312", 60), "本机名单里有号码像的：普秀英"),
    ):
        told, took = page.evaluate(TYPED, ["#number", typed, "#number-h"])
        assert words in told
        assert took <= 300
    assert page.locator("record-form").count() == 0
    page.fill("#number", good)
    page.tap("main >> button:has-text('查重')")
    assert page.inner_text(".error-summary") == "先填姓名，再查重"


def test_u11_u12_u19_u20_a_form_is_filled_by_keys_looked_over_and_cleared_only_after_a_yes(page: Any) -> None:
    """U12: hidden answers cleared only after a yes. U11: 修改 leads back. U19: keyboards. U20: nothing covers the focus."""
    to_form(page, "罗小梅")
    page.tap("text=改联系电话")
    page.tap("text=改身份证号")
    assert page.get_attribute("#f-id_number", "inputmode") == "numeric"
    assert page.locator("button:has-text('X')").is_visible()
    assert page.get_attribute("#f-mobile_phone", "type") == "tel"
    assert page.get_attribute("#f-monthly_wage", "inputmode") in ("numeric", "decimal")
    assert page.get_attribute("#f-start_date", "type") in ("date", "month")
    page.fill("#f-id_number", number("19850312", 65))
    page.fill("#f-mobile_phone", "15412340005")

    page.focus("#main")
    covered, steps = [], 0
    while steps < 120 and page.evaluate("document.activeElement !== document.body"):
        page.keyboard.press("Tab")
        steps += 1
        covered.append(page.evaluate(COVERED))
        if page.evaluate("Boolean(document.activeElement.closest('footer'))"):
            break
    assert steps > 30
    assert [one for one in covered if one] == []

    page.tap("#f-main_income_source-2")  # 务农收入: the section on jobs is no longer asked
    assert answers(page)["employer_name"] == "晨光服装厂（演示）"
    page.tap("[data-no]")
    assert page.is_checked("#f-main_income_source")
    page.tap("#f-main_income_source-2")
    page.tap("[data-yes]")
    assert answers(page)["employer_name"] is None
    page.tap("#f-main_income_source")
    for item, value in (("employer_name", "新厂"), ("monthly_wage", "5200"), ("start_date", "2026-09-01")):
        page.fill(f"#f-{item}", value)
    page.fill("#f-work_region", "新桥")
    page.tap("#f-work_region-hits [data-code]")
    page.select_option("#f-industry", index=3)
    page.select_option("#f-employment_form", index=1)
    page.tap("#f-out_channel")
    page.tap("text=检查并提交")
    page.wait_for_selector("text=提交前看一遍")
    line = page.locator(".answer:has-text('月收入')")
    assert "5,200 元" in line.inner_text()
    line.get_by_role("button").tap()
    page.wait_for_function("document.activeElement.id === 'f-monthly_wage'")
    page.keyboard.type("5300")
    page.keyboard.press("Tab")
    page.tap("text=检查并提交")
    page.wait_for_selector("text=提交前看一遍")
    assert "5,300 元" in page.locator(".answer:has-text('月收入')").inner_text()
    page.tap("footer >> text=再改改")
    page.tap("text=先存着")


def test_u15_u18_what_waits_is_always_in_sight_and_finished_drafts_go_together(hand: Hand, page: Any) -> None:
    """U15: network, 待上传, last sync; 草稿, 待上传, 已上传, 被退回; errors in the list of drafts; finished ones at once.
    U18: by touch alone."""
    bar = page.locator("#netbar")
    page.wait_for_selector("#netbar:has-text('待上传 0，上次同步 今天')")
    assert "有网络" in bar.inner_text()
    hand.online(False)
    page.wait_for_selector("#netbar:has-text('没有网络')")
    page.locator("#people [data-same]").first.tap()
    page.wait_for_selector("#netbar:has-text('待上传 1')")
    to_form(page, "李华")
    assert bar.is_visible()
    page.fill("#f-full_name", "")
    page.press("#f-full_name", "Tab")
    page.tap("text=先存着")
    to_form(page, WRONG)
    page.fill("#f-helper", "张干部")
    page.press("#f-helper", "Tab")
    page.tap("text=先存着")
    page.tap("[data-tab=tray]")
    drafts = page.locator("li:has(.tag:has-text('草稿'))")
    lacking = page.locator("li:has-text('李华')").inner_text()
    assert "还有 1 处要改：姓名：还没有填" in lacking
    together = page.locator("button:has-text('份一起提交')")
    ready, kept = int(re.sub(r"\D", "", together.inner_text())), drafts.count()
    together.tap()
    page.wait_for_selector(f"text=待上传 {ready + 1}")
    assert drafts.count() == kept - ready
    hand.online(True)
    page.tap("text=现在上传")
    page.wait_for_selector("#netbar:has-text('待上传 0')")
    page.wait_for_selector(f"li:has(.tag:has-text('已上传')) >> nth={ready - 1}")
    back = page.locator("li:has(.tag:has-text('被退回'))").inner_text()
    assert "对照身份证，改性别或改号码" in back
    kinds = ask(lambda: list(Receipt.objects.values_list("kind", "outcome")))
    assert sorted(kinds) == [*[("edit", "accepted")] * (ready - 1), ("edit", "refused"), ("unchanged", "accepted")]


def test_r35_a_record_leaves_the_phone_only_after_the_servers_answer(hand: Hand, page: Any) -> None:
    """R35: an answer that is lost on the way leaves the record where it was; sent again it counts once."""
    before = ask(Receipt.objects.count)
    lost = []

    def lose(route: Any) -> None:
        lost.append(route.fetch().status)  # the server has it
        route.abort()

    hand.context.route("**/phone/records", lose)
    page.locator("#people [data-same]").first.tap()
    page.tap("[data-tab=tray]")
    page.tap("text=现在上传")
    page.wait_for_selector("#netbar:has-text('没有网络')")
    assert lost == [200]
    page.wait_for_selector("main >> text=待上传 1")
    hand.context.unroute_all()
    page.tap("text=现在上传")
    page.wait_for_selector("#netbar:has-text('待上传 0')")
    assert ask(Receipt.objects.count) == before + 1


def test_u46_a_phone_that_is_not_let_in_for_a_while_keeps_the_form_as_it_is(hand: Hand, page: Any) -> None:
    """U46: 401 that is no order to wipe: the form stays open in its field, the draft is kept."""
    hand.context.route(
        "**/phone/state",
        lambda route: route.fulfill(status=401, json={"code": "later", "message": "暂时不能同步，过一会儿再试。"}),
    )
    hand.unlock()  # it syncs by itself while the form is filled
    to_form(page, "杨凤")
    page.fill("#f-remark", "说到一半")
    page.wait_for_selector("#netbar:has-text('暂时不能同步，过一会儿再试。')")
    assert page.evaluate("document.activeElement.id") == "f-remark"
    assert page.input_value("#f-remark") == "说到一半"
    page.wait_for_selector("main >> text=已存")
    hand.unlock()
    page.tap("[data-tab=tray]")
    to_form_of_draft = page.locator("li:has-text('杨凤') >> text=接着填")
    to_form_of_draft.first.tap()
    assert page.input_value("#f-remark") == "说到一半"


def test_u16_what_two_changed_is_kept_twice_until_the_collector_picks(hand: Hand, page: Any) -> None:
    """U16: field by field, mine and theirs; both papers stay."""
    hand.online(False)
    to_form(page, "张春兰")
    page.fill("#f-monthly_wage", "5300")
    page.select_option("#f-education", "60")
    page.tap("text=检查并提交")
    page.tap("footer >> text=提交")

    def theirs() -> None:
        worker = Worker.objects.get(full_name="张春兰")
        change = {"monthly_wage": 5000, "education": "80"}
        enter(
            cast.county_li(),
            {"worker_id": str(worker.pk), "base_version": worker.version, **change},
            on=timezone.localdate(),
        )

    ask(theirs)
    hand.online(True)
    hand.upload()
    page.wait_for_selector("text=两边都留着")
    page.tap("text=登录后去选")
    page.wait_for_url("**/phone/conflicts/")
    page.tap("main a:has-text('逐项选')")
    page.wait_for_selector("fieldset")
    rows = page.locator("fieldset").all_inner_texts()
    assert len(rows) == 2
    assert all("手机上填的" in row and "台账现在" in row for row in rows)
    assert Axe().run(page, options=AXE).response["violations"] == []
    page.check("[name=monthly_wage][value=mine]")
    page.check("[name=education][value=theirs]")
    page.tap("text=按选的提交")
    page.wait_for_selector("text=没有要选的")
    papers = ask(
        lambda: list(Submission.objects.filter(batch__source="phone", full_name="张春兰").order_by("batch__created_at"))
    )
    assert [paper.state for paper in papers] == ["withdrawn", "submitted"]
    assert {item: pair[1] for item, pair in papers[1].changes.items()} == {"monthly_wage": "5300.00"}
