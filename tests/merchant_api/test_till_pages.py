"""The till's pages over HTTP: pairing forms, receipts, the day's list, and what is another merchant's."""

from __future__ import annotations

import re
from secrets import token_hex
from urllib.parse import urlencode

import pytest

from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit.http import Reply, exchange
from tests.kit.merchants import Member, acts_on, owner

OWN = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
PAIRING = re.compile(r'value="AKT1\.((?:live|test)_[0-9a-f]{24})\.([\w-]{43})\.(trm_\w+)"')


def page(member: Member, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> Reply:
    """What a page answers this member's browser."""
    cookie = {"Cookie": f"{Actor.MERCHANT_STAFF}={member.door.token}"}
    content = None if form is None else urlencode(form).encode()
    return exchange(member.town.url, method, path, content, {**cookie, **headers})


@pytest.fixture
def boss(here: Staffed) -> Member:
    """An owner."""
    return owner(here.zhao)


def text(reply: Reply) -> str:
    """A page as text."""
    return reply.body.decode() if isinstance(reply.body, bytes) else str(reply.body)


def test_a_pairing_form_that_is_sent_twice_hands_out_one_key(here: Staffed, boss: Member):
    """Its key signs; a reload shows the same one; the act is in the audit log once."""
    terminal_id = boss.shop().terminal_id
    before = here.town.one("SELECT COUNT(*) FROM terminal_key WHERE terminal_id = :id", id=terminal_id)
    path, form = f"/till/terminals/{terminal_id}/keys", {"key": token_hex(12)}
    first, again = (page(boss, "POST", path, form, **OWN) for _ in range(2))
    assert first.status == again.status == 200
    key_id, secret, of = PAIRING.findall(text(first))[0]
    assert PAIRING.findall(text(again)) == [(key_id, secret, of)] and of == terminal_id
    after = here.town.one("SELECT COUNT(*) FROM terminal_key WHERE terminal_id = :id", id=terminal_id)
    assert after == before + 1
    assert acts_on(here.town, terminal_id).count(("key.create", "done")) == before + 1


def test_a_pairing_form_comes_from_our_own_page(boss: Member):
    """And names a key."""
    path = f"/till/terminals/{boss.shop().terminal_id}/keys"
    foreign = {**OWN, "Sec-Fetch-Site": "cross-site"}
    assert page(boss, "POST", path, {"key": token_hex(12)}, **foreign).status == 403
    assert page(boss, "POST", path, {"key": "short"}, **OWN).status == 400


def test_what_is_another_merchants_is_not_there(here: Staffed, boss: Member):
    """Its terminals get no key, its orders show no receipt."""
    other = here.shop()
    citizen, batch = here.citizen(), here.batch()
    voucher_id, order_no = citizen.holds(batch.batch_id), f"O-{token_hex(4)}"
    assert other.redeem(citizen.show(), [voucher_id], order_no).status == 201
    keys = f"/till/terminals/{other.terminal_id}/keys"
    assert page(boss, "POST", keys, {"key": token_hex(12)}, **OWN).status == 404
    assert page(boss, "GET", f"/till/receipts/{order_no}").status == 404
    assert order_no not in text(page(boss, "GET", "/till/today"))


def test_the_days_list_sums_real_money_only(here: Staffed, boss: Member):
    """What a refund took back is shown beside; another day is another list; a date that is none is today."""
    shop, citizen, batch = boss.shop(), here.citizen(), here.batch()
    voucher_id, order_no = citizen.holds(batch.batch_id), f"O-{token_hex(4)}"
    assert shop.redeem(citizen.show(), [voucher_id], order_no, 12_800).status == 201
    assert shop.reverse(order_no, refund_fen=2_800).status == 201
    shown = text(page(boss, "GET", "/till/today?day=nonsense"))
    tiles = re.findall(r"<dd.*?>(.*?)</dd>", shown, re.DOTALL)[:4]
    assert [re.sub(r"<.*?>|\s", "", tile) for tile in tiles] == ["1", "¥128.00", "¥20.00", "¥28.00"]
    assert order_no in shown and order_no not in text(page(boss, "GET", "/till/today?day=2026-01-01"))


def test_the_list_goes_on_where_a_page_ends(here: Staffed, boss: Member):
    """A cursor that is none begins at the top."""
    shop, batch = boss.shop(), here.batch(stock=60)
    numbers = []
    for citizen in here.citizens(26):
        order = f"O-{token_hex(4)}"
        assert shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)], order).status == 201
        numbers.append(order)
    first = text(page(boss, "GET", "/till/today?cursor=none"))
    (rest,) = set(re.findall(r"cursor=([\w%=-]+)\" rel=\"next\"", first))
    second = text(page(boss, "GET", f"/till/today?cursor={rest}"))
    seen = [order for order in numbers if order in first], [order for order in numbers if order in second]
    assert len(seen[0]) == 25 and len(seen[1]) == 1 and set(seen[0]) | set(seen[1]) == set(numbers)


def test_who_applies_signs_in_by_phone_and_comes_back(here: Staffed):
    """The citizens' login leads back to the application, and to no other page of the till."""
    reply = exchange(here.town.url, "GET", "/till/apply", None, {})
    assert (reply.status, reply.headers["location"]) == (303, "/c/login?next=/till/apply")
    citizen = here.citizen()
    here.town.advance(61_000)  # an SMS a minute
    exchange(
        here.town.url, "POST", "/c/login", urlencode({"act": "send", "phone": citizen.phone}).encode(), OWN
    )
    form = urlencode({"phone": citizen.phone, "sms_code": citizen.sms_code()}).encode()
    back = exchange(here.town.url, "POST", "/c/login?next=/till/apply", form, OWN)
    assert (back.status, back.headers["location"]) == (303, "/till/apply")


def test_the_worker_may_answer_for_the_till_and_is_the_only_one(here: Staffed):
    """Other scripts get no such scope."""
    front = text(exchange(here.town.url, "GET", "/till/offline", None, {}))
    (version,) = set(re.findall(r"/static/([0-9a-f]+)/", front))
    worker = exchange(here.town.url, "GET", f"/static/{version}/till/sw.js", None, {})
    assert worker.headers["service-worker-allowed"] == "/till/"
    other = exchange(here.town.url, "GET", f"/static/{version}/till/sell.js", None, {})
    assert "service-worker-allowed" not in other.headers
