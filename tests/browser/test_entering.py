"""Coming in: a citizen by phone, staff by password; the language and the large version; a form that is sent twice."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit import looks
from tests.kit.browser import Screen
from tests.kit.merchants import owner
from tests.kit.people import Citizen
from tests.kit.town import PASSWORD

Opens = Callable[..., Screen]


def test_a_citizen_signs_in_by_phone_and_applies_for_the_code(platform: Staffed, phone: Opens):
    """Phone, SMS code, name and ID number; afterwards the phone alone is enough."""
    person = Citizen(platform.town)
    page = phone().open("/c/")
    page.get_by_label("手机号").fill(person.phone)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("status")).to_contain_text("验证码已发送")
    expect(page.get_by_role("button", name="秒后可重新获取")).to_be_disabled()
    page.get_by_label("短信验证码").fill(person.sms_code())
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("姓名").fill("张三丰")
    page.get_by_label("身份证号").fill(person.id_number)
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="申领").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("张*")
    page.get_by_role("link", name="我的").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page).to_have_url(f"{platform.town.url}/c/login")


def test_what_is_wrong_is_said_beside_its_field(platform: Staffed, phone: Opens):
    """A number that is none, a code that is wrong, in English."""
    person, screen = Citizen(platform.town), phone("en").expects(400, 401)
    page = screen.open("/c/login")
    page.get_by_label("Phone number").fill("12345")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Phone number")).to_have_attribute("aria-invalid", "true")
    looks.no_violations(page)
    page.get_by_label("Phone number").fill(person.phone)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the SMS").fill("000000" if person.sms_code() != "000000" else "000001")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The SMS code is wrong")


def test_a_cashier_and_an_organizer_sign_in(platform: Staffed, desk: Opens):
    """Each to the own pages; one browser may hold both."""
    member, screen = owner(platform.zhao), desk()
    for path, login, seen in (
        ("/till/", member.login, "大观楼小吃"),
        ("/console/", platform.zhao.login, "赵组织"),
    ):
        page = screen.open(path)
        page.get_by_label("账号").fill(login)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("banner")).to_contain_text(seen)
    screen.open("/till/")
    expect(screen.page.get_by_role("banner")).to_contain_text("大观楼小吃")


def test_the_front_page_speaks_both_languages_and_large(platform: Staffed, phone: Opens):
    """The choice is one tap, and is remembered on the next page."""
    screen = phone()
    page = screen.open("/")
    page.get_by_role("link", name="长辈版").click()
    assert looks.elder_sizes(page) == []
    screen.page.get_by_role("link", name="我是居民").click()
    expect(page.locator("html")).to_have_attribute("data-elder", "")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in with your phone")
    screen.open("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_without_scripts_the_pages_work_too(platform: Staffed, phone: Opens):
    """Signing in needs none, nor do the switches."""
    person = Citizen(platform.town)
    page = phone(java_script_enabled=False).open("/c/login")
    page.get_by_label("手机号").fill(person.phone)
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("短信验证码").fill(person.sms_code())
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("申领安康码")
    page.get_by_role("link", name="长辈版").click()
    expect(page.locator("html")).to_have_attribute("data-elder", "")


def test_an_application_that_is_sent_twice_is_one(platform: Staffed, phone: Opens):
    """Two taps, and then the back button: one citizen, who is led home."""
    person = Citizen(platform.town, "欧阳文忠")
    person.sign_in()
    page = phone().sign_in(person, Actor.CITIZEN).open("/c/apply")
    page.get_by_label("姓名").fill(person.name)
    page.get_by_label("身份证号").fill(person.id_number)
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="申领").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("欧阳*")
    page.go_back()
    expect(page).to_have_url(f"{platform.town.url}/c/")
