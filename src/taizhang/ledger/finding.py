"""What somebody typed into 查人: a name, pinyin initials, an ID number, its last four signs, or a phone number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from taizhang.accounts.models import User
from taizhang.ledger.models import Worker
from taizhang.ledger.staging import tails
from taizhang.protection import keys, masking

ID_NUMBER = re.compile(r"\d{17}[\dX]|\d{15}")
PHONE = re.compile(r"\d{7,13}|0\d{2,3}-\d{7,8}")
TAIL = re.compile(r"\d{3}[\dX]")
MOST = 200  # people who share the last four signs within a scope


@dataclass(frozen=True)
class Found:
    """`name`: search by this beginning of a name or of initials; `ids`: whom a number belongs to; `said`: the number,
    masked.
    `only`: the one person a whole number led to."""

    name: str = ""
    ids: tuple[str, ...] | None = None
    said: str = ""
    only: UUID | None = None


def clean(text: str) -> str:
    """Full-width signs, spaces, apostrophes and a small x forgiven."""
    return re.sub(r"[\s'’]", "", unicodedata.normalize("NFKC", text)).strip()


def read_text(actor: User, text: str) -> Found:
    """Tell the kinds apart by shape and look numbers up by their blind index.

    Only people the actor may see are found.
    """
    text = clean(text)[:50]
    number = text.upper()
    if ID_NUMBER.fullmatch(number):
        ids = _ids(id_token=keys.token("id_number", number))
        return Found(ids=ids, said=masking.mask_id(number), only=_single(ids))
    if TAIL.fullmatch(number):
        return Found(ids=_ids(id_tail=tails([number])[0]), said=f"证件号后四位 {number}")
    if PHONE.fullmatch(number):
        ids = _ids(phone_token=keys.token("mobile_phone", number))
        return Found(ids=ids, said=masking.mask_phone(number), only=_single(ids))
    return Found(name=text)


def _single(ids: tuple[str, ...]) -> UUID | None:
    return UUID(ids[0]) if len(ids) == 1 else None


def _ids(**lookup: object) -> tuple[str, ...]:
    found = Worker.objects.filter(retired_by=None, **lookup).values_list("id", flat=True)[:MOST]
    return tuple(str(one) for one in found)
