"""The office's own certificate: a client that trusts the authority, and only such a one, talks to the server."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from taizhang.engine import certificate


def talk(found: certificate.Certificate, trusted: Path | None, name: str) -> str:
    """One line from a TLS server with this certificate to a client that trusts `trusted`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(found.certificate, found.key)
    client = ssl.create_default_context(cafile=str(trusted) if trusted else None)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            try:
                connection, _ = listening.accept()
                with connection, server.wrap_socket(connection, server_side=True) as secure:
                    secure.sendall("好".encode())
            except OSError:
                pass  # the client went away, as it should

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            with (
                socket.create_connection(listening.getsockname()) as plain,
                client.wrap_socket(plain, server_hostname=name) as secure,
            ):
                return secure.recv(10).decode()
        finally:
            thread.join()


def test_a_phone_that_trusts_the_authority_trusts_the_server_at_all_its_addresses(tmp_path: Path) -> None:
    found = certificate.ready(tmp_path, ["taizhang.county"])
    for name in ("127.0.0.1", "localhost", "taizhang.county"):
        assert talk(found, found.authority, name) == "好"
    with pytest.raises(ssl.SSLCertVerificationError):
        talk(found, found.authority, "other.county")
    with pytest.raises(ssl.SSLCertVerificationError):
        talk(found, None, "localhost")


def test_keys_are_the_owners_and_the_authority_stays_when_the_server_is_renewed(tmp_path: Path) -> None:
    first = certificate.ready(tmp_path)
    authority, server = first.authority.read_bytes(), first.certificate.read_bytes()
    for key in ("authority.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "tls" / key).stat().st_mode) == 0o600
    assert certificate.ready(tmp_path).certificate.read_bytes() == server
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=380)
    renewed = certificate.ready(tmp_path, now=later).certificate.read_bytes()
    assert renewed != server
    assert certificate.ready(tmp_path, ["new.county"], later).certificate.read_bytes() != renewed
    assert first.authority.read_bytes() == authority


def test_the_fingerprint_reads_as_phones_show_it(tmp_path: Path) -> None:
    shown = certificate.fingerprint(certificate.ready(tmp_path).authority)
    assert len(shown) == 95
    assert shown.count(":") == 31
    assert shown == shown.upper()
