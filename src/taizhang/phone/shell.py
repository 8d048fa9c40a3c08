"""What the phone keeps to open without a network: the shell, its modules and styles, by the digest of their content."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse

FILES = (
    "site/tokens.css", "site/base.css", "site/components.css", "site/extra.css", "site/icons.svg", "site/favicon.svg",
    "site/record-form.js", "site/record-fields.js", "site/record-check.js", "site/region-picker.js", "rules/rules.js",
)  # fmt: skip
OWN = Path(__file__).parent / "static" / "phone"


def files() -> list[str]:
    """Names under the static address, in order: what the page is made of."""
    return [*FILES, *(f"phone/{path.name}" for path in sorted(OWN.iterdir()) if path.name != "sw.js")]


@cache
def version() -> str:
    """Changes whenever any kept file or the shell does."""
    digest = hashlib.sha256()
    for name in files():
        found = finders.find(name)
        assert found, name
        digest.update(Path(found).read_bytes())
    digest.update((Path(__file__).parent / "templates" / "phone" / "home.html").read_bytes())
    return digest.hexdigest()[:16]


@cache
def service_worker() -> str:
    """`static/phone/sw.js` with the list it keeps in front."""
    kept = [reverse("phone:home"), *(static(name) for name in files())]
    head = f"const VERSION = {json.dumps(version())};\nconst FILES = {json.dumps(kept)};\n"
    return head + (OWN / "sw.js").read_text(encoding="utf-8")


def manifest() -> dict[str, Any]:
    return {
        "name": "台账手机采集", "short_name": "台账采集", "lang": "zh-CN", "start_url": reverse("phone:home"), "scope": reverse("phone:home"),
        "display": "standalone", "background_color": "#ffffff", "theme_color": "#0b5768",
        "icons": [{"src": static("phone/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}],
    }  # fmt: skip
