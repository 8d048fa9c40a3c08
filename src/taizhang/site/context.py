"""What the frame around every page shows."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest

from taizhang.site import menu

OLDEST = 90  # Chrome, and what is built on it
CHROME, INTERNET_EXPLORER = re.compile(r"Chrome/(\d+)"), re.compile(r"MSIE|Trident/")


def too_old(agent: str) -> str:
    """What is said to a browser for which the pages are not made: its name; "" for any other."""
    if INTERNET_EXPLORER.search(agent):
        return "IE 内核"
    chrome = CHROME.search(agent)
    return f"Chrome {chrome[1]}" if chrome and int(chrome[1]) < OLDEST else ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """`elder`: 长辈版 is on; `frame`: menu, scope line, search; `too_old`: the browser, if it is. A page answered before sign-in has an empty frame."""
    user, old = getattr(request, "user", None), too_old(request.headers.get("User-Agent", ""))
    if user is None or not user.is_authenticated:
        session = getattr(request, "session", None)
        return {"elder": bool(session and session.get("elder")), "frame": {}, "too_old": old}
    return {"elder": bool(user.preferences.get("elder")), "frame": menu.Frame(request), "too_old": old}
