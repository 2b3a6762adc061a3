"""What makes a browser a till: signatures by the vectors, pairing, the sandbox's band, a lost network."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from app.pages import assets
from app.pages.cookies import Actor
from tests.browser.conftest import Opens
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import looks, web_till
from tests.kit.codes import read
from tests.kit.house import ROOT
from tests.kit.merchants import Member, owner
from tests.kit.people import Shop
from tests.kit.web_till import TABLET

SIGN = """
async ([module, vectors]) => {
  const { importKey, signed } = await import(module);
  const { key_id: keyId, created, nonce } = vectors;
  const signer = { key: await importKey(vectors.secret), keyId, created, nonce };
  const made = [];
  for (const { method, target, body, idempotency_key: key } of vectors.requests)
    made.push(await signed({ method, host: vectors.host, target, body, key }, signer));
  const out = await crypto.subtle.exportKey("raw", signer.key).then(() => "taken out", () => "kept");
  return [made, out];
}"""


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
    """A store, a terminal, its pairing code on one screen; the device reads it, and stays that terminal."""
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
