"""Rounds open and close by themselves, once a day and when the worker starts late."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from taizhang import catalogue
from taizhang.accounts.acting import acting_for
from taizhang.accounts.models import Role, User
from taizhang.collecting import actions


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
