"""Whom one trusts, in the console: merchants on their way in, their tills, colleagues, the trail, webhooks."""

from __future__ import annotations

from io import BytesIO
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.browser.conftest import Seat
from tests.conftest import Staffed
from tests.kit import codes, looks
from tests.kit.codes import read
from tests.kit.merchants import Applicant
from tests.kit.people import Organizer
from tests.kit.servers import wait_for
from tests.kit.town import PASSWORD


def decide(page: Page, words: str, reason: str) -> None:
    """Press, say why in the dialog, and send."""
    page.get_by_role("button", name=words).first.click()
    dialog = page.locator("dialog[open]")
    looks.no_violations(page)
    dialog.get_by_label("理由").fill(reason)
    dialog.locator("button[type=submit]").click()


def test_an_application_goes_back_is_corrected_and_becomes_a_merchant(platform: Staffed, seat: Seat):
    """Each with its reason; the account of the papers waits to be verified, and is."""
    applicant, name = Applicant(platform.town), f"菱湖茶馆{token_hex(3)}"
    applicant.apply(name=name)
    page = seat("/applications?state=submitted")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_text("6228480012345678901")).to_be_visible()
    looks.no_violations(page)
    decide(page, "退回修改", "营业执照不清楚")
    expect(page.locator("main .badge", has_text="已退回")).to_be_visible()
    expect(page.locator(".history")).to_contain_text("营业执照不清楚")
    assert applicant.correct(name=name).status == 201
    page.reload()
    decide(page, "通过", "资料齐全")
    expect(page.locator("main .badge", has_text="已通过")).to_be_visible()
    page.get_by_role("link", name="商户页面").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("收款账户未核实，暂不拨付")).to_be_visible()
    page.goto(f"{platform.town.url}/console/accounts?state=pending")
    looks.no_violations(page)
    page.get_by_role("link", name=name).click()
    decide(page, "核实通过", "与开户证明一致")
    expect(page.locator("main .badge", has_text="已核实").first).to_be_visible()
    looks.no_violations(page)


def test_a_suspended_terminal_sells_nothing(platform: Staffed, seat: Seat):
    """From the press of the button until it is taken back; a new key is shown once."""
    shop, citizen = platform.shop(), platform.citizen()
    page = seat(f"/merchants/{shop.merchant_id}")
    looks.no_violations(page)
    decide(page, "停用 收银台", "设备遗失")
    expect(page.get_by_role("button", name="恢复 收银台")).to_be_visible()
    assert shop.scan(citizen.show()).body["code"] == "terminal_suspended"
    decide(page, "恢复 收银台", "设备找回")
    expect(page.get_by_role("button", name="停用 收银台")).to_be_visible()
    assert shop.scan(citizen.show()).status == 201
    page.get_by_role("button", name="新密钥 收银台").click()
    secret = page.locator("dialog[open] [data-secret] code")
    expect(secret).to_have_count(2)
    made = str(secret.first.inner_text())
    looks.no_violations(page)
    page.get_by_role("button", name="已保存").click()
    expect(page.locator(".key code", has_text=made)).to_be_visible()
    decide(page, f"吊销 {made}", "换机")
    expect(page.locator(".key", has_text=made).get_by_text("已吊销")).to_be_visible()


def test_a_poster_leads_to_its_store(platform: Staffed, seat: Seat):
    """The code is read from the sheet as the browser paints it, and opens the citizens' search for this store."""
    shop = platform.shop()
    page = seat(f"/merchants/{shop.merchant_id}")
    page.get_by_role("link", name="门店海报").click()
    code = page.locator(".poster-code")
    address = read(str(code.get_attribute("src")))
    (painted,) = codes.seen(Image.open(BytesIO(code.screenshot())))
    assert painted.text == address
    assert address.startswith(f"{platform.town.url}/c/stores?")
    assert parse_qs(urlsplit(address).query)["q"] == [page.locator(".poster-store").inner_text()]
    looks.no_violations(page)
    page.emulate_media(media="print")
    expect(page.locator(".desk-nav")).to_be_hidden()
    expect(code).to_be_visible()


def test_another_role_takes_effect_at_once(platform: Staffed, seat: Seat):
    """Hired in a dialog; the session that is open reads the trail after the change, and not before."""
    login, name = f"sun-{token_hex(4)}", f"孙客服{token_hex(2)}"
    page = seat("/staff")
    looks.no_violations(page)
    page.get_by_role("button", name="添加人员").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("姓名").fill(name)
    dialog.get_by_label("账号").fill(login)
    dialog.get_by_label("初始密码").fill(PASSWORD)
    dialog.get_by_role("button", name="添加人员").click()
    row = page.locator(f'tr[data-staff="{login}"]')
    expect(row).to_contain_text("客服")
    theirs = seat("/citizens", "zh", 401, 403)
    theirs.context.clear_cookies(name=Actor.STAFF.value)
    theirs.goto(f"{platform.town.url}/console/login")
    theirs.get_by_label("账号").fill(login)
    theirs.get_by_label("密码").fill(PASSWORD)
    theirs.get_by_role("button", name="登录").click()
    theirs.goto(f"{platform.town.url}/console/audit")
    expect(theirs.get_by_text("forbidden")).to_be_visible()
    row.get_by_role("button", name="改角色").click()
    page.locator("dialog[open] select").select_option("auditor")
    page.locator("dialog[open]").get_by_label("理由").fill("调岗")
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)  # the page came anew: it is done
    expect(row).to_contain_text("审计")
    theirs.reload()
    expect(theirs.get_by_role("heading", name="审计日志")).to_be_visible()
    decide(page, f"停用 {name}", "离岗")
    expect(row).to_contain_text("已停用")
    theirs.reload()
    expect(theirs.get_by_role("heading", name="登录管理台")).to_be_visible()


def test_the_trail_is_searched(platform: Staffed, seat: Seat):
    """By object, act, result and day; what was refused is there with its code."""
    shop = platform.shop()
    path = f"/organizer/v1/merchants/{shop.merchant_id}/suspensions"
    platform.zhao.door.post(path, {"reason": "检查卫生许可"}, expect=200)
    platform.zhao.door.post(path, {"reason": "再停一次"}, expect=409)
    page = seat("/audit")
    page.get_by_label("对象").fill(shop.merchant_id)
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".trail tbody tr").filter(has_text="merchant.suspend")).to_have_count(2)
    page.get_by_label("结果").select_option("wrong_state")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".trail tbody tr")).to_have_count(1)
    expect(page.locator(".trail tbody")).to_contain_text("再停一次")
    looks.no_violations(page)
    page.get_by_label("到（日）").fill("2020-01-01")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()


def test_the_anchor_of_a_day_is_taken_away(platform: Staffed, seat: Seat):
    """How far the chain has come, and the day's seals as a file."""

    def sealed() -> bool:
        return bool(platform.zhao.get("/anchors")["items"])

    assert platform.town.flask("seals", "now").returncode == 0
    wait_for("a seal", sealed)
    page = seat("/anchors")
    looks.no_violations(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载").first.click()
    assert taken.value.suggested_filename.startswith("seals-")


def test_a_resident_is_found_masked_and_shut_out(platform: Staffed, seat: Seat):
    """By the digits on the phone; nothing of it stands in the address; support may look and not touch."""
    citizen = platform.citizen("欧阳修文")
    page = seat("/citizens", "zh", 404)
    page.get_by_label("安康码数字（20位）", exact=True).fill(citizen.show())
    page.get_by_role("button", name="查询 安康码数字").click()
    expect(page.get_by_role("heading", name="欧阳*")).to_be_visible()
    assert page.url.endswith("/console/citizens")
    looks.no_violations(page)
    decide(page, "停用 欧阳*", "本人挂失")
    expect(page.get_by_role("heading", name="欧阳*")).to_have_count(0)
    assert citizen.door.get("/api/v1/vouchers").code == "citizen_suspended"
    helper = Organizer(platform.town, "support", "李客服")
    theirs = seat("/citizens", "zh", 404, who=helper)
    theirs.get_by_label("手机号", exact=True).fill(citizen.phone)
    theirs.get_by_role("button", name="查询 手机号").click()
    expect(theirs.get_by_text("已停用")).to_be_visible()
    expect(theirs.get_by_role("button", name="恢复")).to_have_count(0)


def test_a_webhook_is_added_and_its_log_read(platform: Staffed, seat: Seat):
    """An address inside is refused; the secret is shown once; what was tried is in the log, and is tried again."""
    page = seat("/webhooks", "zh", 422)
    page.get_by_role("button", name="添加地址").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("接收地址").fill("https://127.0.0.1/in")
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator("[data-said]")).not_to_be_empty()
    dialog.get_by_label("接收地址").fill("https://events.invalid/in")
    looks.no_violations(page)
    dialog.locator("button[type=submit]").click()
    expect(page.locator("dialog[open] [data-secret]")).to_contain_text("whsec_")
    page.get_by_role("button", name="已保存").click()
    platform.citizen().holds(platform.batch().batch_id)
    page.get_by_role("link", name="https://events.invalid/in").click()
    webhook_id = page.url.rpartition("/")[2]

    def tried() -> bool:
        found = platform.zhao.get(f"/webhooks/{webhook_id}/deliveries")["items"]
        return any(one["attempts"] for one in found)

    wait_for("a delivery", tried, seconds=60)
    page.reload()
    expect(page.locator("tbody tr").first).to_contain_text("voucher.claimed")
    looks.no_violations(page)
    page.get_by_role("button", name="重新推送").first.click()
    page.get_by_role("button", name="暂停").click()
    expect(page.locator("main .badge", has_text="已暂停")).to_be_visible()
