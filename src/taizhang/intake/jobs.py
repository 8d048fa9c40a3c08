"""Intake's background jobs. Arguments are ids; each may run twice."""

from __future__ import annotations

from procrastinate.contrib.django import app

from taizhang.engine.jobs import Reporter, job

from . import actions, run, sweeping


@job("intake.read")
def read(progress: Reporter, upload_id: str) -> str:
    actions.read_upload(upload_id, progress.advance)  # type: ignore[arg-type]
    return f"/imports/{upload_id}/"


@job("intake.check")
def check(progress: Reporter, upload_id: str) -> str:
    run.check_upload(upload_id, progress.advance)  # type: ignore[arg-type]
    return f"/imports/{upload_id}/"


@app.periodic(cron="17 * * * *")
@app.task(name="intake.sweep", queueing_lock="intake.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Every hour: forget the files of what is decided."""
    sweeping.sweep_closed()
