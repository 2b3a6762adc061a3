"""Campaigns in the console: written with a preview beside it, checked, let go by a second person, paused, copied."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.browser.conftest import Opens, Seat
from tests.browser.test_console_factor import next_code
from tests.conftest import Staffed
from tests.kit import authenticator, looks
from tests.kit import browser as kit
from tests.kit.people import Organizer, Shop, iso

DAY_MS = 86_400_000


def typed(at_ms: int) -> str:
    """An instant as a field for Shanghai's wall clock takes it."""
    return iso(at_ms + 8 * 3_600_000)[:16]


def fill_batch(page: Page, now: int, face: str = "20", lang: str = "zh") -> None:
    """The voucher, its stock and its window; tomorrow for ten days."""
    words = {
        "zh": ("批次名称", "满多少元可用", "面额（元）", "库存（张）", "领取开始", "领取结束"),
        "en": (
            "Name of the batch",
            "Orders from",
            "Face (yuan)",
            "Stock",
            "Claiming begins",
            "Claiming ends",
        ),
    }[lang]
    given = ("满100减20", "100", face, "50", typed(now + DAY_MS), typed(now + 11 * DAY_MS))
    for label, content in zip(words, given, strict=True):
        page.get_by_label(label).fill(content)


def said(page: Page, name: str) -> str:
    """What stands beside this field."""
    return str(page.locator(f"#fault-{name}").inner_text())


@pytest.mark.case(7)
def test_case_7_two_persons_let_a_campaign_go(platform: Staffed, seat: Seat):
    """The author writes it and cannot approve it; another one does, with a code; the page tells who and when."""
    page = seat("/campaigns/new")
    page.get_by_label("活动名称").fill("菱湖夜市消费季")
    page.get_by_label("预算（元）").fill("1000")
    looks.no_violations(page)
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="添加批次").click()
    fill_batch(page, platform.town.now())
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("满100元减20元。")).to_be_visible()
    looks.no_violations(page)
    page.get_by_role("button", name="提交审核").click()
    page.get_by_role("dialog").get_by_role("button", name="提交审核").click()
    expect(page.get_by_text("不能审批自己编制的活动")).to_be_visible()
    expect(page.get_by_role("button", name="批准")).to_have_count(0)
    path = page.url.partition("/console")[2]

    approver = Organizer(platform.town, "organizer", "孙审核")
    secret = approver.post("/totp", {}, expect=201)["secret"]
    approver.post("/totp/confirmations", {"code": next_code(approver, secret)}, expect=201)
    other = seat(path, "zh", 401, who=approver)
    other.get_by_role("button", name="批准").click()
    other.get_by_role("dialog").get_by_label("理由").fill("核对无误")
    other.get_by_role("dialog").get_by_role("button", name="批准").click()
    asked = other.get_by_role("dialog", name="输入动态口令")
    asked.get_by_label("动态口令").fill(authenticator.wrong(secret, platform.town.now()))
    asked.get_by_role("button", name="验证并继续").click()
    expect(asked.get_by_role("alert")).to_contain_text("口令错误")
    looks.no_violations(other)
    asked.get_by_label("动态口令").fill(next_code(approver, secret))
    asked.get_by_role("button", name="验证并继续").click()
    expect(other.get_by_text("已批准", exact=True)).to_be_visible()
    history = other.locator(".history")
    expect(history.get_by_text("赵组织").first).to_be_visible()
    expect(history.locator("li").filter(has_text="孙审核").filter(has_text="核对无误").last).to_contain_text(
        "批准"
    )


@pytest.mark.case(8)
def test_case_8_each_fault_stands_beside_its_field_and_nothing_is_created(platform: Staffed, seat: Seat):
    """A face above the threshold, a window that ends before it starts; the budget is said where nothing belongs."""
    campaign_id, now = platform.zhao.draft(budget_fen=100_000), platform.town.now()
    page = seat(f"/campaigns/{campaign_id}/batches/new", "zh", 422)
    fill_batch(page, now, face="120")
    page.get_by_label("领取结束").fill(typed(now))
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-said]")).to_contain_text("活动配置有误")
    assert said(page, "face_fen") == "面额须小于门槛"
    assert said(page, "claim_to") == "结束早于开始"
    expect(page.get_by_label("面额（元）")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-said]")).to_contain_text("预算不足以覆盖全部库存")
    looks.no_violations(page)
    assert platform.zhao.get(f"/campaigns/{campaign_id}")["batches"] == []
    page.get_by_label("面额（元）").fill("20")
    page.get_by_label("领取结束").fill(typed(now + 9 * DAY_MS))
    expect(page.locator("#fault-face_fen")).to_have_count(0)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="满100减20")).to_be_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_editor_shows_what_residents_will_read(platform: Staffed, seat: Seat, lang: str):
    """The rule in both languages and orders worked out, before anything is saved."""
    campaign_id = platform.zhao.draft()
    page = seat(f"/campaigns/{campaign_id}/batches/new", lang)
    fill_batch(page, platform.town.now(), "50", lang)
    page.locator("#f-kind").select_option("percent")
    page.locator("#f-off_bp").fill("20")
    page.locator("input[name=weekdays][value='5']").check()
    seen = page.locator("[data-seen]")
    expect(seen).to_contain_text("满100元打8折，最多减50元，限周五。")
    expect(seen).to_contain_text("20 % off up to CNY 50 on orders of CNY 100 or more, Fri only.")
    short = {"zh": "还差 ¥1.00", "en": "¥1.00 short"}[lang]
    expect(page.locator("[data-examples] tr").nth(0)).to_contain_text(short)
    expect(page.locator("[data-examples] tr").nth(2)).to_contain_text("¥200.00")
    page.locator("#try").fill("123.45")
    expect(page.locator("[data-examples]")).to_contain_text("¥98.76")
    looks.no_violations(page)
    assert looks.clipped(page) == [] and looks.usual_sizes(page) == []


@pytest.mark.case(10)
def test_case_10_a_pause_stops_claims_and_harms_no_voucher(
    platform: Staffed, seat: Seat, phone: Callable[..., kit.Screen], shop: Shop
):
    """The dialog says so beforehand; the offer says it is paused; the voucher is redeemed; then it goes on."""
    batch, citizen = platform.batch(), platform.citizen()
    voucher_id = citizen.holds(batch.batch_id)
    page = seat(f"/campaigns/{batch.campaign_id}", "en")
    page.get_by_role("button", name="Pause claiming").click()
    expect(page.get_by_role("dialog")).to_contain_text("vouchers already claimed can still be used")
    page.get_by_role("dialog").get_by_role("button", name="Pause claiming").click()
    expect(page.get_by_text("Claiming is paused")).to_be_visible()
    offer = phone().sign_in(platform.citizen(), Actor.CITIZEN).open(f"/c/batches/{batch.batch_id}")
    expect(offer.get_by_text("暂停").first).to_be_visible()
    assert shop.redeem(citizen.show(), [voucher_id]).status == 201
    page.get_by_role("button", name="Resume claiming").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume claiming").click()
    expect(page.get_by_text("Open", exact=True)).to_be_visible()
    assert platform.citizen().holds(batch.batch_id)


def test_a_copy_is_a_draft_of_its_own(platform: Staffed, seat: Seat):
    """One press, and it is there to be looked through; its editor has the terms."""
    batch = platform.batch()
    page = seat(f"/campaigns/{batch.campaign_id}")
    page.get_by_role("button", name="复制为新活动").click()
    expect(page.get_by_role("heading", name="副本 copy")).to_be_visible()
    expect(page.get_by_text("草稿", exact=True)).to_be_visible()
    page.get_by_role("link", name="编辑批次").click()
    expect(page.get_by_label("满多少元可用")).to_have_value("100")
    page.get_by_label("库存（张）").fill("60")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("0 / 60").first).to_be_visible()


def submitted(platform: Staffed) -> str:
    """A campaign that waits for the second person."""
    campaign_id = platform.zhao.draft()
    later = platform.zhao.batch_terms(claim_from=iso(platform.town.now() + DAY_MS))
    platform.zhao.post(f"/campaigns/{campaign_id}/batches", later, expect=201)
    platform.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    return campaign_id


def test_it_is_sent_back_with_a_reason(platform: Staffed, seat: Seat):
    """An approver sees what an approver can do, and no log; the author reads why."""
    campaign_id = submitted(platform)
    page = seat(f"/campaigns/{campaign_id}", who=Organizer(platform.town, "approver", "孙审核"))
    expect(page.get_by_role("button", name="批准")).to_be_visible()
    expect(page.get_by_role("button", name="复制为新活动")).to_have_count(0)
    expect(page.get_by_text("组织者和审计人员可以查看")).to_be_visible()
    page.get_by_role("button", name="退回").click()
    page.get_by_role("dialog").get_by_label("理由").fill("门槛过低")
    page.get_by_role("dialog").get_by_role("button", name="退回").click()
    expect(page.get_by_text("草稿", exact=True)).to_be_visible()
    author = seat(f"/campaigns/{campaign_id}")
    expect(author.locator(".history li").last).to_contain_text("门槛过低")
    expect(author.get_by_role("link", name="编辑批次")).to_be_visible()


def test_who_only_reads_is_offered_nothing(platform: Staffed, seat: Seat):
    """An auditor sees the campaign and its history; an editor's address leads to a refusal."""
    campaign_id = submitted(platform)
    page = seat(f"/campaigns/{campaign_id}", "en", 403, who=Organizer(platform.town, "auditor", "李审计"))
    expect(page.locator(".history li").first).to_contain_text("created the draft")
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
    page.goto(f"{platform.town.url}/console/campaigns/{campaign_id}/edit")
    expect(page.get_by_text("forbidden")).to_be_visible()


def test_who_has_no_authenticator_is_led_to_one(platform: Staffed, seat: Seat):
    """Where approvals take a second factor of everybody, the refusal says where to get it."""
    campaign_id = submitted(platform)
    page = seat(f"/campaigns/{campaign_id}", "en", 401, who=Organizer(platform.town, "approver", "周审核"))
    asked = {"code": "totp_required", "title": "A code is needed", "enrolled": False, "retryable": False}
    page.route("**/approvals", lambda route: route.fulfill(status=401, json=asked))
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert").filter(has_text="A code is needed")).to_be_visible()
    page.get_by_role("link", name="Set up an authenticator").click()
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_cut_off_on_a_phone(platform: Staffed, screens: Opens, lang: str):
    """The list, a campaign with its dialog, and both editors, narrow."""
    made = platform.zhao.post(f"/campaigns/{submitted(platform)}/clones", {}, expect=201)
    path, screen = f"/console/campaigns/{made['campaign_id']}", screens(kit.PHONE, lang).prefer(lang)
    screen.sign_in(platform.zhao, Actor.STAFF)
    batch = f"/batches/{made['batches'][0]['batch_id']}/edit"
    wrong = {}
    for here in ("/console/campaigns", path, f"{path}/edit", f"{path}{batch}"):
        page = screen.open(here)
        if found := [*looks.violations(page), *looks.clipped(page), *looks.usual_sizes(page)]:
            wrong[here] = found
    assert wrong == {}
