"""Search before create: is this person already in the ledger?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from taizhang.accounts.models import User
from taizhang.catalogue import read_id
from taizhang.divisions.models import Division
from taizhang.ledger import asking, finding, listing
from taizhang.ledger.models import Worker
from taizhang.protection import keys

SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """Whom somebody wants to add."""

    name: str
    number: str
    problem: str = ""

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Asked:
        name, number = (
            finding.clean(data.get("full_name", ""))[:50],
            finding.clean(data.get("id_number", "")).upper()[:18],
        )
        return cls(name, number, _problem(number))

    @property
    def good(self) -> bool:
        return bool(self.name) and not self.problem


def _problem(number: str) -> str:
    """What is wrong with the number. Without one there is no search: two people of one name are common."""
    if not number:
        return "填身份证号码。没有号码，查不准是不是同一个人。"
    read = read_id(number)
    return (read.message or "") if read.problem else ""


@dataclass(frozen=True)
class Hits:
    """`same_number`: the person who has the number; `elsewhere`: the county that holds it; `same_name`.

    People to look at.
    """

    same_number: UUID | None = None
    elsewhere: str = ""
    same_name: list[listing.Row] = field(default_factory=list)


def look(actor: User, asked: Asked) -> Hits:
    """By number everywhere (elsewhere only the county is told), by name inside the actor's divisions."""
    token = keys.token("id_number", asked.number)
    worker = Worker.objects.filter(id_token=token, retired_by=None).values_list("id", flat=True).first()
    if worker:
        return Hits(same_number=worker)
    with connection.cursor() as cursor:
        cursor.execute("SELECT county FROM tz_token_owner(%s)", [[token]])
        owner = cursor.fetchone()
    elsewhere = ""
    if owner:
        elsewhere = Division.objects.filter(pk=owner[0]).values_list("full_name", flat=True).first() or owner[0]
    ids = list(
        Worker.objects.filter(full_name=asked.name, retired_by=None)
        .order_by("division", "id")
        .values_list("id", flat=True)[:SHOWN]
    )
    rows = listing.rows(ids, ["sex", "birth_date", "id_number", "hukou_region"], asking.lexicon(actor))
    return Hits(elsewhere=elsewhere, same_name=rows)
