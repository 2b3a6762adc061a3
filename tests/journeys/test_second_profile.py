"""A till that signs in the manner of WeChat Pay does all that another one does, and can be deceived as little."""

from __future__ import annotations

from typing import Any

from tests.conftest import Staffed
from tests.kit.problems import refused
from tests.kit.wechat_signed import send_in_wechat_style

SCAN, REDEEM = "/merchant/v1/scans", "/merchant/v1/redemptions"


def test_scan_redeem_look_up_and_reverse(here: Staffed):
    """A whole order; the same key has the same answer."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    scanned = send_in_wechat_style(shop, "POST", SCAN, {"code": citizen.show(), "purpose": "voucher"})
    assert scanned.status == 201, scanned.body
    token = scanned.body["scan_token"]
    quoted = send_in_wechat_style(
        shop, "POST", "/merchant/v1/quotes", {"scan_token": token, "gross_fen": 12_000}, key=""
    )
    assert quoted.status == 200, quoted.body
    order = {"scan_token": token, "voucher_ids": [voucher], "order_no": "W-1", "gross_fen": 12_000}
    first = send_in_wechat_style(shop, "POST", REDEEM, order, key="wechat-order-1")
    assert (first.status, first.body["state"]) == (201, "redeemed")
    replay = send_in_wechat_style(shop, "POST", REDEEM, order, key="wechat-order-1")
    assert (replay.status, replay.body) == (200, first.body)
    found = send_in_wechat_style(shop, "GET", f"{REDEEM}?order_no=W-1")
    assert (found.status, found.body["state"]) == (200, "redeemed")
    undone = send_in_wechat_style(shop, "POST", f"{REDEEM}/W-1/reversals", {"reason": "退货"})
    assert (undone.status, undone.body["state"]) == (201, "reversed")


def test_what_was_signed_cannot_be_changed(here: Staffed):
    """Another key, host or secret, another merchant's name, an old signature: 401, and nothing has happened."""
    citizen, shop, other = here.citizen(), here.shop(), here.shop()
    body = {"code": citizen.show(), "purpose": "identity"}
    forgeries: list[dict[str, Any]] = [
        {"secret": other.secret},
        {"merchant_id": other.merchant_id},
        {"headers": {"Idempotency-Key": "another-key-entirely"}},
        {"headers": {"Host": "evil.example"}},
    ]
    for forged in forgeries:
        refused(send_in_wechat_style(shop, "POST", SCAN, body, **forged), 401, "signature_invalid")
    for age_s in (310, -310):
        problem = refused(send_in_wechat_style(shop, "POST", SCAN, body, age_s=age_s), 401, "signature_stale")
        assert problem["server_time"].endswith("+08:00")
    assert citizen.scans() == []
    assert send_in_wechat_style(shop, "POST", SCAN, body, age_s=250).status == 201
