"""Forged, stale and incomplete signatures: 401 with the right code, and no trace in the state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from merchant_api.client.signing import content_digest
from tests.conftest import Staffed
from tests.kit.http import exchange
from tests.kit.people import Citizen, Shop
from tests.kit.problems import refused
from tests.kit.signed import QUOTE, READ, WRITE, send_signed

REDEEM = "/merchant/v1/redemptions"


@dataclass(frozen=True)
class AtTheTill:
    """A till, and the body of a redemption that would succeed if it were signed as it should be."""

    here: Staffed
    citizen: Citizen
    shop: Shop
    body: dict[str, Any]


@pytest.fixture
def at(here: Staffed) -> Iterator[AtTheTill]:
    """Afterwards nothing has happened, and the true request still succeeds."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    body = {"scan_token": token, "voucher_ids": [voucher], "order_no": "O-signed", "gross_fen": 12_000}
    kept = "SELECT COUNT(*) FROM idempotency WHERE caller = :t"
    before = here.town.one(kept, t=shop.terminal_id)
    yield AtTheTill(here, citizen, shop, body)
    refused(shop.find("O-signed"), 404, "order_not_found")
    assert here.town.one(kept, t=shop.terminal_id) == before
    assert send_signed(shop, "POST", REDEEM, body).status == 201


def test_a_wrong_secret_or_a_key_that_is_not_known_is_invalid(at: AtTheTill):
    """Another till's secret, a made-up key id, another till's key id: one and the same refusal."""
    other = at.here.shop()
    forgeries: list[dict[str, Any]] = [
        {"secret": other.secret},
        {"key_id": other.key_id},
        {"key_id": "live_" + "0" * 24},
        {"key_id": "live_" + "0" * 24, "secret": other.secret},
        {"key_id": "x" * 300},
        {"key_id": "%00"},
    ]
    for forged in forgeries:
        refused(send_signed(at.shop, "POST", REDEEM, at.body, **forged), 401, "signature_invalid")


def test_a_body_key_host_or_digest_changed_on_the_way_is_invalid(at: AtTheTill):
    """Whatever is covered cannot be changed; a body changed together with its digest neither."""
    more = json.dumps({**at.body, "gross_fen": 99_000}).encode()
    refused(send_signed(at.shop, "POST", REDEEM, at.body, sent=more), 401, "signature_invalid")
    fitting = {"Content-Digest": content_digest(more)}
    refused(
        send_signed(at.shop, "POST", REDEEM, at.body, sent=more, headers=fitting), 401, "signature_invalid"
    )
    for header in (
        {"Idempotency-Key": "another-key-entirely"},
        {"Host": "evil.example"},
        {"Content-Digest": "sha-256=:AAAA:"},
    ):
        refused(send_signed(at.shop, "POST", REDEEM, at.body, headers=header), 401, "signature_invalid")


def test_a_signature_of_one_address_is_invalid_at_another(at: AtTheTill):
    """A captured refund of one order cannot be turned on another order, nor a query on another number."""
    reversal, reason = "/merchant/v1/redemptions/O-{}/reversals", {"reason": "退货"}
    for signed, sent in ((reversal.format("mine"), reversal.format("signed")), (REDEEM, REDEEM + "?a=1")):
        reply = send_signed(at.shop, "POST", signed, reason, sent_to=sent)
        refused(reply, 401, "signature_invalid")
    find = REDEEM + "?order_no={}"
    reply = send_signed(at.shop, "GET", find.format("O-1"), covered=READ, sent_to=find.format("O-signed"))
    refused(reply, 401, "signature_invalid")


@pytest.mark.parametrize("left_out", WRITE)
def test_a_write_that_does_not_cover_all_it_must_is_invalid(at: AtTheTill, left_out: str):
    """The body's digest and the key too: otherwise they could be changed."""
    covered = [name for name in WRITE if name != left_out]
    refused(send_signed(at.shop, "POST", REDEEM, at.body, covered=covered), 401, "signature_invalid")


def test_a_quote_and_a_read_must_be_signed_as_well(at: AtTheTill):
    """They change nothing, but they tell about people."""
    quote = {"scan_token": at.body["scan_token"], "gross_fen": 12_000}
    path, find = "/merchant/v1/quotes", f"{REDEEM}?order_no=O-signed"
    refused(send_signed(at.shop, "POST", path, quote, covered=READ), 401, "signature_invalid")
    refused(
        send_signed(at.shop, "POST", path, quote, covered=QUOTE, secret="wrong"), 401, "signature_invalid"
    )
    refused(send_signed(at.shop, "GET", find, covered=READ[:-1]), 401, "signature_invalid")
    refused(send_signed(at.shop, "GET", find, covered=READ, secret="wrong"), 401, "signature_invalid")
    refused(send_signed(at.shop, "GET", find, covered=READ), 404, "order_not_found")


def test_a_signature_too_old_or_from_the_future_is_stale(at: AtTheTill):
    """More than 300 s off by the platform's clock: `signature_stale` with the server's time; 250 s is good."""
    for age_s in (310, 86_400, -310):
        problem = refused(send_signed(at.shop, "POST", REDEEM, at.body, age_s=age_s), 401, "signature_stale")
        assert problem["server_time"].endswith("+08:00")
    find = f"{REDEEM}?order_no=O-signed"
    for age_s in (250, -250):
        refused(send_signed(at.shop, "GET", find, covered=READ, age_s=age_s), 404, "order_not_found")


def test_a_stale_signature_with_a_wrong_secret_is_never_told_apart_by_success(at: AtTheTill):
    """Old and forged is a 401 like each of the two."""
    reply = send_signed(at.shop, "POST", REDEEM, at.body, age_s=310, secret="wrong")
    assert refused(reply, 401, reply.body["code"])["code"] in ("signature_stale", "signature_invalid")


def test_no_signature_is_missing_and_a_malformed_one_is_invalid(at: AtTheTill):
    """Whatever stands in the two headers, it is a 401."""
    content, url = json.dumps(at.body).encode(), at.here.town.url
    plain = {"Content-Type": "application/json", "Idempotency-Key": "not-signed-at-all"}
    refused(exchange(url, "POST", REDEEM, content, plain), 401, "signature_missing")
    bearer = {**plain, "Authorization": f"Bearer {at.citizen.door.token}"}
    refused(exchange(url, "POST", REDEEM, content, bearer), 401, "signature_missing")
    good = 'sig1=("@method");created=1;keyid="live_x";alg="hmac-sha256";tag="ankang-pos-v1"'
    for given, mac in (
        ("", ""),
        ("garbage", "garbage"),
        (good, ""),
        (good, "sig1=:not base64:"),
        (good, "sig1=1"),
        (good, "sig2=:AAAA:"),
        (good.replace("1;", "soon;"), "sig1=:AAAA:"),
        (good.replace("1;", '"1";'), "sig1=:AAAA:"),
        (good.replace(";created=1", ""), "sig1=:AAAA:"),
        (good.replace(';keyid="live_x"', ""), "sig1=:AAAA:"),
        (good.replace("hmac-sha256", "ed25519"), "sig1=:AAAA:"),
        (good.replace("ankang-pos-v1", "other"), "sig1=:AAAA:"),
        (good.replace("@method", "@nothing"), "sig1=:AAAA:"),
        (good.replace('"@method"', "1"), "sig1=:AAAA:"),
        ("sig1=1;keyid=2", "sig1=:AAAA:"),
        ("sig1=()", "sig1=:AAAA:"),
        (f"{good}, {good.replace('sig1', 'sig2')}", "sig1=:AAAA:, sig2=:AAAA:"),
        ("sig1=\xff", "sig1=:\xff:"),
        ("(" * 5_000, "sig1=:AAAA:"),
    ):
        for digest in ("sha-256=:AAAA:", "garbage", "sha-256=1", "md5=:AAAA:"):
            signed = {"Signature-Input": given, "Signature": mac, "Content-Digest": digest}
            reply = exchange(url, "POST", REDEEM, content, {**plain, **signed})
            assert reply.status == 401, (given, mac, digest, reply.body)
            refused(reply, 401, reply.body["code"])


def test_a_revoked_key_is_invalid_and_its_till_goes_on_with_a_fresh_one(here: Staffed):
    """As if it had never been; other keys of the terminal stay good."""
    citizen, shop = here.citizen(), here.shop()
    fresh = here.zhao.post(f"/terminals/{shop.terminal_id}/keys", {}, expect=201)
    here.town.execute("UPDATE terminal_key SET status = 'revoked' WHERE id = :k", k=shop.key_id)
    refused(shop.scan(citizen.show()), 401, "signature_invalid")
    rotated = Shop(here.town, fresh["key_id"], fresh["secret"], shop.merchant_id, shop.terminal_id)
    assert rotated.scan(citizen.show()).status == 201
