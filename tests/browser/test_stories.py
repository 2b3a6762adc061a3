"""Acceptance cases as three people live them: a resident's phone, a cashier's tablet, an organizer's desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.browser.conftest import Opens, Seat
from tests.browser.test_console_campaigns import fill_batch, typed
from tests.browser.test_console_factor import next_code
from tests.browser.test_console_live import figure
from tests.conftest import Staffed
from tests.kit import web_till
from tests.kit.browser import Screen
from tests.kit.merchants import Member
from tests.kit.people import Batch, Citizen, Organizer, Shop
from tests.kit.web_till import TABLET

MINUTE_MS = 60_000
FINAL = re.compile("done|refused")
TILLS_AT_ONCE = 4
# Every till presses at the same instant, each in its own page.
PRESS_AT = "(at) => void setTimeout(() => document.querySelector('#redeem').click(), at - Date.now())"
# What an organizer reads off the page of numbers.
FIGURES = ("verified_vouchers", "subsidy_fen", "direct_fen")

Till = Callable[..., Page]


@pytest.fixture(scope="module")
def cashier(boss: Member) -> Member:
    """Who stands at the tills."""
    return boss.hire("cashier")


@pytest.fixture
def till(screens: Opens, boss: Member, cashier: Member) -> Till:
    """`till("en", 409)`: one more till of the merchant, with the refusals of the story; `shop=` for a certain one."""

    def opens(lang: str = "zh", *refusals: int, shop: Shop | None = None) -> Page:
        screen = screens(TABLET, lang).prefer(lang).expects(*refusals)
        return web_till.paired(screen, cashier, shop or boss.shop())

    return opens


def numbers(seat: Seat, platform: Staffed, batch: Batch, lang: str = "zh") -> tuple[float, ...]:
    """Verified vouchers, subsidy and direct consumption as the page has them; the door says the same."""
    page = seat(f"/campaigns/{batch.campaign_id}/numbers", lang)
    told = platform.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    shown = tuple(figure(page, name) for name in FIGURES)
    assert shown == tuple(told[name] for name in FIGURES)
    return shown


def written(platform: Staffed, seat: Seat) -> Batch:
    """Through the console: a campaign of 1000 yuan and its batch of 50, claimable in five minutes, submitted."""
    page = seat("/campaigns/new")
    page.get_by_label("活动名称").fill("长江路晚市消费季")
    page.get_by_label("预算（元）").fill("1000")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="添加批次").click()
    page.wait_for_url("**/batches/new")
    fill_batch(page, platform.town.now())
    page.get_by_label("批次名称").fill("晚市满100减20")
    page.get_by_label("领取开始").fill(typed(platform.town.now() + 5 * MINUTE_MS))
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="提交审核").click()
    page.get_by_role("dialog").get_by_role("button", name="提交审核").click()
    expect(page.get_by_text("不能审批自己编制的活动")).to_be_visible()
    campaign_id = page.url.rpartition("/")[2]
    (batch,) = platform.zhao.get(f"/campaigns/{campaign_id}")["batches"]
    return Batch(batch["batch_id"], campaign_id, batch["face_fen"], batch["threshold_fen"])


def let_go(platform: Staffed, seat: Seat, batch: Batch) -> None:
    """Another person approves it at an English console, with the second factor."""
    approver = Organizer(platform.town, "organizer", "孙审核")
    secret = approver.post("/totp", {}, expect=201)["secret"]
    approver.post("/totp/confirmations", {"code": next_code(approver, secret)}, expect=201)
    page = seat(f"/campaigns/{batch.campaign_id}", "en", 401, who=approver)
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Checked")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    asked = page.get_by_role("dialog", name="Enter your one-time code")
    asked.get_by_label("One-time code").fill(next_code(approver, secret))
    asked.get_by_role("button", name="Verify and go on").click()
    expect(page.get_by_text("Approved", exact=True)).to_be_visible()
    platform.town.advance(6 * MINUTE_MS)


def registered(screen: Screen, person: Citizen) -> Page:
    """By phone and SMS code, then name and ID number: the resident's home."""
    page = screen.open("/c/")
    page.get_by_label("手机号").fill(person.phone)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("status")).to_contain_text("验证码已发送")
    page.get_by_label("短信验证码").fill(person.sms_code())
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("姓名").fill(person.name)
    page.get_by_label("身份证号").fill(person.id_number)
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="申领").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    person.door.token = cookies[Actor.CITIZEN.value]
    return page


def claimed(page: Page, batch: Batch) -> None:
    """From home to the batch, and one tap."""
    page.locator(f".ticket[href='/c/batches/{batch.batch_id}']").click()
    page.get_by_role("button", name="立即领取").click()
    expect(page.get_by_text("领到了！")).to_be_visible()


def code_on(page: Page) -> str:
    """The digits of the code on the phone's screen; the page listens, so its network is never idle."""
    page.get_by_role("link", name="亮码").click()
    page.wait_for_url("**/c/code")
    expect(page.locator("#digits")).not_to_be_empty()
    return "".join(page.locator("#digits").inner_text().split())


@pytest.mark.case(1)
def test_case_1_one_use_from_the_draft_to_the_organizers_numbers(
    platform: Staffed, seat: Seat, phone: Callable[..., Screen], till: Till, boss: Member
):
    """Written, let go, claimed, shown, redeemed at T1; the same code at T2 is used up; everybody reads the same."""
    batch, person, one = written(platform, seat), Citizen(platform.town), boss.shop()
    let_go(platform, seat, batch)
    screen = phone()
    page = registered(screen, person)
    claimed(page, batch)
    code = code_on(page)

    first, second = till("en", shop=one), till("zh", 409)
    web_till.ring_up(first, "128")
    web_till.shoot(first, code)
    expect(first.locator("#redeem")).to_contain_text("¥108.00")
    order_no = web_till.redeem(first)
    expect(first.locator("#result")).to_contain_text("Collect ¥108.00")
    expect(page.get_by_text("在 大观楼小吃 用券成功")).to_be_visible()

    web_till.ring_up(second, "136")
    web_till.shoot(second, code)
    expect(second.locator("#result")).to_have_attribute("data-kind", "refused")
    expect(second.locator("[data-say=result-code]")).to_have_text("code_consumed")

    paid = screen.open("/c/receipts").locator(".receipt")
    expect(paid).to_have_count(1)
    for fact in (order_no, "¥128.00", "−¥20.00", "¥108.00", "已付"):
        expect(paid).to_contain_text(fact)
    log = screen.open("/c/scans").locator(".log li")
    expect(log).to_have_count(2)
    expect(log.filter(has_text=f"用于订单 {order_no}")).to_have_count(1)
    expect(log.filter(has_text="没有通过")).to_have_count(1)

    assert numbers(seat, platform, batch) == (1, 2_000, 12_800)
    receipt = one.find(order_no).body["receipt"]
    assert (receipt["used_fen"], receipt["customer_pays_fen"]) == (2_000, 10_800)
    assert [voucher["status"] for voucher in person.vouchers()] == ["redeemed"]
    assert [scan["result"] == "accepted" for scan in person.scans()].count(True) == 1


@pytest.mark.case(19)
def test_case_19_ten_quotes_at_the_till_change_nothing(platform: Staffed, till: Till, phone, seat: Seat):
    """Another amount is another quote: each voucher with yes, or the reason and what is missing; nothing moves."""
    low, high, spent = (
        platform.batch(),
        platform.batch(name="满300减20", threshold_fen=30_000),
        platform.batch(),
    )
    citizen = platform.citizen()
    held = [citizen.holds(batch.batch_id) for batch in (low, high, spent)]
    assert platform.shop().redeem(citizen.show(), [held[2]]).status == 201
    before = citizen.vouchers()
    page = till("en")
    web_till.ring_up(page, "120")
    web_till.type_code(page, citizen.show())
    for yuan in range(120, 130):
        if yuan > 120:
            page.locator("#amount").fill(str(yuan))
            expect(page.locator("#redeem")).to_be_hidden()
            page.locator("#next").click()
        expect(page.locator("#redeem")).to_contain_text(f"¥{yuan - 20}.00")
        expect(page.get_by_role("button", name="满100减20")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#vouchers .voucher-not")).to_contain_text(
            f"below the threshold · ¥{300 - yuan}.00"
        )
        expect(page.locator("#past-list")).to_contain_text("already used")
    assert citizen.vouchers() == before
    wallet = phone().sign_in(citizen, Actor.CITIZEN).open("/c/wallet")
    expect(wallet.locator(".piles")).to_contain_text("可用 2")
    assert [numbers(seat, platform, batch) for batch in (low, high)] == [(0, 0, 0), (0, 0, 0)]


@pytest.mark.case(26)
def test_case_26_of_tills_that_press_at_once_one_wins(
    platform: Staffed, till: Till, phone, seat: Seat, boss: Member
):
    """Each with a fresh code of the same resident and an order of its own; the subsidy rises once."""
    batch, citizen = platform.batch(), platform.citizen()
    voucher_id = citizen.holds(batch.batch_id)
    tills = [till("zh" if place % 2 else "en", 409) for place in range(TILLS_AT_ONCE)]
    for yuan, page in enumerate(tills, 120):
        web_till.ring_up(page, str(yuan))
        web_till.type_code(page, citizen.show())
        expect(page.locator("#redeem")).to_contain_text(f"¥{yuan - 20}.00")
    at = tills[0].evaluate("Date.now() + 1500")
    for page in tills:
        page.evaluate(PRESS_AT, at)
    kinds = []
    for page in tills:
        expect(page.locator("#result")).to_have_attribute("data-kind", FINAL)
        kinds.append(page.locator("#result").get_attribute("data-kind"))
    assert sorted(str(kind) for kind in kinds) == ["done", *["refused"] * (TILLS_AT_ONCE - 1)]
    won = kinds.index("done")
    for place, page in enumerate(tills):
        if place != won:
            expect(page.locator("[data-say=result-code]")).to_have_text("voucher_used")
    assert numbers(seat, platform, batch, "en") == (1, 2_000, 12_000 + 100 * won)
    receipts = phone("en").sign_in(citizen, Actor.CITIZEN).open("/c/receipts").locator(".receipt")
    expect(receipts).to_have_count(1)
    expect(receipts).to_contain_text(f"¥{100 + won}.00")
    assert [(each["voucher_id"], each["status"]) for each in citizen.vouchers()] == [(voucher_id, "redeemed")]


@pytest.mark.case(32)
def test_case_32_a_full_refund_pressed_at_two_tills_is_one(
    platform: Staffed, till: Till, phone, seat: Seat, shop: Shop
):
    """The voucher is back with its old expiry, the money once; nobody may claim another one for it."""
    batch, citizen = platform.batch(), platform.citizen()
    voucher_id = citizen.holds(batch.batch_id)
    (held,) = citizen.vouchers()
    mine = phone().sign_in(citizen, Actor.CITIZEN)
    until = mine.open(f"/c/wallet/{voucher_id}").locator(".facts").inner_text()
    assert shop.redeem(citizen.show(), [voucher_id], "S-32", gross_fen=12_800).status == 201
    assert numbers(seat, platform, batch) == (1, 2_000, 12_800)

    pages = [till("zh"), till("en")]
    for page in pages:
        page.goto(f"{platform.town.url}/till/refund?order_no=S-32")
        expect(page.locator("#order .sum-pays")).to_contain_text("¥128.00")
    for page, back in zip(pages, ("退给顾客 ¥108.00", "Give back ¥108.00"), strict=True):
        page.locator("#give button[type=submit]").click()
        expect(page.locator("#result")).to_contain_text(back)
        expect(page.locator("#result")).to_contain_text("¥20.00")

    shown = mine.open(f"/c/wallet/{voucher_id}")
    expect(shown.get_by_text("可以使用")).to_be_visible()
    assert shown.locator(".facts").inner_text() == until
    receipt = mine.open("/c/receipts").locator(".receipt")
    expect(receipt).to_have_count(1)
    expect(receipt).to_contain_text("全部退给您")
    offer = mine.open(f"/c/batches/{batch.batch_id}")
    expect(offer.get_by_text("这张券在您的券包里")).to_be_visible()
    expect(offer.get_by_role("button", name="立即领取")).to_be_hidden()

    assert numbers(seat, platform, batch, "en") == (0, 0, 0)
    totals = platform.zhao.get(f"/campaigns/{batch.campaign_id}/statistics")["totals"]
    assert (totals["held"], totals["redeemed"], totals["reversed"]) == (1, 0, 1)
    assert citizen.vouchers() == [held] and shop.find("S-32").body["state"] == "reversed"
    assert citizen.claim(batch.batch_id).body["code"] == "person_limit"
