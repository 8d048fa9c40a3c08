"""A phone in a test: enrolled by 杨兰, it speaks the API and nothing else."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import User
from taizhang.accounts.tests import people as cast
from taizhang.phone import devices


@dataclass
class Phone:
    """`skew`: how far its clock is ahead. `people`: what it holds, by id."""

    token: str
    skew: dt.timedelta = dt.timedelta()
    ack: int = 0
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    returned: list[dict[str, Any]] = field(default_factory=list)
    today: list[dict[str, Any]] = field(default_factory=list)
    client: Client = field(default_factory=Client)
    outbox: list[dict[str, Any]] = field(default_factory=list)  # edits the server has not answered for
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(
            f"/api/v1/phone/{path}", headers={"Authorization": f"Bearer {self.token}"}, **data
        )

    def pull(self, limit: int = 500) -> list[str]:
        """Download until nothing is missing; ids that came or went."""
        touched = []
        while True:
            answer = self.call("post", "pull", {"ack": self.ack, "limit": limit}).json()
            for person in answer["people"]:
                self.people[person["id"]] = person
                touched.append(person["id"])
            for gone in answer["removed"]:
                self.people.pop(gone, None)
                touched.append(gone)
            self.ack = answer["pull"]
            if not answer["more"]:
                self.returned, self.today = answer["returned"], answer["today"]
                return touched

    def now(self) -> dt.datetime:
        return timezone.now() + self.skew

    def record(self, kind: str, worker: str | None = None, **more: Any) -> dict[str, Any]:
        base = self.people[worker]["version"] if worker in self.people else None
        return {
            "uuid": str(uuid.uuid4()), "seq": next(self.numbers), "at": self.now().isoformat(), "kind": kind, "worker": worker,
            "base_version": base, **more,
        }  # fmt: skip

    def edit(
        self, worker: str, mode: str = "change", since: str | None = "2017-09-01", **changed: Any
    ) -> dict[str, Any]:
        """Some answers changed, with what the phone showed there and had said itself; it sees its own edits at once."""
        shown = self.people[worker]["answers"]
        before = [one for one in self.outbox if one["worker"] == worker]
        seen = {
            item: [value for one in before for value in (*one["seen"].get(item, []), one["answers"].get(item))] + [shown.get(item)]
            for item in changed
        }  # fmt: skip
        self.people[worker] = {**self.people[worker], "answers": {**shown, **changed}}
        record = self.record("edit", worker, answers=changed, seen=seen, mode=mode, since=since)
        self.outbox.append(record)
        return record

    def bring(self, *records: dict[str, Any], lost: bool = False) -> list[dict[str, Any]]:
        """What the server answers. `lost`: the phone never gets to know."""
        answer = self.call("post", "records", {"records": list(records), "sent_at": self.now().isoformat()})
        assert answer.status_code == 200, answer.content.decode()
        if not lost:
            answered = {one["uuid"] for one in records}
            self.outbox = [one for one in self.outbox if one["uuid"] not in answered]
        return answer.json()["results"]  # type: ignore[no-any-return]


def enrolled(user: User | None = None, **options: Any) -> Phone:
    user = user or cast.collector_lan()
    with acting_as(user):
        return Phone(devices.enrol(actor=user, name="测试手机")[1], **options)
