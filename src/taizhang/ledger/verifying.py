"""记为已核实 for many people at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.catalogue import Option
from taizhang.engine.errors import DomainError
from taizhang.ledger import selection, together
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.selection import Selection

VERIFIED = "1"  # CL-VERIFY
METHODS = ("1", "2", "3")  # CL-METHOD: somebody went, rang up, or compared; nobody "imports" or reports here


@dataclass(frozen=True)
class Verified:
    """What was handed in. `stopped`: out for good, passed over; `same`: already recorded so, passed over."""

    people: int
    same: int
    stopped: int


def methods(words: Lexicon) -> list[Option]:
    return [option for option in words.options("collect_method") if set(option.codes) & set(METHODS)]


def check(actor: User, conditions: Where, chosen: Selection) -> tuple[int, int]:
    """How many are meant, and how many of them have left for good and are passed over.

    Raises as `together.check`; DomainError "all_stopped".
    """
    total, stopped = together.check(actor, conditions, chosen, together.OUT)
    if stopped == total:
        raise DomainError("all_stopped", "选的人都已永久退出，不用再核实。")
    return total, stopped


@transaction.atomic
def hand_in(
    *, actor: User, chosen: Selection, words: Lexicon, day: dt.date, method: str, collector: str = ""
) -> Verified:
    """Hand in that these people were reached on `day`, as `method` (CL-METHOD) says.

    Raises DomainError "future_day", "no_method", "nothing_changed" and as `check`.
    """
    if day > timezone.localdate():
        raise DomainError("future_day", f"核实日期是{day:%Y年%m月%d日}，还没有到。请填今天或以前的日期。")
    if method not in METHODS:
        raise DomainError("no_method", "先选怎么核实的：入户走访、电话访谈或数据比对。")
    conditions = selection.where(chosen, words, actor)
    total, stopped = check(actor, conditions, chosen)
    people = together.hand_in(
        actor=actor,
        words=words,
        conditions=conditions,
        passed=together.OUT,
        day=day,
        title="记为已核实",
        facts={
            "verify_state": pa.scalar(VERIFIED),
            "collect_method": pa.scalar(method),
            "collector": pa.scalar(collector or None, pa.string()),
            "survey_date": pa.scalar(day, pa.date32()),
        },
    )
    if not people:
        raise DomainError("nothing_changed", "这些人在这一天已经记为已核实，没有再记。")
    return Verified(people, total - stopped - people, stopped)
