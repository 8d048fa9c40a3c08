"""The figures of a county of 600,000 people: every table, what stands behind a cell, a cross table, the snapshot after a change, a seal."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taizhang.cli.bench.installation import installation, python, result_of

PEOPLE, PROGRAMME, COUNTY = 600_000, "mouding-2017", "532323"


def measure(folder: Path, people: int | None) -> dict[str, Any]:
    """Seconds in a process that has just started, from snapshots that lie ready unless said otherwise (`_figures`)."""
    many = people or PEOPLE
    with installation(folder / "data", PROGRAMME, COUNTY, many):
        figures = result_of(python(folder / "data", "-m", "taizhang.cli.bench.tables"))
    return {"people": many, **figures}


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return round(time.perf_counter() - started, 3)


def _figures() -> dict[str, Any]:
    """`c3_cold_seconds`: the first C3 of the process. `slowest_table_seconds`: of all tables of the programme over the county, a town and a
    village. `drill_down_seconds`: how many stand behind C3's largest cell, and the names of the first fifty. `pivot_seconds`: two items.
    `refresh_seconds`: the live snapshot after one person changed. `seal_seconds`: a month. `certificate_seconds`: C3 of that month from the seal and
    from the ledger's history."""
    from taizhang import catalogue
    from taizhang.accounts.acting import acting_as
    from taizhang.accounts.models import User
    from taizhang.divisions import queries as divisions
    from taizhang.statistics import tables
    from taizhang.statistics.boards import breakdown

    today, settings = dt.date.today(), catalogue.load().programmes[PROGRAMME]
    officer = User.objects.get(username="county")
    with acting_as(officer):
        cold = _seconds(lambda: tables.compute(PROGRAMME, "C3", COUNTY, today))
        again = _seconds(lambda: tables.compute(PROGRAMME, "C3", COUNTY, today))
        town = divisions.children(COUNTY)[0].code
        village = divisions.children(town)[0].code
        each = {
            f"{table.id} {place}": _seconds(lambda t=table.id, p=place: tables.compute(PROGRAMME, t, p, today))  # type: ignore[misc]
            for table in settings.tables.values()
            if table.kind == "cells"
            for place in (COUNTY, town, village)
        }
        drill = _seconds(lambda: _drill_down(settings, today))
        cut = breakdown.Cut(PROGRAMME, "transferred", COUNTY, today, "industry", "education")
        pivot = _seconds(lambda: breakdown.count(cut))
        refresh = _after_a_change(officer, today)
        seal, certificate = _seal(officer, settings, today)
    return {
        "c3_cold_seconds": cold,
        "c3_again_seconds": again,
        "slowest_table_seconds": max(each.values()),
        "drill_down_seconds": drill,
        "pivot_seconds": pivot,
        "refresh_seconds": refresh,
        "seal_seconds": seal,
        "certificate_seconds": certificate,
    }


def _drill_down(settings: Any, today: dt.date) -> None:
    """What the panel beside a table asks."""
    from taizhang.statistics import behind, indicators

    behind.count(settings, settings.indicators["transferred"], COUNTY, today)
    behind.people(indicators.people(PROGRAMME, "transferred", COUNTY, today, limit=50), today)


def _after_a_change(officer: Any, today: dt.date) -> float:
    """One person's wage goes up; then the snapshot is built anew."""
    import pyarrow as pa

    from taizhang.ledger import actions as ledger
    from taizhang.ledger.models import Spell
    from taizhang.ledger.states import Source
    from taizhang.statistics import snapshots

    spell = Spell.objects.filter(to_date=None, monthly_wage__gt=0).first()
    assert spell is not None
    batch = ledger.open_batch(
        actor=officer, source=Source.DEMO, programme=PROGRAMME, division=COUNTY, collected_on=today, title="bench"
    )
    wage = (spell.monthly_wage or 0) + 1
    ledger.stage(
        batch, pa.table({"worker_id": [str(spell.worker_id)], "monthly_wage": pa.array([wage], pa.decimal128(10, 2))})
    )
    ledger.apply(actor=officer, batch=batch)
    return _seconds(lambda: snapshots.refresh(COUNTY))


def _seal(officer: Any, settings: Any, today: dt.date) -> tuple[float, float]:
    """The newest month still open is handed up (in the county's name); then its seal is timed, and the certificate of C3 over it."""
    from taizhang.catalogue import duedates
    from taizhang.review import periods
    from taizhang.review.periodstates import Stage, Verb
    from taizhang.statistics import certifying, sealing

    period = next(
        one
        for one in duedates.recent(settings, today, 6)
        if one.cut_off < today and periods.stages(PROGRAMME, one.id, [COUNTY])[COUNTY] is Stage.DRAFT
    )
    units = periods.towns_with_people(COUNTY, period.cut_off)
    stages = periods.stages(PROGRAMME, period.id, units)
    for unit in (*(unit for unit in units if stages[unit] is Stage.DRAFT), COUNTY):
        for verb in (Verb.CHECK, Verb.REPORT):
            periods.move(
                actor=officer, verb=verb, programme=PROGRAMME, period=period.id, division=unit, reason="乡镇停电，代办"
            )
    seal = _seconds(lambda: sealing.seal(actor=officer, programme=PROGRAMME, period=period.id, county=COUNTY))
    certificate = _seconds(
        lambda: certifying.certify(
            actor=None, programme_table=f"{PROGRAMME}/C3", division=COUNTY, as_of=period.cut_off, known="then"
        )
    )
    return seal, certificate


def main() -> None:
    from taizhang.cli import run as processes

    processes.set_up()
    json.dump(_figures(), sys.stdout)


if __name__ == "__main__":
    main()
