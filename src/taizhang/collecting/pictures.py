"""Pictures of signed papers at rest: told by content, sealed in the data directory, kept once per account.

Pictures a phone brings (`phone.evidence`) can move here: a Picture belongs to a person and a round whatever brought it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from taizhang.accounts.models import User
from taizhang.collecting.models import Picture, PictureState
from taizhang.engine.errors import DomainError, NotFound
from taizhang.ledger import queries as ledger
from taizhang.protection import signing
from taizhang.protection.vault import Vault

VAULT = Vault("pictures", "collecting_picture")
LIMIT = 12 << 20  # bytes; a page scanned at 300 dpi in colour takes 3 to 8 MB
TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
PDF = b"%PDF-"
NOT_A_PICTURE = "不是 JPEG、PNG 图片，也不是 PDF，没有收。Word 请先存成 PDF 或图片，或用手机拍照。"


def type_of(data: bytes) -> str | None:
    """By content, never by name."""
    return next((name for head, name in TYPES.items() if data.startswith(head)), None)


def keep(*, actor: User, upload: UUID, data: bytes) -> tuple[Picture, bool]:
    """Seal a picture; whether it is new to this account.

    Raises DomainError "not_a_picture", "picture_too_large".
    """
    if len(data) > LIMIT:
        raise DomainError(
            "picture_too_large", f"超过 {LIMIT >> 20} MB，没有收。请用手机普通清晰度重拍，或扫描时选 200 dpi。"
        )
    if type_of(data) is None:
        raise DomainError("not_a_picture", NOT_A_PICTURE)
    picture, made = Picture.objects.get_or_create(
        by=actor, digest=signing.sm3(data), defaults={"division": actor.scopes[0], "upload": upload}
    )
    if made or not VAULT.has(picture.pk, "picture"):
        VAULT.put(picture.pk, "picture", data)
    return picture, made


def visible(actor: User) -> QuerySet[Picture]:
    """Pictures of the actor's divisions. Row-level security says the same."""
    if not actor.sees_people:
        return Picture.objects.none()
    return Picture.objects.filter(ledger.inside(actor.scopes)).select_related("by", "round", "decided_by")


def get(actor: User, picture_id: UUID, *, lock: bool = False) -> Picture:
    """Raises NotFound, also out of scope."""
    found = visible(actor).filter(pk=picture_id)
    row = (found.select_for_update(of=("self",)) if lock else found).first()
    if row is None:
        raise NotFound("picture")
    return row


def bytes_of(picture: Picture) -> bytes:
    """Raises NotFound when the file is gone from the data directory."""
    try:
        return VAULT.get(picture.pk, "picture")
    except FileNotFoundError:
        raise NotFound("picture") from None


def of_worker(actor: User, worker_id: UUID) -> QuerySet[Picture]:
    """Pictures of a person's papers, newest first. Raises NotFound, also out of scope."""
    ledger.get_worker(actor, worker_id)
    return visible(actor).filter(worker_id=worker_id, state=PictureState.ATTACHED).order_by("-at", "-id")


def names(actor: User, found: Sequence[Picture]) -> dict[UUID, str]:
    """Person -> name, of those pictures that belong to somebody."""
    ids = {one.worker_id for one in found if one.worker_id}
    return dict(ledger.workers(actor).filter(pk__in=ids).values_list("pk", "full_name"))
