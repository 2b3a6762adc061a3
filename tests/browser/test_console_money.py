"""Money at the console: settled, held, paid, exported and given back, each by the persons it takes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.domain.instants import SHANGHAI
from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit import looks
from tests.kit.merchants import Member, owner
from tests.kit.people import Batch, Organizer

Enters = Callable[..., Page]


@pytest.fixture(scope="module")
def wang(platform: Staffed) -> Organizer:
    """A member of finance."""
    return Organizer(platform.town, "finance", "王财务")


@pytest.fixture(scope="module")
def li(platform: Staffed) -> Organizer:
    """Another one."""
    return Organizer(platform.town, "finance", "李财务")


@pytest.fixture
def enters(desk) -> Enters:
    """`enters(wang, "/console/…", 404)`: somebody at a desk opens a page; refusals that are part of the story."""

    def open_page(who: Organizer, path: str, *refusals: int, lang: str = "zh") -> Page:
        who.stay_signed_in()
        return desk(lang).expects(*refusals).sign_in(who, Actor.STAFF).open(path)

    return open_page


def payable(platform: Staffed) -> Member:
    """A merchant whose bank account is verified."""
    boss = owner(platform.zhao)
    (account,) = boss.get("/bank-accounts").body["items"]
    path = f"/bank-accounts/{account['account_id']}/verifications"
    platform.zhao.post(path, {"reason": "与开户证明一致"}, expect=200)
    return boss


def sell(platform: Staffed, boss: Member, batch: Batch) -> dict[str, Any]:
    """One order with one voucher of 20 yuan."""
    citizen = platform.citizen()
    answer = boss.shop().redeem(citizen.show(), [citizen.holds(batch.batch_id)])
    assert answer.status == 201, answer.body
    return answer.body


def cutoff(platform: Staffed) -> str:
    """Now, as somebody types it."""
    platform.town.advance(2_000)
    at = datetime.fromtimestamp(platform.town.now() // 1000, SHANGHAI)
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def settle(page: Page, at: str, percent: str = "0") -> None:
    """Run a settlement by the form."""
    page.get_by_label("截止时间").fill(at)
    page.get_by_label("抽查比例（%）").fill(percent)
    with page.expect_navigation():
        page.get_by_role("button", name="开始结算").click()


def decide(page: Page, words: str, reason: str = "") -> None:
    """Open a decision, say why, and let it be done."""
    page.get_by_role("button", name=words).first.click()
    dialog = page.get_by_role("dialog")
    if reason:
        dialog.get_by_label("理由").fill(reason)
    with page.expect_navigation():
        dialog.get_by_role("button", name=words).click()


@pytest.mark.case(37)
def test_case_37_three_people_settle_and_the_page_adds_up(
    platform: Staffed, wang: Organizer, li: Organizer, enters: Enters
):
    """Run twice it is one batch; the sample comes first; who opened it does not approve; an auditor only reads."""
    batch, shops = platform.batch(), [payable(platform), payable(platform)]
    for boss in (*shops, shops[0]):
        sell(platform, boss, batch)
    at, list_path = cutoff(platform), f"/console/campaigns/{batch.campaign_id}/settlements"
    page = enters(wang, list_path)
    settle(page, at, "40")
    settle(page, at, "40")
    expect(page.locator(".desk-main tbody tr")).to_have_count(1)
    page.get_by_role("link", name="第 1 期").click()
    expect(page.locator("h1 + .badge")).to_have_text("待审批")
    lines = [int(each.get_attribute("data-fen") or 0) for each in page.locator(".net").all()]
    assert (sorted(lines), page.locator("#sum").inner_text()) == ([2_000, 4_000], "¥60.00")
    expect(page.get_by_role("status").filter(has_text="一致：¥60.00")).to_be_visible()
    looks.no_violations(page)

    expect(page.locator(".card-warm")).to_contain_text("抽查没有看过")
    while (unseen := page.get_by_role("button", name="无误")).count():
        left = unseen.count()
        decide(page, "无误", "小票与库存相符")
        expect(unseen).to_have_count(left - 1)
    expect(page.locator(".card-warm")).to_contain_text("须由另一位")
    assert page.get_by_role("button", name="审批结算").count() == 0

    path = page.url.removeprefix(platform.town.url)
    page = enters(li, path)
    decide(page, "审批结算")
    expect(page.locator("h1 + .badge")).to_have_text("待拨付")
    page = enters(li, "/console/settlements?state=approved")
    expect(page.locator(f"tr:has(a[href='{path}'])")).to_contain_text("待拨付")
    page = enters(Organizer(platform.town, "auditor", "孙审计"), path, lang="en")
    expect(page.get_by_text("李财务")).to_be_visible()
    assert page.locator("main form").count() == 0
    with page.expect_download() as got:
        page.locator("#lines").get_by_role("link", name="CSV").first.click()
    assert batch.campaign_id not in got.value.suggested_filename and got.value.suggested_filename.endswith(
        ".csv"
    )


def test_a_refused_payout_is_paid_at_the_next_attempt(
    platform: Staffed, wang: Organizer, li: Organizer, enters: Enters
):
    """The file's bytes are those of the SHA-256 on the page; the bank's file is read once, however often it is sent."""
    batch, shops = platform.batch(), [payable(platform), payable(platform)]
    for boss in shops:
        sell(platform, boss, batch)
    platform.town.advance(2_000)
    settled = wang.settled(batch.campaign_id, platform.town.now())
    li.post(f"/settlements/{settled['settlement_id']}/approvals", {}, expect=200)
    path = f"/console/settlements/{settled['settlement_id']}/payouts"
    page = enters(li, path)
    with page.expect_navigation():
        page.get_by_role("button", name="生成拨付文件").click()
    with page.expect_download() as got:
        page.get_by_role("link", name="第 1 份").click()
    content = got.value.path().read_bytes()
    expect(page.get_by_role("cell", name=sha256(content).hexdigest())).to_be_visible()
    one, two = csv.DictReader(io.StringIO(content.decode()))
    bank = f"bank_key,outcome,amount_fen,reference,reason\n{one['bank_key']},paid,2000,ICBC-1,\n"
    bank += f'{two["bank_key"]},refused,2000,,"户名, 不符"\n'
    results: FilePayload = {"name": "bank.csv", "mimeType": "text/csv", "buffer": bank.encode()}
    odd = FilePayload(
        name="odd.csv", mimeType="text/csv", buffer=bank.replace("refused", "declined").encode()
    )
    page.get_by_label("回单文件（CSV）").set_input_files(odd)
    page.get_by_role("button", name="导入回单").click()
    expect(page.locator("#results [data-said]")).to_contain_text("第 3 行不对")
    for said in ("已入账 2 条", "重复 2 条"):
        page.get_by_label("回单文件（CSV）").set_input_files(results)
        page.get_by_role("button", name="导入回单").click()
        expect(page.locator("#heard")).to_contain_text(said)
    page.reload()
    looks.no_violations(page)
    expect(page.get_by_role("alert").filter(has_text="银行退回")).to_be_visible()
    expect(page.locator("#orders")).to_contain_text("户名, 不符")
    with page.expect_navigation():
        page.get_by_role("button", name="再生成").click()
    page.get_by_role("button", name="登记结果").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("银行流水号").fill("ICBC-2")
    with page.expect_navigation():
        dialog.get_by_role("button", name="登记结果").click()
    expect(page.locator("#orders")).to_contain_text("第 2 次")
    page = enters(li, path.removesuffix("/payouts"))
    expect(page.locator("h1 + .badge")).to_have_text("已拨付")


def test_a_redemption_is_held_by_hand_and_let_go_by_another(
    platform: Staffed, wang: Organizer, li: Organizer, enters: Enters
):
    """The same person cannot; the evidence stands in the case."""
    batch = platform.batch()
    redemption_id = sell(platform, payable(platform), batch)["redemption_id"]
    page = enters(wang, f"/console/campaigns/{batch.campaign_id}/holds", 404)
    page.get_by_role("button", name="手工暂缓").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("核销编号").fill("rdm_nobody")
    dialog.get_by_label("理由").fill("票据存疑")
    dialog.get_by_role("button", name="手工暂缓").click()
    expect(dialog.locator("[data-said]")).not_to_be_empty()
    dialog.get_by_label("核销编号").fill(redemption_id)
    with page.expect_navigation():
        dialog.get_by_role("button", name="手工暂缓").click()
    page.get_by_role("link", name="人工暂缓").click()
    expect(page.get_by_text("须由另一人决定")).to_be_visible()
    page = enters(li, page.url.removeprefix(platform.town.url))
    looks.no_violations(page)
    expect(page.get_by_role("cell", name="票据存疑")).to_be_visible()
    decide(page, "解除暂缓", "小票齐全")
    expect(page.locator(".quote")).to_have_text("小票齐全")
    expect(page.locator("h1 + .badge")).to_have_text("已解除")


def test_an_export_shows_how_far_it_is_and_its_hash(platform: Staffed, wang: Organizer, enters: Enters):
    """The page becomes new by itself when the file is there; its bytes are those of the SHA-256."""
    batch = platform.batch(campaign={"name": "导出的活动"})
    sell(platform, payable(platform), batch)
    page = enters(wang, "/console/exports")
    page.get_by_label("活动").select_option(batch.campaign_id)
    with page.expect_navigation():
        page.get_by_role("button", name="申请导出").click()
    row = page.locator(".desk-main tbody tr").filter(has_text="导出的活动")
    expect(row.get_by_text("完成")).to_be_visible(timeout=30_000)
    looks.no_violations(page)
    with page.expect_download() as got:
        row.get_by_role("link").click()
    expect(row.locator(".hash")).to_have_text(sha256(got.value.path().read_bytes()).hexdigest())
    listed = wang.get(f"/exports?campaign_id={batch.campaign_id}&limit=1")
    assert [item["state"] for item in listed["items"]] == ["done"]
    assert listed["next_cursor"] is None


def test_what_is_left_goes_back_by_two_persons(
    platform: Staffed, wang: Organizer, li: Organizer, enters: Enters
):
    """Asked for once, approved by the other one; the ledger still comes out at zero."""
    batch = platform.batch(campaign={"name": "退回的活动", "budget_fen": 1_000_000})
    sell(platform, payable(platform), batch)
    platform.zhao.post(f"/campaigns/{batch.campaign_id}/close", {}, expect=200)
    path = f"/console/campaigns/{batch.campaign_id}/returns"
    page = enters(wang, path)
    expect(page.locator(".money-big")).to_have_text("¥9,980.00")
    decide(page, "申请退回", "活动结束")
    expect(page.get_by_text("待另一人复核")).to_be_visible()
    page = enters(li, path)
    decide(page, "批准退回", "核对无误")
    expect(page.locator(".money-big")).to_have_text("¥0.00")
    looks.no_violations(page)
    page = enters(li, "/console/returns")
    expect(page.locator("tbody tr").filter(has_text="退回的活动")).to_contain_text("已退回")
    page = enters(li, "/console/ledger", lang="en")
    expect(page.locator("#difference")).to_have_text("¥0.00")


def test_a_gesture_is_proposed_by_one_and_approved_by_another(
    platform: Staffed, wang: Organizer, li: Organizer, enters: Enters
):
    """An amount that is none is said at the field, before any door is asked."""
    batch, boss = platform.batch(), payable(platform)
    path = f"/console/campaigns/{batch.campaign_id}/adjustments"
    page = enters(wang, path)
    page.get_by_role("button", name="提出调整").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("商户").select_option(boss.me["merchant_id"])
    dialog.get_by_label("金额（元）").fill("十二")
    dialog.get_by_label("理由").fill("停电补发")
    dialog.get_by_role("button", name="提出调整").click()
    expect(dialog.get_by_label("金额（元）")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("金额（元）").fill("12.50")
    with page.expect_navigation():
        dialog.get_by_role("button", name="提出调整").click()
    expect(page.get_by_text("待另一人复核")).to_be_visible()
    page = enters(li, path)
    looks.no_violations(page)
    decide(page, "同意", "核实停电")
    expect(page.locator(".desk-main tbody tr")).to_contain_text("已同意")
    expect(page.locator(".desk-main tbody tr")).to_contain_text("¥12.50")
