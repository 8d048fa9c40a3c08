"""Papers for review's tests: rows handed in by the cast through the real actions, for 牟定县 unless told otherwise."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from taizhang import catalogue
from taizhang.accounts.acting import acting_as
from taizhang.accounts.models import Role, User
from taizhang.accounts.tests import people as cast
from taizhang.catalogue.schema import Review
from taizhang.ledger import actions as ledger
from taizhang.ledger.models import Batch, Decision, Submission
from taizhang.ledger.states import State
from taizhang.ledger.tests.people import TIANTAI, number, person, table
from taizhang.protection.models import AuditEntry
from taizhang.review import actions

GONGHE = "532323101"
AUGUST = dt.date(2017, 8, 20)


def row(sequence: int = 12, **values: Any) -> dict[str, Any]:
    """Somebody of 天台 who works in 温州, complete by the form."""
    return {
        **person(sequence),
        "full_name": f"罗{'一二三四五六七八九十'[sequence % 10]}梅",
        "ethnicity": "08",
        "education": "70",
        "is_poverty_registered": False,
        "monthly_wage": 4200,
        "hukou_region": TIANTAI,
        **values,
    }


def draft(
    actor: User, *rows: dict[str, Any], programme: str = "mouding-2017", division: str = GONGHE, on: dt.date = AUGUST
) -> Batch:
    """A compared batch of drafts, as a checked workbook is."""
    with acting_as(actor):
        batch = ledger.open_batch(
            actor=actor,
            source="workbook",
            programme=programme,
            division=division,
            collected_on=on,
            title="共和镇_8月.xlsx",
        )
        ledger.stage(batch, table(*rows), state=State.DRAFT)
        ledger.compare(batch)
    return batch


def submit(actor: User, *rows: dict[str, Any], **options: Any) -> Batch:
    batch = draft(actor, *rows, **options)
    with acting_as(actor):
        actions.submit(actor=actor, batch=batch)
    return batch


def only(batch: Batch) -> Submission:
    return Submission.objects.select_related("batch").get(batch=batch)


def state(batch: Batch) -> str:
    return only(batch).state


def decisions(batch: Batch) -> list[tuple[str, str, str]]:
    """(verb, from, to) in order."""
    return list(Decision.objects.filter(batch=batch).order_by("pk").values_list("verb", "from_state", "to_state"))


def audited() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="review.").order_by("seq").values_list("action", flat=True)
    )


def review_from(name: str) -> Review:
    """One of the two ways of sichuan-2022 三(三): "sichuan_a" the paper way, "sichuan_b" the mobile one."""
    way = {"sichuan_a": "paper", "sichuan_b": "mobile"}[name]
    return catalogue.load().programmes["sichuan-2022"].review_ways[way]


@contextmanager
def reviewed_as(review: Review, monkeypatch: pytest.MonkeyPatch, programme: str = "mouding-2017") -> Iterator[None]:
    """The programme with another way of review."""
    loaded = catalogue.load()
    changed = {**loaded.programmes, programme: loaded.programmes[programme].model_copy(update={"review": review})}
    with monkeypatch.context() as patch:
        variant = dataclasses.replace(loaded, programmes=changed)
        patch.setattr(catalogue, "load", lambda: variant)
        yield


def township_two() -> User:
    """共和镇's other reviewer."""
    return cast._user("wei2", "魏芳", Role.TOWNSHIP, (GONGHE,), "共和镇人民政府", "mouding-2017")


__all__ = [
    "AUGUST",
    "GONGHE",
    "TIANTAI",
    "audited",
    "decisions",
    "draft",
    "number",
    "only",
    "review_from",
    "reviewed_as",
    "row",
    "state",
    "submit",
    "township_two",
]
