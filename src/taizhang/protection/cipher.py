"""SM4 and SM3 as this house uses them. Pure: the helper process that seals half of a large batch imports nothing else.

A sealed value is `version | key id | nonce | ciphertext | tag` (1 + 4 + 12 + n + 16 bytes), SM4-GCM (GB/T 32907, RFC
8998). What it is bound to (version, key id, item, context) is authenticated, so a blob moved to another row, item or
key does not open.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import secrets
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

VERSION = b"\x01"
HEADER, NONCE, TAG = 5, 12, 16  # bytes
SHARED_FROM = 50_000  # values; below this a second process costs more than it saves


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
    started = hmac.HMAC(key, hashes.SM3())
    started.update(prefix + b"|")
    digests: list[bytes | None] = []
    for value in values:
        if value is None:
            digests.append(None)
            continue
        one = started.copy()
        one.update(value.encode())
        digests.append(one.finalize())
    return digests


def seal_list(ring: KeyRing, item: str, values: Sequence[str | None], contexts: Sequence[bytes]) -> list[bytes | None]:
    """Seal each value with its own context, in this process."""
    head = VERSION + bytes.fromhex(ring.active)
    algorithm = algorithms.SM4(ring.sm4[ring.active])
    bound = head + item.encode() + b"|"
    nonces = os.urandom(NONCE * len(values))
    blobs: list[bytes | None] = []
    for number, (value, context) in enumerate(zip(values, contexts, strict=True)):
        if value is None:
            blobs.append(None)
            continue
        nonce = nonces[NONCE * number : NONCE * (number + 1)]
        encryptor = Cipher(algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound + context)
        text = encryptor.update(value.encode()) + encryptor.finalize()
        blobs.append(b"".join((head, nonce, text, encryptor.tag)))
    return blobs


def unseal_list(ring: KeyRing, item: str, blobs: Sequence[bytes | None], contexts: Sequence[bytes]) -> list[str | None]:
    """Open each blob with its context, in this process. Raises SealBroken."""
    known = {VERSION + bytes.fromhex(key_id): algorithms.SM4(key) for key_id, key in ring.sm4.items()}
    name = item.encode() + b"|"
    values: list[str | None] = []
    for blob, context in zip(blobs, contexts, strict=True):
        if blob is None:
            values.append(None)
            continue
        head = bytes(blob[:HEADER])
        if head not in known or len(blob) < HEADER + NONCE + TAG:
            raise SealBroken
        nonce, text, tag = blob[HEADER : HEADER + NONCE], blob[HEADER + NONCE : -TAG], blob[-TAG:]
        decryptor = Cipher(known[head], modes.GCM(bytes(nonce), bytes(tag))).decryptor()
        decryptor.authenticate_additional_data(head + name + context)
        try:
            values.append((decryptor.update(bytes(text)) + decryptor.finalize()).decode())
        except InvalidTag:
            raise SealBroken from None
    return values


OPERATIONS: dict[str, Callable[..., list[Any]]] = {"seal": seal_list, "unseal": unseal_list}


def run_shared(
    operation: str, ring: KeyRing, item: str, values: Sequence[object], contexts: Sequence[bytes]
) -> list[object]:
    """`seal` or `unseal` a large batch on two cores: a helper process does the second half, this one the first.

    Keys and values go through pipes, never through arguments or files.
    """
    work = OPERATIONS[operation]
    if len(values) < SHARED_FROM or (os.cpu_count() or 1) < 2:
        return list(work(ring, item, values, contexts))
    half = len(values) // 2
    source = str(Path(__file__).resolve().parents[2])
    helper = subprocess.Popen(
        [sys.executable, "-m", "taizhang.protection.cipher"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert helper.stdin is not None
    assert helper.stdout is not None
    with helper:
        pickle.dump((operation, ring, item, list(values[half:]), list(contexts[half:])), helper.stdin, protocol=5)
        helper.stdin.close()
        first = list(work(ring, item, values[:half], contexts[:half]))
        answer = helper.stdout.read()
    if helper.returncode != 0 or not answer:
        raise RuntimeError("the helper process that seals values ended early")
    second: list[object] | None = pickle.loads(answer)  # written by our own process
    if second is None:
        raise SealBroken
    return first + second


def _help() -> None:
    operation, ring, item, values, contexts = pickle.load(sys.stdin.buffer)
    try:
        answer: list[Any] | None = OPERATIONS[operation](ring, item, values, contexts)
    except SealBroken:
        answer = None
    pickle.dump(answer, sys.stdout.buffer, protocol=5)


def self_test() -> bool:
    """Known answers: SM3 of "abc" (GB/T 32905 A.1), SM4 (GB/T 32907 A.1), SM4-GCM (RFC 8998 A.1)."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(b"abc")
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    block = Cipher(algorithms.SM4(key), modes.ECB()).encryptor().update(key)
    gcm = Cipher(algorithms.SM4(key), modes.GCM(bytes.fromhex("00001234567800000000abcd"))).encryptor()
    gcm.authenticate_additional_data(bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    plain = bytes.fromhex("".join(c * 16 for c in "abcdefea"))
    text = gcm.update(plain) + gcm.finalize()
    return (
        sm3.finalize().hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        and block.hex() == "681edf34d206965e86b3e94f536e4246"
        and text.hex().startswith("17f399f08c67d5ee19d0dc9969c4bb7d")
        and gcm.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"
    )


if __name__ == "__main__":
    _help()
