"""Receipts, stores and codes in reserve, over HTTP, on both databases."""

from __future__ import annotations

from itertools import pairwise
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import Staffed

HERE = "30.508,117.043"


def stores(here: Staffed, **asked: str) -> list[dict[str, Any]]:
    """All stores that are found, page by page, two at a time."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        query = urlencode({**asked, "limit": "2"})
        page = here.zhao.door.get(f"/api/v1/stores?{query}{cursor}", expect=200).body
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def placed(here: Staffed, merchant: str, area: str, *points: tuple[float, float] | None) -> str:
    """A merchant with a store at each of these points."""
    merchant_id = here.zhao.post("/merchants", {"name": merchant, "category": "餐饮"}, expect=201)[
        "merchant_id"
    ]
    for number, point in enumerate(points):
        place = dict(zip(("latitude", "longitude"), point, strict=True)) if point else {}
        body = {"name": f"{number}号店", "area": area, **place}
        made = here.zhao.post(f"/merchants/{merchant_id}/stores", body, expect=201)
        assert (made["latitude"], made["longitude"]) == (point or (None, None))
    return str(merchant_id)


def test_the_nearest_store_comes_first_and_one_without_a_place_last(here: Staffed):
    """Metres as the crow flies; the cursor misses none and repeats none."""
    area = f"街道{token_hex(4)}"
    placed(here, "远近商行", area, (30.530, 117.043), None, (30.509, 117.043), (30.508, 117.053))
    found = stores(here, area=area, near=HERE)
    assert [(each["name"], each["distance_m"]) for each in found] == [
        ("2号店", 111),
        ("3号店", 958),
        ("0号店", 2446),
        ("1号店", None),
    ]
    assert [each["distance_m"] for each in stores(here, area=area)] == [None] * 4


def test_what_somebody_types_has_no_wildcards(here: Staffed):
    """A percent sign is a percent sign; words find merchants and stores."""
    area, mark = f"街道{token_hex(4)}", token_hex(4)
    placed(here, f"五折%店{mark}", area, None)
    placed(here, f"五折店{mark}", area, None)
    assert len(stores(here, q=mark)) == 2
    assert [each["merchant"] for each in stores(here, q=f"%店{mark}")] == [f"五折%店{mark}"]
    assert stores(here, q=f"_店{mark}") == []


def test_the_stores_of_a_batch_are_those_that_take_it(here: Staffed):
    """By the batch's own areas and merchants; suspended ones are nowhere."""
    area = f"街道{token_hex(4)}"
    good, other = placed(here, "收券店", area, None, None), placed(here, "别家店", area, None)
    batch = here.batch(merchant_ids=[good], areas=[area, "花亭路街道"])
    assert {each["merchant"] for each in stores(here, batch_id=batch.batch_id)} == {"收券店"}
    by_area = here.batch(areas=[area])
    assert len(stores(here, batch_id=by_area.batch_id)) == 3
    here.zhao.post(f"/merchants/{other}/suspensions", {"reason": "核查"}, expect=200)
    assert len(stores(here, batch_id=by_area.batch_id)) == 2


@pytest.mark.parametrize("query", ["near=99,0", "near=here", "batch_id=bat_none", "limit=0"])
def test_a_look_that_makes_no_sense_is_refused(here: Staffed, query: str):
    """By a code, and no store."""
    reply = here.zhao.door.get(f"/api/v1/stores?{query}")
    assert (reply.status, reply.body["code"]) in [
        (422, "request_invalid"),
        (400, "request_invalid"),
        (404, "batch_not_found"),
    ]


def test_a_store_has_both_coordinates_or_none(here: Staffed):
    """A latitude alone is no place, nor is one beyond the pole."""
    merchant_id = here.zhao.shop().merchant_id
    for wrong in (
        {"latitude": 30.5},
        {"latitude": 91, "longitude": 117},
        {"latitude": "30", "longitude": 117},
    ):
        body = {"name": "店", "area": "菱湖街道", **wrong}
        reply = here.zhao.door.post(f"/organizer/v1/merchants/{merchant_id}/stores", body)
        assert reply.body["code"] == "request_invalid"


def test_a_receipt_says_what_was_paid_and_what_came_back(here: Staffed):
    """Newest first, one order a line, with its vouchers and refunds; nobody sees another's."""
    batch, shop, citizen = here.batch(person_limit=2), here.shop(), here.citizen()
    first, second = citizen.holds(batch.batch_id), citizen.holds(batch.batch_id)
    orders = [f"O-{token_hex(5)}" for _ in range(2)]
    shop.redeem(citizen.show(), [first], orders[0], 12_000)
    shop.redeem(citizen.show(), [second], orders[1], 15_000)
    shop.reverse(orders[0], refund_fen=6_000)
    shop.reverse(orders[1])
    newest = citizen.door.get("/api/v1/receipts?limit=1", expect=200).body
    rest = citizen.door.get(f"/api/v1/receipts?cursor={newest['next_cursor']}", expect=200).body
    undone, part = newest["items"][0], rest["items"][0]
    assert (undone["order_no"], undone["state"], undone["refunds"]) == (orders[1], "reversed", [])
    assert undone["reversed_at"] is not None
    assert (part["order_no"], part["state"], part["order_fen"], part["used_fen"]) == (
        orders[0],
        "effective",
        12_000,
        2_000,
    )
    assert [line["voucher_id"] for line in part["lines"]] == [first]
    assert [(each["refund_fen"], each["customer_fen"], each["subsidy_fen"]) for each in part["refunds"]] == [
        (6_000, 5_000, 1_000)
    ]
    assert rest["next_cursor"] is None
    assert here.citizen().door.get("/api/v1/receipts", expect=200).body["items"] == []


def reserved(citizen: Any) -> list[dict[str, Any]]:
    """Codes for a while without a network."""
    items: list[dict[str, Any]] = citizen.door.send(
        "POST", "/api/v1/ankang-code/reserves", {}, expect=201
    ).body["items"]
    return items


def test_codes_in_reserve_hold_for_ten_minutes_each_in_its_time(here: Staffed):
    """A till takes the one whose time it is: not the first one minutes later, nor the last one now."""
    citizen, shop = here.citizen(), here.shop()
    codes = reserved(citizen)
    assert len(codes) == 20 and len({each["code"] for each in codes}) == 20
    assert all(each["refresh_at"] == after["shows_from"] for each, after in pairwise(codes))
    assert shop.scan(codes[-1]["code"]).body["code"] == "code_invalid"
    here.town.advance(5 * 60_000)
    assert shop.scan(codes[0]["code"]).body["code"] == "code_expired"
    assert shop.scan(codes[10]["code"]).status == 201


def test_codes_in_reserve_are_good_for_one_scan_altogether(here: Staffed):
    """The next one of the same handle is consumed with the first, at any other till."""
    citizen, one, other = here.citizen(), here.shop(), here.shop()
    codes = reserved(citizen)
    assert one.scan(codes[0]["code"]).status == 201
    here.town.advance(30_000)
    assert other.scan(codes[1]["code"]).body["code"] == "code_consumed"
