"""Intake's background jobs. Arguments are ids; each may run twice."""

from __future__ import annotations

from taizhang.engine.jobs import Reporter, job

from . import actions, run


@job("intake.read")
def read(progress: Reporter, upload_id: str) -> str:
    actions.read_upload(upload_id, progress.advance)  # type: ignore[arg-type]
    return f"/imports/{upload_id}/"


@job("intake.check")
def check(progress: Reporter, upload_id: str) -> str:
    run.check_upload(upload_id, progress.advance)  # type: ignore[arg-type]
    return f"/imports/{upload_id}/"
