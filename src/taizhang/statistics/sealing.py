"""Closing a county's period (封账): its rows at one moment, its tables, a manifest of digests, chained and signed."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from taizhang.accounts.acting import acting_for
from taizhang.accounts.models import User
from taizhang.catalogue.duedates import Period
from taizhang.catalogue.schema import Programme
from taizhang.engine.errors import DomainError
from taizhang.protection import audit, signing
from taizhang.review import periods
from taizhang.review.periodstates import Stage
from taizhang.statistics import compiling, plain, seals, snapshots, sources, tables, versions
from taizhang.statistics.models import Cut, Seal

FORMAT = "taizhang-seal-1"
PATIENCE = 60.0  # seconds a seal waits for batches that are just being entered
Advance = Callable[[int, int, str], None]


def seal(*, actor: User, programme: str, period: str, county: str, advance: Advance = lambda *_: None) -> Seal:
    """Seal a period that the county has handed up; asked again, the seal that is in force.

    Its files are written beside their place and moved there whole; the row, the states of county and towns and the
    audit entry are one transaction. Killed in between it leaves nothing that counts.
    Raises NotFound; DomainError "too_early", "towns_missing", "busy"; NotAllowed "wrong_state".
    """
    settings, found = periods.period_of(programme, period)
    before = seals.of_period(programme, county, period)
    if before and periods.stages(programme, period, [county])[county] is Stage.SEALED:
        return before[0]
    periods.check_ready(settings, found, county)
    number = seals.visible(programme, county).count() + 1
    last = seals.visible(programme, county).last()
    version = before[0].version + 1 if before else 1
    target = seals.root() / county / programme / period / f"v{version}"
    work = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        advance(0, 4, "等正在入账的批次写完")
        with _at_one_moment(county) as known_at:
            advance(1, 4, "正在写全县的数据")
            rows = sources.ledger(found.cut_off, live=False)
            with acting_for([county]):
                counts = {
                    subject: snapshots.write(subject, county, work / f"{subject}.parquet", rows)
                    for subject in snapshots.subjects()
                }
        advance(2, 4, "正在算报表")
        _write_tables(settings, found, county, work, known_at)
        advance(3, 4, "正在签名")
        manifest = _manifest(settings, found, county, work, counts, known_at, version, number, last, actor)
        text = signing.canonical(manifest).decode()
        (work / seals.MANIFEST).write_text(text, encoding="utf-8")
        for path in work.iterdir():
            path.chmod(0o444)
        made = _register(actor, settings, found, county, manifest, text, counts["worker"], known_at, work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    advance(4, 4, f"{counts['worker']:,} 人已封账")
    return made


@contextmanager
def _at_one_moment(county: str) -> Iterator[dt.datetime]:
    """One snapshot of the database to read from, and the moment it stands for: whatever was recorded by then is in it.

    1. take the county's lock alone, so that nobody is in the middle of writing; 2. begin the transaction that reads;
    3. note the moment for good, so that who began earlier may no longer write (trigger `after_cut`); 4. let go.
    Inside a caller's own transaction (tests) there is one moment only, and no lock is needed.
    """
    if connection.in_atomic_block:
        yield _now()
        return
    beside = connection.copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            _take(cursor, county)
            with transaction.atomic():
                with connection.cursor() as reading:
                    reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                known_at = _now()  # the first question of the transaction: its snapshot is taken here
                cursor.execute(
                    f"INSERT INTO {Cut._meta.db_table} (county, at) VALUES (%s, %s)",
                    [county, known_at],
                )
                beside.commit()
                yield known_at
    finally:
        beside.close()


def _take(cursor: Any, county: str) -> None:
    """The county's lock, not queued for: who waits in the queue would hold up everybody behind."""
    until = time.monotonic() + PATIENCE
    while True:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('statistics.seal'), hashtext(%s))", [county])
        if cursor.fetchone()[0]:
            return
        if time.monotonic() > until:
            raise DomainError("busy", "有批次正在入账，等了一分钟还没有写完。请过几分钟再封账。", status=409)
        time.sleep(0.2)


def _now() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: dt.datetime = cursor.fetchone()[0]
        return found


def _write_tables(settings: Programme, period: Period, county: str, work: Path, at: dt.datetime) -> None:
    """The cells of every table of the programme at every level of the county, so that they stand whatever becomes of
    the rules."""
    rows = seals.joined([(subject, [work / f"{subject}.parquet"]) for subject in snapshots.subjects()])
    cells = {}
    for table in settings.tables.values():
        if table.kind == "cells":
            result = tables.compute_over(settings, table, county, period.cut_off, rows, seals.root(), at)
            cells[table.id] = plain.cells_as_text(result)
    (work / seals.TABLES).write_text(json.dumps(cells, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def _manifest(
    settings: Programme,
    period: Period,
    county: str,
    work: Path,
    counts: dict[str, int],
    known_at: dt.datetime,
    version: int,
    number: int,
    last: Seal | None,
    actor: User,
) -> dict[str, Any]:
    files = {
        path.name: {
            "sm3": signing.sm3_file(path).hex(),
            "bytes": path.stat().st_size,
            **({"rows": counts[path.stem]} if path.stem in counts else {}),
        }
        for path in sorted(work.iterdir())
    }
    return {
        "format": FORMAT,
        "programme": settings.id,
        "county": county,
        "period": period.id,
        "version": version,
        "number": number,
        "cut_off": period.cut_off.isoformat(),
        "known_at": known_at.astimezone(dt.UTC).isoformat(),
        "people": counts["worker"],
        "files": files,
        "rules": rules_digest(versions.in_force(settings, county, period.cut_off)),
        "previous": bytes(last.digest).hex() if last else "",
        "sealed_by": str(actor.pk),
    }


def rules_digest(settings: Programme) -> str:
    """Changes when a rule or threshold of the programme does."""
    rules = sorted({rule.text for rule in compiling.rules_of(settings)})
    values = {name: str(one.value) for name, one in settings.parameters.items()}
    return signing.sm3(signing.canonical([rules, values])).hex()


@transaction.atomic
def _register(
    actor: User,
    settings: Programme,
    period: Period,
    county: str,
    manifest: dict[str, Any],
    text: str,
    people: int,
    known_at: dt.datetime,
    work: Path,
    target: Path,
) -> Seal:
    data = text.encode()
    made = Seal.objects.create(
        programme=settings.id,
        division=county,
        period=period.id,
        version=manifest["version"],
        number=manifest["number"],
        cut_off=period.cut_off,
        known_at=known_at,
        people=people,
        manifest=text,
        digest=signing.sm3(data),
        mac=signing.mac(data),
        signature=signing.sign(data),
        sealed_by=actor,
    )
    periods.seal_units(actor=actor, programme=settings.id, period=period.id, county=county)
    audit.write(
        actor,
        audit.Action.PERIOD_SEALED,
        county,
        {"programme": settings.id, "period": period.id, "version": made.version, "digest": bytes(made.digest).hex()},
    )
    if target.exists():  # written by somebody who died before the row: it never counted
        shutil.rmtree(target)
    os.replace(work, target)
    return made
