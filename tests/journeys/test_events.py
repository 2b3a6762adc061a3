"""Events over HTTP: the organizer reads all of them, a merchant's owner its own; each manages its own webhooks."""

from __future__ import annotations

from tests.conftest import Staffed
from tests.kit.merchants import acts_on, owner
from tests.kit.problems import refused
from tests.kit.servers import wait_for

HOOK = {"url": "https://events.invalid/in", "types": ["order.redeemed"]}


def test_a_merchant_reads_its_own_orders_from_a_cursor(here: Staffed):
    """The worker publishes; the organizer sees the claim, too; a page goes on where the last one ended."""
    boss, batch, citizen = owner(here.zhao), here.batch(), here.citizen()
    before = here.zhao.get("/events?limit=1")
    while before["has_more"]:
        before = here.zhao.get(f"/events?cursor={before['next_cursor']}")
    voucher = citizen.holds(batch.batch_id)
    receipt = boss.shop().redeem(citizen.show(), [voucher]).body
    wait_for("the relay", lambda: boss.get("/events").body["items"], seconds=30)
    (redeemed,) = boss.get("/events").body["items"]
    assert (redeemed["type"], redeemed["data"]["order_no"]) == ("order.redeemed", receipt["order_no"])
    after = boss.get(f"/events?cursor={redeemed['event_id']}").body
    assert after == {"items": [], "next_cursor": redeemed["event_id"], "has_more": False}
    seen = here.zhao.get(f"/events?cursor={before['next_cursor']}&limit=100")["items"]
    claimed = [each for each in seen if each["data"].get("voucher_id") == voucher]
    assert [each["type"] for each in claimed] == ["voucher.claimed"] and redeemed in seen
    refused(boss.hire("cashier").get("/events"), 403, "forbidden")


def test_an_owner_adds_changes_and_switches_a_webhook(here: Staffed):
    """The secret is in the answers that make one and nowhere else; nobody else's webhook is there."""
    boss, other = owner(here.zhao), owner(here.zhao)
    made = boss.post("/webhooks", HOOK, expect=201, key="webhook-0001").body
    assert boss.post("/webhooks", HOOK, expect=200, key="webhook-0001").body == made
    webhook_id, path = made["webhook_id"], f"/webhooks/{made['webhook_id']}"
    stopped = boss.post(f"{path}/suspensions", {}, expect=200).body
    assert (stopped["status"], stopped["types"]) == ("suspended", ["order.redeemed"])
    rotated = boss.post(f"{path}/secrets", {}, expect=201).body
    assert made["secret"].startswith("whsec_") and rotated["secret"] != made["secret"]
    (listed,) = boss.get("/webhooks").body["items"]
    assert "secret" not in listed and listed["secret_no"] == 2
    assert boss.get(f"{path}/deliveries").body == {"items": [], "next_cursor": None}
    refused(boss.post(f"{path}/deliveries/evt_1/resends", {}), 404, "delivery_not_found")
    for way in ("suspensions", "secrets"):
        refused(other.post(f"{path}/{way}", {}), 404, "webhook_not_found")
    refused(other.get(f"{path}/deliveries"), 404, "webhook_not_found")
    assert here.zhao.get("/webhooks")["items"] == other.get("/webhooks").body["items"] == []
    for url in ("http://169.254.169.254/latest", "https://localhost:bad", "https://[::1]/"):
        refused(boss.post("/webhooks", {"url": url}), 422, "webhook_address_invalid")
    assert acts_on(here.town, webhook_id)[-1] == ("webhook.create", "done")
