"""Pictures of the web till: the demo's cashier at the first shop's terminal."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import expect

from app.pages.cookies import Actor
from tests.browser.shots.table import TILL, Shot, Somebody, Stage, login_of, signed_in
from tests.kit import sandbox, web_till
from tests.kit.http import Door
from tests.kit.people import Citizen, Shop
from tests.kit.town import Town

at_till = partial(Shot, size=TILL, actor=Actor.MERCHANT_STAFF, role="merchant cashier")
TEST_BATCHES = (
    "SELECT b.id FROM batch b JOIN campaign c ON c.id = b.campaign_id WHERE c.is_test ORDER BY b.id"
)
CUSTOMER = 1  # the first of the demo's citizens has pictures of their own
customers: dict[Town, Somebody] = {}
test_tills: dict[Town, Shop] = {}


def pair(stage: Stage) -> None:
    """This tablet becomes the terminal of the demo's first printed key."""
    key = login_of(stage.town, "till")
    terminal_id = stage.town.one("SELECT terminal_id FROM terminal_key WHERE id = :id", id=key["login"])
    web_till.pair(stage.page, f"AKT1.{key['login']}.{key['password']}.{terminal_id}")


def quote(stage: Stage) -> None:
    """A customer with whatever is open to claim; nothing is redeemed, so that both languages see the same."""
    pair(stage)
    web_till.ring_up(stage.page, "128")
    web_till.type_code(stage.page, shown(stage.town))
    expect(stage.page.locator("#redeem")).to_be_visible()


def refuse(stage: Stage) -> None:
    """A code that nobody displays."""
    pair(stage)
    web_till.ring_up(stage.page, "128")
    web_till.type_code(stage.page, "88112345678912345670")
    expect(stage.page.locator("#result")).to_be_visible()


def refund(stage: Stage) -> None:
    """Of the day's first order, found; nothing is given back."""
    pair(stage)
    stage.screen.open("/till/today")
    stage.page.locator(".order-acts a[href*='/till/refund']").first.click()
    expect(stage.page.locator("#find")).to_be_visible()
    stage.page.locator("#find button[type=submit]").click()
    expect(stage.page.locator("#order")).to_be_visible()
    stage.page.evaluate("scrollTo(0, 0)")


def redeem(stage: Stage) -> None:
    """Somebody new in each language, so that neither picture changes what the others show."""
    pair(stage)
    customer = Citizen(stage.town, "王小红").sign_in()
    customer.apply()
    _claim_what_is_open(customer.door)
    web_till.ring_up(stage.page, "128")
    web_till.type_code(stage.page, customer.show())
    expect(stage.page.locator("#redeem")).to_be_enabled()
    web_till.redeem(stage.page)


def try_out(stage: Stage) -> None:
    """A made-up customer at a terminal with a test key: the band stays, whatever is done."""
    shop = test_till(stage.town)
    stage.screen.open("/till/pair")  # with the terminals that there are now
    web_till.pair(stage.page, web_till.pairing_text(shop))
    expect(stage.page.locator("#band")).to_be_visible()
    made = sandbox.customer(shop, *((batch["id"], "usable") for batch in stage.town.rows(TEST_BATCHES)))
    web_till.ring_up(stage.page, "128")
    web_till.type_code(stage.page, str(made["code"]))
    expect(stage.page.locator("#redeem")).to_be_enabled()
    stage.page.evaluate("scrollTo(0, 0)")


def lose_network(stage: Stage) -> None:
    """In the middle of an order: nothing counts until it is back."""
    stage.screen.without_network()
    pair(stage)
    web_till.ring_up(stage.page, "128")
    stage.page.context.set_offline(True)
    expect(stage.page.locator("#offline")).to_be_visible()


def test_till(town: Town) -> Shop:
    """A terminal with a test key in the cashier's own shop, which its owner adds."""
    if town not in test_tills:
        door = signed_in(town, Actor.MERCHANT_STAFF, "merchant owner").door
        store = door.get("/merchant/v1/stores", expect=200).body["items"][0]
        asked = {"name": "测试台", "store_id": store["store_id"], "is_test": True}
        made = door.post("/merchant/v1/terminals", asked, expect=201).body
        key = door.post(f"/merchant/v1/terminals/{made['terminal_id']}/keys", {}, expect=201).body
        test_tills[town] = Shop(town, key["key_id"], key["secret"], made["merchant_id"], made["terminal_id"])
    return test_tills[town]


def shown(town: Town) -> str:
    """A fresh code of the customer; before the first one they claim what they can."""
    if town not in customers:
        customers[town] = signed_in(town, Actor.CITIZEN, "citizen", CUSTOMER)
        _claim_what_is_open(customers[town].door)
    return str(customers[town].door.send("POST", "/api/v1/ankang-code/displays", {}, expect=201).body["code"])


def _claim_what_is_open(door: Door) -> None:
    campaigns = door.get("/api/v1/campaigns", expect=200).body["items"]
    for batch in (batch for campaign in campaigns for batch in campaign["batches"]):
        door.post(f"/api/v1/batches/{batch['batch_id']}/claims", {})


SHOTS = (
    Shot("till-login", "/till/login", TILL),
    at_till("till-ready", "/till/pair", steps=pair),
    at_till("till-quote", "/till/pair", steps=quote),
    at_till("till-refusal", "/till/pair", steps=refuse, expects=(404, 409, 422)),
    at_till("till-refund", "/till/pair", steps=refund),
    at_till("till-today", "/till/today"),
    at_till("till-done", "/till/pair", steps=redeem),
    at_till("till-sandbox", "/till/pair", steps=try_out),
    at_till("till-offline", "/till/pair", steps=lose_network),
)
