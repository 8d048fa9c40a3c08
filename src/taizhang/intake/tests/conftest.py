"""Divisions and officers for intake's tests; everything runs as the officer, so row-level security is on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people
from taizhang.intake import service
from taizhang.intake.models import Upload
from taizhang.intake.tests import files

AUGUST = dt.date(2017, 8, 20)
Check = Callable[..., Upload]


@pytest.fixture
def county(db: None) -> Iterator[User]:
    """李文静 of 牟定县, acting."""
    people.load_divisions()
    officer = people.county_li()
    with acting_as(officer):
        yield officer


@pytest.fixture
def check(county: User, tmp_path: Path) -> Check:
    """Check rows (or bytes) as the county's officer."""

    def run(
        *rows: dict[str, str],
        data: bytes | None = None,
        form: str = "mouding-2017",
        actor: User = county,
        name: str = "七月.xlsx",
    ) -> Upload:
        path = files.write(tmp_path, data if data is not None else files.workbook(rows), name)
        return service.check_file(actor=actor, path=path, form=form, collected_on=AUGUST)

    return run
