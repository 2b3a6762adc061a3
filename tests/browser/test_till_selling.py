"""A cashier takes vouchers: by camera, gun and hand; the same amount twice; codes that are refused; a lost reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Opens
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import codes, looks, web_till
from tests.kit.browser import Screen
from tests.kit.merchants import Member
from tests.kit.people import Citizen, Shop
from tests.kit.web_till import TABLET

REDEMPTIONS = "**/merchant/v1/redemptions"


@pytest.fixture(scope="module")
def cashier(boss: Member) -> Member:
    """Who stands at it."""
    return boss.hire("cashier")


@pytest.fixture
def holder(platform: Staffed) -> Citizen:
    """Somebody with two vouchers: 20 off 100, 50 off 300."""
    citizen = platform.citizen()
    citizen.claim(platform.batch().batch_id, expect=201)
    large = platform.batch(face_fen=5_000, threshold_fen=30_000, name="满300减50")
    citizen.claim(large.batch_id, expect=201)
    return citizen


@pytest.fixture
def tablet(screens: Opens, shop: Shop, cashier: Member) -> Callable[..., tuple[Page, Screen]]:
    """`tablet()`, `tablet("en", 409)`: the paired tablet, with the refusals that belong to the story."""

    def opens(lang: str = "zh", *refusals: int, size: tuple[int, int] = TABLET) -> tuple[Page, Screen]:
        screen = screens(size, lang).prefer(lang).expects(*refusals)
        return web_till.paired(screen, cashier, shop), screen

    return opens


def orders(platform: Staffed, order_no: str) -> int:
    """How many redemptions this order number has."""
    return int(platform.town.one("SELECT COUNT(*) FROM redemption WHERE order_no = :no", no=order_no))


@pytest.mark.parametrize(("size", "lang"), [(TABLET, "zh"), (kit.PHONE, "en")])
def test_the_best_voucher_is_one_tap_away(platform: Staffed, tablet, holder: Citizen, size, lang: str):
    """What applies and why not, the sum, the result in word, colour, icon and sound; nothing for axe on the way."""
    page, _ = tablet(lang, size=size)
    web_till.ring_up(page, "128")
    looks.no_violations(page)
    web_till.type_code(page, holder.show())
    applies = page.get_by_role("button", name="满100减20")
    expect(applies).to_have_attribute("aria-pressed", "true")
    short = {"zh": "未达到使用门槛 · 还差 ¥172.00", "en": "The order is below the threshold · ¥172.00 short"}
    expect(page.locator(".voucher-not")).to_contain_text(short[lang])
    expect(page.locator("#redeem")).to_contain_text("¥108.00")
    looks.no_violations(page)
    assert looks.clipped(page) == [] and looks.usual_sizes(page) == []
    order_no = web_till.redeem(page)
    expect(page.locator("#result")).to_contain_text({"zh": "请收 ¥108.00", "en": "Collect ¥108.00"}[lang])
    expect(page.locator("body")).to_have_attribute("data-played", "done")
    looks.no_violations(page)
    assert orders(platform, order_no) == 1


def test_a_voucher_may_be_left_out(tablet, holder: Citizen):
    """Then there is nothing to redeem, until it is chosen again; another amount is another quote, without a scan."""
    page, _ = tablet()
    web_till.ring_up(page, "128")
    web_till.type_code(page, holder.show())
    voucher = page.get_by_role("button", name="满100减20")
    voucher.click()
    expect(page.locator("#redeem")).to_be_disabled()
    voucher.click()
    expect(page.locator("#redeem")).to_contain_text("¥108.00")
    page.locator("#amount").fill("350")
    expect(page.locator("#redeem")).to_be_hidden()
    page.locator("#next").click()
    expect(page.locator("#redeem")).to_contain_text("¥280.00")


def test_a_gun_shoots_from_anywhere(tablet, holder: Citizen):
    """The digits do not stay in the amount, where the cursor stands; without an amount it is asked for first."""
    page, _ = tablet()
    web_till.shoot(page, holder.show())
    expect(page.get_by_role("alert").filter(has_text="请输入订单金额")).to_be_visible()
    page.locator("#amount").fill("128")
    web_till.shoot(page, holder.show())
    expect(page.locator("#redeem")).to_contain_text("¥108.00")
    expect(page.locator("#amount")).to_have_value("128")
    web_till.redeem(page)
    web_till.shoot(page, holder.show())
    expect(page.locator("#amount")).to_have_value("")


@pytest.mark.parametrize("draw", [codes.qr_picture, codes.barcode_picture], ids=["qr", "code128"])
def test_the_camera_reads_what_a_phone_shows(
    platform: Staffed, chromium: Browser, cashier, shop, holder: Citizen, tmp_path: Path, draw
):
    """A real camera, but that a file stands before it; the picture lies a little askew."""
    film = codes.video(draw(holder.show()), tmp_path / "code.y4m")
    flags = [*kit.FLAGS, *kit.CAMERA_FLAGS, f"--use-file-for-fake-video-capture={film}"]
    browser = chromium.browser_type.launch(executable_path=kit.executable(), args=flags)
    try:
        screen = kit.screen(browser, platform.town.url, TABLET, permissions=["camera"]).prefer("zh")
        page = web_till.paired(screen, cashier, shop)
        web_till.ring_up(page, "128")
        page.get_by_role("button", name="打开摄像头").click()
        expect(page.locator("#redeem")).to_contain_text("¥108.00")
        web_till.redeem(page)
        screen.check()
    finally:
        browser.close()


@pytest.mark.case(31)
def test_case_31_the_same_amount_again_is_asked_about(platform: Staffed, tablet, holder: Citizen, shop: Shop):
    """Within a minute the same customer and amount: the till asks; confirmed it passes, and is marked."""
    batch = platform.batch(name="满100减10", face_fen=1_000)
    holder.claim(batch.batch_id, expect=201)
    page, _ = tablet("zh", 409)
    web_till.ring_up(page, "128")
    web_till.type_code(page, holder.show())
    page.get_by_role("button", name="满100减10").click()
    first = web_till.redeem(page)
    page.get_by_role("button", name="下一单").click()
    web_till.ring_up(page, "128")
    web_till.type_code(page, holder.show())
    page.locator("#redeem").click()
    asked = page.get_by_role("dialog", name="是不是同一单？")
    expect(asked).to_contain_text("¥128.00")
    looks.no_violations(page)
    asked.get_by_role("button", name="是另一单").click()
    expect(page.locator("#result")).to_have_attribute("data-kind", "done")
    second = str(page.locator("#receipt").get_attribute("href")).rsplit("/", 1)[1]
    assert first != second and orders(platform, first) == orders(platform, second) == 1
    repeats = [shop.find(order_no).body["receipt"]["is_repeat"] for order_no in (first, second)]
    assert repeats == [False, True]


def test_a_photograph_of_a_used_code_is_refused(platform: Staffed, tablet, holder: Citizen):
    """Red, a word, a sound, and what to do; the same order goes on with a fresh code."""
    seen = holder.show()
    assert platform.shop().scan(seen).status == 201
    page, _ = tablet("en", 409)
    web_till.ring_up(page, "128")
    web_till.type_code(page, seen)
    expect(page.locator("#result")).to_have_attribute("data-kind", "refused")
    expect(page.locator("#result")).to_contain_text("The code was already used")
    expect(page.locator("#result")).to_contain_text("code_consumed")
    expect(page.locator("body")).to_have_attribute("data-played", "refused")
    looks.no_violations(page)
    page.get_by_role("button", name="Scan again").click()
    web_till.type_code(page, holder.show())
    web_till.redeem(page)


class LostReplies:
    """The platform gets every redemption, the till hears nothing, as long as `lost`."""

    def __init__(self, page: Page) -> None:
        self.lost = True
        self.keys: list[str] = []
        page.route(REDEMPTIONS, self._pass)

    def _pass(self, route: Route) -> None:
        self.keys.append(route.request.headers["idempotency-key"])
        if not self.lost:
            route.continue_()
            return
        if len(self.keys) == 1:
            route.fetch()
        route.abort()


@pytest.fixture
def lossy(tablet, holder: Citizen) -> Iterator[tuple[Page, LostReplies]]:
    """A till whose redemption took effect, and which does not know it."""
    page, screen = tablet()
    wire = LostReplies(page)
    web_till.ring_up(page, "128")
    web_till.type_code(page, holder.show())
    page.locator("#redeem").click()
    expect(page.locator("#result")).to_have_attribute("data-kind", "unsure")
    yield page, wire
    # the browser tells of each load that failed
    screen.troubles[:] = [each for each in screen.troubles if "net::ERR_FAILED" not in each]


def test_a_lost_reply_is_asked_for_under_the_same_key(platform: Staffed, lossy):
    """Amber and not final; once the line is back the result comes by itself, and it is one redemption."""
    page, wire = lossy
    expect(page.locator("#result")).to_contain_text("结果未定")
    expect(page.locator("#open")).to_contain_text("1 笔还没有最终结果")
    looks.no_violations(page)
    wire.lost = False
    expect(page.locator("#result")).to_have_attribute("data-kind", "done")
    expect(page.locator("#result")).to_contain_text("请收 ¥108.00")
    expect(page.locator("#open")).to_be_hidden()
    order_no = str(page.locator("#receipt").get_attribute("href")).rsplit("/", 1)[1]
    assert len(set(wire.keys)) == 1 < len(wire.keys) and orders(platform, order_no) == 1


def test_what_is_not_final_outlives_a_reload(platform: Staffed, lossy):
    """The call was written down before it was sent; its outcome waits until the cashier has read it."""
    page, wire = lossy
    page.reload()
    expect(page.locator("#open")).to_contain_text("1 笔还没有最终结果")
    wire.lost = False
    expect(page.locator("#open-list")).to_contain_text("已核销成功")
    order_no = page.locator("#open-list code").inner_text()
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("#open")).to_be_hidden()
    assert len(set(wire.keys)) == 1 and orders(platform, order_no) == 1


def test_a_suspended_terminal_is_told_so(screens: Opens, boss: Member, cashier: Member):
    """The sentence of the refusal, and what the cashier does about it."""
    shop = boss.shop()
    screen = screens(TABLET, "zh").prefer("zh").expects(403)
    page = web_till.paired(screen, cashier, shop)
    boss.post(f"/terminals/{shop.terminal_id}/suspensions", {"reason": "盘点"}, expect=200)
    web_till.ring_up(page, "128")
    web_till.type_code(page, "88112345678912345670")
    expect(page.locator("#result")).to_contain_text("该终端已停用")
    expect(page.locator("#result")).to_contain_text("换一台收银机")
