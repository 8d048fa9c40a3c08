"""In Chromium, the office's form as a clerk meets it: a number told while it is typed, everything looked over once more,
a session that ends in the middle, keyboards, 长辈版, and a browser that is too old."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from taizhang.accounts.acting import acting_as
from taizhang.accounts.tests import people as cast
from taizhang.accounts.tests.signed_in import ask, cookie
from taizhang.engine.tests.looks import AXE, COVERED, SMALL, TOLD_AFTER, TYPE, WORDLESS
from taizhang.ledger.models import Batch, Submission
from taizhang.ledger.tests import test_web_browser
from taizhang.ledger.tests.people import enter, number, person
from taizhang.ledger.tests.test_web_browser import answers, browser, page, site  # noqa: F401
from taizhang.review import actions as review

pytestmark = test_web_browser.pytestmark
Site = tuple[str, str]


@pytest.fixture(scope="module")
def other(site: Site) -> str:  # noqa: F811
    """The number of somebody else of 天台, 普秀英."""

    def make() -> None:
        with acting_as(cast.county_li()):
            enter(cast.county_li(), person(41, full_name="普秀英"))

    ask(make)
    return number("19850312", 41)


def test_u06_u07_a_number_is_told_at_once_and_only_the_search_leads_to_the_form(
    site: Site,  # noqa: F811
    other: str,
    page: Any,  # noqa: F811
) -> None:
    """U06: check digit, sex, birth, age and a masked owner within 300 ms. U07: no way to the form but the search."""
    page.goto("/people/")
    leads = page.eval_on_selector_all(
        "a", "(all) => all.map((one) => one.pathname).filter((path) => path.includes('/people/new/'))"
    )
    assert set(leads) == {"/people/new/"}
    assert page.request.get("/people/new/form/").status == 405
    page.goto("/people/new/")
    assert page.locator("record-form").count() == 0
    good = number("19900506", 15)
    told = {
        good[:-1] + ("0" if good[-1] != "0" else "1"): "校验",
        good: "男，1990年5月6日生",
        other: "普**",
    }
    times = []
    for typed, words in told.items():
        page.evaluate("document.querySelector('#number-said').replaceChildren()")
        times.append(page.evaluate(TOLD_AFTER, ["#id_number", typed, "#number-said"]))
        page.wait_for_selector(f"#number-said:has-text('{words}')")
    assert min(times) <= 300, times
    assert "普秀英" not in page.inner_text("main")
    assert page.get_by_role("link", name="打开这个人").count() == 1
    page.fill("#full_name", "杨大山")
    page.get_by_role("button", name="查重").click()
    page.wait_for_selector("text=已经登记了")
    assert page.get_by_role("button", name="新增").count() == 0

    page.goto(f"/people/{site[1]}/edit/")
    page.get_by_role("button", name="改身份证号").click()
    page.fill("#f-id_number", other)
    page.wait_for_selector("#owner:has-text('已经登记：普**，天台村民委员会')")


def test_u11_what_was_changed_is_looked_over_before_it_is_handed_in(site: Site, page: Any) -> None:  # noqa: F811
    """U11: each line leads back to its field, and says afterwards what was made of it."""
    page.goto(f"/people/{site[1]}/edit/")
    over = page.locator("[data-look-over]")
    assert not over.is_visible()
    page.fill("#f-monthly_wage", "5200")
    page.press("#f-monthly_wage", "Tab")
    page.select_option("#f-education", "60")
    assert "提交前看一遍，改了 2 项" in over.inner_text()
    assert "5200元（原来4800元）" in over.inner_text().replace(" ", "")
    over.get_by_role("button", name="修改 月收入").click()
    assert page.evaluate("document.activeElement.id") == "f-monthly_wage"
    page.keyboard.type("5300")
    page.keyboard.press("Tab")
    assert "5300" in over.inner_text()
    assert "5200" not in over.inner_text()
    page.select_option("#f-education", "70")
    assert "改了 1 项" in over.inner_text()


def test_u16_two_who_edit_one_person_meet_field_by_field(site: Site, browser: Any, page: Any) -> None:  # noqa: F811
    """U16: neither is overwritten; what was not picked stays in the paper for whoever reviews."""
    address = f"/people/{site[1]}/edit/"
    page.goto(address)
    context = browser.new_context(base_url=site[0], locale="zh-CN")
    context.add_cookies([cookie(site[0], cast.county_li)])
    theirs = context.new_page()
    theirs.goto(address)
    theirs.fill("#f-monthly_wage", "5000")
    theirs.fill("#f-employer_name", "新光服装厂（演示）")
    theirs.fill("#f-helper", "县里的张干部")
    with theirs.expect_navigation():
        theirs.keyboard.press("Control+S")
    context.close()
    ask(_approved)

    page.fill("#f-monthly_wage", "5300")
    page.fill("#f-employer_name", "晨光二厂（演示）")
    page.fill("#f-remark", "两个人都在改")
    with page.expect_navigation():
        page.keyboard.press("Control+S")
    assert page.url.endswith(f"/people/{site[1]}/both/")
    assert ask(lambda: Submission.objects.get(outcome="conflict").state) == "draft"
    rows = page.locator("tbody tr").all_inner_texts()
    assert len(rows) == 2
    assert all("李文静" in row for row in rows)
    assert Axe().run(page, options=AXE).response["violations"] == []
    page.get_by_role("button", name="按上面选的").click()
    assert page.url.endswith("/both/")  # nothing is picked for anybody
    page.goto(f"/people/{site[1]}/")
    page.get_by_role("link", name="逐项选").click()
    page.check("[name=item-monthly_wage][value=mine]")
    page.check("[name=item-employer_name][value=ledger]")
    page.get_by_role("button", name="按上面选的").click()
    page.wait_for_url(f"**/people/{site[1]}/")
    paper = ask(lambda: Submission.objects.filter(batch__source="web").latest("batch__created_at"))
    assert {item: pair[1] for item, pair in paper.changes.items()} == {
        "monthly_wage": "5300.00",
        "remark": "两个人都在改",
    }
    assert [one["message"] for one in paper.findings if one["item"] == "employer_name"] == [
        "两边都改过，填报人选了台账的；自己原来填的是“晨光二厂（演示）”。"
    ]


def _approved() -> None:
    """What Li handed in enters the ledger, by other people's hands."""
    batch = Batch.objects.filter(submitted_by=cast.county_li(), source="web").latest("created_at")
    for reviewer in (cast.township_wei(), cast.county_zhao()):
        with acting_as(reviewer):
            review.approve(actor=reviewer, batch=batch)
    assert Submission.objects.get(batch=batch).entered


def test_u46_a_session_that_ends_in_the_middle_loses_nothing(site: Site, page: Any) -> None:  # noqa: F811
    """U46: signed in again on the spot, back in the same field; a network that fails loses nothing either."""
    page.goto(f"/people/{site[1]}/edit/")
    page.fill("#f-remark", "说到一半")
    page.context.clear_cookies()
    page.keyboard.press("Control+S")
    page.wait_for_selector("dialog:has-text('登录已经到期')")
    assert page.evaluate("document.activeElement.id") == "again"
    page.keyboard.type("not-the-password")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog:has-text('账号或密码不对')")
    page.keyboard.type(cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    assert page.evaluate("document.activeElement.id") == "f-remark"
    assert page.input_value("#f-remark") == "说到一半"
    page.context.set_offline(True)
    page.keyboard.press("Control+S")
    page.wait_for_selector("text=网络不通，没有提交")
    page.context.set_offline(False)
    page.keyboard.press("Control+S")
    page.wait_for_url(f"**/people/{site[1]}/")
    paper = ask(lambda: Submission.objects.filter(batch__source="web").latest("batch__created_at"))
    assert {item: pair[1] for item, pair in paper.changes.items()} == {"remark": "说到一半"}


def test_u19_each_answer_brings_its_keyboard(site: Site, page: Any) -> None:  # noqa: F811
    """U19: digits with an X for the number, the telephone's, numbers, and the browser's own wheels for days."""
    page.goto(f"/people/{site[1]}/edit/")
    kept = page.evaluate("""() => Object.fromEntries([...document.querySelectorAll("record-form [id^=f-]")]
      .filter((one) => one.tagName === "INPUT" && !["radio", "checkbox"].includes(one.type)).map((one) => [one.id, [one.type, one.inputMode]]))""")
    page.get_by_role("button", name="改身份证号").click()
    page.get_by_role("button", name="改联系电话").click()
    assert page.get_attribute("#f-id_number", "inputmode") == "numeric"
    page.fill("#f-id_number", "99232319900506015")
    page.get_by_role("button", name="末位填 X").click()
    assert page.input_value("#f-id_number") == "99232319900506015X"
    assert (page.get_attribute("#f-mobile_phone", "type"), page.get_attribute("#f-mobile_phone", "inputmode")) == (
        "tel",
        "tel",
    )
    assert kept["f-monthly_wage"][1] in ("numeric", "decimal")
    assert kept["f-start_date"][0] in ("date", "month")
    page.goto("/people/new/")
    assert page.get_attribute("#id_number", "inputmode") == "numeric"


@pytest.mark.parametrize("size", [(1366, 700), (360, 640)])
def test_u20_the_bar_with_the_main_button_never_covers_the_focus(site: Site, page: Any, size: tuple[int, int]) -> None:  # noqa: F811
    """U20: by Tab through the whole form, and back."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"/people/{site[1]}/edit/")
    page.focus("main")
    covered, steps = [], 0
    for key in ("Tab", "Shift+Tab"):
        for _ in range(150):
            page.keyboard.press(key)
            if not page.evaluate("document.querySelector('main').contains(document.activeElement)"):
                break
            steps += 1
            covered.append(page.evaluate(COVERED))
    assert steps > 60
    assert [one for one in covered if one] == []


def test_u17_u18_the_elder_version_is_large_and_every_control_says_its_word(site: Site, page: Any) -> None:  # noqa: F811
    """U17: 18 to 30 px, lines of 1.3, targets of 60 x 60 (contrast: axe, on every page, in test_pages_browser).
    U18: no control is an icon alone."""
    page.goto("/people/")
    page.get_by_role("button", name="长辈版").click()
    page.wait_for_selector("html.elder")
    wrong = []
    for address in (
        "/people/",
        "/people/new/",
        f"/people/{site[1]}/",
        f"/people/{site[1]}/edit/",
        "/collecting/today/",
    ):
        page.goto(address)
        for script in (SMALL, TYPE, WORDLESS):
            wrong += [f"{address} {one}" for one in page.evaluate(script)]
    page.goto("/people/")
    page.get_by_role("button", name="标准版").click()
    assert wrong == []


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 Chrome/78.0.3904.108 Safari/537.36", "太旧（Chrome 78）"),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "太旧（IE 内核）"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/90.0.4430.72 Safari/537.36", ""),
    ],
)
def test_u45_a_browser_that_is_too_old_is_told_so_in_plain_words(
    site: Site,  # noqa: F811
    browser: Any,  # noqa: F811
    agent: str,
    said: str,
) -> None:
    """U45: on the first page there is, before signing in."""
    page = browser.new_page(user_agent=agent, base_url=site[0])  # noqa: F811
    page.goto("/accounts/login/")
    text = page.inner_text("body")
    page.close()
    assert said in text
    assert ("浏览器太旧" in text) == bool(said)
