"""停用 for many people at once: they leave the tables from a day on, with one reason; records and changes stay."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.engine.errors import DomainError
from taizhang.ledger import selection, together
from taizhang.ledger.asking import Lexicon
from taizhang.ledger.listing import Where
from taizhang.ledger.selection import Selection
from taizhang.ledger.states import Mode
from taizhang.ledger.webedit import TEMPORARY

IN_POOL = "10"  # CL-STATUS
STOPPED = f"p.status <> '{IN_POOL}'"


@dataclass(frozen=True)
class Stopped:
    """What was handed in. `before`: stopped already, passed over."""

    people: int
    before: int


def reasons(words: Lexicon) -> list[tuple[str, str]]:
    """Why somebody is stopped: code and words."""
    codes = words.catalogue.lists["CL-STATUS"].codes
    parents = {code.parent for code in codes.values() if code.parent}
    return [(code.code, code.label) for code in codes.values() if code.code != IN_POOL and code.code not in parents]


def check(actor: User, conditions: Where, chosen: Selection) -> tuple[int, int]:
    """How many are meant, and how many of them are stopped already and passed over.

    Raises as `together.check`; DomainError "all_stopped".
    """
    total, before = together.check(actor, conditions, chosen, STOPPED)
    if before == total:
        raise DomainError("all_stopped", "选的人都已经停用，不用再办。")
    return total, before


@transaction.atomic
def hand_in(
    *,
    actor: User,
    chosen: Selection,
    words: Lexicon,
    since: dt.date,
    status: str,
    reason: str = "",
    expected_return: dt.date | None = None,
) -> Stopped:
    """Hand in that these people are stopped from `since` on, for `status` (CL-STATUS); of those who leave for a time,
    until when about.

    Raises DomainError "future_day", "bad_return", "no_reason", "nothing_changed" and as `check`.
    """
    if since > timezone.localdate():
        raise DomainError("future_day", f"{since:%Y年%m月%d日}还没有到。请填今天或以前的日期。")
    if status not in dict(reasons(words)):
        raise DomainError("no_reason", "先选为什么停用。")
    if expected_return and expected_return <= since:
        raise DomainError("bad_return", "预计恢复日期要在退出以后。")
    if status not in TEMPORARY:
        expected_return = None
    conditions = selection.where(chosen, words, actor)
    _, before = check(actor, conditions, chosen)
    people = together.hand_in(
        actor=actor,
        words=words,
        conditions=conditions,
        passed=STOPPED,
        day=since,
        title="停用",
        facts={
            "pool_status": pa.scalar(status),
            "status_date": pa.scalar(since, pa.date32()),
            "expected_return": pa.scalar(expected_return, pa.date32()),
        },
        mode=Mode.CHANGE,
        reason=reason,
    )
    if not people:
        raise DomainError("nothing_changed", "没有一个人能这样停用：这一天可能早于他们入库的日子。请换一个日期。")
    return Stopped(people, before)
