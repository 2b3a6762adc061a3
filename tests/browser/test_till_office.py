"""Around the counter: refunds, receipts, how a merchant comes to its till, and the owner's office."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from secrets import token_hex

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.browser.conftest import Opens
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import codes, looks, web_till
from tests.kit.codes import read
from tests.kit.merchants import Applicant, Member, credit_code, owner
from tests.kit.people import Shop
from tests.kit.town import PASSWORD
from tests.kit.web_till import TABLET


@pytest.fixture
def tablet(screens: Opens, shop: Shop, boss: Member) -> Callable[..., Page]:
    """`tablet("cashier", "en", 409)`: the paired tablet and who stands at it."""

    def opens(role: str = "cashier", lang: str = "zh", *refusals: int) -> Page:
        who = boss if role == "owner" else boss.hire(role)
        return web_till.paired(screens(TABLET, lang).prefer(lang).expects(*refusals), who, shop)

    return opens


def sold(platform: Staffed, shop: Shop, gross_fen: int = 12_800) -> str:
    """An order of this shop that a voucher of 20 yuan paid a part of."""
    citizen, batch = platform.citizen(), platform.batch()
    voucher_id, order_no = citizen.holds(batch.batch_id), f"O-{token_hex(4)}"
    answer = shop.redeem(citizen.show(), [voucher_id], order_no, gross_fen)
    assert answer.status == 201, answer.body
    return order_no


def limit(boss: Member, fen: int | None) -> None:
    """What this merchant's tills refund by themselves."""
    boss.door.patch("/merchant/v1/settings", {"refund_limit_fen": fen}, expect=200)


def test_a_part_is_refunded_by_the_receipt(platform: Staffed, tablet, shop: Shop):
    """The receipt's QR code, read by the gun, finds the order; the customer's part is worked out."""
    order_no = sold(platform, shop)
    page = tablet()
    page.goto(f"{platform.town.url}/till/receipts/{order_no}")
    receipt = read(str(page.locator(".slip img").get_attribute("src")))
    looks.no_violations(page)
    page.get_by_role("link", name="流水").click()
    page.get_by_role("link", name="退款", exact=True).first.click()
    page.wait_for_url("**/till/refund**")
    web_till.shoot(page, receipt)
    expect(page.locator("#order .sum-pays")).to_contain_text("¥128.00")
    page.get_by_text("退一部分").click()
    page.get_by_label("退款金额").fill("200")
    page.get_by_role("button", name="退款", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="不超过 ¥128.00")).to_be_visible()
    page.get_by_label("退款金额").fill("64")
    page.get_by_role("button", name="退款", exact=True).click()
    expect(page.locator("#result")).to_contain_text("退给顾客 ¥54.00")
    expect(page.locator("#result")).to_contain_text("退回补贴 ¥10.00")
    looks.no_violations(page)
    page.goto(f"{platform.town.url}/till/today")
    expect(page.locator(".order").filter(has_text=order_no)).to_contain_text("已部分退款")


@pytest.mark.parametrize("role", ["cashier", "owner"])
def test_a_supervisor_approves_above_the_limit(
    platform: Staffed, tablet, boss: Member, shop: Shop, role: str
):
    """At the cashier's screen, by login and password, once; an owner who stands there needs neither."""
    limit(boss, 5_000)
    order_no, page = sold(platform, shop), tablet(role, "en", 401, 409)
    page.goto(f"{platform.town.url}/till/refund?order_no={order_no}")
    page.get_by_role("button", name="Refund", exact=True).click()
    asked = page.get_by_role("dialog", name="A supervisor has to approve")
    expect(asked).to_contain_text("¥128.00")
    if role == "cashier":
        asked.get_by_label("Supervisor's login").fill(boss.login)
        asked.get_by_label("Password").fill("a-wrong-password")
        asked.get_by_role("button", name="Approve").click()
        expect(asked.get_by_role("alert")).to_contain_text("wrong")
        asked.get_by_label("Password").fill(PASSWORD)
    asked.get_by_role("button", name="Approve").click()
    expect(page.locator("#result")).to_contain_text("The voucher is back in the wallet")
    assert shop.find(order_no).body["state"] == "reversed"
    limit(boss, None)


def test_a_merchant_applies_is_returned_and_opens_the_till(platform: Staffed, screens: Opens):
    """Papers, the reason they came back, the correction, the owner's login: through pages alone."""
    applicant = Applicant(platform.town)
    screen = screens(kit.PHONE).prefer("zh")
    page = screen.open("/till/apply")
    page.get_by_label("手机号").fill(applicant.person.phone)
    screen.sign_in(applicant.person, Actor.CITIZEN).open("/till/apply")
    given = {"商户名称": "集贤糕点", "统一社会信用代码": credit_code(987), "联系人姓名": "慕容掌柜"}
    given |= {"开户银行": "徽商银行", "户名": "集贤糕点铺", "账号": "340500001111"}
    for label, content in given.items():
        page.get_by_label(label, exact=True).fill(content)
    page.get_by_label("营业执照").set_input_files(
        {"name": "执照.jpg", "mimeType": "image/jpeg", "buffer": b"licence"}
    )
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("审核中")).to_be_visible()
    listed = applicant.door.get("/merchant/v1/applications", expect=200).body["items"]
    applicant.application_id = listed[0]["application_id"]
    assert applicant.review(platform.zhao, "returns", reason="户名与执照不符").status == 200
    page.reload()
    expect(page.get_by_text("户名与执照不符")).to_be_visible()
    looks.no_violations(page)
    page.get_by_label("户名", exact=True).fill("集贤糕点")
    page.get_by_label("营业执照").set_input_files(
        {"name": "执照.jpg", "mimeType": "image/jpeg", "buffer": b"licence"}
    )
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("审核中")).to_be_visible()
    assert applicant.review(platform.zhao, "approvals", submission=2).status == 200
    page.reload()
    login = f"jixian-{token_hex(3)}"
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("初始密码").fill(PASSWORD)
    page.get_by_role("button", name="开通收银台").click()
    expect(page).to_have_url(f"{platform.town.url}/till/login")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("banner")).to_contain_text("集贤糕点")


def test_an_owner_hires_suspends_and_changes_the_account(platform: Staffed, screens: Opens):
    """Each by a dialog; what is wrong is said inside it."""
    boss = owner(platform.zhao)
    screen = screens(TABLET, "en").prefer("en").expects(400, 422).sign_in(boss, Actor.MERCHANT_STAFF)
    page = screen.open("/till/staff")
    page.get_by_role("button", name="Add somebody").click()
    dialog, login = page.get_by_role("dialog"), f"su-{token_hex(3)}"
    for label, content in (("Name", "苏小店"), ("Login", login), ("First password", PASSWORD)):
        dialog.get_by_label(label).fill(content)
    dialog.get_by_role("button", name="Add somebody").click()
    page.get_by_role("button", name="Suspend 苏小店").click()
    page.get_by_label("Reason").fill("离职")
    looks.no_violations(page)
    page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
    expect(page.locator(".thing").filter(has_text=login)).to_contain_text("Suspended")

    page = screen.open("/till/money")
    expect(page.get_by_role("status").filter(has_text="not verified yet")).to_be_visible()
    page.get_by_role("button", name="Change the account").click()
    dialog = page.get_by_role("dialog")
    for label, content in (
        ("Bank", "徽商银行"),
        ("Account holder", "慕容家小吃店"),
        ("Account number", "12"),
    ):
        dialog.get_by_label(label, exact=True).fill(content)
    dialog.get_by_role("button", name="Change the account").click()
    expect(dialog.get_by_label("Account number")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Account number").fill("340500001111")
    dialog.get_by_role("button", name="Change the account").click()
    expect(page.get_by_role("status").filter(has_text="was just changed")).to_be_visible()


def test_a_receipt_prints_as_a_slip_and_nothing_else(platform: Staffed, tablet, shop: Shop):
    """No bar, no tabs, no buttons on the paper."""
    order_no, page = sold(platform, shop), tablet()
    page.goto(f"{platform.town.url}/till/receipts/{order_no}")
    page.emulate_media(media="print")
    for gone in (".till-head", ".till-tabs", "#print"):
        expect(page.locator(gone)).to_be_hidden()
    image = Image.open(BytesIO(page.locator(".slip").screenshot()))
    (found,) = codes.seen(image)
    assert found.text == f"AKO1:{order_no}"
