"""Every page about one thing, a batch, a merchant, a case: it is there, and everybody can use its page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from app.pages.cookies import Actor
from tests.browser.conftest import Opens, PageRule
from tests.browser.test_console_money import payable, sell
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import looks
from tests.kit.browser import SignedIn
from tests.kit.desk import Agent
from tests.kit.merchants import Applicant
from tests.kit.people import iso

HOOK = {"url": "https://events.invalid/in", "types": ["order.redeemed"]}
# A download, not a page.
FILES = {"/console/settlements/<settlement_id>/statements/<merchant_id>.<form>"}
NAMED = re.compile(r"<(\w+)>")
SIZES = {"citizen": kit.PHONE, "till": kit.DESK, "console": kit.DESK}


@dataclass(frozen=True)
class World:
    """Things by the names that addresses give them; `more` where a page wants another one; who sees which pages."""

    things: Mapping[str, str]
    more: Mapping[str, Mapping[str, str]]
    people: Mapping[str, tuple[SignedIn, Actor]]


@pytest.fixture(scope="module")
def world(platform: Staffed) -> World:
    """One of everything that has a page of its own."""
    zhao, agent, citizen = platform.zhao, Agent(platform.town), platform.citizen()
    now = platform.town.now()
    draw = {"mode": "lottery", "public_value_name": "上证指数收盘"}
    lottery = platform.batch(**draw, claim_from=iso(now + 60_000), claim_to=iso(now + 660_000))
    batch, boss, applicant = platform.batch(), payable(platform), Applicant(platform.town)
    order = sell(platform, boss, batch)
    held = {"redemption_id": order["redemption_id"], "reason": "票据存疑"}
    platform.town.advance(2_000)
    applicant.apply()
    draft = zhao.draft()
    resident = agent.serve()
    (account,) = boss.get("/bank-accounts").body["items"]
    drafted = zhao.post(f"/campaigns/{draft}/batches", zhao.batch_terms(), expect=201)["batch_id"]
    return World(
        {
            "account_id": account["account_id"],
            "application_id": applicant.application_id,
            "batch_id": batch.batch_id,
            "campaign_id": batch.campaign_id,
            "case_id": zhao.post("/holds", held, expect=201)["items"][0]["case_id"],
            "citizen_id": resident.citizen_id,
            "merchant_id": boss.me["merchant_id"],
            "order_no": order["order_no"],
            "settlement_id": zhao.settled(batch.campaign_id, platform.town.now())["settlement_id"],
            "sheet_id": agent.print(agent.claim(resident, batch.batch_id))["sheet_id"],
            "store_id": boss.store(),
            "voucher_id": citizen.holds(batch.batch_id),
            "webhook_id": zhao.post("/webhooks", HOOK, expect=201)["webhook_id"],
        },
        {
            "/c/batches/<batch_id>/draw": {"batch_id": lottery.batch_id},
            "/console/batches/<batch_id>/lottery": {"batch_id": lottery.batch_id},
            "/console/campaigns/<campaign_id>/edit": {"campaign_id": draft},
            "/console/campaigns/<campaign_id>/batches/new": {"campaign_id": draft},
            "/console/campaigns/<campaign_id>/batches/<batch_id>/edit": {
                "campaign_id": draft,
                "batch_id": drafted,
            },
        },
        {
            "citizen": (citizen, Actor.CITIZEN),
            "till": (boss, Actor.MERCHANT_STAFF),
            "console": (zhao, Actor.STAFF),
            "desk": (agent, Actor.STAFF),
        },
    )


def address(rule: str, things: Mapping[str, str]) -> str:
    """Where this page is for these things."""
    return NAMED.sub(lambda name: things[name[1]], rule)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everybody_can_use_the_page_of_everything(
    page_rules: list[PageRule], world: World, screens: Opens, lang: str
):
    """No violation of WCAG 2.2 A or AA, targets of 44 px, nothing cut off, no key instead of its words."""
    wrong, seen = {}, {}
    for rule, name, who, _ in (page for page in page_rules if page.has_thing and page.rule not in FILES):
        if who not in seen:
            seen[who] = screens(SIZES[name], lang).prefer(lang).sign_in(*world.people[who])
        page = seen[who].open(address(rule, {**world.things, **world.more.get(rule, {})}))
        if found := looks.unfit(page):
            wrong[rule] = found
    assert wrong == {} and seen.keys() == world.people.keys()
