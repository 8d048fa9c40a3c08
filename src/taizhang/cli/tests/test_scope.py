"""Every address, every role, own and foreign objects: the table of permissions and the scopes decide, and nothing leaks (trust R01-R05, R29, R31)."""

from __future__ import annotations

import io
import itertools
import logging
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from taizhang.accounts import permissions
from taizhang.accounts.models import Role, User
from taizhang.cli.tests import canaries
from taizhang.cli.tests.canaries import JUNTUN, MARK, OTHER, QINGXU, TIANTAI, XINQIAO, World
from taizhang.phone import shell

pytestmark = pytest.mark.slow
METHODS = ("get", "post", "put", "patch", "delete")
# Whom a number would name: every identity and phone number of the tests' people.
NUMBERS = re.compile(r"(?<![0-9])(9[89]\d{15}[0-9Xx]|154\d{8})(?![0-9])")
# A GET may note who looked (audit), and keep a session alive; nothing else.
NOTED = {"protection_auditentry", "django_session"}
PLACES = ("53", "5323", "532323", "532323101", TIANTAI, JUNTUN, OTHER, XINQIAO, "140121", QINGXU)
STARTS = 3  # places or objects of an address a crawl begins at, the widest first
LINKS = 40  # pages of a crawl per role, besides those where it begins
ALIKE = 2  # of them that differ only in what their address asks for


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, ":".join(filter(None, [space, entry.namespace])))
        else:
            yield ":".join(filter(None, [space, entry.name])), entry


@pytest.fixture(scope="module")
def world(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    return canaries.build(tmp_path_factory.mktemp("workbooks"))


def cast(world: World) -> list[User]:
    """Everybody but those who share another's role and divisions."""
    return [user for name, user in world.users.items() if name not in {"zhao", "wei2", "mo2", "qingxu2"}]


def signed_in(user: User | None, **options: Any) -> Client:
    client = Client(**options)
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="module")
def clients(world: World) -> dict[str, Client]:
    """Signed in before anything is counted: signing in is a write."""
    return {user.username: signed_in(user) for user in world.users.values()}


def under(user: User, village: str) -> bool:
    return user.sees_people and any(village.startswith(scope) for scope in user.scopes)


def objects(world: World, name: str, user: User) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Arguments of an address: (kwargs, query, whether the object is the user's to see). Fails on a kind it does not know."""
    pattern = dict(addresses())[name].pattern
    kinds = set(pattern.converters)
    if name in ("statistics:table", "statistics:match", "statistics:file"):
        for table, place in itertools.product(("B1", "B2", "C3"), PLACES):
            yield {"programme": "mouding-2017", "table": table}, f"division={place}", under(user, place)
    elif name == "statistics:hand":
        for place in PLACES:
            mine = under(user, place) and len(place) >= 6
            yield {"programme": "mouding-2017", "table": "C4"}, f"division={place}", mine
    elif name == "statistics:certify":
        for place in PLACES:
            yield {"programme": "mouding-2017", "table": "C3"}, f"division={place}", under(user, place)
    elif name in ("statistics:periods", "statistics:period_move", "statistics:seal_now"):
        for place in PLACES:
            yield {}, f"programme=mouding-2017&division={place}", under(user, place)
    elif name == "statistics:adjustments":
        for place in PLACES:
            kwargs = {"programme": "mouding-2017", "period": world.seals["532323"][0]}
            yield kwargs, f"division={place}", under(user, place)
    elif kinds == {"seal_id"}:
        for county, (_, seal, _) in world.seals.items():  # one's own county's seal, also from a town of it
            yield {"seal_id": seal}, "", any(county.startswith(s) or s.startswith(county) for s in user.scopes)
    elif kinds == {"certificate_id"}:
        for county, (_, _, certificate) in world.seals.items():
            yield {"certificate_id": certificate}, "", under(user, county)
    elif name == "statistics:compare":
        for place in PLACES:
            yield {}, f"division={place}&part=neither&pool=ledger", under(user, place)
    elif name == "statistics:indicator":
        yield {"programme": "mouding-2017", "indicator": "transferred"}, "", True  # rules, nobody's data
    elif name == "statistics:whatif":
        for place in PLACES:
            yield {"programme": "mouding-2017", "indicator": "transferred"}, f"division={place}", under(user, place)
    elif name == "statistics:parameter":
        for place in PLACES:
            yield {"programme": "guzhang-2020", "parameter": "县外收入"}, f"division={place}", under(user, place)
    elif kinds == {"version_id"}:
        for county, version in world.versions.items():
            mine = user.sees_people and any(county.startswith(scope[:6]) for scope in user.scopes)
            yield {"version_id": version}, "", mine and (name != "statistics:decide" or user.covers(county))
    elif name.startswith("targets:"):
        for place in PLACES:
            yield (
                {"programme": "mouding-2017", "goal": "new_transfer_year"} if kinds else {},
                f"division={place}",
                under(user, place),
            )
    elif name.startswith("boards:") or name in (
        "collecting:points", "collecting:propose", "collecting:population", "collecting:additions", "collecting:households",
        "collecting:monthend", "collecting:papers", "collecting:helping", "collecting:helping_assign",
        "collecting:helping_register",
    ):  # fmt: skip
        for place in PLACES:
            yield {}, f"division={place}", under(user, place)
    elif name in ("collecting:monthend_unit", "collecting:monthend_act"):
        for unit, place in ((OTHER, OTHER), *((str(pk), town) for town, pk in world.points.items())):
            yield {}, f"unit={unit}", under(user, place)
    elif name == "collecting:additions_decide":
        for place in PLACES:
            yield {}, f"division={place}&list=grown", under(user, place)
    elif not kinds:
        yield {}, "", True
    elif "worker_id" in kinds:
        for village, worker in world.workers.items():
            for item in ("id_number", "mobile_phone") if "item" in kinds else ("",):
                yield {"worker_id": worker, **({"item": item} if item else {})}, "", under(user, village)
    elif "submission_id" in kinds:
        for village, papers in world.papers.items():
            for paper in papers.values():
                yield {"submission_id": paper}, "", under(user, village)
    elif "upload_id" in kinds:
        for owner, uploads in world.uploads.items():
            mine = owner == user.username or (user.role == Role.COUNTY and under(user, world.users[owner].scopes[0]))
            for upload, row in uploads:
                yield {"upload_id": upload, **({"row_id": row} if "row_id" in kinds else {})}, "", mine
    elif kinds == {"round_id"}:
        for county, found in world.rounds.items():  # one's own county's round, also from a town of it
            mine = user.sees_people and any(county.startswith(s) or s.startswith(county) for s in user.scopes)
            yield {"round_id": found}, "", mine
    elif kinds == {"helper_id"}:
        for place, found in world.helpers.items():  # one's own county's and town's, also from a village of it
            mine = user.sees_people and any(place.startswith(s) or s.startswith(place) for s in user.scopes)
            yield {"helper_id": found}, "", mine
    elif kinds == {"point_id"}:
        for town, found in world.points.items():
            yield {"point_id": found}, "", under(user, town)
    elif kinds == {"list_id"}:
        for county, found in world.lists.items():  # its own county's list, also from a town of it
            mine = user.sees_people and any(county.startswith(s) or s.startswith(county) for s in user.scopes)
            yield {"list_id": found}, "", mine
    elif kinds == {"household_id"}:
        for village, household in world.households.items():
            yield {"household_id": household}, "", under(user, village)
    elif kinds == {"progress_id"}:
        for owner, progress in world.jobs.items():
            yield {"progress_id": progress}, "", owner == user.username
    elif kinds == {"export_id"}:
        for owner, export in world.exports.items():
            yield {"export_id": export}, "", owner == user.username
    elif kinds == {"bulletin_id"}:
        yield {"bulletin_id": UUID(int=1)}, "", False
    elif kinds <= {"device_id", "evidence_id", "uuid", "paper_id", "picture_id"}:
        # phones and what they brought: phone/tests; papers and their pictures: collecting/tests
        yield dict.fromkeys(kinds, UUID(int=1)), "", False
    elif kinds == {"report_id"}:
        yield {"report_id": UUID(int=1)}, "", False
    elif kinds == {"number"}:
        for number in (0, 7):
            yield {"number": number}, "", number == 0 and user.username in world.views
    elif kinds == {"user_id"}:
        for other in world.users.values():
            yield {"user_id": other.pk}, "", True  # who keeps accounts keeps all of them; they hold no person
    elif kinds == {"code"}:
        for place in PLACES:
            yield {"code": place}, "", True  # the tree is public; who may change it is the room's own test
    else:
        raise AssertionError(f"no objects for {name} {kinds}")


def attempts(world: World, user: User) -> Iterator[tuple[str, str, bool, bool]]:
    """(name, path with query, role may, object is the user's) of every address; one object where the role decides alone."""
    for name in sorted(permissions.PERMISSIONS):
        may = user.role in permissions.PERMISSIONS[name]
        for kwargs, query, mine in itertools.islice(objects(world, name, user), None if may else 1):
            yield name, reverse(name, kwargs=kwargs) + (f"?{query}" if query else ""), may, mine


def body(response: Any) -> str:
    """What a reader of the answer can see: text, or every part of a workbook."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] != b"PK":
        return unescape(content.decode("utf-8", "replace"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(unescape(archive.read(name).decode("utf-8", "replace")) for name in archive.namelist())


def leaks(world: World, user: User, text: str) -> list[str]:
    """Foreign canaries, and numbers nobody may see unmasked."""
    signs = [sign for village, sign in world.signs.items() if not under(user, village) and MARK + sign in text]
    return signs + NUMBERS.findall(text)


def check_headers(response: Any) -> None:
    """What every answer of ours carries, whatever its status."""
    policy = response.headers["Content-Security-Policy"]
    rules = {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}
    assert "unsafe" not in policy
    assert rules["default-src"] == ["'self'"]
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
    assert rules["form-action"] == ["'self'"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]


@pytest.fixture(scope="module")
def tables(module_database: str) -> Callable[[], dict[str, str]]:
    """A function: hash of every table as its owner sees it, but for what any request may note."""

    def hashes() -> dict[str, str]:
        with psycopg.connect(module_database) as con:
            names = [row[0] for row in con.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            return {name: _hash(con, name) for name in names if name not in NOTED}

    return hashes


def _hash(con: psycopg.Connection, table: str) -> str:
    row = con.execute(
        f"SELECT md5(coalesce(string_agg(h, '' ORDER BY h), '')) FROM (SELECT md5(t::text) h FROM {table} t) x"
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_every_address_is_in_the_table() -> None:
    listed = permissions.PUBLIC | permissions.SIGNED_IN | set(permissions.PERMISSIONS)
    assert {name for name, _ in addresses() if not name.startswith(permissions.BY_TOKEN)} == listed


def test_the_canaries_are_where_they_should_be(world: World) -> None:
    """Else nothing below could fail: each sees her own, on the list, in the queue, in the workbook."""
    lan, wei = signed_in(world.users["lan"]), signed_in(world.users["wei"])
    mine = MARK + world.signs[TIANTAI]
    assert mine in body(lan.get(reverse("ledger:list")))
    assert mine in body(wei.get(reverse("review:queue")))
    assert mine in body(lan.get(reverse("review:returned")))
    upload, row = world.uploads["lan"][1]
    assert mine in body(lan.get(reverse("intake:answer", args=[upload])))
    assert mine in body(lan.get(reverse("intake:row", args=[upload, row])))
    assert set(world.workers) == {TIANTAI, JUNTUN, OTHER, XINQIAO, QINGXU}


@pytest.fixture
def plain_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals without the frame around them, which is the same for all and takes most of the time."""

    def render(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        assert "refusal" in template
        return HttpResponse(context["error"].message, status=status)

    monkeypatch.setattr("taizhang.site.middleware.render", render)
    monkeypatch.setattr("taizhang.accounts.middleware.render", render)


@pytest.mark.usefixtures("plain_refusals")
def test_nobody_gets_through_where_role_or_place_forbid_it(
    world: World, clients: dict[str, Client], tables: Callable[[], dict[str, str]]
) -> None:
    """Nor does any such attempt change a row, whatever its method."""
    before, made, wrong = tables(), 0, Counter[tuple[str, ...]]()
    for user in cast(world):
        asked = set()
        for name, path, may, mine in attempts(world, user):
            if may and mine:
                continue
            for method in METHODS if name not in asked else ("get", "post"):
                asking = dict(parse_qsl(urlsplit(path).query)) if method == "post" else {}
                response = getattr(clients[user.username], method)(path, asking)
                made += 1
                found = leaks(world, user, body(response))
                if response.status_code not in ({404, 405} if may else {403}) or found:
                    wrong[user.username, method, name, str(response.status_code), *found] += 1
            asked.add(name)
    assert wrong == {}
    assert tables() == before
    assert made > 3_000


def test_strangers_are_sent_to_sign_in(world: World) -> None:
    client, li = signed_in(None), world.users["li"]
    for name, path, *_ in attempts(world, li):
        for method in ("get", "post"):
            response = getattr(client, method)(path)
            assert response.status_code == 302, name
            assert response.headers["Location"].startswith("/accounts/login/"), name


@pytest.mark.usefixtures("plain_refusals")
def test_a_write_without_its_token_is_refused(world: World, tables: Callable[[], dict[str, str]]) -> None:
    strict = {user.username: signed_in(user, enforce_csrf_checks=True) for user in cast(world)}
    before = tables()
    for user in cast(world):
        asked = set()
        for name, path, may, mine in attempts(world, user):
            if may and mine and name not in asked:
                asked.add(name)
                for method in METHODS[1:]:
                    assert getattr(strict[user.username], method)(path).status_code == 403, (
                        user.username,
                        method,
                        path,
                    )
    for name in permissions.PUBLIC | permissions.SIGNED_IN:
        path = shell.address("app.js") if name == "phone:page" else reverse(name)
        assert strict["li"].post(path).status_code == 403, name
    assert tables() == before


class Links(HTMLParser):
    """Addresses a page leads to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "hx-get") and tag != "link":
                self.found.append((value, name == "hx-get"))


def crawl(client: Client, starts: list[str]) -> Iterator[tuple[str, Any, str]]:
    """Follow links from `starts`; yields (path, response, text). Of addresses that differ only in what they ask for, a few."""
    most = len(starts) + LINKS
    queue, seen, alike = [(start, False) for start in starts], set(starts), dict[tuple[str, ...], int]()
    while queue:
        path, fragment = queue.pop(0)
        response = client.get(path, **({"HTTP_HX_REQUEST": "true"} if fragment else {}))
        text = body(response)
        yield path, response, text
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        links = Links(text).found
        if response.status_code == 302:
            links.append((response.headers["Location"], False))
        for link, part in links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or parts.path.startswith("/static/"):
                continue
            target = (parts.path or urlsplit(path).path) + (f"?{parts.query}" if parts.query else "")
            kind = (re.sub(r"[0-9a-f-]{36}|\d+", "*", parts.path), *sorted(key for key, _ in parse_qsl(parts.query)))
            if target not in seen and alike.get(kind, 0) < ALIKE and len(seen) < most:
                seen.add(target)
                alike[kind] = alike.get(kind, 0) + 1
                queue.append((target, part))


def test_a_crawl_of_everything_shows_nobody_foreign_and_changes_nothing(
    world: World, clients: dict[str, Client], tables: Callable[[], dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before, pages, wrong = tables(), 0, []
    for user in cast(world):
        client = clients[user.username]
        own = [(name, path) for name, path, may, mine in attempts(world, user) if may and mine]
        each = itertools.groupby(own, key=lambda one: one[0])
        starts = ["/", *{path for _, found in each for _, path in itertools.islice(found, STARTS)}]
        for path, response, text in crawl(client, starts):
            pages += 1
            check_headers(response)
            found = leaks(world, user, text) + NUMBERS.findall(path)
            if path.endswith("/answer/"):  # the uploader's own workbook comes back as it was, but for the marks
                found = [one for one in found if one in world.signs.values()]
            if response.status_code >= 500 or found:
                wrong.append((user.username, path, response.status_code, found))
    assert wrong == []
    assert tables() == before
    assert pages > 800
    assert NUMBERS.findall(caplog.text) == []
    assert MARK not in caplog.text


def test_files_hold_only_their_readers_people(world: World) -> None:
    """Templates with people, tables and registers as workbooks and text."""
    for username in ("lan", "wei", "mo", "li", "zhou", "chuxiong", "yunnan"):
        user = world.users[username]
        client, files = signed_in(user), []
        for table, kind in itertools.product(("B1", "B2", "C3"), ("xlsx", "csv", "json")):
            path = reverse("statistics:file", args=["mouding-2017", table])
            files.append(client.post(path, {"division": user.scopes[0], "format": kind}))
        if user.role in permissions.EDITORS:
            files.append(
                client.get(
                    reverse("intake:template"), {"form": user.programme, "division": user.scopes[0], "filled": "on"}
                )
            )
        for response in files:
            check_headers(response)
            assert leaks(world, user, body(response)) == [], response.request["PATH_INFO"]


def test_jobs_hold_ids_only(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), string_agg(args::text || coalesce(lock, ''), ' ') FROM procrastinate_jobs")
        count, told = cursor.fetchone()
    assert count >= 9
    assert NUMBERS.findall(told) == []
    assert MARK not in told


def test_refusals_and_faults_carry_the_headers_and_tell_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = "99232319850312123X"

    def broken(*_: object) -> None:
        raise RuntimeError(f"duplicate key ({number}, {MARK})")

    client = signed_in(world.users["li"], raise_request_exception=False)
    answers = {
        404: client.get("/no/such/page/"),
        403: client.get(reverse("accounts:users")),
        405: client.get(reverse("ledger:search")),
    }
    monkeypatch.setattr("taizhang.site.figures.figures", broken)
    answers[500] = client.get(reverse("site:figures"))
    answers[302] = signed_in(None).get("/people/")
    answers[200] = signed_in(None).get(reverse("accounts:login"))
    for status, response in answers.items():
        assert response.status_code == status
        check_headers(response)
    assert number not in body(answers[500]) + caplog.text
    assert MARK not in body(answers[500]) + caplog.text
    assert "编号" in body(answers[500])


def test_three_administrators_see_no_person(world: World) -> None:
    """R05: every address of a business room answers 403 to each of them."""
    rooms = (
        "ledger:",
        "intake:",
        "review:",
        "statistics:",
        "boards:",
        "bulletins:",
        "targets:",
        "collecting:",
        "comparison:",
    )
    for username in ("xitong", "anquan", "shenji"):
        client = signed_in(world.users[username])
        for name, path, *_ in attempts(world, world.users[username]):
            if name.startswith(rooms):
                assert client.get(path).status_code == 403, (username, path)
