"""Drawing up takes seconds: a job with a bar. Old drafts are swept."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from procrastinate.contrib.django import app

from taizhang.accounts.models import User
from taizhang.engine.jobs import Reporter, job
from taizhang.statistics.bulletins import actions, gathering


@job("bulletins.draw_up")
def draw_up(progress: Reporter, owner_id: UUID, kind: str, programme: str, division: str, period: str) -> str | None:
    """Safe to run twice: the same basis gives the bulletin there is."""
    actor = User.objects.get(pk=owner_id)
    asked = gathering.order(actor, kind, programme, division, period)
    row = actions.draw_up(actor=actor, asked=asked, progress=progress)
    return reverse("bulletins:bulletin", args=[row.pk])


@app.periodic(cron="37 3 * * *")
@app.task(name="bulletins.sweep", queueing_lock="bulletins.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Every night: forget the files of old drafts."""
    actions.sweep()
