"""Pictures a phone brings with its records, the signed paper or a signature: kept where scans of papers are, and attached to the record's person."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from taizhang.collecting import pictures
from taizhang.collecting import queries as collecting
from taizhang.collecting.models import Picture, PictureState
from taizhang.engine.errors import DomainError, NotFound
from taizhang.phone.models import Device, Evidence, Receipt

LIMIT = 1 << 20  # phones make them small


@transaction.atomic
def keep(*, device: Device, evidence_id: UUID, record: UUID, kind: str, data: bytes) -> None:
    """Keep a picture for a record that is still to come. Raises DomainError "not_a_picture", "too_large"; NotFound for another phone's id."""
    if len(data) > LIMIT:
        raise DomainError("too_large", "照片太大，请重新拍一张。每张不超过 1 MB。")
    known = Evidence.objects.filter(pk=evidence_id).first()
    if known is not None:
        if known.device_id != device.pk:
            raise NotFound("evidence")
        return
    picture, _ = pictures.keep(actor=device.user, upload=record, data=data)
    try:
        with transaction.atomic():
            Evidence.objects.create(
                pk=evidence_id, device=device, division=device.user.scopes[0], record=record, kind=kind, picture=picture
            )
    except IntegrityError:  # an id of somebody else's, out of sight
        raise NotFound("evidence") from None


def attach(receipt: Receipt) -> None:
    """Give the pictures of a record to its person: of somebody new, to the id they will have."""
    worker = receipt.worker_id or receipt.submission_id
    if worker is None:
        return
    brought = Evidence.objects.filter(record=receipt.pk, device=receipt.device).values("picture_id")
    current = next(iter(collecting.open_rounds(receipt.device.user)), None)
    Picture.objects.filter(pk__in=brought, state=PictureState.WAITING).update(
        state=PictureState.ATTACHED, worker_id=worker, division=receipt.division, round=current, decided_at=timezone.now(),
        decided_by=receipt.device.user,
    )  # fmt: skip
