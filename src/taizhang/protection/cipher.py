"""SM4 and SM3 as this house uses them. Pure.

A sealed value is `version | key id | nonce | ciphertext | tag` (1 + 4 + 12 + n + 16 bytes): SM4 in counter mode (GB/T
32907, GB/T 17964), then HMAC-SM3 cut to 16 bytes over all of it and what it is bound to (item, context), so a blob moved
to another row, item or key does not open (docs/decisions/seal-many-at-once.md).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import accumulate
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VERSION = b"\x02"
HEADER, NONCE, TAG, BLOCK = 5, 12, 16, 16  # bytes


class SealBroken(Exception):
    """A blob does not open: changed, moved to another row or item, or sealed with a key that is not in the key file."""


class KeyFileWrong(Exception):
    """The key file is missing, unreadable or not one of ours; the text says which, in Chinese."""


@dataclass(frozen=True)
class KeyRing:
    """`sm4` holds every key that still seals something, by id (8 hex digits); new values are sealed with `active`."""

    active: str
    sm4: dict[str, bytes] = field(repr=False)
    hmac: bytes = field(repr=False)
    audit: bytes = field(repr=False)


def create_key_file(path: Path) -> KeyRing:
    """Make fresh random keys in a file only its owner can read.

    FileExistsError when there is one: a lost key is lost data.
    """
    key_id = secrets.token_hex(4)
    content = {
        "format": "taizhang-keys-1",
        "active": key_id,
        "sm4": {key_id: _encode(os.urandom(16))},
        "hmac": _encode(os.urandom(32)),
        "audit": _encode(os.urandom(32)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump(content, file, indent=1)
    return read_key_file(path)


def read_key_file(path: Path) -> KeyRing:
    """The keys of `path`. Raises KeyFileWrong."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise KeyFileWrong(f"没有找到密钥文件 {path}") from None
    except (OSError, ValueError):
        raise KeyFileWrong(f"密钥文件 {path} 读不出来") from None
    try:
        ring = KeyRing(
            active=content["active"],
            sm4={key_id: _decode(key, 16) for key_id, key in content["sm4"].items()},
            hmac=_decode(content["hmac"], 32),
            audit=_decode(content["audit"], 32),
        )
        right = content["format"] == "taizhang-keys-1" and ring.active in ring.sm4
        right = right and all(len(bytes.fromhex(key_id)) == 4 for key_id in ring.sm4)
    except (KeyError, TypeError, ValueError, AttributeError):
        right = False
    if not right:
        raise KeyFileWrong(f"密钥文件 {path} 的内容不对")
    return ring


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _decode(text: str, length: int) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != length:
        raise ValueError("length")
    return key


def digest_many(key: bytes, prefix: bytes, values: Sequence[str | None]) -> list[bytes | None]:
    """HMAC-SM3 of `prefix|value` for each value; None stays None."""
    copy = _started(key, prefix + b"|")
    digests: list[bytes | None] = []
    for value in values:
        if value is None:
            digests.append(None)
            continue
        one = copy()
        one.update(value.encode())
        digests.append(one.finalize())
    return digests


def _started(key: bytes, prefix: bytes) -> Callable[[], hmac.HMAC]:
    """HMAC-SM3 that has read `prefix`; each call gives one to go on with."""
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(prefix)
    return mac.copy


def _subkey(key: bytes, purpose: bytes) -> bytes:
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(purpose)
    return mac.finalize()


def _keystream_xor(key: bytes, nonces: Sequence[bytes], texts: Sequence[bytes]) -> list[bytes]:
    """SM4-CTR of every text under its own nonce (counter from 0), all blocks in one call of the block cipher.

    A cipher object per value costs several times the encryption itself.
    """
    counters = [n.to_bytes(4, "big") for n in range(max((len(text) + BLOCK - 1) // BLOCK for text in texts) or 1)]
    sizes = [(len(text) + BLOCK - 1) // BLOCK for text in texts]
    blocks = b"".join(
        [nonce + counter for nonce, size in zip(nonces, sizes, strict=True) for counter in counters[:size]]
    )
    padded = b"".join([text.ljust(size * BLOCK, b"\0") for text, size in zip(texts, sizes, strict=True)])
    encryptor = Cipher(algorithms.SM4(_subkey(key, b"encrypt")[:16]), modes.ECB()).encryptor()
    stream = encryptor.update(blocks) + encryptor.finalize()
    mixed = (int.from_bytes(stream, "big") ^ int.from_bytes(padded, "big")).to_bytes(len(stream), "big")
    ends = accumulate(size * BLOCK for size in sizes)
    return [
        mixed[end - size * BLOCK : end - size * BLOCK + len(text)]
        for text, size, end in zip(texts, sizes, ends, strict=True)
    ]


def _tags(key: bytes, head: bytes, item: str, parts: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    """A tag over head, item, context and `nonce | ciphertext` of each (context, sealed part); the length keeps the two apart."""
    copy = _started(_subkey(key, b"authenticate"), head + item.encode() + b"|")
    for context, sealed in parts:
        one = copy()
        one.update(len(context).to_bytes(4, "big") + context + sealed)
        yield one.finalize()[:TAG]


def seal_list(ring: KeyRing, item: str, values: Sequence[str | None], contexts: Sequence[bytes]) -> list[bytes | None]:
    """Seal each value with its own context; None stays None."""
    head, key = VERSION + bytes.fromhex(ring.active), ring.sm4[ring.active]
    places = [place for place, value in enumerate(values) if value is not None]
    if not places:
        return [None] * len(values)
    random = os.urandom(NONCE * len(places))
    nonces = [random[start : start + NONCE] for start in range(0, len(random), NONCE)]
    hidden = _keystream_xor(key, nonces, [(values[place] or "").encode() for place in places])
    sealed = [nonce + text for nonce, text in zip(nonces, hidden, strict=True)]
    tags = _tags(key, head, item, ((contexts[place], part) for place, part in zip(places, sealed, strict=True)))
    blobs: list[bytes | None] = [None] * len(values)
    for place, part, tag in zip(places, sealed, tags, strict=True):
        blobs[place] = head + part + tag
    return blobs


def unseal_list(ring: KeyRing, item: str, blobs: Sequence[bytes | None], contexts: Sequence[bytes]) -> list[str | None]:
    """Open each blob with its context. Raises SealBroken if any was changed or belongs elsewhere."""
    values: list[str | None] = [None] * len(blobs)
    by_head: dict[bytes, list[int]] = {}
    for place, blob in enumerate(blobs):
        if blob is not None:
            by_head.setdefault(bytes(blob[:HEADER]), []).append(place)
    for head, places in by_head.items():
        key = ring.sm4.get(head[1:].hex())
        whole = [bytes(blobs[place] or b"") for place in places]
        if key is None or head[:1] != VERSION or any(len(blob) < HEADER + NONCE + TAG for blob in whole):
            raise SealBroken
        parts = [blob[HEADER:-TAG] for blob in whole]
        tags = _tags(key, head, item, ((contexts[place], part) for place, part in zip(places, parts, strict=True)))
        if not all(compare_digest(tag, blob[-TAG:]) for tag, blob in zip(tags, whole, strict=True)):
            raise SealBroken
        texts = _keystream_xor(key, [part[:NONCE] for part in parts], [part[NONCE:] for part in parts])
        for place, text in zip(places, texts, strict=True):
            values[place] = text.decode()
    return values


def self_test() -> bool:
    """Known answers: SM3 of "abc" (GB/T 32905 A.1), SM4 (GB/T 32907 A.1); and our counter mode against the library's."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(b"abc")
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    block = Cipher(algorithms.SM4(key), modes.ECB()).encryptor().update(key)
    nonce, text = bytes(range(NONCE)), bytes(range(40))
    counter = Cipher(algorithms.SM4(_subkey(key, b"encrypt")[:16]), modes.CTR(nonce + bytes(4))).encryptor()
    stream = counter.update(text)
    return (
        sm3.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        and block.hex() == "681edf34d206965e86b3e94f536e4246"
        and _keystream_xor(key, [nonce, nonce], [text[:1], text]) == [stream[:1], stream]
    )
