"""In Chromium, on a phone's screen: enrolled, offline, killed, reopened, synced; nothing in clear on its disk; the PIN's five tries."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import ask
from taizhang.engine.tests.browser import ARGUMENTS, CHROMIUM, shared_playwright
from taizhang.engine.tests.looks import AXE, SMALL, TYPE, WORDLESS
from taizhang.engine.tests.serving import served
from taizhang.ledger.models import Submission
from taizhang.ledger.tests.people import JUNTUN, TIANTAI, enter, number, person
from taizhang.phone.models import Device, Evidence, Receipt
from taizhang.phone.tests.conftest import FULL
from taizhang.phone.tests.hand import Hand
from taizhang.review import actions as review
from taizhang.review.tests.conftest import make_divisions

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium")]
PEOPLE = 40
CONFIRMED, EDITED = 22, 8
PHONE = "15412340{:03d}"
PICTURES = os.environ.get("TAIZHANG_PAGES")
# How many rows each store of the phone still has.
LEFT = """() => new Promise((resolve) => { const asked = indexedDB.open("taizhang-phone"); asked.onsuccess = () => {
      const names = [...asked.result.objectStoreNames], tx = asked.result.transaction(names);
      Promise.all(names.map((name) => new Promise((done) => { tx.objectStore(name).count().onsuccess = (event) => done(event.target.result); }))).then(resolve); }; })"""


def _row(at: int) -> dict[str, Any]:
    name = f"罗小{'梅兰竹菊松柏桃李'[at % 8]}{'一二三四五'[at // 8]}"
    return person(
        100 + at,
        full_name=name,
        sex="2" if at % 2 == 0 else "1",  # as the number says
        mobile_phone=PHONE.format(at),
        household_no=f"H{at // 4:03d}",
        hukou_region=JUNTUN if at % 10 == 9 else TIANTAI,
        **FULL,
    )


@pytest.fixture(scope="module")
def site(module_database: str) -> Iterator[str]:
    """杨兰's two villages with forty people."""
    make_divisions()
    cast.collector_lan()
    li = cast.county_li()
    with acting_as(li):
        enter(li, *(_row(at) for at in range(PEOPLE)))
    with served() as address:
        yield address


@pytest.fixture
def hand(site: str, tmp_path: Path) -> Iterator[Hand]:
    """A phone that is signed in and has its people; no script may have failed in the end."""
    with shared_playwright() as playwright:
        ask(lambda: Device.objects.update(revoked_at="2020-01-01T00:00:00Z"))  # a collector has few phones at a time
        hand = Hand(playwright, site, tmp_path / "profile")
        hand.enrol()
        yield hand
        hand.context.close()
    assert hand.wrong == []


def look(hand: Hand, name: str) -> None:
    """What is wrong with the screen, in both sizes: axe (contrast with it), sideways scroll; in 长辈版 targets under 60 x 60, type, icons alone."""
    wrong = []
    for elder in (False, True):
        if elder:
            hand.page.click("#elder")
            for script in (SMALL, TYPE, WORDLESS):
                wrong += hand.page.evaluate(script)
        found = Axe().run(hand.page, options=AXE).response["violations"]
        wrong += [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]
        if hand.page.evaluate(
            "document.getElementById('main').scrollWidth > document.getElementById('main').clientWidth"
        ):
            wrong.append("scrolls sideways")
        if PICTURES:
            hand.page.screenshot(path=Path(PICTURES) / f"phone-{name}{'-elder' if elder else ''}.png")
    hand.page.click("#elder")
    assert wrong == [], (name, wrong)


def _filled(hand: Hand) -> dict[str, Any]:
    return json.loads(hand.page.input_value("[name=answers]"))  # type: ignore[no-any-return]


def test_r35_u13_u14_nothing_is_lost_offline_or_by_a_killed_browser_and_nothing_lies_in_clear(hand: Hand) -> None:
    """R35: no number, phone or name in the profile. U13: 20 people in 60 taps. U14: kept while typing."""
    hand.kill()
    hand.start(online=False)
    hand.unlock()  # a cold start without a network
    assert "没有网络" in hand.page.inner_text("#netbar")
    assert hand.page.inner_text("main strong") == f"已核实 0 / {PEOPLE} 人"

    hand.taps = 0
    for at in range(CONFIRMED):
        hand.tap(f"#people li:nth-child({at + 1}) [data-same]")
    assert hand.taps * 20 <= 60 * CONFIRMED  # U13
    hand.page.click("footer >> text=撤销")  # the last one was the wrong row
    hand.page.wait_for_selector(f"text=已核实 {CONFIRMED - 1} / {PEOPLE} 人")

    for at in range(EDITED):
        hand.page.locator("#people >> text=有变化").first.click()
        hand.page.fill("#f-helper", f"张干部{at}")
        hand.page.press("#f-helper", "Tab")
        hand.page.click("text=检查并提交")
        hand.page.wait_for_selector("text=改了 1 项")
        hand.page.click("footer >> text=提交")
        hand.page.wait_for_selector(f"text=已核实 {CONFIRMED + at} / {PEOPLE} 人")
    hand.page.fill("#find", "罗小李四")
    hand.page.click("#people .name-link")
    hand.page.click("main >> button:has-text('修改')")
    hand.page.fill("#f-remark", "说了一半")
    hand.page.wait_for_selector("main >> text=已存")  # U14: kept while typing, not at the end
    hand.kill()

    secrets = [number("19850312", 100), number("19850312", 139), PHONE.format(0), "罗小梅", "张干部1", "说了一半"]
    assert hand.traces(*secrets) == []

    hand.start(online=False)
    hand.unlock()
    hand.page.click("[data-tab=tray]")
    waiting = CONFIRMED - 1 + EDITED
    assert f"待上传 {waiting}" in hand.page.inner_text("main")
    hand.page.click("text=接着填")
    assert hand.page.input_value("#f-remark") == "说了一半"
    hand.page.click("#back")
    hand.online(True)
    hand.upload()
    kinds = ask(lambda: list(Receipt.objects.order_by("seq").values_list("kind", "outcome", "message")))
    accepted = [("unchanged", "accepted", "")] * (CONFIRMED - 1) + [("edit", "accepted", "")] * EDITED
    assert kinds == accepted, (
        kinds[-EDITED:],
        ask(lambda: list(Receipt.objects.order_by("seq").values_list("findings"))[-EDITED:]),
    )
    look(hand, "tray")
    hand.page.click("[data-tab=list]")
    hand.page.wait_for_selector(f"text=已核实 {waiting} / {PEOPLE} 人")
    hand.context.close()
    assert hand.traces(*secrets) == []
    hand.start()


def test_u08_u17_u18_both_modes_give_the_same_answers_and_what_is_touched_is_large_and_has_words(hand: Hand) -> None:
    """U08: equal JSON. U09: the summary of errors. U17, U18: by `look`, on every screen it is called for."""
    look(hand, "list")
    hand.page.fill("#find", "罗小兰一")
    hand.page.click("#people .name-link")
    look(hand, "person")
    hand.page.click("main >> button:has-text('修改')")
    hand.page.fill("#f-helper", "")
    hand.page.click("text=未转移原因 >> nth=0")
    hand.page.fill("#f-wanted_wage", "4500")
    hand.page.press("#f-wanted_wage", "Tab")
    whole = _filled(hand)
    hand.page.fill("#f-wanted_wage", "")
    hand.page.press("#f-wanted_wage", "Tab")
    look(hand, "form")
    hand.page.click("text=改为一题一屏")
    look(hand, "question")
    for _ in range(60):
        if hand.page.locator("footer >> text=检查并提交").count():
            break
        if hand.page.locator("#f-wanted_wage").is_visible():
            hand.page.fill("#f-wanted_wage", "4500")
        hand.page.click("text=下一题")
    assert _filled(hand) == whole
    hand.page.click("footer >> text=检查并提交")
    hand.page.wait_for_selector("text=提交前看一遍")
    hand.page.click("text=没有改的")
    look(hand, "confirm")
    hand.page.locator("main >> text=签名").click()
    box = hand.page.locator(".pad").bounding_box()
    hand.page.mouse.move(box["x"] + 20, box["y"] + 40)
    hand.page.mouse.down()
    hand.page.mouse.move(box["x"] + 200, box["y"] + 90, steps=6)
    hand.page.mouse.up()
    hand.page.click("text=存签名")
    hand.page.wait_for_selector("text=签名 1，")
    hand.page.click("footer >> text=提交")
    hand.upload()
    last = ask(lambda: Receipt.objects.order_by("received_at").last())
    assert (last.kind, last.outcome) == ("edit", "accepted"), (last.message, last.findings)
    hand.page.click("[data-tab=new]")
    hand.page.click("main >> button:has-text('查重')")
    assert hand.page.evaluate("document.activeElement.className") == "error-summary"  # U09
    assert hand.page.title() == "错误：新增 - 台账"
    look(hand, "new")


def _return_last(item: str, words: str) -> None:
    """The township sends the newest paper back with words at an item."""
    wei = cast.township_wei()
    with acting_as(wei):
        paper = Submission.objects.filter(state="submitted").select_related("batch").latest("batch__created_at")
        review.send_back(actor=wei, batch=paper.batch, ids=[paper.pk], reason="", remarks={item: words})


def test_u07_u31_what_came_back_opens_first_and_a_new_person_is_looked_for_first(hand: Hand) -> None:
    """U07, U31."""
    page = hand.page
    page.click("[data-tab=new]")
    page.fill("#name", "杨新")
    page.fill("#number", number("19900506", 777))
    page.click("main >> button:has-text('查重')")
    page.click("text=没有这个人，填表")
    assert page.is_checked("[name=sex][value='1']")  # as the number says
    page.fill("#f-hukou_region", "天台")
    page.click("#f-hukou_region-hits [data-code]")
    page.select_option("#f-ethnicity", "01")
    page.select_option("#f-education", "70")
    for item, at in (
        ("is_poverty_registered", 1),
        ("labour_ability", 0),
        ("main_income_source", 2),
        ("transfer_condition", 1),
        ("transfer_willingness", 1),
    ):
        page.locator(f"[data-item={item}] input").nth(at).check()
    page.fill("#f-mobile_phone", PHONE.format(777))
    page.click("text=检查并提交")
    page.set_input_files("#photo", {"name": "paper.png", "mimeType": "image/png", "buffer": page.screenshot()})
    page.wait_for_selector("text=照片 1，")
    page.click("footer >> text=提交")
    hand.upload()
    last = ask(lambda: Receipt.objects.order_by("received_at").last())
    assert (last.kind, last.outcome) == ("new", "accepted"), (last.message, last.findings)
    assert ask(Evidence.objects.filter(record=last.uuid, kind="photo").count) == 1
    ask(lambda: _return_last("full_name", "和户口本上的名字不一样"))

    page.click("#sync")
    page.wait_for_selector("text=退回 1")
    assert "姓名：和户口本上的名字不一样" in page.inner_text("main li.back")
    page.click("text=改退回的")
    assert page.evaluate("document.activeElement.id") == "f-full_name"  # U31
    page.fill("#f-full_name", "杨心")
    assert "992323********" in page.inner_text("[data-item=id_number]")  # kept with the paper, not typed again
    page.press("#f-full_name", "Tab")
    page.click("text=检查并提交")
    page.wait_for_selector("text=提交前看一遍")
    page.click("footer >> text=提交")
    hand.upload()
    page.wait_for_selector("[data-tab=tray] >> text=待上传")
    last = ask(lambda: Receipt.objects.order_by("received_at").last())
    assert (last.kind, last.outcome) == ("new", "accepted"), (last.message, last.findings)


def test_r35_five_wrong_pins_destroy_everything_and_say_before_what_is_lost(hand: Hand) -> None:
    """R35."""
    hand.online(False)
    hand.page.click("#people li:nth-child(1) [data-same]")
    hand.page.wait_for_selector("footer >> text=撤销")
    hand.page.goto("/phone/")
    for tries in range(1, 5):
        hand.page.fill("#pin", "999990")
        hand.page.wait_for_selector(f"text=还可以试 {5 - tries} 次")
        assert ("没有上传的 1 条" in hand.page.inner_text("main")) == (tries >= 3)
    look(hand, "last-try")
    assert hand.page.is_disabled("#pin")
    hand.page.check("#sure")
    hand.page.fill("#pin", "999990")
    hand.page.wait_for_selector("text=本机资料已经销毁")
    assert "没有上传的 1 条" in hand.page.inner_text("main")
    assert set(hand.page.evaluate(LEFT)) == {0}


def test_the_pin_is_changed_with_the_old_one_and_a_wrong_old_one_counts(hand: Hand) -> None:
    page = hand.page
    hand.online(False)
    sealed = """() => new Promise((resolve) => { const asked = indexedDB.open("taizhang-phone"); asked.onsuccess = () => {
      asked.result.transaction("people").objectStore("people").getAll().onsuccess = (event) => resolve(event.target.result.map((row) => [...row.iv].join())); }; })"""
    before = page.evaluate(sealed)
    page.click("[data-tab=me]")
    page.click("main >> text=改 PIN")
    look(hand, "pin")
    for old, new, again, words in (
        ("28046", "735192", "735192", "先输现在的 PIN"),
        ("280461", "123456", "123456", "太容易猜"),
        ("280461", "735192", "735193", "两遍输的不一样"),
        ("280461", "280461", "280461", "和现在的一样"),
        ("999990", "735192", "735192", "还可以试 4 次"),
    ):
        for field, value in (("#old", old), ("#pin1", new), ("#pin2", again)):
            page.fill(field, value)
        page.click("main [type=submit]")
        page.wait_for_selector(f"main [role=alert] >> text={words}")
    page.fill("#old", "280461")
    page.click("main [type=submit]")
    page.wait_for_selector("footer >> text=PIN 改好了")
    assert page.evaluate(sealed) == before  # no row was sealed anew
    page.goto("/phone/")
    page.fill("#pin", "280461")
    page.wait_for_selector("text=还可以试 4 次")
    page.fill("#pin", "735192")
    page.wait_for_selector("#people li")
    page.click("[data-tab=me]")
    page.click("main >> text=改 PIN")
    page.fill("#pin1", "280461")
    page.fill("#pin2", "280461")
    for left in (4, 3, 2):
        page.fill("#old", "999990")
        page.click("main [type=submit]")
        page.wait_for_selector(f"text=还可以试 {left} 次")
    page.fill("#old", "999990")
    page.click("main [type=submit]")
    page.wait_for_selector("text=最后一次，我想清楚了再试")  # locked: said there what would be lost


def test_a_record_the_server_cannot_read_keeps_none_back_and_a_wrong_clock_is_told(hand: Hand) -> None:
    def unreadable(route: Any) -> None:
        if any(record["kind"] == "attempt" for record in route.request.post_data_json["records"]):
            route.fulfill(status=422, json={"code": "malformed", "message": "手机发来的内容不完整。"})
        else:
            route.continue_()

    def yesterday(route: Any) -> None:
        said = route.fetch()
        route.fulfill(response=said, json={**said.json(), "server_time": "2020-01-01T00:00:00Z"})

    page = hand.page
    hand.context.route("**/phone/records", unreadable)
    hand.context.route("**/phone/state", yesterday)
    page.evaluate(
        "document.addEventListener('click', (event) => event.target.closest('[href^=tel]') && event.preventDefault())"
    )
    page.locator("#people >> text=拨打").first.click()
    page.click("#people >> text=空号")  # U21
    assert PHONE.format(0)[:8] not in page.inner_text("main")
    page.locator("#people [data-same]").last.click()
    page.click("[data-tab=tray]")
    page.click("text=现在上传 2 条")
    page.wait_for_selector("text=待上传 0")
    page.wait_for_selector("text=手机发来的内容不完整")
    assert "已上传 1" in page.inner_text("main")
    assert "手机时钟快了" in page.inner_text("#netbar")


def test_r35_a_disabled_account_tells_what_is_lost_and_forgets(hand: Hand) -> None:
    """R35: wipes at the next contact, after telling what had not been sent."""
    hand.page.click("#people li:nth-child(3) [data-same]")
    ask(lambda: User.objects.filter(username="lan").update(is_active=False))
    hand.page.click("#sync")
    hand.page.wait_for_selector("text=已经停用")
    assert "没有上传的 1 条" in hand.page.inner_text("main")
    hand.page.goto("/phone/")  # no way round it
    hand.page.click("text=知道了，清空本机")
    ask(lambda: User.objects.filter(username="lan").update(is_active=True))
    hand.page.wait_for_selector("text=登记")
    assert set(hand.page.evaluate(LEFT)) == {0}


@pytest.mark.parametrize(
    ("agent", "host", "words"),
    [
        ("Mozilla/5.0 (Linux; Android 11) Chrome/107.0 Mobile MicroMessenger/8.0", "127.0.0.1", "在浏览器打开"),
        ("Mozilla/5.0 (Linux; Android 9) Chrome/80.0.1 Mobile", "127.0.0.1", "现在是 80"),
        (None, "phone.test", "https://"),
    ],
)
def test_u45_the_page_says_plainly_when_it_cannot_work(site: str, agent: str | None, host: str, words: str) -> None:
    """U45."""
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, "--host-resolver-rules=MAP phone.test 127.0.0.1"]
        )
        page = browser.new_page(user_agent=agent, viewport={"width": 360, "height": 760})
        page.goto(site.replace("127.0.0.1", host) + "/phone/")
        assert words in page.inner_text("main")
        assert page.locator("#pin1").count() == 0
        browser.close()


def test_a_page_that_was_cut_off_says_so_and_opens_again_with_all_it_holds(site: str) -> None:
    """The box for the PIN came, the rest did not."""
    with shared_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 360, "height": 760})
        page.route("**/inside.js", lambda route: route.abort())
        page.goto(f"{site}/phone/")
        page.wait_for_selector("main >> text=这一页没有下载完")
        page.unroute("**/inside.js")
        page.click("main button")
        page.wait_for_selector("main >> text=先登录")
        browser.close()


def test_people_kept_by_the_first_page_are_read_by_this_one(hand: Hand) -> None:
    """It kept whole people, without the words they are found by: a phone that was not opened for months must still open."""
    before = hand.page.inner_text("#people")
    hand.page.evaluate("""async () => {
      const { $ } = await import(document.querySelector("script[type=module]").src);
      const [people, vault] = [$["phone/people.js"], $["phone/vault.js"]];
      const rows = (await vault.readAll("people", (bytes) => bytes)).map(([id]) => [id, []]);
      for (const { read, rest, line, text, place, ...person } of people.find({}))
        rows.find(([id]) => id === parseInt(person.id.slice(-2), 16) % 64)[1].push({ ...person, answers: people.get(person.id).answers });
      await vault.write(rows.map(([id, list]) => ["people", id, list]));
    }""")
    hand.page.goto("/phone/")
    hand.page.fill("#pin", "280461")
    hand.page.wait_for_selector("#people li")
    assert hand.page.inner_text("#people") == before
