"""The door out: whatever file with people's data leaves the house goes through `export`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from taizhang.accounts.models import User
from taizhang.engine.errors import NotAllowed
from taizhang.protection import audit


class Kind(StrEnum):
    """What leaves; stored in the audit chain, values never change."""

    TABLE = "table"  # numbers only
    BULLETIN = "bulletin"  # numbers and sentences
    REGISTER = "register"  # people by name, numbers masked
    PEOPLE = "people"  # a list somebody searched for; `numbers` says whether they are masked
    TEMPLATE = "template"  # a workbook to fill, with or without the people of a division
    PAPER = "paper"  # 一人一表, filled in, numbers masked
    ANSWER = "answer"  # a clerk's own workbook, marked


@dataclass(frozen=True)
class Slip:
    """Goes with every file: who took it, when, for which division. `watermark` is printed on it."""

    watermark: str


@transaction.atomic
def export(
    *,
    actor: User,
    kind: Kind,
    subject: str,
    division: str | Sequence[str],
    make: Callable[[Slip], bytes],
    **facts: str | int,
) -> bytes:
    """Make a file for `actor` and write into the audit chain that it left, in one transaction: no entry, no file.

    Args:
        subject: what it is of: a table ("mouding-2017/C3"), a form, an upload's id; never a person's data.
        division: the unit, or units, whose people are in it.
        make: produces the file; the slip's watermark belongs on every page of it.
        facts: counts and days for the audit entry.
    Raises NotAllowed "out_of_scope".
    """
    units = [division] if isinstance(division, str) else list(division)
    if not actor.sees_people or not units or not all(actor.covers(unit) for unit in units):
        raise NotAllowed("out_of_scope", "这个区划不在您负责的范围内，不能导出。", division=",".join(units))
    stamp = timezone.localtime()
    slip = Slip(f"{actor.office} {actor.display_name} {stamp:%Y-%m-%d %H:%M} 导出")
    content = make(slip)
    audit.write(
        actor,
        audit.Action.EXPORTED,
        subject,
        {"kind": str(kind), "division": ",".join(units), "bytes": len(content), **facts},
    )
    return content
