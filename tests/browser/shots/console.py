"""Pictures of the console: what an organizer sees of the demo's past, and what an agent prints at a desk."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import Page, expect

from app.cli.demo import cast
from app.pages.cookies import Actor
from tests.browser.shots.table import Shot, Stage
from tests.kit import browser as kit

at_desk = partial(Shot, size=kit.DESK, actor=Actor.STAFF, role="organizer")
CAMPAIGNS = "/console/campaigns"
# Which of the demo's campaigns: the one that is open, and the one with most behind it.
OPEN, BUSIEST = "第三期", "第二期"

CUSTOMER = 2  # of the demo's citizens; the two before have pictures of their own


def follow(page: Page, selector: str) -> None:
    """A link of the page, until the next one has all it asks for."""
    with page.expect_navigation(wait_until="networkidle"):
        page.locator(selector).first.click()


def tab(page: Page, name: str) -> None:
    """Another page of the same campaign; a plot moves in, and is pictured when it stands."""
    follow(page, f".sheet-tabs a[href$='/{name}']")
    expect(page.locator(".plot-place svg, .plot-place canvas").first).to_be_visible()
    page.wait_for_timeout(1_200)


def open_campaign(stage: Stage, name: str = "") -> None:
    """The first of those that the path lists, of this name where one is given."""
    follow(stage.page, f".campaigns .cell-link:has-text('{name}')" if name else ".campaigns .cell-link")


def open_live(stage: Stage) -> None:
    """As it runs."""
    open_campaign(stage, OPEN)
    tab(stage.page, "live")


def open_numbers(stage: Stage) -> None:
    """All that is known of it."""
    open_campaign(stage, BUSIEST)
    tab(stage.page, "numbers")


def new_batch(stage: Stage) -> Page:
    """The editor, in the draft that nobody has finished."""
    open_campaign(stage)
    follow(stage.page, "a[href$='/batches/new']")
    return stage.page


def fill_batch(stage: Stage, face: str, claims: tuple[str, str]) -> Page:
    """A voucher of 100 yuan's orders, as somebody types it."""
    page, (begins, ends) = new_batch(stage), claims
    typed = {
        "name": stage.say("满100元餐饮券", "Dining, CNY 100"),
        "threshold_fen": "100",
        "stock": "2000",
        "claim_from": begins,
        "claim_to": ends,
        "face_fen": face,
    }
    for name, words in typed.items():
        page.locator(f"#f-{name}").fill(words)
    expect(page.locator("[data-seen]")).to_be_visible()
    return page


def edit_batch(stage: Stage) -> None:
    """Its rule and orders worked out beside it."""
    page = fill_batch(stage, "20", ("2099-03-01T10:00", "2099-03-15T22:00"))
    expect(page.locator("[data-examples] tr")).not_to_have_count(0)
    page.locator("#f-face_fen").blur()
    page.evaluate("scrollTo(0, 0)")


def lint_batch(stage: Stage) -> None:
    """A voucher worth more than the order, that ends before it begins: told before it is saved."""
    page = fill_batch(stage, "120", ("2099-03-15T22:00", "2099-03-01T10:00"))
    for name in ("face_fen", "claim_to"):
        expect(page.locator(f"#fault-{name}")).not_to_be_empty()
    page.locator("#f-face_fen").blur()
    page.evaluate("scrollTo(0, 190)")


def open_row(stage: Stage) -> None:
    """The first thing that a list of money holds."""
    follow(
        stage.page,
        ".table tbody td a[href^='/console/settlements/'], .table tbody td a[href^='/console/holds/']",
    )


def open_payouts(stage: Stage) -> None:
    """The files of a settlement, and what the bank answered."""
    open_row(stage)
    follow(stage.page, "a[href$='/payouts']")


def open_shop(stage: Stage) -> None:
    """The merchant whose staff have printed logins."""
    follow(stage.page, f".cell-link:has-text('{cast.SHOPS[0].name}')")


def print_sheet(stage: Stage) -> None:
    """Somebody known says yes aloud; one of their vouchers goes on paper, or the one that lies there already."""
    page, form = stage.page, stage.page.locator('[data-desk="visits"]')
    form.locator("[name=id_number]").fill(cast.named()[CUSTOMER].id_number)
    form.locator("[value=spoken]").check()
    form.locator("button[type=submit]").click()
    page.wait_for_url("**/console/desk/residents/*")
    page.locator("[data-desk-print], [data-desk-reprint], [data-desk-claim]").first.wait_for()
    if not page.locator("[data-desk-print], [data-desk-reprint]").count():
        page.locator("[data-desk-claim]").first.click()
    page.locator("[data-desk-print], [data-desk-reprint]").first.click()
    page.wait_for_url("**/console/desk/sheets/*")
    page.wait_for_load_state("networkidle")


SHOTS = (
    at_desk("console-home", "/console/"),
    at_desk("console-campaigns", CAMPAIGNS),
    at_desk("console-campaign", CAMPAIGNS, steps=partial(open_campaign, name=OPEN)),
    at_desk("console-batch-editor", f"{CAMPAIGNS}?state=draft", steps=edit_batch, expects=(422,)),
    at_desk("console-lint", f"{CAMPAIGNS}?state=draft", steps=lint_batch, expects=(422,)),
    at_desk("console-live", CAMPAIGNS, steps=open_live),
    at_desk("console-numbers", CAMPAIGNS, steps=open_numbers, is_whole_page=True),
    at_desk("console-settlement", "/console/settlements?state=computed", steps=open_row),
    at_desk("console-payouts", "/console/settlements?state=paying", steps=open_payouts),
    at_desk("console-hold", "/console/holds?state=open", steps=open_row),
    at_desk("console-merchant", "/console/merchants", steps=open_shop),
    at_desk("console-audit", "/console/audit"),
    at_desk("console-staff", "/console/staff"),
    at_desk("console-desk-sheet", "/console/desk", role="agent", steps=print_sheet),
)
