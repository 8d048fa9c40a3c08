"""Every page as every role that may open it (accounts/permissions.py), in Chromium, at 1366 and 360 px; once per page also in 长辈版 and to axe.

Nothing for axe (WCAG A to AA), no sideways scroll, no error of a script or of the content policy. With TAIZHANG_PAGES
set to a folder, what was looked at is kept there as pictures.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve, reverse

from taizhang import catalogue
from taizhang.accounts.models import Role
from taizhang.accounts.permissions import EDITORS, PERMISSIONS
from taizhang.catalogue import duedates
from taizhang.cli.bench.installation import python, result_of
from taizhang.cli.tests.conftest import COUNTY, Site
from taizhang.cli.tests.desk import CHROMIUM, SMALL, WIDE, Desk, desks
from taizhang.cli.tests.test_scope import addresses
from taizhang.intake.tests import files

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium"),
]
# The demo's account of each role.
ACCOUNTS = {role: role.value.removesuffix("_admin") for role in Role}
PAGES = os.environ.get("TAIZHANG_PAGES")
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}

# What each page is called here, its address's name, and where it is: a path, or the page before it and the link to follow.
Where = str | tuple[str, str]
# The demo has sealed the period before the one in hand.
MOUDING = catalogue.load().programmes["mouding-2017"]
BEFORE = duedates.before(MOUDING, duedates.in_hand(MOUDING, dt.date.today())).id  # type: ignore[arg-type, union-attr]
ROOMS: dict[str, tuple[str, Where]] = {
    "home": ("site:home", "/"),
    "figures": ("site:figures", "/figures/"),
    "handbook": ("site:handbook", "/handbook/"),
    "items": ("site:items", "/handbook/items/"),
    "found-items": ("site:items", "/handbook/items/?find=就业"),
    "tasks": ("engine:tasks", "/tasks/"),
    "task": ("engine:task", ("tasks", "main a[href^='/tasks/0']")),
    "password": ("accounts:password", "/accounts/password/"),
    "divisions": ("divisions:index", "/divisions/"),
    "division": ("divisions:unit", f"/divisions/{COUNTY}/"),
    "village": ("divisions:unit", f"/divisions/{COUNTY}101201/"),
    "people": ("ledger:list", "/people/"),
    "nobody": ("ledger:list", "/people/?region=110101"),
    "person": ("ledger:person", ("people", "main table a[href^='/people/0']")),
    "edit": ("ledger:edit", ("person", "main a[href$='/edit/']")),
    "stop": ("ledger:stop", ("person", "main a[href$='/stop/']")),
    "print": ("ledger:print", ("person", "main a[href$='/print/']")),
    "reveal": ("ledger:reveal", ("person", "main a[href*='/numbers/']")),
    "new": ("ledger:new", "/people/new/"),
    "imports": ("intake:list", "/imports/"),
    "import": ("intake:new", "/imports/new/"),
    "columns": ("intake:columns", ("imports", "main a:has-text('{account}-待查')")),
    "upload": ("intake:upload", ("imports", "main a:has-text('{account}-已查')")),
    "row": ("intake:row", ("upload", "main a[href*='/rows/']")),
    "queue": ("review:queue", "/review/"),
    "returned": ("review:returned", "/review/returned/"),
    "mine": ("review:mine", "/review/mine/"),
    "paper": ("review:record", ("queue", "main a[href^='/review/0']")),
    "own-paper": ("review:record", ("mine", "main a[href^='/review/0']")),
    "correct": ("review:correct", ("returned-paper", "main a[href$='/correct/']")),
    "returned-paper": ("review:record", ("returned", "main a[href^='/review/0']")),
    "tables": ("statistics:list", "/tables/"),
    "C3": ("statistics:table", "/tables/mouding-2017/C3/"),
    "B1": ("statistics:table", "/tables/mouding-2017/B1/"),
    "B2": ("statistics:table", "/tables/mouding-2017/B2/"),
    "cell": ("statistics:table", ("C3", "main a[href*='cell=']")),
    "hand": ("statistics:hand", "/tables/mouding-2017/C4/hand/"),
    "match": ("statistics:match", "/tables/mouding-2017/C3/match/"),
    "rules": ("statistics:indicators", "/tables/indicators/"),
    "rule": ("statistics:indicator", "/tables/indicators/mouding-2017/transferred/"),
    "try": ("statistics:whatif", "/tables/indicators/mouding-2017/transferred/try/"),
    "why": ("statistics:why", ("person", "main a[href^='/tables/why/']")),
    "compare": ("statistics:compare", "/tables/compare/"),
    "compared": (
        "statistics:compare",
        "/tables/compare/?first=mouding-2017.transferred&second=mouding-2017.transferred_out_of_province&part=first",
    ),
    "threshold": ("statistics:parameter", "/tables/indicators/guzhang-2020/parameter/县外收入/"),
    "changes": ("statistics:changes", "/tables/indicators/changes/"),
    "change": ("statistics:version", ("changes", "main a[href*='/changes/0']")),
    "board": ("boards:board", "/board/"),
    "pivot": ("boards:pivot", "/board/pivot/"),
    "periods": ("statistics:periods", "/tables/periods/"),
    "period-before": ("statistics:periods", f"/tables/periods/?period={BEFORE}"),
    "seal": ("statistics:seal", ("period-before", "main a[href*='/periods/seals/']")),
    "adjustments": ("statistics:adjustments", ("period-before", "main a[href*='/adjustments/']")),
    "certificate": ("statistics:certificate", ("seal", "main a[href*='/periods/certificates/']")),
    "bulletins": ("bulletins:list", "/bulletins/"),
    "bulletin": ("bulletins:bulletin", ("bulletins", "main table a[href^='/bulletins/0']")),
    "targets": ("targets:list", "/targets/"),
    "target": ("targets:goal", "/targets/mouding-2017/new_transfer_year/"),
    "target-2017": ("targets:goal", "/targets/mouding-2017/new_transfer_year/?period=2017"),
    "set-target": ("targets:set", f"/targets/mouding-2017/new_transfer_year/set/?division={COUNTY}101201"),
    "split-target": ("targets:split", f"/targets/mouding-2017/new_transfer_year/split/?division={COUNTY}101"),
    "work": ("collecting:work", "/collecting/work/"),
    "handover": ("collecting:handover", "/collecting/handover/"),
    "today": ("collecting:today", "/collecting/today/"),
    "rounds": ("collecting:rounds", "/collecting/"),
    "round-town": ("collecting:rounds", ("rounds", "main table th a")),
    "round-people": ("collecting:people", ("round-town", "main table td a")),
    "attempts": ("collecting:attempts", ("person", "main a[href$='/attempts/']")),
    "points": ("collecting:points", "/collecting/points/"),
    "point": ("collecting:point", ("points", "main table a[href^='/collecting/points/0']")),
    "papers": ("collecting:papers", "/collecting/papers/"),
    "village-papers": ("collecting:papers", f"/collecting/papers/?division={COUNTY}101001"),
    "scans": ("collecting:scans", "/collecting/scans/"),
    "pictures": ("collecting:pictures", ("person", "main a[href$='/pictures/']")),
    "additions": ("collecting:additions", "/collecting/additions/"),
    "monthend": ("collecting:monthend", "/collecting/monthend/"),
    "monthend-town": ("collecting:monthend", f"/collecting/monthend/?division={COUNTY}101"),
    "monthend-unit": (
        "collecting:monthend_unit",
        ("monthend-town", "main table a[href*='/monthend/unit/']"),
    ),
    "helping": ("collecting:helping", "/collecting/helping/"),
    "helping-town": ("collecting:helping", f"/collecting/helping/?division={COUNTY}101"),
    "helping-none": ("collecting:helping", f"/collecting/helping/?division={COUNTY}101001&only=none"),
    "helping-mine": ("collecting:helping_mine", "/collecting/helping/mine/"),
    "helper": ("collecting:helper", ("helping", "main table a[href^='/collecting/helping/0']")),
    "helper-of": ("collecting:helper_of", ("person", "main a[href$='/helper/']")),
    "households": ("collecting:households", f"/collecting/households/?division={COUNTY}101001"),
    "households-town": ("collecting:households", f"/collecting/households/?division={COUNTY}101"),
    "household": ("collecting:household", ("households", "main table a[href^='/collecting/households/']")),
    "lists": ("comparison:lists", "/comparison/"),
    "new-list": ("comparison:new", "/comparison/new/"),
    "list": ("comparison:list", ("lists", "main table a[href^='/comparison/0']")),
    "list-names": ("comparison:list", ("list", "main a[href$='?show=names']")),
    "phones": ("phone:devices", "/phone/devices/"),
    "phone-conflicts": ("phone:conflicts", "/phone/conflicts/"),
    "propose": ("collecting:propose", "/collecting/points/propose/"),
    "accounts": ("accounts:users", "/accounts/"),
    "account": ("accounts:user", ("accounts", "main a[href^='/accounts/0']")),
    "new-account": ("accounts:create", "/accounts/new/"),
    "audit": ("protection:entries", "/audit/"),
}
# Where the demo has nothing to open for a role that may.
NOTHING_THERE = {
    "households-town": {Role.COLLECTOR},
    "helping-town": {Role.COLLECTOR},
    "helper": {Role.COLLECTOR},  # helped by nobody yet
    "monthend-town": {Role.COLLECTOR},
    "monthend-unit": {Role.COLLECTOR},
    "task": set(Role) - EDITORS,  # has started nothing
    "certificate": {Role.COLLECTOR, Role.TOWNSHIP},  # the demo's is about the whole county
    "bulletin": {Role.COLLECTOR, Role.TOWNSHIP},  # the county's is not theirs
    "point": {Role.CITY, Role.PROVINCE},  # sees counties first
    "round-town": {Role.COLLECTOR},  # villages lead straight to people
    "round-people": {Role.COLLECTOR, Role.PROVINCE, Role.CITY},
    "paper": {Role.COLLECTOR},  # decides on nothing
    "own-paper": {Role.TOWNSHIP, Role.COUNTY},
    "returned-paper": {Role.COLLECTOR, Role.COUNTY},
    "correct": {Role.COLLECTOR, Role.COUNTY},
}
# A GET that is no page of its own: files, answers to scripts, parts of a page that stand in one looked at here, redirects.
NO_PAGE = {
    "collecting:household_of", "divisions:options", "divisions:branch", "intake:template", "intake:answer", "ledger:count", "ledger:masked", "ledger:view",
    "release:file", "statistics:certificate_file", "statistics:report_file",
    "comparison:unread",
    "phone:enrol", "phone:conflict", "ledger:both",  # the rooms' own tests look at them
    "collecting:paper_file", "collecting:picture", "collecting:scan",  # a scan: the demo has none
    "release:ready", "statistics:report", "collecting:paper_ready",  # files of more people than this demo has
}  # fmt: skip
SEE_MOST = (ACCOUNTS[Role.COUNTY], ACCOUNTS[Role.PROVINCE])
REFUSALS = {"refused": ("/audit/", 403), "missing": ("/no/such/page/", 404)}


def _cases() -> list[tuple[str, str]]:
    """(account, page): each page as the first role that has it and as those who see most; `test_scope` asks every
    address as everybody."""
    found = []
    for role, account in ACCOUNTS.items():
        for name, (view, _) in ROOMS.items():
            if role in PERMISSIONS.get(view, set(Role)) - NOTHING_THERE.get(name, set()):
                found.append((account, name))
        found += [(account, name) for name in REFUSALS if (account, name) != ("audit", "refused")]
    first = {name: account for account, name in reversed(found)}
    return [(account, name) for account, name in found if account in (first[name], *SEE_MOST)]


CASES = _cases()
FIRST = {name: account for account, name in reversed(CASES)}


@pytest.fixture(scope="module")
def desk(site: Site) -> Iterator[Any]:
    with desks(site) as open_desk:
        prepare(open_desk)
        yield open_desk


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], str]:
    """(account, page) -> address, once found."""
    return {}


def listen(page: Any) -> None:
    """Keep what the content policy blocks; the browser tells only the document."""
    page.add_init_script(
        "window.blocked = []; document.addEventListener('securitypolicyviolation',"
        " e => window.blocked.push(e.violatedDirective + ' ' + e.blockedURI))"
    )


def bring(at: Desk, name: str, rows: list[dict[str, str]]) -> None:
    """Upload a workbook and stop where its columns are shown."""
    at.page.goto("/imports/new/")
    book = {"name": name, "mimeType": "application/octet-stream", "buffer": files.workbook(rows)}
    at.page.get_by_label("选择文件").set_input_files(book)  # type: ignore[arg-type]
    at.page.get_by_role("button", name="上传并对列").click()
    at.page.get_by_role("heading", name=name).wait_for()


def prepare(desk: Any) -> None:
    """Give every role that imports something at each stage: columns, checked with errors, handed in."""
    for number, role in enumerate(sorted(EDITORS), start=1):
        at: Desk = desk(ACCOUNTS[role])
        rows = [
            files.person(number * 10 + n, 姓名=name, 村委会="茅阳社区居民委员会")
            for n, name in enumerate(("杨甲", "杨乙"))
        ]
        rows.append(files.person(number * 10 + 2, 姓名="杨丙", 民族="火星族"))
        if role == Role.COLLECTOR:
            bring(at, f"{ACCOUNTS[role]}-已交.xlsx", rows)
            check(at)
            at.page.get_by_role("button", name="提交 2 行").click()
            at.page.get_by_text("已提交 2 行").first.wait_for()
        bring(at, f"{ACCOUNTS[role]}-已查.xlsx", rows)
        check(at)
        bring(at, f"{ACCOUNTS[role]}-待查.xlsx", [{**row, "备忘": "甲"} for row in rows])
        if role == Role.COUNTY:
            change_a_rule(at)
            name_a_helper(at)
    at = desk(ACCOUNTS[Role.COUNTY])
    at.page.goto("/bulletins/")
    at.page.get_by_role("button", name="生成月调度").click()
    at.page.get_by_role("link", name="看结果").wait_for(timeout=120_000)


def name_a_helper(at: Desk) -> None:
    at.page.goto("/collecting/helping/")
    at.page.get_by_label("姓名").fill("周帮扶")
    at.page.get_by_label("单位、职务").fill("县人社局股长")
    at.page.get_by_label("办公电话（选填）").fill("0878-5211234")
    at.page.get_by_role("button", name="登记", exact=True).click()
    at.page.get_by_text("登记了联系人周帮扶").wait_for()


def change_a_rule(at: Desk) -> None:
    """Propose a rule of the county's own, after seeing what it does."""
    at.page.goto(ROOMS["try"][1])
    at.page.get_by_label("口径").fill("转移就业 and 年龄 >= 18")
    at.page.get_by_role("button", name="试算").click()
    at.page.get_by_label("原因、依据").fill("州里会议纪要")
    at.page.get_by_role("button", name="提出，请另一个人批").click()
    at.page.get_by_text("提出时看到的变化").wait_for(timeout=60_000)


def check(at: Desk) -> None:
    at.page.get_by_role("button", name="检查 3 行").click()
    at.page.get_by_role("navigation", name="检查结果，点数字看名单").wait_for(timeout=60_000)


def find(at: Desk, account: str, name: str, known: dict[tuple[str, str], str]) -> str:
    """The page's address, by following links from where the role begins."""
    if name in REFUSALS:
        return REFUSALS[name][0]
    where = ROOMS[name][1]
    if isinstance(where, str):
        return where
    if (account, name) not in known:
        before, link = where
        at.page.goto(find(at, account, before, known))
        found = at.page.locator(link.format(account=account)).first
        assert found.count(), f"{before} has no link to {name} for {account}"
        known[account, name] = str(found.get_attribute("href"))
    return known[account, name]


def look(at: Desk, role: str, name: str, version: str = "", *, axe: Any = WIDE) -> list[str]:
    """What is wrong with the open page at both widths; axe, which takes the time, looks at one of them or None."""
    wrong = []
    for size in (WIDE, SMALL):
        at.page.set_viewport_size(size)
        at.page.wait_for_timeout(50)  # one frame, so that what follows the width has done so
        if PAGES:
            folder = Path(PAGES)
            folder.mkdir(parents=True, exist_ok=True)
            at.page.screenshot(path=str(folder / f"{name}-{role}-{size['width']}{version}.png"), full_page=True)
        beyond = at.page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        if beyond > 0:
            wrong.append(f"{size['width']}{version}: scrolls sideways by {beyond} px: {widest(at.page)}")
        if size != axe:
            continue
        for problem in Axe().run(at.page, options=AXE).response["violations"]:
            nodes = "; ".join(
                f"{node['html'][:160]} ({node.get('failureSummary', '')[:200]})" for node in problem["nodes"][:3]
            )
            wrong.append(f"{size['width']}{version}: {problem['id']}: {nodes}")
    return wrong


def widest(page: Any) -> str:
    """Elements that stick out, to say where to look."""
    return str(
        page.evaluate(
            "[...document.querySelectorAll('main *, header *, nav *')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".slice(0, 4).map(e => e.tagName + '.' + e.className)"
        )
    )


@pytest.mark.parametrize(("account", "name"), CASES, ids=[f"{account}-{name}" for account, name in CASES])
def test_u43_axe_finds_nothing_and_a_page_fits_both_widths(
    desk: Any, known: dict[tuple[str, str], str], account: str, name: str
) -> None:
    at: Desk = desk(account)
    if not getattr(at, "listening", False):
        listen(at.page)
        at.listening = True  # type: ignore[attr-defined]
    at.page.set_viewport_size(WIDE)
    address = find(at, account, name, known)
    at.wrong.clear()
    answer = at.page.goto(address)
    if FIRST[name] == account:  # what comes after the page is the same for everybody
        at.page.wait_for_load_state("networkidle")
    if name in ROOMS:
        assert answer.status == 200
        assert ROOMS[name][0] in {resolve(urlsplit(one).path).view_name for one in (address, at.page.url)}
    else:
        assert answer.status == REFUSALS[name][1]
    wrong = look(at, account, name, axe=WIDE if FIRST[name] == account else None)
    if FIRST[name] == account:
        at.page.evaluate("document.documentElement.classList.add('elder')")
        wrong += look(at, account, name, "-elder", axe=SMALL)
    heard = [said for said in at.wrong if f"status of {answer.status}" not in said]
    at.wrong.clear()
    assert (wrong, heard, at.page.evaluate("window.blocked")) == ([], [], [])


def test_no_page_is_left_out(desk: Any) -> None:
    """What is looked at, and what only takes a form, is every address."""
    looked_at = {view for view, _ in ROOMS.values()} | NO_PAGE
    nobody, known = UUID(int=0), dict(addresses())
    values = {
        "number": 1,
        "household_id": 1,
        "item": "id_number",
        "code": COUNTY,
        "programme": "mouding-2017",
        "table": "C3",
    }
    assert looked_at - {"accounts:password"} <= set(PERMISSIONS)
    for name in set(PERMISSIONS) - looked_at:
        role = min(PERMISSIONS[name])
        kwargs = {one: values.get(one, nobody) for one in known[name].pattern.converters}
        answer = desk(ACCOUNTS[role]).context.request.get(reverse(name, kwargs=kwargs), max_redirects=0)
        assert answer.status == 405, (name, role, answer.status)


def test_the_sign_in_page_also_after_signing_out(desk: Any) -> None:
    at: Desk = desk("county2")
    listen(at.page)
    at.page.goto("/")
    at.page.locator("details.user summary").click()
    at.page.get_by_role("button", name="退出登录").click()
    at.page.get_by_label("账号").wait_for()
    wrong = look(at, "stranger", "login")
    at.page.get_by_label("账号").fill("nobody")
    at.page.get_by_label("密码", exact=True).fill("wrong")
    at.page.get_by_role("button", name="登录").click()
    at.page.get_by_role("alert").wait_for()
    wrong += look(at, "stranger", "login-failed")
    assert at.page.evaluate("window.blocked") == []
    assert wrong == []


def test_nothing_printed_names_a_person(site: Site) -> None:
    """R20: what server, worker and database print holds no number and no name of the people on the pages."""
    people = result_of(python(site.data_dir, "-m", "taizhang.cli.bench.sample", "200"))
    told = site.log.read_text()
    for log in (site.data_dir / "postgres").glob("**/*log"):
        if log.is_file():
            told += log.read_text(errors="replace")
    wanted = {person["number"] for person in people} | {one["name"] for one in people if len(one["name"]) > 2}
    assert len(wanted) > 200
    assert [value for value in wanted if value in told] == []
    assert re.findall(r"(?<!\d)(99\d{15}[\dX]|154\d{8})(?!\d)", told) == []
