"""What the QR code of a printed 一人一表 says: the sheet's opaque id and a short mac, so that nobody can make one up.

Nothing of the person stands in it: whoever finds the paper reads a random number.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from collections.abc import Sequence
from uuid import UUID

import segno

from taizhang.accounts.models import User
from taizhang.collecting.models import Problem, Round, Sheet
from taizhang.engine.errors import DomainError
from taizhang.ledger import queries as ledger
from taizhang.protection import signing

PREFIX = "TZ1"  # a code of ours, first version
ID_SIGNS, MAC_SIGNS = 26, 8  # of base32, which a QR code packs tightly
PURPOSE = b"taizhang/sheet/1/"
MODULES = 29  # of version 3, which holds 47 such signs at level Q: a quarter of it may be dirty


def text_of(sheet_id: UUID) -> str:
    """What stands in the code: 37 capital letters and digits."""
    return PREFIX + _base32(sheet_id.bytes) + _mac(sheet_id)


def number_of(sheet_id: UUID) -> str:
    """How a sheet is told on paper: the code's last signs, 4H2K-Q7MD."""
    mac = _mac(sheet_id)
    return f"{mac[:4]}-{mac[4:]}"


def read(text: str) -> UUID:
    """The sheet a code stands for. Raises DomainError "other_code" for a code that is none of ours, "forged" for one whose
    mac does not fit."""
    if not text.startswith(PREFIX) or len(text) != len(PREFIX) + ID_SIGNS + MAC_SIGNS:
        raise DomainError(Problem.OTHER_CODE, Problem.OTHER_CODE.label)
    body = text.removeprefix(PREFIX)
    try:
        sheet_id = UUID(bytes=base64.b32decode(body[:ID_SIGNS] + "======"))
    except ValueError:  # no base32, or no ASCII at all
        raise DomainError(Problem.OTHER_CODE, Problem.OTHER_CODE.label) from None
    # compared as bytes: signs that are no ASCII would make the comparison itself fail
    if not hmac.compare_digest(text_of(sheet_id).encode(), text.encode()):
        raise DomainError(Problem.FORGED, Problem.FORGED.label)
    return sheet_id


def modules(text: str) -> list[int]:
    """The code row by row, 0 dark and 255 light. Its mask is fixed: trying all eight takes ten times as long, and readers do
    not mind."""
    code = segno.make(text, error="q", version=3, mask=3, boost_error=False, micro=False)
    return [0 if dark else 255 for row in code.matrix for dark in row]


def register(
    actor: User, workers: Sequence[UUID], programme: str, found: Round | None, at: dt.datetime
) -> dict[UUID, UUID]:
    """Write down a printed sheet for each of these people of the actor's; person -> sheet."""
    rows = ledger.fetch(
        """INSERT INTO collecting_sheet (id, worker_id, division, round_id, programme, printed_at, by_id)
           SELECT tz_uuid7(), w.id, w.division, %s, %s, %s, %s FROM ledger_worker w
           WHERE w.id = ANY (%s) AND w.retired_by_id IS NULL RETURNING worker_id, id""",
        [found.pk if found else None, programme, at, actor.pk, list(workers)],
    )
    return {row["worker_id"]: row["id"] for row in rows}


def get(sheet_id: UUID) -> Sheet | None:
    """A sheet of the acting user's divisions."""
    return Sheet.objects.select_related("round").filter(pk=sheet_id).first()


def _mac(sheet_id: UUID) -> str:
    return _base32(signing.mac(PURPOSE + sheet_id.bytes))[:MAC_SIGNS]


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")
