"""Search before create: is this person already in the ledger?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import connection
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.catalogue import read_id
from taizhang.catalogue.id_number import birth_of
from taizhang.divisions.models import Division
from taizhang.ledger import asking, finding, listing
from taizhang.ledger.models import Worker
from taizhang.protection import keys
from taizhang.protection.masking import mask_name

SHOWN = 20
WHOLE = 18  # signs of a number; a shorter one is still being typed


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
    owner, elsewhere = _owner(asked.number)
    if owner:
        return Hits(same_number=owner.pk)
    ids = list(
        Worker.objects.filter(full_name=asked.name, retired_by=None)
        .order_by("division", "id")
        .values_list("id", flat=True)[:SHOWN]
    )
    rows = listing.rows(ids, ["sex", "birth_date", "id_number", "hukou_region"], asking.lexicon(actor))
    return Hits(elsewhere=elsewhere, same_name=rows)


def _owner(number: str) -> tuple[Worker | None, str]:
    """Who has a number: a person of the actor's divisions, or the name of the county that holds it."""
    token = keys.token("id_number", number)
    worker = Worker.objects.filter(id_token=token, retired_by=None).first()
    if worker:
        return worker, ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT county FROM tz_token_owner(%s)", [[token]])
        county = cursor.fetchone()
    if not county:
        return None, ""
    return None, Division.objects.filter(pk=county[0]).values_list("full_name", flat=True).first() or county[0]


@dataclass(frozen=True)
class Told:
    """What is said of a number while it is typed. `name`: its owner's, masked; `problem` or the others."""

    problem: str = ""
    birth: dt.date | None = None
    male: bool = False
    age: int = 0
    worker: UUID | None = None
    name: str = ""
    division: str = ""
    elsewhere: str = ""


def tell(actor: User, typed: str, about: str = "") -> Told | None:
    """Check a number and look for its owner, other than `about`; None while it is shorter than a number."""
    number = finding.clean(typed).upper()
    if len(number) < WHOLE:
        return None
    problem, birth = _problem(number), birth_of(number)
    if problem or birth is None:
        return Told(problem)
    worker, elsewhere = _owner(number)
    if worker and str(worker.pk) == about:
        worker = None
    today = timezone.localdate()
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    told = Told(birth=birth, male=int(number[16]) % 2 == 1, age=age, elsewhere=elsewhere)
    if worker is None:
        return told
    return replace(told, worker=worker.pk, name=mask_name(worker.full_name), division=worker.division)
