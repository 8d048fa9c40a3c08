"""Checking a file from end to end in one call: what `./taizhang import` and tests use. The same steps as the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from taizhang.accounts.models import User

from . import actions, run
from .models import Upload


def check_file(
    *,
    actor: User,
    path: Path,
    form: str,
    division: str = "",
    collected_on: dt.date | None = None,
    advance: Callable[[int, int, str], None] = lambda done, total, message: None,
) -> Upload:
    """Bring, match and check `path` as `actor`; the upload tells counts, `queries.problems(upload.batch_id)` what is wrong.

    Must run inside `acting_as(actor)`. Raises DomainError (codes of `refusals`, "missing_columns" among them); then nothing is kept.
    """
    upload, grid = actions.bring(
        actor=actor,
        programme=form,
        path=path,
        name=path.name,
        division=division,
        collected_on=collected_on,
        inline=True,
    )
    try:
        actions.prepare_check(actor=actor, upload_id=upload.pk)
        return run.check_upload(upload.pk, advance, grid)
    except BaseException:
        actions.discard(actor=actor, upload_id=upload.pk)
        raise
