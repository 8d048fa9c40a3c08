"""Keeping the live snapshots fresh without anybody waiting for it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from taizhang.accounts.models import User
from taizhang.engine.jobs import Reporter, job
from taizhang.engine.models import Progress
from taizhang.statistics import certifying, reports, sealing, snapshots, sources

KEPT = dt.timedelta(days=7)  # an as-of snapshot nobody has asked for since is built anew when somebody does


@job("statistics.snapshot")
def refresh(progress: Reporter, county: str) -> str | None:
    """Build a county's live snapshot now (after a big import, or at the demo's start)."""
    progress.advance(0, 1, "正在汇总")
    found = snapshots.refresh(county)
    progress.advance(1, 1, f"{found.rows} 人")
    return None


@job("statistics.seal")
def seal(progress: Reporter, programme: str, period: str, county: str) -> str | None:
    """Seal a county's period; what is sealed already is left as it is."""
    made = sealing.seal(
        actor=_owner(progress), programme=programme, period=period, county=county, advance=progress.advance
    )
    return reverse("statistics:seal", args=[made.pk])


@job("statistics.report")
def make_report(progress: Reporter, report_id: str) -> str | None:
    """Make a long register's file."""
    owner, key = _owner(progress), UUID(report_id)
    lines = reports.get(owner, key).lines
    progress.advance(0, lines, "正在取数、排版")
    reports.make(owner, key)
    progress.advance(lines, lines, "做好了")
    return reverse("statistics:report", args=[key])


@job("statistics.certify")
def certify(progress: Reporter, programme: str, table: str, division: str, as_of: str, known: str) -> str | None:
    """Count a table twice and keep what came out."""
    made = certifying.certify(
        actor=_owner(progress),
        programme_table=f"{programme}/{table}",
        division=division,
        as_of=dt.date.fromisoformat(as_of),
        known="then" if known == "then" else "now",
        advance=progress.advance,
    )
    return reverse("statistics:certificate", args=[made.pk])


def _owner(progress: Reporter) -> User:
    return User.objects.get(pk=Progress.objects.values_list("owner_id", flat=True).get(pk=progress.id))


@app.periodic(cron="*/2 * * * *")
@app.task(name="statistics.keep_fresh", queueing_lock="statistics.keep_fresh", pass_context=False)
def keep_fresh(timestamp: int) -> None:
    """Every two minutes: bring up to date the live snapshots that the ledger has left behind; drop old files."""
    for county in stale():
        if not snapshots.begun(county):
            compact(county)
        snapshots.refresh(county)
    sweep(snapshots.root())
    reports.sweep()


def stale() -> list[str]:
    """Counties whose live snapshot is missing or behind the ledger."""
    today = timezone.localdate()
    marks = sources.marks(sources.counties(""))
    return [county for county, mark in marks.items() if not snapshots.is_fresh(county, today, mark)]


@transaction.atomic
def compact(county: str) -> None:
    """Replace a county's marks by one of the same sum, so that counting them stays cheap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM statistics_touch WHERE county = %s RETURNING weight) "
            "INSERT INTO statistics_touch (county, weight) SELECT %s, sum(weight) FROM gone HAVING count(*) > 0",
            [county, county],
        )


def sweep(root: Path) -> None:
    """Remove snapshots of days that nobody has built or rebuilt for a week."""
    limit = (timezone.now() - KEPT).timestamp()
    for folder in (*(root / "dates").glob("*"), *(root / "then").glob("*")):
        if folder.is_dir() and max((file.stat().st_mtime for file in folder.iterdir()), default=0) < limit:
            shutil.rmtree(folder, ignore_errors=True)
