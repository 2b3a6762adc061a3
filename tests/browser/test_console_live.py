"""A campaign's numbers at the console: as it runs, afterwards, and the same wherever they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit import looks
from tests.kit.people import Batch, Organizer, iso
from tests.kit.servers import wait_for

Enters = Callable[..., Page]


@pytest.fixture
def enters(desk) -> Enters:
    """`enters(zhao, "/console/…", 404)`: somebody at a desk opens a page; refusals that are part of the story."""

    def open_page(who: Organizer, path: str, *refusals: int, lang: str = "zh") -> Page:
        who.stay_signed_in()
        screen = desk(lang).expects(*refusals).sign_in(who, Actor.STAFF)
        screen.page.goto(f"{screen.url}{path}")
        return screen.page

    return open_page


def figure(page: Page, name: str) -> float:
    """A figure as the page has it, before it is written for people."""
    value = page.locator(f"[data-figure='{name}'] data").first.get_attribute("value")
    assert value is not None
    return float(value)


@pytest.fixture
def sold(platform: Staffed) -> Batch:
    """Two vouchers claimed, one order of 120 yuan paid with one of them."""
    batch = platform.batch(stock=2)
    citizen, other = platform.citizen(), platform.citizen()
    other.holds(batch.batch_id)
    answer = platform.shop().redeem(citizen.show(), [citizen.holds(batch.batch_id)])
    assert answer.status == 201, answer.body
    return batch


@pytest.mark.case(11)
def test_the_live_page_follows_an_opening_to_the_last_voucher(platform: Staffed, enters: Enters):
    """Nobody touches the page: what is claimed and left, and the opening by second, come by themselves."""
    batch = platform.batch(stock=5)
    page = enters(platform.zhao, f"/console/campaigns/{batch.campaign_id}/live")
    expect(page.locator("[data-left]")).to_have_attribute("data-left", "5")
    expect(page.get_by_text("还没有批次开领")).to_be_visible()
    for citizen in platform.citizens(5):
        citizen.holds(batch.batch_id)
    assert platform.citizen().claim(batch.batch_id).status == 409
    expect(page.get_by_text("已领完，用时")).to_be_visible()
    expect(page.locator("[data-figure='claimed']")).to_have_text("5")
    expect(page.locator("[data-figure='available']")).to_have_text("0")
    expect(page.locator("[data-fastest]")).to_contain_text("最快一秒")
    expect(page.locator("[data-plot='opening'] canvas")).to_be_visible()
    assert looks.empty_plots(page) == []
    looks.no_violations(page)


@pytest.mark.case(39)
def test_page_door_and_file_say_the_same(platform: Staffed, enters: Enters, sold: Batch):
    """Verified, direct consumption, subsidy and leverage; the definition stands beside it."""
    told = platform.zhao.get(f"/campaigns/{sold.campaign_id}/statistics")["totals"]
    page = enters(platform.qian, f"/console/campaigns/{sold.campaign_id}/numbers")
    names = ("verified_vouchers", "direct_fen", "subsidy_fen", "leverage")
    assert {name: figure(page, name) for name in names} == {name: told[name] for name in names}
    expect(page.get_by_text("直接带动消费 ÷ 补贴")).to_be_visible()
    rows = exported(platform, sold.campaign_id)
    subsidy, direct = (sum(int(row[at]) for row in rows) for at in (-2, -1))
    assert (len(rows), subsidy, direct) == (
        told["verified_vouchers"],
        told["subsidy_fen"],
        told["direct_fen"],
    )
    assert round(direct / subsidy, 4) == figure(page, "leverage")
    expect(page.locator("[data-plot='by_store'] canvas")).to_be_visible()
    assert looks.empty_plots(page) == [] and page.locator(".plot").count() == 7
    looks.no_violations(page)


def exported(platform: Staffed, campaign_id: str) -> list[list[str]]:
    """The rows of the campaign's file."""
    job: dict[str, Any] = platform.zhao.post("/exports", {"campaign_id": campaign_id}, expect=202)
    path = f"/exports/{job['export_id']}"
    wait_for("the file", lambda: platform.zhao.get(path)["state"] == "done")
    content = platform.zhao.door.get(f"/organizer/v1{path}/file", expect=200).body
    text = content if isinstance(content, str) else content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1:]


def test_an_estimate_is_stated_and_stands_apart(platform: Staffed, enters: Enters, sold: Batch):
    """With its factor and source, called an estimate; no other figure moves."""
    page = enters(platform.zhao, f"/console/campaigns/{sold.campaign_id}/numbers", lang="en")
    before = figure(page, "direct_fen")
    page.get_by_role("button", name="State a factor").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Indirect ÷ direct (%)").fill("350")
    dialog.get_by_label("Source").fill("区商务局 2026")
    with page.expect_navigation():
        dialog.get_by_role("button", name="State a factor").click()
    apart = page.locator(".card-warm")
    expect(apart).to_contain_text("¥420.00")
    expect(apart).to_contain_text(
        "This is an estimate, not a count: direct consumption × 3.5. Source: 区商务局 2026"
    )
    assert figure(page, "direct_fen") == before


def test_before_anything_happened_the_pages_say_so(platform: Staffed, enters: Enters):
    """No plot is drawn of nothing; nothing is divided by nothing."""
    campaign_id = platform.zhao.draft()
    for name in ("live", "numbers"):
        page = enters(platform.zhao, f"/console/campaigns/{campaign_id}/{name}")
        expect(page.get_by_text("还没有数据").first).to_be_visible()
        assert page.locator(".plot").count() == 0
        looks.no_violations(page)


def test_the_overview_says_what_waits_for_whom(platform: Staffed, enters: Enters, sold: Batch):
    """A review is told to the approver, not to the author; what is open has its stock; the week its bars."""
    campaign_id = platform.zhao.draft()
    platform.zhao.post(f"/campaigns/{campaign_id}/batches", platform.zhao.batch_terms(), expect=201)
    platform.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    platform.batch(stock=7)
    page = enters(platform.qian, "/console/")
    expect(page.get_by_text("剩余 7 / 7").first).to_be_visible()
    assert page.locator("svg.columns rect").count() == 7
    looks.no_violations(page)
    page.get_by_role("link", name="活动待审核").click()
    expect(page).to_have_url(f"{platform.town.url}/console/campaigns?state=in_review")
    page = enters(platform.zhao, "/console/")
    expect(page.get_by_role("heading", name="总览")).to_be_visible()
    expect(page.get_by_role("link", name="活动待审核")).to_have_count(0)
    platform.qian.post(f"/campaigns/{campaign_id}/rejections", {"reason": "再改"}, expect=200)


@pytest.mark.case(16)
def test_a_lottery_goes_its_way_through_the_pages(platform: Staffed, enters: Enters):
    """Commitment, list, the value by one person, the draw by another, the seed and the file; the effect beside it."""
    now = platform.town.now()
    batch = platform.batch(
        mode="lottery",
        public_value_name="上证指数收盘",
        stock=2,
        claim_from=iso(now + 60_000),
        claim_to=iso(now + 660_000),
    )
    path = f"/console/batches/{batch.batch_id}/lottery"
    for citizen in platform.citizens(4):
        citizen.door.post(f"/api/v1/batches/{batch.batch_id}/registrations", {}, expect=201)
    page = enters(platform.zhao, path)
    expect(page.get_by_text("已有 4 人登记")).to_be_visible()
    commitment = page.locator("[data-commitment]").inner_text()
    platform.town.advance(660_000)
    platform.town.ring("workers.sweep.ring_due_lotteries")
    draws = f"/batches/{batch.batch_id}/draws"
    wait_for("the frozen list", lambda: platform.zhao.get(draws)["state"] == "frozen", 60)
    page.reload()
    page.get_by_label("录入公共随机值").fill("3025.10")
    with page.expect_navigation():
        page.get_by_role("button", name="录入公共随机值").click()
    expect(page.get_by_text("须由另一位人员摇号")).to_be_visible()
    looks.no_violations(page)
    page = enters(platform.qian, path)
    page.get_by_role("button", name="摇号", exact=True).click()
    expect(page.get_by_text("2 人中签，已发 2 张")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(f"--commitment {commitment}")).to_be_visible()
    expect(page.get_by_text("还没有券被核销")).to_be_visible()
    looks.no_violations(page)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="结果文件").click()
    assert fetched.value.suggested_filename == f"lottery-{batch.batch_id}.jsonl"


def test_a_list_is_uploaded_and_released_by_a_second_person(platform: Staffed, enters: Enters):
    """Wrong rows are told with their reasons, in a report to download; the uploader cannot release it."""
    batch = platform.batch()
    right = platform.citizen("王小明")
    content = "\ufeff身份证号,姓名\r\n" + f"{right.id_number},王小明\r\n110101199003071234,李四\r\n"
    path = f"/console/batches/{batch.batch_id}/lists"
    page = enters(platform.zhao, path)
    expect(page.get_by_text("还没有名单")).to_be_visible()
    file = FilePayload(name="名单.csv", mimeType="text/csv", buffer=content.encode())
    page.get_by_label("名单文件").set_input_files(file)
    page.get_by_role("button", name="上传名单").click()
    expect(page.locator("[data-good]")).to_have_text("1", timeout=30_000)
    expect(page.locator("[data-bad]")).to_have_text("1")
    expect(page.get_by_text("身份证号码有误: 1")).to_be_visible()
    expect(page.get_by_text("由另一位人员批准")).to_be_visible()
    looks.no_violations(page)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="下载报告").click()
    assert "id_number_invalid" in fetched.value.path().read_text(encoding="utf-8-sig")
    page = enters(platform.qian, path)
    page.get_by_role("button", name="批准发放").click()
    page.get_by_role("dialog").get_by_role("button", name="批准发放").click()
    expect(page.locator(".badge-good")).to_have_text("已发放", timeout=30_000)
    expect(page.locator("[data-good]")).to_have_text("1")
    assert len(right.vouchers()) == 1
    looks.no_violations(page)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_everything_fits(platform: Staffed, phone, sold: Batch, lang: str):
    """Plots shrink, tables scroll; what is pressed is large enough."""
    platform.zhao.stay_signed_in()
    screen = phone(lang).sign_in(platform.zhao, Actor.STAFF)
    campaign = f"/console/campaigns/{sold.campaign_id}"
    for path in (
        "/console/",
        f"{campaign}/live",
        f"{campaign}/numbers",
        f"/console/batches/{sold.batch_id}/lists",
    ):
        screen.page.goto(f"{screen.url}{path}")
        if path.endswith(("live", "numbers")):
            expect(screen.page.locator("[data-plot='by_hour'] canvas")).to_be_visible()
        page = screen.page
        assert [*looks.clipped(page), *looks.usual_sizes(page), *looks.untranslated(page)] == [], path
        assert looks.empty_plots(page) == [], path
