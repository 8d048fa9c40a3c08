"""Digests and signatures for what must not change any more: seals and the reports drawn from them.

Two keys are drawn from the key file's audit key, one for each purpose, so that no installation needs a new key file:
HMAC-SM3 proves to whoever holds the key file that a manifest is this installation's; Ed25519 proves it to anybody who
has the public key. Neither proves when something was signed, nor that the signer told the truth. See
docs/decisions/seal-signatures.md.
"""

from __future__ import annotations

import hmac as constant_time
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from taizhang.protection import keys

MAC, SIGNATURE = b"taizhang/seal/hmac-sm3/1", b"taizhang/seal/ed25519/1"


def canonical(data: Any) -> bytes:
    """One spelling per content, so that equal contents have equal digests."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sm3(data: bytes) -> bytes:
    """32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def sm3_file(path: Path) -> bytes:
    """Digest of a file, read in pieces. Raises OSError."""
    digest = hashes.Hash(hashes.SM3())
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.finalize()


def mac(data: bytes) -> bytes:
    """HMAC-SM3, 32 bytes: for those who hold the key file."""
    return _hmac(_key(MAC), data)


def mac_fits(data: bytes, found: bytes) -> bool:
    return constant_time.compare_digest(mac(data), found)


def sign(data: bytes) -> bytes:
    """Ed25519, 64 bytes: for anybody."""
    return _private().sign(data)


def public_key() -> bytes:
    """32 bytes that may be given to everybody."""
    return _private().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def fingerprint(public: bytes) -> str:
    """How a public key is told on paper: the first 16 bytes of its SM3, in groups of four digits."""
    text = sm3(public).hex()[:32].upper()
    return " ".join(text[i : i + 4] for i in range(0, 32, 4))


def signature_fits(public: bytes, data: bytes, signature: bytes) -> bool:
    """Whether the holder of `public` signed `data`. Needs neither key file nor server."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_key(SIGNATURE))


def _key(purpose: bytes) -> bytes:
    return _hmac(keys.ring().audit, purpose)


def _hmac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SM3())
    made.update(data)
    return made.finalize()
