"""What a phone with 3,000 people waits for on a weak line: the first download, what changed since, and the page itself (`weak_phone`)."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from taizhang.cli.bench import weak_phone
from taizhang.cli.bench.installation import installation, python, result_of

PEOPLE, PROGRAMME, COUNTY = 31_000, "mouding-2017", "532323"
VILLAGE, CHANGES = 3_000, 50
USER = "bench-phone"
LINE, WAY = 100_000, 0.3  # bytes a second (800 kbit/s), seconds there and back


def measure(folder: Path, people: int | None) -> dict[str, Any]:
    """Seconds are the server's work plus what the line takes; `kb` as sent, gzipped. A delta is what 50 changed people need."""
    many = people or PEOPLE
    with installation(folder / "data", PROGRAMME, COUNTY, many) as accounts:
        figures = result_of(python(folder / "data", "-m", "taizhang.cli.bench.phone"))
        page = weak_phone.measure(folder / "data", USER, accounts["password"], figures.pop("queries"))
    return {"people": many, **figures, **page}


class _Phone:
    """Speaks the API within this process; counts bytes, seconds and calls."""

    def __init__(self, token: str) -> None:
        from django.test import Client

        self.client, self.token, self.ack = Client(), token, 0

    def pull(self) -> dict[str, float]:
        sent, people, calls, started = 0, 0, 0, time.perf_counter()
        while True:
            answer = self.client.post(
                "/api/v1/phone/pull", json.dumps({"ack": self.ack}), content_type="application/json",
                headers={"Authorization": f"Bearer {self.token}", "Accept-Encoding": "gzip"},
            )  # fmt: skip

            calls, sent = calls + 1, sent + len(answer.content)
            body = json.loads(gzip.decompress(answer.content))
            people, self.ack = people + len(body["people"]), body["pull"]
            if not body["more"]:
                worked = time.perf_counter() - started
                return {
                    "people": people,
                    "kb": round(sent / 1000),
                    "seconds": round(worked + calls * WAY + sent / LINE, 2),
                }


def _figures() -> dict[str, Any]:
    from django.db import connection

    from taizhang.accounts.acting import acting_as
    from taizhang.accounts.models import Role, User
    from taizhang.ledger import actions
    from taizhang.phone import devices

    county = User.objects.get(username="county")
    with acting_as(county), connection.cursor() as cursor:
        cursor.execute("SELECT division, count(*) FROM ledger_worker WHERE retired_by_id IS NULL GROUP BY 1 ORDER BY 1")
        scopes, held = [], 0
        for division, count in cursor.fetchall():
            if held < VILLAGE:
                scopes.append(division)
                held += count
    user = User.objects.create(
        username=USER,
        display_name="采集员",
        role=Role.COLLECTOR,
        scopes=scopes,
        programme=PROGRAMME,
        must_change_password=False,
        password=county.password,  # the demo's
    )
    with acting_as(user):
        phone = _Phone(devices.enrol(actor=user, name="bench")[1])
    first = phone.pull()
    with acting_as(county), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, version FROM ledger_worker WHERE division = ANY(%s) ORDER BY id LIMIT %s",
            [scopes, CHANGES],
        )
        rows = cursor.fetchall()
        batch = actions.open_batch(
            actor=county, source="workbook", programme=PROGRAMME, division=COUNTY, collected_on=dt.date.today()
        )
        actions.stage(batch, pa.table({
            "worker_id": pa.array([row[0] for row in rows]), "base_version": pa.array([row[1] for row in rows]),
            "remark": pa.array(["核对过"] * len(rows)),
        }))  # fmt: skip
        actions.apply(actor=county, batch=batch)
    delta = phone.pull()
    with acting_as(user), connection.cursor() as cursor:
        cursor.execute(
            "SELECT full_name, lower(name_initials), household_no FROM worker_flat WHERE household_no IS NOT NULL ORDER BY id_token LIMIT 3"
        )
        queries = [word for row in cursor.fetchall() for word in (row[0], row[1], row[2][-8:])]
    return {"first_download": first, "delta": delta, "queries": queries}


def main() -> None:
    from taizhang.cli import run as processes

    processes.set_up()
    print(json.dumps(_figures(), ensure_ascii=False))


if __name__ == "__main__":
    main()
