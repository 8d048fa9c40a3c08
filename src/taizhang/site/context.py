"""What the frame around every page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from taizhang.site import menu


def frame(request: HttpRequest) -> dict[str, Any]:
    """`elder`: 长辈版 is on; `frame`: menu, scope line, search. A page answered before sign-in has an empty frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        session = getattr(request, "session", None)
        return {"elder": bool(session and session.get("elder")), "frame": {}}
    return {"elder": bool(user.preferences.get("elder")), "frame": menu.Frame(request)}
