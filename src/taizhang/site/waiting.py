"""What waits for a user, by room: the numbers beside menu entries and on the home page. One function per number."""

from __future__ import annotations

from collections.abc import Callable

from taizhang.accounts.models import User

WAITING: dict[str, Callable[[User], int]] = {}
