"""The code a citizen shows: one use, a short life, no forgery, and a list of who looked."""

from __future__ import annotations

import io
from datetime import datetime
from secrets import randbelow
from typing import Any

import pytest
import resvg_py
from PIL import Image

from app.domain.ankang_code import check_digit
from tests.conftest import Staffed
from tests.kit import codes
from tests.kit.people import Citizen
from tests.kit.problems import refused


def epoch_ms(iso: str) -> int:
    """An instant of the API in epoch ms."""
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def shown(citizen: Citizen) -> dict[str, Any]:
    """A fresh display with its instants."""
    body: dict[str, Any] = citizen.door.send("POST", "/api/v1/ankang-code/displays", {}, expect=201).body
    return body


def read_svg(drawing: str) -> str:
    """What a scanner reads from the screen."""
    image = Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=drawing, width=600))).convert("L")
    (found,) = codes.seen(image)
    return str(found.text)


@pytest.mark.case(1)
def test_case_01_a_code_redeemed_at_one_till_is_consumed_at_every_other(here: Staffed):
    """T1 redeems with the code itself; T2 with another order and key gets `code_consumed`; one redemption exists."""
    batch, citizen, (t1, t2) = here.batch(), here.citizen(), here.shops(2)
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    receipt = t1.redeem(code, [voucher])
    assert receipt.status == 201 and receipt.body["used_fen"] == 2_000
    refused(t2.redeem(code, [voucher]), 409, "code_consumed")
    refused(t2.scan(code), 409, "code_consumed")
    refused(t1.scan(code), 409, "code_consumed")
    assert here.town.one("SELECT COUNT(*) FROM redemption_line WHERE voucher_id = :v", v=voucher) == 1
    assert here.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]["subsidy_fen"] == 2_000


@pytest.mark.case(2)
def test_case_02_a_code_lives_until_its_end_by_the_servers_clock_and_not_a_second_longer(here: Staffed):
    """Still good after the next one is due, `code_expired` one second past its end; a fresh one works at once."""
    citizen, shop = here.citizen(), here.shop()
    first, second = shown(citizen), shown(citizen)
    here.town.advance(max(0, epoch_ms(first["refresh_at"]) - here.town.now() + 1))
    assert shop.scan(first["code"]).status == 201
    here.town.advance(epoch_ms(second["expires_at"]) - here.town.now() + 1_000)
    refused(shop.scan(second["code"]), 409, "code_expired")
    assert shop.scan(citizen.show()).status == 201


@pytest.mark.case(2)
def test_case_02_the_phones_clock_plays_no_part(here: Staffed):
    """A phone that believes in next year gets a code of the server's time, and it works."""
    citizen, shop = here.citizen(), here.shop()
    before = here.town.now()
    phone = {"Date": "Fri, 01 Jan 2038 00:00:00 GMT", "X-Client-Time": "2145916800000"}
    display = citizen.door.send("POST", "/api/v1/ankang-code/displays", {}, phone, expect=201).body
    assert before <= epoch_ms(display["displayed_at"]) <= here.town.now()
    assert shop.scan(display["code"]).status == 201


@pytest.mark.case(3)
def test_case_03_forged_unknown_and_random_codes_get_one_and_the_same_refusal(here: Staffed):
    """One character changed, a made-up holder, a random string: same status, code and shape, nothing personal."""
    citizen, shop = here.citizen("王小红"), here.shop()
    code = citizen.show()
    body = f"88{code[2]}{randbelow(10**9):09d}{code[12:19]}"
    otp = f"{(int(code[12:19]) + 1) % 10**7:07d}"
    forged = {
        "one digit changed": code[:-2] + str((int(code[-2]) + 5) % 10) + code[-1],
        "another password": code[:12] + otp + check_digit(code[:12] + otp),
        "an unknown holder": body + check_digit(body),
        "a key epoch that does not exist": "889" + code[3:19] + check_digit("889" + code[3:19]),
        "a random string": "hello, till",
    }
    answers = {what: shop.scan(wrong) for what, wrong in forged.items()}
    shapes = []
    for answer in answers.values():
        refused(answer, 409, "code_invalid")
        shapes.append({name: value for name, value in answer.body.items() if name != "trace_id"})
        assert "王" not in str(answer.body) and citizen.phone not in str(answer.body)
    assert all(shape == shapes[0] for shape in shapes)
    assert shop.scan(code).status == 201, "a forgery does no harm to the true code"


def test_five_wrong_passwords_kill_a_handle(here: Staffed):
    """After five guesses the true code is worth nothing either; a fresh display is."""
    citizen, shop = here.citizen(), here.shop()
    code = citizen.show()
    for guess in range(1, 6):
        body = code[:12] + f"{(int(code[12:19]) + guess) % 10**7:07d}"
        refused(shop.scan(body + check_digit(body)), 409, "code_invalid")
    refused(shop.scan(code), 409, "code_invalid")
    assert shop.scan(citizen.show()).status == 201


def test_the_same_till_gets_the_same_scan_back_until_the_code_has_paid(here: Staffed):
    """Same scan and token for the same till; another till, and everyone after the redemption, gets `code_consumed`."""
    batch, citizen, (shop, other) = here.batch(), here.citizen(), here.shops(2)
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    first, again = shop.scan(code), shop.scan(code)
    assert (first.status, again.status) == (201, 201) and not again.replayed
    assert first.body["scan_id"] == again.body["scan_id"]
    refused(other.scan(code), 409, "code_consumed")
    refused(shop.scan(code, purpose="identity"), 409, "code_consumed")
    assert shop.redeem(code, [voucher]).status == 201, "the code itself finds the same scan as well"
    refused(shop.scan(code), 409, "code_consumed")
    refused(shop.redeem(first.body["scan_token"], [voucher]), 409, "scan_bound")


def test_a_scan_is_no_longer_given_back_when_its_token_has_run_out(here: Staffed):
    """180 s after the scan a cashier cannot revive it with the old code: the citizen has to show a new one."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    code = citizen.show()
    token = shop.scan(code).body["scan_token"]
    here.town.advance(181_000)
    refused(shop.redeem(token, [voucher]), 409, "scan_expired")
    refused(shop.scan(code), 409, "code_consumed")
    refused(shop.redeem(code, [voucher]), 409, "code_consumed")
    assert citizen.vouchers()[0]["status"] == "issued"


@pytest.mark.case(4)
def test_case_04_qr_and_barcode_are_one_code(here: Staffed):
    """Read from either drawing it is the same scan with the same quote; after one has paid the other is consumed."""
    batch, citizen, (t1, t2) = here.batch(), here.citizen(), here.shops(2)
    voucher, display = citizen.holds(batch.batch_id), shown(citizen)
    qr, barcode = (read_svg(display[name]) for name in ("qr_svg", "barcode_svg"))
    first, second = t1.scan(qr, gross_fen=12_000).body, t1.scan(barcode, gross_fen=12_000).body
    assert (first["quote"], first["scan_id"]) == (second["quote"], second["scan_id"])
    assert t1.redeem(barcode, [voucher]).status == 201
    refused(t1.redeem(qr, [voucher]), 409, "code_consumed")
    refused(t2.scan(qr), 409, "code_consumed")


@pytest.mark.case(5)
def test_case_05_a_suspended_citizens_code_and_scan_are_refused_at_once(here: Staffed):
    """Suspension acts on codes already shown, on codes already scanned, and on open scan tokens; no voucher is lost."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    shown_before, scanned_before = citizen.show(), citizen.show()
    token = shop.scan(scanned_before).body["scan_token"]
    path = f"/citizens/{citizen.citizen_id}"
    here.zhao.post(f"{path}/suspensions", {"reason": "举报核查"}, expect=200)
    for proof in (shown_before, scanned_before, token):
        refused(shop.redeem(proof, [voucher]), 409, "citizen_suspended")
    here.zhao.post(f"{path}/readmissions", {"reason": "查无此事"}, expect=200)
    assert shop.redeem(citizen.show(), [voucher]).status == 201


def test_a_token_is_good_at_the_till_that_scanned_and_only_unchanged(here: Staffed):
    """Another till's, a changed and a made-up token are one refusal."""
    citizen, (shop, other) = here.citizen(), here.shops(2)
    token = shop.scan(citizen.show()).body["scan_token"]
    refused(other.quote(token, 10_000), 409, "scan_token_invalid")
    refused(shop.quote(token[:-1] + ("0" if token[-1] != "0" else "1"), 10_000), 409, "scan_token_invalid")
    refused(shop.quote("scn_1.made-up", 10_000), 409, "scan_token_invalid")
    assert shop.quote(token, 10_000).status == 200


def test_an_identity_scan_verifies_without_vouchers_and_shows_in_the_citizens_list(here: Staffed):
    """It answers `张*` and no quote, counts as a verification of its own purpose, and cannot pay."""
    batch, citizen, shop = here.batch(), here.citizen("张三丰"), here.shop()
    voucher = citizen.holds(batch.batch_id)
    before = here.zhao.get("/ankang-code/counters")["verified"]["accepted"]
    answer = shop.scan(citizen.show(), purpose="identity", gross_fen=12_000)
    assert answer.status == 201
    assert (answer.body["holder"], answer.body["purpose"], answer.body["quote"]) == ("张*", "identity", None)
    refused(shop.quote(answer.body["scan_token"], 12_000), 409, "scan_purpose")
    refused(shop.redeem(answer.body["scan_token"], [voucher]), 409, "scan_purpose")
    counters = here.zhao.get("/ankang-code/counters")
    assert counters["verified"]["accepted"] == before + 1
    assert any(row["purpose"] == "identity" and row["reason"] == "accepted" for row in counters["by_day"])
    (listed,) = citizen.scans()
    assert (listed["purpose"], listed["result"], listed["order_no"]) == ("identity", "accepted", None)
    assert (listed["merchant"], listed["store"]) == ("大观楼小吃", "菱湖店")
    assert citizen.vouchers()[0]["status"] == "issued"


def test_a_citizen_sees_every_scan_with_shop_time_purpose_and_result_also_refused_ones(here: Staffed):
    """Newest first, page by page, nobody else's."""
    citizen, stranger, shop, other = here.citizen(), here.citizen(), here.shop(), here.shop()
    code = citizen.show()
    began = here.town.now()
    shop.scan(code)
    other.scan(code)
    shop.scan(citizen.show(), purpose="identity")
    scans = citizen.scans()
    assert [(scan["purpose"], scan["result"]) for scan in scans] == [
        ("identity", "accepted"),
        ("voucher", "code_consumed"),
        ("voucher", "accepted"),
    ]
    assert all(began <= epoch_ms(scan["at"]) <= here.town.now() for scan in scans)
    page = citizen.door.get("/api/v1/ankang-code/scans?limit=2", expect=200).body
    rest = citizen.door.get(
        f"/api/v1/ankang-code/scans?limit=2&cursor={page['next_cursor']}", expect=200
    ).body
    assert page["items"] + rest["items"] == scans and rest["next_cursor"] is None
    assert stranger.scans() == []
