"""What the phone keeps to open without a network: the shell, its script and styles, by the digest of their content."""

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

FILES = (
    "site/tokens.css", "site/base.css", "site/components.css", "site/extra.css", "site/icons.svg", "site/favicon.svg",
    "phone/phone.css", "phone/icon.svg", "phone/check.js",
)  # fmt: skip
ENTRY = "phone/app.js"
OWN = Path(__file__).parent / "static" / "phone"


def read(name: str) -> str:
    """A file under the static address."""
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(name)
    return Path(str(found)).read_text(encoding="utf-8")


@cache
def script() -> str:
    """The page's modules as one."""
    return bundle(ENTRY, read)[0]


@cache
def version() -> str:
    """Changes whenever the script, any other kept file or the shell does."""
    digest = hashlib.sha256(script().encode())
    for name in FILES:
        digest.update(read(name).encode())
    digest.update((Path(__file__).parent / "templates" / "phone" / "home.html").read_bytes())
    return digest.hexdigest()[:16]


@cache
def service_worker() -> str:
    """`static/phone/sw.js` with the list it keeps in front."""
    kept = [reverse("phone:home"), reverse("phone:script"), *(static(name) for name in FILES)]
    head = f"const VERSION = {json.dumps(version())};\nconst FILES = {json.dumps(kept)};\n"
    return head + (OWN / "sw.js").read_text(encoding="utf-8")


def manifest() -> dict[str, Any]:
    return {
        "name": "台账手机采集", "short_name": "台账采集", "lang": "zh-CN", "start_url": reverse("phone:home"), "scope": reverse("phone:home"),
        "display": "standalone", "background_color": "#ffffff", "theme_color": "#0b5768",
        "icons": [{"src": static("phone/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}],
    }  # fmt: skip
