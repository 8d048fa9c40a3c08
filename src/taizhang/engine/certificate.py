"""A certificate of the office's own, so that phones in its network may call over https: only then may a page work offline.

An authority made once (`authority.crt`, ten years) signs the server's certificate for the addresses it answers at. A phone that trusts the
authority trusts the server; the authority's key stays in the data directory, readable by the owner only.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "台账本单位证书"
YEARS = dt.timedelta(days=3650)
SERVER = dt.timedelta(days=397)  # phones take no longer one
RENEW = dt.timedelta(days=30)  # before the end


@dataclass(frozen=True)
class Certificate:
    """Files in PEM. `authority` is what phones are to trust; `names`: addresses the server's certificate is for."""

    authority: Path
    certificate: Path
    key: Path
    names: tuple[str, ...]


def folder(data_dir: Path) -> Path:
    return data_dir / "tls"


def authority(data_dir: Path) -> Path:
    """Where the authority's certificate lies, made or not."""
    return folder(data_dir) / "authority.crt"


def addresses() -> list[str]:
    """This machine's addresses in the office's network, as far as it tells: those it would call others from."""
    found = {"127.0.0.1"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent: a datagram socket only chooses its own end
        found.add(probe.getsockname()[0])
    with suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    return sorted(found)


def ready(data_dir: Path, names: list[str] | None = None, now: dt.datetime | None = None) -> Certificate:
    """The server's certificate for these names and addresses (by default this machine's); made anew when one is missing or it ends soon."""
    now = now or dt.datetime.now(dt.UTC)
    wanted = tuple(dict.fromkeys(["localhost", socket.gethostname(), *(names or []), *addresses()]))
    place = folder(data_dir)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = Certificate(authority(data_dir), place / "server.crt", place / "server.key", wanted)
    if not found.authority.exists():
        _make_authority(place, now)
    if not _good(found, now):
        _make_server(place, found, now)
    return found


def _good(found: Certificate, now: dt.datetime) -> bool:
    if not found.certificate.exists() or not found.key.exists():
        return False
    certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = {str(name.value) for name in held}
    return certificate.not_valid_after_utc - now > RENEW and set(found.names) <= names


def _make_authority(place: Path, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        _builder(name, name, key.public_key(), now, YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(place / "authority.key", key)
    (place / "authority.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _make_server(place: Path, found: Certificate, now: dt.datetime) -> None:
    signer = serialization.load_pem_private_key((place / "authority.key").read_bytes(), None)
    issuer = x509.load_pem_x509_certificate(found.authority.read_bytes())
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, found.names[0])])
    certificate = (
        _builder(name, issuer.subject, key.public_key(), now, SERVER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in found.names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write_key(found.key, key)
    found.certificate.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM) + issuer.public_bytes(serialization.Encoding.PEM)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, lasts: dt.timedelta
) -> x509.CertificateBuilder:
    start = now - dt.timedelta(days=1)  # a phone's clock may be behind
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(start + lasts)
    )  # fmt: skip


def _usage(**allowed: bool) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in every}, encipher_only=False, decipher_only=False)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def fingerprint(path: Path) -> str:
    """SHA-256 of a certificate as phones show it: AB:CD:…"""
    digest = x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256()).hex().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
