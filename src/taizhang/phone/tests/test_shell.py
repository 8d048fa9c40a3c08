"""The shell: small, the same for everybody, and complete in the list that the service worker keeps."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from taizhang.accounts.tests import people as cast
from taizhang.phone import shell

IMPORT = re.compile(r'^import (?:[^"]+ from )?"([^"]+)";', re.M)


def modules() -> set[str]:
    """Everything `app.js` imports, by static name, and what is read before it."""
    found, waiting = {"phone/check.js"}, ["phone/app.js"]
    while waiting:
        name = waiting.pop()
        found.add(name)
        path = Path(str(finders.find(name)))
        for address in IMPORT.findall(path.read_text(encoding="utf-8")):
            inner = (Path("/") / name).parent.joinpath(address)
            wanted = str(Path(*[part for part in inner.parts if part != "/"]))
            while "/../" in wanted:
                wanted = re.sub(r"[^/]+/\.\./", "", wanted, count=1)
            if wanted not in found:
                waiting.append(wanted)
    return found


@pytest.mark.django_db
def test_u44_the_script_is_small_and_all_of_it_is_kept_and_fetched_at_once() -> None:
    """U44: a whole page of script is under 60 kB gzipped."""
    read = modules()
    assert sum(len(gzip.compress(Path(str(finders.find(name))).read_bytes())) for name in read) <= 60_000
    assert read <= set(shell.files())
    page = Client().get("/phone/").content.decode()
    named = {name.removeprefix("/static/") for name in re.findall(r'"(/static/[^"#]+)"', page)}
    assert read <= named  # else the browser finds them one after the other, 300 ms each
    assert named <= set(shell.files())


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
