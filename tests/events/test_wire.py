"""One message to an address that somebody else named: what is inside is not reached, what is slow is left."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain import webhook as rules
from app.events import wire
from tests.kit.receiver import Receiver, receiver
from tests.mutants import feed_mutants

INSIDE = [ip_network("127.0.0.0/8")]
NAMED = {"webhook-id": "evt_0000000000000001"}


@pytest.fixture
def up() -> Iterator[Receiver]:
    """A receiver inside, which nobody outside may reach through us."""
    with receiver() as up:
        yield up


def test_nothing_inside_is_reached(up: Receiver):
    """By its address, by a name, by a name that also has a public address."""
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        assert wire.post(f"http://{host}:{up.port}/in", NAMED, b"{}", ()).error == "private_address"
    assert up.got == []


def test_a_name_is_asked_once_and_every_address_of_it_is_checked(
    up: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """A name that points elsewhere a moment later (DNS rebinding) changes nothing; one bad address spoils it."""
    answers = iter([["1.1.1.1"], ["127.0.0.1"], ["1.1.1.1", "127.0.0.1"]])
    reached: list[Any] = []

    def told(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, 80)) for address in next(answers)]

    def connect(address: Any, *_: Any) -> Any:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", told)
    monkeypatch.setattr(socket, "create_connection", connect)
    url = f"http://rebound.example:{up.port}/in"
    assert [wire.post(url, NAMED, b"{}", ()).error for _ in range(3)] == ["connection"] + [
        "private_address"
    ] * 2
    assert reached == ["1.1.1.1"]


def test_a_door_that_checks_no_address_is_caught(up: Receiver, monkeypatch: pytest.MonkeyPatch):
    """The mutant."""
    monkeypatch.setattr(rules, "may_reach", feed_mutants.anywhere)
    assert wire.post(up.url, NAMED, b"{}", ()).is_taken
    assert len(up.got) == 1


def test_no_redirect_is_followed_and_no_wait_is_long(up: Receiver, monkeypatch: pytest.MonkeyPatch):
    """A receiver that drips its answer byte by byte is left, too."""
    up.status = 302
    assert wire.post(up.url, NAMED, b"{}", INSIDE) == wire.Reply(302, "redirect")
    monkeypatch.setattr(wire, "WHOLE_S", 0.3)
    up.drips, begun = True, time.monotonic()
    assert wire.post(up.url, NAMED, b"{}", INSIDE).error in ("connection", "timeout")
    assert time.monotonic() - begun < 2 and len(up.got) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of `hook.example`, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=hook.example")
    now, number = datetime.now(UTC), x509.random_serial_number()
    made = x509.CertificateBuilder(name, name, key.public_key(), number, now, now + timedelta(1))
    names = x509.SubjectAlternativeName([x509.DNSName("hook.example")])
    signed = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "hook.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + signed.public_bytes(pem))
    return path


def test_the_certificate_is_that_of_the_name_at_the_checked_address(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    """The connection goes to the address, the certificate is asked for by name; nobody else's will do."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    monkeypatch.setattr(wire, "checked", lambda *_: "127.0.0.1")
    with receiver(context=served) as up:
        urls = [f"https://{host}:{up.port}/in" for host in ("hook.example", "other.example")]
        assert wire.post(urls[0], NAMED, b"{}", INSIDE).error == "tls", "nobody trusts it yet"
        monkeypatch.setattr(wire, "_trusted", lambda: ssl.create_default_context(cafile=str(certificate)))
        assert [wire.post(url, NAMED, b"{}", INSIDE).error for url in urls] == [None, "tls"]
    assert len(up.got) == 1
