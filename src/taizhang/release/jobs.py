"""Files too long to wait for. Arguments are ids; running twice makes the same file."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from procrastinate.contrib.django import app

from taizhang.accounts.models import User
from taizhang.engine.jobs import Reporter, job
from taizhang.engine.models import Progress
from taizhang.release import people


@job("release.people")
def make_people(progress: Reporter, export_id: str) -> str:
    """Make the ordered list, as its owner."""
    owner = User.objects.get(pk=Progress.objects.values_list("owner_id", flat=True).get(pk=progress.id))
    people.carry_out(actor=owner, key=UUID(export_id), progress=progress.advance)
    return reverse("release:ready", args=[export_id])


@app.periodic(cron="7 * * * *")
@app.task(name="release.sweep", queueing_lock="release.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Every hour: forget files nobody took within a day."""
    people.VAULT.sweep_older(people.KEPT_HOURS)
