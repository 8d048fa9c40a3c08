"""Lists as a department would send them, and the short way to bring one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.comparison import actions
from taizhang.comparison.models import DepartmentList
from taizhang.intake.tests.files import workbook

DAY = dt.date(2026, 6, 30)


def nothing(*_: object) -> None:
    """Progress nobody watches."""


def row(number: str, name: str = "罗小梅", **others: str) -> dict[str, str]:
    return {"身份证号": number, "姓名": name, **others}


def bring(
    actor: User,
    *rows: dict[str, str],
    kind: str = "death",
    day: dt.date = DAY,
    data: bytes = b"",
    name: str = "死亡.xlsx",
) -> DepartmentList:
    """Brought and matched, as the job does it."""
    with acting_as(actor), TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data or workbook(rows))
        found = actions.bring(actor=actor, kind=kind, path=path, name=name, day=day)
        return actions.match_list(found.pk, nothing)


def csv(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("utf-8-sig")


def counts(found: DepartmentList) -> dict[str, Any]:
    """Those that are not 0."""
    return {name: n for name, n in found.counts.items() if n}
