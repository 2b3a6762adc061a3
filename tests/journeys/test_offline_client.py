"""The example client goes on without a network: it takes what the platform redeems, and nothing that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from merchant_api.client.journal import Journal
from merchant_api.client.offline import ALLOWANCE, KEYS, Offline, Purchase
from tests.conftest import Staffed
from tests.kit.people import Shop
from tests.kit.phones import Phone


@pytest.fixture
def shop(here: Staffed) -> Shop:
    """A till of its own."""
    return here.shop()


@pytest.fixture
def offline(shop: Shop, tmp_path: Path) -> Iterator[Offline]:
    """It fetched its papers while it was online."""
    journal = Journal(tmp_path / "till.db")
    made = Offline(journal)
    assert made.keep(KEYS, shop.once(shop.till.issuer_keys)).status == 200
    assert made.keep(ALLOWANCE, shop.once(shop.till.allowance)).status == 201
    yield made
    journal.close()


def test_what_the_client_takes_the_platform_redeems(here: Staffed, shop: Shop, offline: Offline):
    """Both vouchers, by the amounts that the till told; a second upload finds nothing to send."""
    batch = here.batch()
    phones = [Phone(citizen, citizen.holds(batch.batch_id)) for citizen in here.citizens(2)]
    at = here.town.now()
    for number, phone in enumerate(phones):
        taken = offline.take(
            phone.show(at), Purchase(f"OC-{shop.terminal_id}-{number}", 12_500, 500, at / 1000)
        )
        assert (taken.status, taken.body["customer_pays_fen"]) == (201, 10_000), taken.body
    lines = [line.body for line in offline.upload(shop.till)]
    assert [(line["result"], line["receipt"]["customer_pays_fen"]) for line in lines] == [
        ("redeemed", 10_000)
    ] * 2
    assert shop.find(f"OC-{shop.terminal_id}-0").body["state"] == "redeemed"
    assert list(offline.upload(shop.till)) == []


def test_a_conflict_is_told_line_by_line(here: Staffed, shop: Shop, offline: Offline):
    """The voucher was redeemed with a network meanwhile."""
    batch, citizen = here.batch(), here.citizen()
    voucher = citizen.holds(batch.batch_id)
    phone, at = Phone(citizen, voucher), here.town.now()
    order_no = f"OC-{shop.terminal_id}"
    assert offline.take(phone.show(at), Purchase(order_no, 12_000, 0, at / 1000)).status == 201
    assert here.shop().redeem(citizen.show(), [voucher]).status == 201
    (line,) = offline.upload(shop.till)
    assert (line.status, line.body["code"], line.body["facts"]["reason"]) == (
        409,
        "offline_conflict",
        "voucher_used",
    )


def test_a_changed_code_is_not_taken(here: Staffed, offline: Offline):
    """By the same keys that the platform signs with."""
    batch, citizen = here.batch(), here.citizen()
    phone, at = Phone(citizen, citizen.holds(batch.batch_id)), here.town.now()
    code = phone.show(at)
    forged = code[:40] + ("0" if code[40] != "0" else "1") + code[41:]
    assert offline.take(forged, Purchase("OC-1", 12_000, 0, at / 1000)).body["code"] == "offline_tampered"
