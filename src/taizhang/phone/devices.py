"""Which phones may call: enrolled by a signed-in collector, known by a token, cut off when lost or when the account is disabled."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from taizhang.accounts.models import Role, User
from taizhang.engine.errors import DomainError, NotAllowed, NotFound
from taizhang.phone.models import Device
from taizhang.protection import audit

MOST = 3  # phones of one collector


@transaction.atomic
def enrol(*, actor: User, name: str) -> tuple[Device, str]:
    """A new phone and its token, which is shown once. Raises NotAllowed "not_collector"; DomainError "too_many_phones"."""
    if actor.role != Role.COLLECTOR or not actor.sees_people:
        raise NotAllowed("not_collector", "手机采集是给采集员用的。您的账号不是采集员，请用电脑上的页面。")
    if Device.objects.select_for_update().filter(user=actor, revoked_at=None).count() >= MOST:
        raise DomainError("too_many_phones", f"您已经登记了 {MOST} 部手机。先在“我的手机”里停用不用的，再登记这一部。")
    token = secrets.token_urlsafe(32)
    device = Device.objects.create(user=actor, name=name.strip()[:60] or "手机", token_hash=_hash(token))
    audit.write(actor, audit.Action.PHONE_ENROLLED, str(device.pk), {})
    return device, token


def known(token: str) -> Device | None:
    """The phone with this token, of an account still in force; None means: forget everything."""
    device = Device.objects.select_related("user").filter(token_hash=_hash(token), revoked_at=None).first()
    if device is None or not device.user.is_active or device.user.role != Role.COLLECTOR or not device.user.sees_people:
        return None
    return device


def seen(device: Device, sent_at: dt.datetime | None = None) -> None:
    """Note that the phone called, and how far its clock is ahead of ours."""
    device.seen_at = timezone.now()
    if sent_at is not None:
        device.skew_seconds = max(-(2**31), min(2**31 - 1, round((sent_at - device.seen_at).total_seconds())))
    device.save(update_fields=["seen_at", "skew_seconds"])


@transaction.atomic
def revoke(*, actor: User, device_id: UUID) -> Device:
    """Cut one's own phone off: at its next call it forgets everything. Raises NotFound."""
    device = Device.objects.select_for_update().filter(pk=device_id, user=actor, revoked_at=None).first()
    if device is None:
        raise NotFound("device")
    device.revoked_at = timezone.now()
    device.save(update_fields=["revoked_at"])
    audit.write(actor, audit.Action.PHONE_REVOKED, str(device.pk), {})
    return device


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # of 256 random bits: nothing to guess, so nothing to slow down
