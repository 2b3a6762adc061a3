"""Around the counter: signatures by the vectors, pairing, sandbox, refunds, receipts, no network, the owner's office."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from secrets import token_hex

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from app.pages import assets
from app.pages.cookies import Actor
from tests.browser.conftest import Opens
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import looks, web_till
from tests.kit.house import ROOT
from tests.kit.merchants import Applicant, Member, credit_code, owner
from tests.kit.people import Shop
from tests.kit.town import PASSWORD
from tests.kit.web_till import TABLET

SIGN = """
async ([module, vectors]) => {
  const { importKey, signed } = await import(module);
  const key = await importKey(vectors.secret);
  const signer = { key, keyId: vectors.key_id, created: vectors.created, nonce: vectors.nonce };
  const made = [];
  for (const { method, target, body, idempotency_key: key } of vectors.requests)
    made.push(await signed({ method, host: vectors.host, target, body, key }, signer));
  const out = await crypto.subtle.exportKey("raw", signer.key).then(() => "taken out", () => "kept");
  return [made, out];
}"""


@pytest.fixture(scope="module")
def boss(platform: Staffed) -> Member:
    """A merchant's owner."""
    return owner(platform.zhao)


@pytest.fixture(scope="module")
def shop(boss: Member) -> Shop:
    """The merchant's terminal."""
    return boss.shop()


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


def read(picture: str) -> str:
    """What a QR code says that stands in a page as data of SVG paths."""
    svg = b64decode(picture.partition(",")[2]).decode()
    side = int(svg.partition('viewBox="0 0 ')[2].partition(" ")[0])
    image = Image.new("L", (side, side), 255)
    for move in svg.rpartition('d="')[2].partition('"')[0].split("M")[1:]:
        x, y = move.partition("h")[0].split()
        image.putpixel((int(x), int(y)), 0)
    (found,) = zxingcpp.read_barcodes(image.resize((side * 6, side * 6), Image.Resampling.NEAREST))
    return str(found.text)


def test_the_browser_signs_as_the_vectors_say(screens: Opens):
    """Every published request, header by header; and the secret cannot be taken out of the key again."""
    vectors = json.loads((ROOT / "app" / "docs" / "signature-vectors.json").read_text(encoding="utf-8"))
    page = screens(TABLET).open("/till/login")
    made, key = page.evaluate(SIGN, [assets.asset("till/signing.js"), vectors])
    for mine, wanted in zip(made, vectors["requests"], strict=True):
        own = {name: value for name, value in mine.items() if name != "Idempotency-Key"}
        assert own == wanted["rfc9421"]["headers"], wanted["name"]
        assert mine.get("Idempotency-Key", "") == wanted["idempotency_key"]
    assert key == "kept"


def test_an_owner_pairs_a_device(platform: Staffed, screens: Opens):
    """A store, a terminal, its pairing code on one screen; the device reads it, and is that terminal for good."""
    boss = owner(platform.zhao)
    desk = screens(TABLET).prefer("zh").sign_in(boss, Actor.MERCHANT_STAFF)
    page = desk.open("/till/shop")
    page.get_by_role("button", name="添加门店").click()
    page.get_by_label("门店名称").fill("菱湖店")
    page.get_by_label("所在街道").fill("菱湖街道")
    page.get_by_role("dialog").get_by_role("button", name="添加门店").click()
    page.get_by_role("button", name="添加终端").click()
    page.get_by_label("终端名称").fill("前台一号")
    page.get_by_role("dialog").get_by_role("button", name="添加终端").click()
    page.get_by_role("button", name="配对码 前台一号").click()
    text = page.get_by_label("没有摄像头时").input_value()
    assert read(str(page.locator(".pairing-qr").get_attribute("src"))) == text
    looks.no_violations(page)

    device = screens(TABLET).prefer("zh").sign_in(boss.hire("cashier"), Actor.MERCHANT_STAFF)
    page = device.open("/till/")
    page.get_by_role("link", name="配对本机").click()
    page.get_by_label("或粘贴配对文字").fill(text)
    page.get_by_role("button", name="配对", exact=True).click()
    expect(page.get_by_role("banner")).to_contain_text("菱湖店 · 前台一号")
    page.reload()
    expect(page.locator("#amount")).to_be_visible()
    expect(page.locator("#band")).to_be_hidden()


def test_a_pairing_code_of_somebody_else_is_refused(
    platform: Staffed, screens: Opens, shop: Shop, boss: Member
):
    """Another shop's terminal, a code that was made up, and a text that is none."""
    page = (
        screens(TABLET, "en").prefer("en").expects(401).sign_in(boss, Actor.MERCHANT_STAFF).open("/till/pair")
    )
    wrong = {
        web_till.pairing_text(platform.shop()): "another shop's terminal",
        f"AKT1.{shop.key_id}.{'A' * 43}.{shop.terminal_id}": "The signature is not valid",
        "88112345678901234567": "no pairing code",
    }
    for text, said in wrong.items():
        page.locator("#f-text").fill(text)
        page.locator("#pair button[type=submit]").click()
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()


@pytest.mark.parametrize(("lang", "said"), [("zh", "沙盒"), ("en", "Sandbox")])
def test_the_sandbox_is_marked_on_every_page(screens: Opens, boss: Member, lang: str, said: str):
    """A band in words and pattern, as long as the key is a test key."""
    body = {"name": "测试台", "store_id": boss.store(), "is_test": True}
    terminal_id = boss.post("/terminals", body, expect=201).body["terminal_id"]
    key = boss.post(f"/terminals/{terminal_id}/keys", {}, expect=201).body
    shop = Shop(boss.town, key["key_id"], key["secret"], boss.me["merchant_id"], terminal_id)
    screen = screens(kit.PHONE, lang).prefer(lang)
    web_till.paired(screen, boss, shop)
    for path in ("/till/", "/till/refund", "/till/today"):
        expect(screen.open(path).locator("#band")).to_contain_text(said)
    looks.no_violations(screen.page)


def test_a_part_is_refunded_by_the_receipt(platform: Staffed, tablet, shop: Shop):
    """The receipt's QR code, read by the gun, finds the order; the customer's part is worked out."""
    order_no = sold(platform, shop)
    page = tablet()
    page.goto(f"{platform.town.url}/till/receipts/{order_no}")
    receipt = read(str(page.locator(".slip img").get_attribute("src")))
    looks.no_violations(page)
    page.get_by_role("link", name="流水").click()
    page.get_by_role("link", name="退款", exact=True).first.click()
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


def test_without_a_network_the_till_says_that_nothing_counts(screens: Opens, boss: Member, shop: Shop):
    """It opens, all the same, and comes back by itself."""
    screen = screens(TABLET).prefer("zh")
    page = web_till.paired(screen, boss, shop)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_contain_text("现在扫码不算数")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("网络断了")
    looks.no_violations(page)
    page.context.set_offline(False)
    expect(page.locator("#amount")).to_be_visible()
    # the browser tells of each load that failed
    screen.troubles[:] = [each for each in screen.troubles if "ERR_INTERNET_DISCONNECTED" not in each]


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
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == f"AKO1:{order_no}"
