"""What the phone keeps to open without a network: the shell, its scripts and styles, by the digest of their content."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse

from taizhang.phone.bundle import bundle

STYLES = ("site/tokens.css", "site/base.css", "site/components.css", "site/extra.css", "phone/phone.css")
FILES = ("site/icons.svg", "site/favicon.svg", "phone/icon.svg", "phone/check.js")
APP, REST = "phone/app.js", "phone/inside.js"  # before the PIN, and behind it
OWN = Path(__file__).parent / "static" / "phone"


def read(name: str) -> str:
    """A file under the static address."""
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(name)
    return Path(str(found)).read_text(encoding="utf-8")


@cache
def pages() -> dict[str, str]:
    """What is served under `phone/page/<version>/`, by name: the page's modules as two scripts, its styles as one sheet."""
    app, there = bundle(APP, read)
    rest, _ = bundle(REST, read, there, "./app.js")
    return {"app.js": app, "inside.js": rest, "page.css": "".join(map(read, STYLES))}


@cache
def version() -> str:
    """Changes whenever a script, a sheet, any other kept file or the shell does."""
    digest = hashlib.sha256((Path(__file__).parent / "templates" / "phone" / "home.html").read_bytes())
    for text in (*pages().values(), *map(read, FILES)):
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def address(name: str) -> str:
    """Of one of `pages`: another one whenever the page changes."""
    return reverse("phone:page", args=[version(), name])


@cache
def service_worker() -> str:
    """`static/phone/sw.js` with the list it keeps in front."""
    kept = [reverse("phone:home"), *map(address, pages()), *(static(name) for name in FILES)]
    head = f"const VERSION = {json.dumps(version())};\nconst FILES = {json.dumps(kept)};\n"
    return head + (OWN / "sw.js").read_text(encoding="utf-8")


def manifest() -> dict[str, Any]:
    return {
        "name": "台账手机采集", "short_name": "台账采集", "lang": "zh-CN", "start_url": reverse("phone:home"), "scope": reverse("phone:home"),
        "display": "standalone", "background_color": "#ffffff", "theme_color": "#0b5768",
        "icons": [{"src": static("phone/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}],
    }  # fmt: skip
