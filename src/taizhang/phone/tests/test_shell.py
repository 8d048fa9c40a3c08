"""The shell: small, the same for everybody, and complete in the list that the service worker keeps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from taizhang.accounts.tests import people as cast
from taizhang.phone import shell
from taizhang.phone.bundle import bundle

OWN = Path(shell.OWN)


@pytest.mark.django_db
def test_u44_the_script_is_small_and_its_two_parts_hold_all_it_needs() -> None:
    """U44: a whole page of script is under 60 kB gzipped; what the PIN's box waits for is under 10."""
    client = Client(headers={"Accept-Encoding": "gzip"})
    first, rest = shell.address("app.js"), shell.address("inside.js")
    sent = [client.get(address) for address in (first, rest, "/static/phone/check.js")]
    assert [answer["Content-Encoding"] for answer in sent] == ["gzip", "gzip", "gzip"]
    sizes = [len(b"".join(answer)) for answer in sent]
    assert sizes[0] <= 10_000
    assert sum(sizes) <= 60_000
    _, there = bundle(shell.APP, shell.read)
    _, more = bundle(shell.REST, shell.read, there, "./app.js")
    assert not set(there) & set(more)
    modules = {f"phone/{path.name}" for path in OWN.glob("*.js")} - {"phone/sw.js", "phone/check.js"}
    assert modules <= {*there, *more}
    page = Client().get("/phone/").content.decode()
    named = {name.removeprefix("/static/") for name in re.findall(r'"(/static/[^"#]+)"', page)}
    assert named <= set(shell.FILES)
    assert re.findall(r'<script type="module" src="([^"]+)"', page) == [first]
    kept = ("/phone/", first, rest, shell.address("page.css"), "/static/phone/check.js")
    worker = Client().get("/phone/sw.js").content.decode()
    assert all(f'"{name}"' in worker for name in kept)


@pytest.mark.django_db
def test_a_part_of_another_version_of_the_page_is_refused_and_todays_may_be_kept_for_ever() -> None:
    address = shell.address("inside.js")
    assert Client().get(address)["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Client().get(address.replace(shell.version(), "0" * 16)).status_code == 404
    assert Client().get(address.replace("inside.js", "sync.js")).status_code == 404


def test_a_bundle_holds_every_module_once_before_those_that_need_it_and_no_comment() -> None:
    modules = {
        "a/app.js": '// first\nimport * as two from "./two.js";\nimport { one as uno } from "../b/one.js";\nuno(two.name); // why\n',
        "a/two.js": '/** Says\n * it. */\nimport "../b/one.js";\nexport const name = "//";\n',
        "b/one.js": "export async function one(what) {\n  // quietly\n  return what;\n}\n",
    }
    script, inside = bundle("a/app.js", modules.__getitem__)
    assert inside == ["b/one.js", "a/two.js", "a/app.js"]
    assert script == (
        "export const $ = {};\n"
        '$["b/one.js"] = (() => {\nasync function one(what) {\n  return what;\n}\nreturn { one };\n})();\n'
        '$["a/two.js"] = (() => {\nconst name = "//";\nreturn { name };\n})();\n'
        '$["a/app.js"] = (() => {\nconst two = $["a/two.js"];\nconst { one: uno } = $["b/one.js"];\nuno(two.name); // why\nreturn {  };\n})();\n'
    )


def test_a_second_bundle_holds_what_the_first_one_lacks_and_is_handed_out_where_it_is_asked_for() -> None:
    modules = {
        "a/app.js": 'import { one } from "./one.js";\nconst more = () => import("./more.js");\none(more);\n',
        "a/one.js": "export const one = (what) => what;\n",
        "a/more.js": 'import { one } from "./one.js";\nexport const two = one(2);\n',
    }
    first, there = bundle("a/app.js", modules.__getitem__)
    assert 'const more = () => import("./more.js").then(() => $["a/more.js"]);\n' in first
    assert bundle("a/more.js", modules.__getitem__, there, "./app.js") == (
        'import { $ } from "./app.js";\n'
        '$["a/more.js"] = (() => {\nconst { one } = $["a/one.js"];\nconst two = one(2);\nreturn { two };\n})();\n',
        ["a/more.js"],
    )


@pytest.mark.parametrize("text", ["export default 1;\n", "export let now = 1;\n", 'import what from "./x.js";\n'])
def test_a_bundle_refuses_what_it_cannot_read(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be bundled"):
        bundle("a.js", {"a.js": text}.__getitem__)


def test_a_bundle_refuses_modules_that_need_each_other() -> None:
    with pytest.raises(ValueError, match="imports itself"):
        bundle("a.js", {"a.js": 'import "./b.js";\n', "b.js": 'import "./a.js";\n'}.__getitem__)


@pytest.mark.django_db
def test_the_shell_is_the_same_for_everybody_and_its_worker_names_its_version() -> None:
    client = Client()
    plain = client.get("/phone/").content
    client.force_login(cast.collector_lan())
    assert client.get("/phone/").content == plain
    worker = Client().get("/phone/sw.js")
    assert json.dumps(shell.version()) in worker.content.decode()
    assert worker["Cache-Control"] == "no-cache"
    manifest = Client().get("/phone/manifest.webmanifest").json()
    assert finders.find(manifest["icons"][0]["src"].removeprefix("/static/"))


@pytest.mark.django_db
def test_a_shell_kept_without_a_network_asks_for_the_form_token_when_it_enrols() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get("/phone/enrol/").status_code == 302  # to sign in
    client.force_login(cast.collector_lan())
    asked = client.get("/phone/enrol/").json()
    assert asked["user"]["name"] == "杨兰"
    body = {"data": json.dumps({"name": "手机"}), "content_type": "application/json"}
    assert client.post("/phone/enrol/", **body).status_code == 403
    assert client.post("/phone/enrol/", **body, headers={"X-CSRFToken": asked["csrf"]}).status_code == 200
