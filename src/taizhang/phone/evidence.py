"""Pictures a phone brings with its records: the signed paper, a signature. Sealed in the data directory."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from taizhang.engine.errors import DomainError, NotFound
from taizhang.phone.models import Device, Evidence
from taizhang.protection.vault import Vault

VAULT = Vault("evidence", "phone_evidence")
LIMIT = 1 << 20
TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def type_of(data: bytes) -> str | None:
    """By content, never by name."""
    return next((name for head, name in TYPES.items() if data.startswith(head)), None)


@transaction.atomic
def keep(*, device: Device, evidence_id: UUID, record: UUID, kind: str, data: bytes) -> None:
    """Keep a picture for a record that is still to come. Raises DomainError "not_a_picture", "too_large"; NotFound for another phone's id."""
    if len(data) > LIMIT:
        raise DomainError("too_large", "照片太大，请重新拍一张。每张不超过 1 MB。")
    if type_of(data) is None:
        raise DomainError("not_a_picture", "这不是照片。请重新拍一张。")
    found, made = Evidence.objects.get_or_create(
        pk=evidence_id, defaults={"device": device, "division": device.user.scopes[0], "record": record, "kind": kind}
    )
    if found.device_id != device.pk:
        raise NotFound("evidence")
    if made:
        VAULT.put(evidence_id, "picture", data)
