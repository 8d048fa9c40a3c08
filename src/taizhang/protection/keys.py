"""The installation's keys, and the few things done with them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import cast

from django.conf import settings

from taizhang.engine.errors import DomainError
from taizhang.protection import cipher
from taizhang.protection.cipher import KeyFileWrong, KeyRing, SealBroken
from taizhang.protection.models import KeyMark


@functools.cache
def ring() -> KeyRing:
    """The keys of TAIZHANG_KEY_FILE, read once per process. Raises DomainError "keys" when they cannot be used."""
    if not cipher.self_test():
        raise DomainError("keys", "国密算法自检没有通过，不能启动。请重装 cryptography 后再试。", status=500)
    try:
        return cipher.read_key_file(settings.KEY_FILE)
    except KeyFileWrong as error:
        raise DomainError("keys", f"{error}。请把原来的密钥文件放回去。", status=500) from None


def create() -> KeyRing:
    """The keys, made now if this installation has none (first start of the demo, first migrate)."""
    if not settings.KEY_FILE.exists():
        cipher.create_key_file(settings.KEY_FILE)
        ring.cache_clear()
    return ring()


def token(item: str, value: str) -> bytes:
    """Blind index: 32 bytes, equal for equal values of the same item, telling nothing without the key."""
    return cast(bytes, tokens_many(item, [value])[0])


def tokens_many(item: str, values: Sequence[str | None]) -> list[bytes | None]:
    """`token` for a batch (about 500,000 a second); None stays None.

    Values must be normalised first: x and X differ.
    """
    return cipher.digest_many(ring().hmac, item.encode(), values)


def seal_many(item: str, values: Sequence[str | None], contexts: Sequence[bytes]) -> list[bytes | None]:
    """Seal each value, bound to its item and context (id_number: its own token; mobile_phone: the person's id_number token).

    About 250,000 values a second.
    """
    return cipher.seal_list(ring(), item, values, contexts)


def unseal_many(item: str, blobs: Sequence[bytes | None], contexts: Sequence[bytes]) -> list[str | None]:
    """The values again. Raises DomainError "seal_broken" if any blob was changed or belongs elsewhere."""
    try:
        return cipher.unseal_list(ring(), item, blobs, contexts)
    except SealBroken:
        raise DomainError(
            "seal_broken",
            "有一个加密的号码打不开：数据被改动过，或者密钥文件不是原来的。请联系系统管理员。",
            status=500,
        ) from None


def mark_database() -> None:
    """Note in the database which keys fill it; done with its first audit entry."""
    KeyMark.objects.get_or_create(id=1, defaults={"mark": token("key-mark", "taizhang")})


def fits_database() -> bool:
    """Whether the keys are those the database was filled with; an empty database fits every key."""
    mark = KeyMark.objects.filter(id=1).values_list("mark", flat=True).first()
    return mark is None or bytes(mark) == token("key-mark", "taizhang")


def seal(item: str, value: str, context: bytes) -> bytes:
    """Seal one value."""
    return cast(bytes, seal_many(item, [value], [context])[0])


def unseal(item: str, blob: bytes, context: bytes) -> str:
    """Open one blob. Raises DomainError "seal_broken"."""
    return cast(str, unseal_many(item, [blob], [context])[0])
