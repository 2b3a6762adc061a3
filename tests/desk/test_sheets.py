"""A sheet at the till: the usual scan, quote and redemption, once; copies, revoked ones and refunds."""

from __future__ import annotations

from functools import partial

import pytest

from app.domain import paper
from tests.conftest import Staffed
from tests.kit.desk import Agent, Resident
from tests.kit.people import Batch
from tests.kit.problems import refused
from tests.kit.together import all_at_once


@pytest.fixture
def agent(here: Staffed) -> Agent:
    """Who serves."""
    return Agent(here.town)


@pytest.fixture
def batch(here: Staffed) -> Batch:
    """20 off 100."""
    return here.batch()


@pytest.fixture
def resident(agent: Agent) -> Resident:
    """Without a phone."""
    return agent.serve()


@pytest.mark.parametrize("printed", ["qr", "digits"])
def test_a_sheet_pays_like_a_code_and_a_copy_of_it_does_not(here: Staffed, agent, resident, batch, printed):
    """Scanned as often as it takes; then `sheet_used`, by the QR code as by the digits, at every till."""
    voucher, shop, other = agent.claim(resident, batch.batch_id), here.shop(), here.shop()
    sheet = agent.print(voucher)
    first = shop.scan(sheet[printed], gross_fen=12_000)
    assert (first.status, first.body["quote"]["best"]["voucher_ids"]) == (201, [voucher])
    second = shop.scan(sheet[printed])
    assert second.status == 201 and second.body["scan_token"] != first.body["scan_token"]
    assert shop.quote(first.body["scan_token"], 12_000).body["best"]["voucher_ids"] == [voucher]
    paid = shop.redeem(second.body["scan_token"], "best")
    assert paid.status == 201 and paid.body["holder"] == "刘*"
    refused(shop.redeem(first.body["scan_token"], [voucher]), 409, "sheet_used")
    for till in (shop, other):
        for text in (sheet["qr"], sheet["digits"], paper.grouped(sheet["digits"])):
            refused(till.scan(text), 409, "sheet_used")
    assert agent.sees(resident)["sheets"][0]["state"] == "used"


def test_a_sheet_stands_for_its_own_voucher_alone(here: Staffed, agent, resident, batch):
    """Neither for what else its holder has, nor for the holder."""
    voucher, second = (
        agent.claim(resident, batch.batch_id),
        agent.claim(resident, here.batch(face_fen=5_000).batch_id),
    )
    shop, sheet = here.shop(), agent.print(voucher)
    token = shop.scan(sheet["qr"]).body["scan_token"]
    assert [each["voucher_id"] for each in shop.quote(token, 12_000).body["vouchers"]] == [voucher]
    refused(shop.redeem(token, [second]), 404, "voucher_not_found")
    refused(shop.redeem(sheet["qr"], [voucher, second]), 404, "voucher_not_found")
    refused(shop.scan(sheet["qr"], "identity"), 409, "sheet_no_identity")
    assert shop.redeem(sheet["qr"], "best").body["lines"][0]["voucher_id"] == voucher


def test_a_revoked_sheet_is_dead_at_once_also_once_it_was_scanned(here: Staffed, agent, resident, batch):
    """The one that replaces it pays."""
    voucher, shop = agent.claim(resident, batch.batch_id), here.shop()
    sheet = agent.print(voucher)
    token = shop.scan(sheet["qr"]).body["scan_token"]
    fresh = agent.post(f"/desk/sheets/{sheet['sheet_id']}/reprints", {"reason": "遗失"}, expect=201)
    refused(shop.redeem(token, [voucher]), 409, "sheet_revoked")
    refused(shop.scan(sheet["digits"]), 409, "sheet_revoked")
    assert shop.redeem(fresh["digits"], [voucher]).status == 201


def test_after_a_refund_the_voucher_is_back_and_the_sheet_is_not(here: Staffed, agent, resident, batch):
    """Whoever saw the sheet may have a copy: another one is printed, with the old expiry."""
    voucher, shop = agent.claim(resident, batch.batch_id), here.shop()
    sheet = agent.print(voucher)
    before = agent.sees(resident)["vouchers"][0]
    paid = shop.redeem(sheet["qr"], [voucher], "O-paper-back")
    assert paid.status == 201 and shop.reverse("O-paper-back").body["returned"] == [voucher]
    refused(shop.scan(sheet["qr"]), 409, "sheet_used")
    refused(shop.redeem(sheet["qr"], [voucher]), 409, "sheet_used")
    assert agent.sees(resident)["vouchers"][0] == before
    fresh = agent.print(voucher)
    assert shop.redeem(fresh["qr"], [voucher]).status == 201


def test_paid_by_phone_the_sheet_is_worth_nothing(here: Staffed, agent: Agent, batch: Batch):
    """One voucher, whatever carries it."""
    citizen, shop = here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    agent.post("/desk/visits", {"id_number": citizen.id_number, "consent": "spoken"}, expect=201)
    sheet = agent.print(voucher)
    assert shop.redeem(citizen.show(), [voucher]).status == 201
    refused(shop.scan(sheet["qr"]), 409, "sheet_used")


def test_digits_that_nobody_printed_are_no_code(here: Staffed):
    """Also with the right check digit."""
    shop = here.shop()
    for random_digits in (paper.QR_RANDOM, paper.TYPED_RANDOM):
        refused(shop.scan(paper.written(b"\x07" * 32, random_digits)), 409, "code_invalid")


@pytest.mark.race
@pytest.mark.parametrize("copies", [2, 10])
def test_copies_at_many_tills_at_once_pay_once(here: Staffed, agent, resident, batch, copies: int):
    """Half by QR code, half by digits, some scanned before: one redemption, the others `sheet_used` in the end."""
    voucher, shops = agent.claim(resident, batch.batch_id), here.shops(copies)
    sheet = agent.print(voucher)
    proofs = [
        sheet["qr"] if n % 2 else shop.scan(sheet["digits"]).body["scan_token"]
        for n, shop in enumerate(shops)
    ]
    tries = [
        partial(
            shop.redeem, proof, [voucher], f"O-{sheet['sheet_id'][-8:]}-{n}", key=f"copy-{voucher[-8:]}-{n}"
        )
        for n, (shop, proof) in enumerate(zip(shops, proofs, strict=True))
    ]
    answers = all_at_once(tries)
    assert [answer.status for answer in answers].count(201) == 1
    assert {answer.body.get("code") for answer in answers} <= {None, "sheet_used", "voucher_busy"}
    final = [again() for again in tries]
    assert sorted(str(answer.body.get("code")) for answer in final) == [
        "None",
        *["sheet_used"] * (copies - 1),
    ]
    effective = "SELECT COUNT(*) FROM redemption_line WHERE voucher_id = :v AND effective"
    assert here.town.one(effective, v=voucher) == 1
