"""Rounds open and close by themselves, once a day and when the worker starts late; forms and scans that take longer than
a clerk waits."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.accounts.models import Role, User
from taizhang.collecting import actions, paper, scans
from taizhang.engine.jobs import Reporter, job
from taizhang.engine.models import Progress


@app.periodic(cron="10 * * * *")
@app.task(name="collecting.turn_over", queueing_lock="collecting.turn_over", pass_context=False)
def turn_over(timestamp: int) -> None:
    """Every hour: close the rounds that are over and open those that have begun, county by county."""
    programmes, today = catalogue.load().programmes, timezone.localdate()
    for county, programme in counties():
        if programme in programmes:
            with acting_for([county]):
                actions.turn_over(programmes[programme], county, today)


def counties() -> list[tuple[str, str]]:
    """(county, programme) of every county office with an account."""
    officers = User.objects.filter(role=Role.COUNTY, is_active=True).exclude(programme="")
    return sorted(
        {(scope, programme) for scopes, programme in officers.values_list("scopes", "programme") for scope in scopes}
    )


@job("collecting.paper")
def print_forms(progress: Reporter, paper_id: str) -> str | None:
    """Make the ordered forms, as their owner."""
    owner, key = _owner(progress), UUID(paper_id)
    people = len(paper.kept(owner, key).ids)
    progress.advance(0, people, "正在取数、排版")
    paper.carry_out(actor=owner, key=key)
    progress.advance(people, people, "做好了")
    return reverse("collecting:paper_ready", args=[key])


@job("collecting.scans")
def read_scans(progress: Reporter, upload_id: str) -> str | None:
    """Read the codes of the pictures brought together, as who brought them."""
    scans.recognise_all(actor=_owner(progress), upload=UUID(upload_id), advance=progress.advance)
    return f"{reverse('collecting:scans')}?upload={upload_id}"


@app.periodic(cron="17 * * * *")
@app.task(name="collecting.sweep_papers", queueing_lock="collecting.sweep_papers", pass_context=False)
def sweep_papers(timestamp: int) -> None:
    """Every hour: forget printed files nobody took within a day. Pictures are kept."""
    paper.VAULT.sweep_older(paper.KEPT_HOURS)


def _owner(progress: Reporter) -> User:
    return User.objects.get(pk=Progress.objects.values_list("owner_id", flat=True).get(pk=progress.id))
