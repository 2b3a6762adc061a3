"""Pictures of the web till: the demo's cashier at the first shop's terminal."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import expect

from app.pages.cookies import Actor
from tests.browser.shots.table import TILL, Shot, Somebody, Stage, login_of, signed_in
from tests.kit import web_till
from tests.kit.town import Town

at_till = partial(Shot, size=TILL, actor=Actor.MERCHANT_STAFF, role="merchant cashier")
CUSTOMER = 1  # the first of the demo's citizens has pictures of their own
customers: dict[Town, Somebody] = {}


def pair(stage: Stage) -> None:
    """This tablet becomes the terminal of the demo's first printed key."""
    key = login_of(stage.town, "till")
    terminal_id = stage.town.one("SELECT terminal_id FROM terminal_key WHERE id = :id", id=key["login"])
    page = stage.page
    page.locator("#f-text").fill(f"AKT1.{key['login']}.{key['password']}.{terminal_id}")
    page.locator("#pair button[type=submit]").click()
    expect(page.locator("#sell")).to_be_visible()


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


def shown(town: Town) -> str:
    """A fresh code of the customer; before the first one they claim what they can."""
    if town not in customers:
        customers[town] = signed_in(town, Actor.CITIZEN, "citizen", CUSTOMER)
        _claim_what_is_open(customers[town])
    return str(customers[town].door.send("POST", "/api/v1/ankang-code/displays", {}, expect=201).body["code"])


def _claim_what_is_open(customer: Somebody) -> None:
    campaigns = customer.door.get("/api/v1/campaigns", expect=200).body["items"]
    for batch in (batch for campaign in campaigns for batch in campaign["batches"]):
        customer.door.post(f"/api/v1/batches/{batch['batch_id']}/claims", {})


SHOTS = (
    Shot("till-login", "/till/login", TILL),
    at_till("till-ready", "/till/pair", steps=pair),
    at_till("till-quote", "/till/pair", steps=quote),
    at_till("till-refusal", "/till/pair", steps=refuse, expects=(404, 409, 422)),
    at_till("till-refund", "/till/pair", steps=refund),
    at_till("till-today", "/till/today"),
)
