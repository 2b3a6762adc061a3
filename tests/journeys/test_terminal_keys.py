"""Keys of a terminal: rotated with overlap, revoked at once, and a suspension that says its name."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Shop
from tests.kit.problems import refused
from tests.kit.signed import READ, send_signed
from tests.kit.wechat_signed import send_in_wechat_style

ROTATE = "/merchant/v1/terminal-keys"
HOUR_MS = 3_600_000


def rotate(shop: Shop, key: str | None = None) -> Reply:
    """The terminal asks for a fresh key."""
    return send_signed(shop, "POST", ROTATE, {}, key=key)


def with_key(shop: Shop, key_id: str, secret: str) -> Shop:
    """The same terminal, signing with another key."""
    return Shop(shop.town, key_id, secret, shop.merchant_id, shop.terminal_id)


def asks(shop: Shop) -> Reply:
    """A request that changes nothing."""
    return send_signed(shop, "GET", "/merchant/v1/redemptions?order_no=O-none", covered=READ)


def test_a_fresh_key_signs_at_once_and_the_old_one_for_a_day_more(here: Staffed):
    """Both in between; afterwards the old one is as if it had never been."""
    shop = here.shop()
    made = rotate(shop)
    assert made.status == 201 and made.body["key_id"].startswith("live_")
    assert [older["key_id"] for older in made.body["older"]] == [shop.key_id]
    fresh = with_key(shop, made.body["key_id"], made.body["secret"])
    for till in (fresh, shop):
        refused(asks(till), 404, "order_not_found")
    here.town.advance(24 * HOUR_MS - 60_000)
    refused(asks(shop), 404, "order_not_found")
    here.town.advance(61_000)
    refused(asks(shop), 401, "signature_invalid")
    refused(asks(fresh), 404, "order_not_found")


def test_a_rotation_happens_once_and_its_lost_reply_is_found_under_its_key(here: Staffed):
    """The same key and the same secret again, also when the fresh key asks: the caller is the terminal."""
    shop = here.shop()
    made = rotate(shop, key="rotate-0001")
    again = rotate(shop, key="rotate-0001")
    fresh = with_key(shop, made.body["key_id"], made.body["secret"])
    assert (again.status, again.body, again.headers["idempotent-replayed"]) == (200, made.body, "true")
    assert rotate(fresh, key="rotate-0001").body == made.body
    keys = here.zhao.get(f"/terminals/{shop.terminal_id}/keys")["items"]
    assert {key["key_id"] for key in keys} == {shop.key_id, fresh.key_id}
    stored = here.town.rows("SELECT body FROM idempotency WHERE key = 'rotate-0001'")
    assert all(made.body["secret"] not in row["body"] for row in stored)


def test_a_key_that_ends_sooner_still_does(here: Staffed):
    """A second rotation gives the first key no more time."""
    shop = here.shop()
    first = rotate(shop).body["older"]
    here.town.advance(HOUR_MS)
    made = rotate(shop).body
    assert made["older"][0] in first or made["older"][1] in first
    assert len(made["older"]) == 2


def test_a_key_of_a_test_terminal_says_so(here: Staffed):
    """Also after rotation."""
    shop = here.zhao.shop(is_test=True)
    assert shop.key_id.startswith("test_") and rotate(shop).body["key_id"].startswith("test_")


def test_a_revoked_key_is_dead_in_every_process_at_once(here: Staffed):
    """Each of many requests, whichever process answers it; the terminal's other key goes on; the log knows."""
    shop = here.shop()
    made = rotate(shop).body
    fresh = with_key(shop, made["key_id"], made["secret"])
    path = f"/terminal-keys/{shop.key_id}/revocations"
    done = here.zhao.post(path, {"reason": "收银机遗失"}, expect=200)
    assert done == {"key_id": shop.key_id, "terminal_id": shop.terminal_id, "status": "revoked"}
    for _ in range(20):
        refused(asks(shop), 401, "signature_invalid")
    refused(asks(fresh), 404, "order_not_found")
    states = {
        key["key_id"]: key["status"] for key in here.zhao.get(f"/terminals/{shop.terminal_id}/keys")["items"]
    }
    assert states == {shop.key_id: "revoked", fresh.key_id: "active"}
    trail = here.zhao.get("/audit-log?limit=20")["items"]
    acts = {
        ("赵组织", "key.revoke", shop.key_id, "收银机遗失"),
        ("收银台", "key.rotate", fresh.key_id, ""),
    }
    assert acts <= {(entry["actor"], entry["action"], entry["object_id"], entry["reason"]) for entry in trail}


def test_an_unknown_key_cannot_be_revoked(here: Staffed):
    """404, and the attempt is in the log."""
    reply = here.zhao.door.post("/organizer/v1/terminal-keys/live_none/revocations", {})
    refused(reply, 404, "terminal_key_not_found")
    refused(here.zhao.door.get("/organizer/v1/terminals/trm_none/keys"), 404, "terminal_not_found")


@pytest.mark.case(25)
@pytest.mark.parametrize("owner", ["terminal", "store", "merchant"])
def test_a_suspended_terminal_store_or_merchant_is_told_so(here: Staffed, owner: str):
    """At once, in both profiles, with a code of its own; but only who has signed gets to know. Then it goes on."""
    citizen, shop = here.citizen(), here.shop()
    column = {"terminal": "id", "store": "store_id", "merchant": "merchant_id"}[owner]
    change = f"UPDATE {owner} SET status = :s WHERE id = (SELECT {column} FROM terminal WHERE id = :t)"
    here.town.execute(change, s="suspended", t=shop.terminal_id)
    refused(shop.scan(citizen.show()), 403, f"{owner}_suspended")
    body = {"code": citizen.show(), "purpose": "voucher"}
    refused(send_in_wechat_style(shop, "POST", "/merchant/v1/scans", body), 403, f"{owner}_suspended")
    forged = send_signed(shop, "POST", "/merchant/v1/scans", body, secret="wrong")
    refused(forged, 401, "signature_invalid")
    assert citizen.scans() == []
    here.town.execute(change, s="active", t=shop.terminal_id)
    assert shop.scan(citizen.show()).status == 201
