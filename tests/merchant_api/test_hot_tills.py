"""Two doors, one answer: the till's in front of Flask and the views behind them (a differential test).

A content type with a parameter means the same and is left to the view, so every request can be sent to both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.http import Reply
from tests.kit.people import Citizen, Shop
from tests.kit.servers import wait_for
from tests.kit.signed import send_signed
from tests.kit.town import Town

one_database = pytest.mark.parametrize("town", ["sqlite"], indirect=True)
TO_THE_VIEW = {"Content-Type": "application/json; charset=utf-8"}
# What differs from one request to the next, whoever answers; a terminal's quota is counted by each process.
OWN = ("trace_id", "server_time")
OWN_HEADERS = ("x-request-id", "content-length", "retry-after", "ratelimit")
OWN_SCAN = ("scan_id", "scan_token", "expires_at")
OWN_RECEIPT = ("redemption_id", "order_no", "redeemed_at", "lines")
SCANS, REDEMPTIONS = "/merchant/v1/scans", "/merchant/v1/redemptions"
SENT: dict[str, list[tuple[Town, str]]] = {"hot": [], "view": []}


@dataclass(frozen=True)
class Ask:
    """A signed request that can be sent to either door."""

    shop: Shop
    path: str
    body: dict[str, Any]
    key: str

    def at(self, door: str, **more: Any) -> Reply:
        """Send it; who answered is seen in the log."""
        trace = token_hex(8)
        headers = {
            "X-Request-Id": trace,
            **(TO_THE_VIEW if door == "view" else {}),
            **more.pop("headers", {}),
        }
        reply = send_signed(self.shop, "POST", self.path, self.body, key=self.key, headers=headers, **more)
        assert reply.headers["x-request-id"] == trace
        SENT[door].append((self.shop.town, trace))
        return reply


@pytest.fixture(autouse=True)
def answered_where_it_was_sent() -> Iterator[None]:
    """A line of the view tells of its SQL; lines take a moment to arrive, those of the view are waited for."""
    for traces in SENT.values():
        traces.clear()
    yield
    for town, trace in SENT["view"]:
        wait_for("the line of the view", partial(_is_views, town, trace))
    assert not [trace for town, trace in SENT["hot"] if _is_views(town, trace)]


def _is_views(town: Town, trace: str) -> bool:
    return any("sql_writes" in line for line in town.requests_logged() if line["trace_id"] == trace)


def same(hot: Reply, view: Reply, *own: str) -> None:
    """Status, headers and body, but for what is each request's own."""
    assert hot.status == view.status, (hot.body, view.body)
    told = [
        {name: reply.headers[name] for name in reply.headers if name not in OWN_HEADERS}
        for reply in (hot, view)
    ]
    assert told[0] == told[1]
    assert set(hot.headers) == set(view.headers)
    assert list(hot.body) == list(view.body)  # the order of fields, too
    assert {**hot.body, **dict.fromkeys((*OWN, *own))} == {**view.body, **dict.fromkeys((*OWN, *own))}


def scan_of(shop: Shop, code: str, **more: Any) -> Ask:
    """A scan with a quote for 120 yuan."""
    return Ask(
        shop,
        SCANS,
        {"code": code, "purpose": "voucher", "order": {"gross_fen": 12_000}, **more},
        token_hex(8),
    )


def order_of(shop: Shop, vouchers: Any, **proof: str) -> Ask:
    """An order of 120 yuan, 20 of them the merchant's."""
    body = {"gross_fen": 14_000, "merchant_discount_fen": 2_000, "order_no": f"O-{token_hex(6)}"}
    return Ask(shop, REDEMPTIONS, {**body, "voucher_ids": vouchers, **proof}, token_hex(8))


def paying(here: Staffed) -> tuple[Shop, list[tuple[Citizen, str]]]:
    """A till, and two citizens with a voucher each."""
    batch = here.batch(stock=10)
    return here.shop(), [(citizen, citizen.holds(batch.batch_id)) for citizen in here.citizens(2)]


def test_scans_and_redemptions_their_replays_and_their_refusals(here: Staffed):
    """One citizen by each door: two calls, then the same again, then the same key for something else."""
    shop, people = paying(here)
    scans = [scan_of(shop, citizen.show()) for citizen, _ in people]
    hot, view = scans[0].at("hot"), scans[1].at("view")
    assert hot.status == 201 and hot.body["holder"] == "张*"
    tokens = [reply.body["scan_token"] for reply in (hot, view)]
    for reply in (hot, view):
        reply.body["quote"]["best"]["voucher_ids"] = reply.body["quote"]["vouchers"][0]["voucher_id"] = None
        reply.body["quote"]["vouchers"][0].update(dict.fromkeys(("valid_from", "valid_to")))
    hot.body["quote"]["best"]["voucher_ids"] = view.body["quote"]["best"]["voucher_ids"]
    same(hot, view, *OWN_SCAN)
    orders = [
        order_of(shop, [voucher], scan_token=token)
        for token, (_, voucher) in zip(tokens, people, strict=True)
    ]
    hot, view = orders[0].at("hot"), orders[1].at("view")
    assert hot.status == 201 and hot.body["customer_pays_fen"] == 10_000
    same(hot, view, *OWN_RECEIPT)
    for ask in (*scans, *orders):
        hot, view = ask.at("hot"), ask.at("view")
        assert hot.status == 200 and hot.headers["idempotent-replayed"] == "true" and hot.body == view.body
        assert hot.headers["content-length"] == view.headers["content-length"]  # written alike, too
        same(hot, view)
        misused = Ask(shop, ask.path, {**scans[0].body, "purpose": "identity"}, ask.key)
        if ask.path == REDEMPTIONS:
            misused = Ask(shop, ask.path, {**orders[0].body, "gross_fen": 15_000}, ask.key)
        hot, view = misused.at("hot"), misused.at("view")
        assert hot.code == "idempotency_mismatch"
        same(hot, view)


def test_decided_refusals(here: Staffed):
    """A code that was used, a token of another till, an order that was paid, a voucher that is nobody's."""
    shop, ((citizen, voucher), (other, theirs)) = paying(here)
    stranger, code = here.shops(1)[0], citizen.show()
    token = scan_of(shop, code).at("hot").body["scan_token"]
    paid = order_of(shop, [voucher], scan_token=token)
    assert paid.at("hot").status == 201
    fresh = scan_of(shop, other.show()).at("hot").body["scan_token"]
    again = {**order_of(shop, [theirs], scan_token=fresh).body, "order_no": paid.body["order_no"]}
    asks = {
        "code_consumed": lambda: scan_of(stranger, code),
        "code_invalid": lambda: scan_of(shop, "no code"),
        "scan_token_invalid": lambda: order_of(stranger, [theirs], scan_token=fresh),
        "order_exists": lambda: Ask(shop, REDEMPTIONS, again, token_hex(8)),
        "voucher_not_found": lambda: order_of(shop, ["vch_nobodys"], scan_token=fresh),
    }
    for why, ask in asks.items():
        hot, view = ask().at("hot"), ask().at("view")
        assert hot.code == why
        same(hot, view)
        replayed = ask()
        replayed.at("hot")
        same(replayed.at("hot"), replayed.at("view"))


def test_one_call_with_the_best_vouchers(here: Staffed):
    """A code instead of a token, and the best of what its holder has."""
    shop, people = paying(here)
    asks = [order_of(shop, "best", code=citizen.show()) for citizen, _ in people]
    same(asks[0].at("hot"), asks[1].at("view"), *OWN_RECEIPT)


@one_database
def test_a_suspension_and_a_revoked_key_hold_at_once(here: Staffed):
    """The request after it is refused, in the same words; so is whoever comes back."""
    shop, ((citizen, _), _) = paying(here)
    assert scan_of(shop, citizen.show()).at("hot").status == 201
    for path, code in (
        (f"/merchants/{shop.merchant_id}/suspensions", "merchant_suspended"),
        (f"/terminals/{shop.terminal_id}/suspensions", "terminal_suspended"),
    ):
        here.zhao.post(path, {"reason": "核查"}, expect=200)
        for ask in (scan_of(shop, citizen.show()), order_of(shop, "best", code=citizen.show())):
            hot, view = ask.at("hot"), ask.at("view")
            assert hot.code == code
            same(hot, view)
        here.zhao.post(path.replace("suspensions", "readmissions"), {"reason": "恢复"}, expect=200)


@one_database
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "wrong"}, "signature_invalid"),
        ({"age_s": 400}, "signature_stale"),
        ({"key_id": "live_nobody", "secret": "wrong"}, "signature_invalid"),
        ({"sent": b"{}"}, "signature_invalid"),
        ({"key": "no"}, "idempotency_key_invalid"),
        ({"headers": {"Content-Type": "text/plain"}}, "unsupported_media_type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_of_the_usual_form_is_the_views(here: Staffed, changed: dict[str, Any], code: str):
    """Every doubt is left to Flask, which says what is wrong."""
    body = {"code": "88112345678901234567", "purpose": "voucher"}
    assert send_signed(here.shop(), "POST", SCANS, body, **changed).code == code
    assert send_signed(here.shop(), "POST", SCANS, {**body, "more": 1}).code == "request_invalid"
