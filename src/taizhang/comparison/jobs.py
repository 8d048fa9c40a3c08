"""Comparison's background jobs. Arguments are ids; each may run twice."""

from __future__ import annotations

from django.urls import reverse
from procrastinate.contrib.django import app

from taizhang.accounts.acting import acting_for
from taizhang.comparison import actions, vault
from taizhang.engine.jobs import Reporter, job
from taizhang.intake.sweeping import EVERYWHERE


@job("comparison.match")
def match(progress: Reporter, list_id: str) -> str:
    actions.match_list(list_id, progress.advance)
    return reverse("comparison:list", args=[list_id])


@app.periodic(cron="27 * * * *")
@app.task(name="comparison.tidy", queueing_lock="comparison.tidy", pass_context=False)
def tidy(timestamp: int) -> None:
    """Every hour: forget files, and let doubts follow people who moved."""
    vault.sweep()
    with acting_for(EVERYWHERE):
        actions.follow()
