"""Bad input at every door: a 4xx with a stable code and a complete problem document, and no trace in the state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.http import Door, Reply
from tests.kit.people import Batch, Citizen, Shop, id_number
from tests.kit.problems import refused
from tests.kit.signed import send_signed
from tests.kit.town import Town

# Whatever a request may leave behind. Expiry goes on in the background, so postings are counted without it.
TRACES = (
    "SELECT (SELECT COUNT(*) FROM idempotency) AS keys, (SELECT COUNT(*) FROM scan) AS scans,"
    " (SELECT COUNT(*) FROM orders) AS orders, (SELECT COUNT(*) FROM redemption) AS redemptions,"
    " (SELECT COUNT(*) FROM voucher) AS vouchers, (SELECT COUNT(*) FROM campaign) AS campaigns,"
    " (SELECT COUNT(*) FROM batch) AS batches, (SELECT COUNT(*) FROM merchant) AS merchants,"
    " (SELECT COUNT(*) FROM citizen) AS citizens, (SELECT COUNT(*) FROM code_handle) AS codes,"
    " (SELECT COUNT(*) FROM transfer WHERE kind <> 'expire') AS postings"
)


# Door, path, a good body, a field of it that is text.
Write = tuple[str, str, dict[str, Any], str]


def traces(town: Town) -> dict[str, Any]:
    """How many rows of each kind there are."""
    (row,) = town.rows(TRACES)
    return row


@dataclass(frozen=True)
class Scene:
    """Everybody a bad request can come from, and a body for each door that would be good."""

    here: Staffed
    batch: Batch
    citizen: Citizen
    shop: Shop
    token: str
    voucher: str

    def writes(self) -> list[Write]:
        """Each write that takes a body."""
        order = {"voucher_ids": [self.voucher], "order_no": "O-bad", "gross_fen": 12_000}
        campaign = {"name": "活动", "budget_fen": 1_000_000}
        return [
            ("citizen", "/api/v1/ankang-code", {"name": "李四", "id_number": id_number(9_200_000)}, "name"),
            ("till", "/merchant/v1/scans", {"code": "8" * 20, "purpose": "voucher"}, "code"),
            ("till", "/merchant/v1/redemptions", {"scan_token": self.token, **order}, "scan_token"),
            ("till", "/merchant/v1/redemptions/O-bad/reversals", {"reason": "退货"}, "reason"),
            ("organizer", "/organizer/v1/campaigns", campaign, "name"),
            ("organizer", "/organizer/v1/merchants", {"name": "商户"}, "name"),
        ]

    def send(self, door: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Reply:
        """POST as whoever belongs to this door; bytes go as they are."""
        if door == "till":
            return send_signed(self.shop, "POST", path, body, headers=headers)
        sender: Door = self.citizen.door if door == "citizen" else self.here.zhao.door
        return sender.send("POST", path, body, {"Idempotency-Key": "bad-input-key", **(headers or {})})


@pytest.fixture
def scene(here: Staffed) -> Iterator[Scene]:
    """A citizen with a voucher and an open scan; afterwards nothing may have changed."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    voucher = citizen.holds(batch.batch_id)
    token = shop.scan(citizen.show()).body["scan_token"]
    before, wallet = traces(here.town), citizen.vouchers()
    yield Scene(here, batch, citizen, shop, token, voucher)
    assert traces(here.town) == before
    assert citizen.vouchers() == wallet


def test_unknown_fields_are_refused_at_every_door(scene: Scene):
    """`request_invalid`, naming the field."""
    for door, path, body, _ in scene.writes():
        problem = refused(scene.send(door, path, {**body, "surprise": 1}), 400, "request_invalid")
        assert [fault["field"].split(".")[-1] for fault in problem["errors"]] == ["surprise"], path
    claims = f"/api/v1/batches/{scene.batch.batch_id}/claims"
    refused(scene.send("citizen", claims, {"count": 2}), 400, "request_invalid")
    refused(scene.send("citizen", "/api/v1/ankang-code/displays", {"at": 1}), 400, "request_invalid")


def test_wrong_types_are_refused_at_every_door(scene: Scene):
    """Numbers, lists, booleans, null where text belongs; text, lists, null where an object belongs."""
    for door, path, body, field in scene.writes():
        for wrong in (1, True, None, ["a"], {"a": 1}, ""):
            refused(scene.send(door, path, {**body, field: wrong}), 400, "request_invalid")
        for wrong_body in ([], "text", 1, None, [body]):
            refused(scene.send(door, path, wrong_body), 400, "request_invalid")
        refused(scene.send(door, path, {}), 400, "request_invalid")


def test_control_characters_and_broken_unicode_are_refused(scene: Scene):
    """NUL, which PostgreSQL cannot hold, and a lone surrogate, which nothing can encode, in every text field."""
    redeem = "/merchant/v1/redemptions"
    order = {
        "scan_token": scene.token,
        "voucher_ids": [scene.voucher],
        "order_no": "O-bad",
        "gross_fen": 12_000,
    }
    for bad in ("\x00", "a\x00b", "\ud800", "a\udfffb"):
        for door, path, body, field in scene.writes():
            refused(scene.send(door, path, {**body, field: bad}), 400, "request_invalid")
            refused(scene.send(door, path, {**body, bad: 1}), 400, "request_invalid")
        refused(
            scene.send("till", redeem, {**order, "voucher_ids": [scene.voucher, bad]}), 400, "request_invalid"
        )
        refused(scene.send("till", redeem, {**order, "order_no": bad}), 400, "request_invalid")
    for bad in ("\x1b[31m", "a\nb", "   "):
        for path in ("/organizer/v1/campaigns", "/organizer/v1/merchants"):
            body = {"name": bad} | ({"budget_fen": 1} if path.endswith("campaigns") else {})
            refused(scene.send("organizer", path, body), 400, "request_invalid")


def test_control_characters_in_a_path_find_nothing(scene: Scene):
    """A path of anybody's making is a 404 or a 400, on both databases."""
    for bad in ("%00", "a%00b", "%ED%A0%80", "x" * 300, "%F0%9F%8E%AB"):
        for reply in (
            scene.citizen.door.get(f"/api/v1/vouchers/{bad}"),
            scene.citizen.door.get(f"/api/v1/campaigns/{bad}"),
            scene.citizen.door.get(f"/api/v1/claims/{bad}"),
            scene.citizen.claim(bad),
            scene.here.zhao.door.get(f"/organizer/v1/campaigns/{bad}"),
            scene.here.zhao.door.post(f"/organizer/v1/stores/{bad}/terminals", {"name": "收银台"}),
            scene.here.zhao.door.get(f"/organizer/v1/settlements/{bad}"),
            send_signed(scene.shop, "POST", f"/merchant/v1/redemptions/{bad}/reversals", {"reason": "退货"}),
        ):
            assert reply.status in (400, 404), (bad, reply.status, reply.body)
            refused(reply, reply.status, reply.body["code"])


def test_amounts_that_are_no_whole_fen_are_refused(scene: Scene):
    """Fractions, text, booleans, null, infinity, a hundred digits: `amount_invalid`, also for a budget."""
    good = {"scan_token": scene.token, "voucher_ids": [scene.voucher], "order_no": "O-bad"}
    for amount in ("1.5", '"12000"', "true", "null", "1e999", "-1", "0", "NaN", "1" * 100, "[12000]"):
        body = json.dumps(good)[:-1] + f', "gross_fen": {amount}}}'
        reply = scene.send("till", "/merchant/v1/redemptions", body.encode())
        assert reply.code in ("amount_invalid", "json_invalid"), amount
        refused(reply, 400, reply.body["code"])
        budget = f'{{"name": "活动", "budget_fen": {amount}}}'.encode()
        reply = scene.send("organizer", "/organizer/v1/campaigns", budget)
        refused(reply, 400, reply.body["code"])


def test_malformed_json_is_refused_at_every_door(scene: Scene):
    """Cut off, not UTF-8, nested too deep, a number of five thousand digits: `json_invalid`."""
    broken = (
        b"{",
        b'{"a": }',
        b"\xff\xfe{}",
        b"{'a': 1}",
        b"[" * 30_000,
        b'{"gross_fen": ' + b"9" * 5_000 + b"}",
    )
    for door, path, _, _ in scene.writes():
        for content in broken:
            refused(scene.send(door, path, content), 400, "json_invalid")


def test_an_oversize_body_is_refused_at_every_door(scene: Scene):
    """More than 64 KB: 413 `body_too_large`."""
    for door, path, body, field in scene.writes():
        refused(scene.send(door, path, {**body, field: "x" * 66_000}), 413, "body_too_large")


def test_another_content_type_is_refused_at_every_door(scene: Scene):
    """415 `unsupported_media_type`, also where the body is valid JSON or would be empty."""
    claims: Write = ("citizen", f"/api/v1/batches/{scene.batch.batch_id}/claims", {}, "")
    for door, path, body, _ in [*scene.writes(), claims]:
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ):
            refused(scene.send(door, path, body, {"Content-Type": kind}), 415, "unsupported_media_type")


def test_a_missing_or_malformed_key_is_refused_on_every_write(scene: Scene):
    """`idempotency_key_missing`, or `idempotency_key_invalid` for one that is too short, too long or has blanks."""
    claims: Write = ("citizen", f"/api/v1/batches/{scene.batch.batch_id}/claims", {}, "")
    for door, path, body, _ in [*scene.writes(), claims]:
        for key, code in (
            ("", "idempotency_key_missing"),
            ("short", "idempotency_key_invalid"),
            ("x" * 65, "idempotency_key_invalid"),
            ("with blanks in it", "idempotency_key_invalid"),
        ):
            if door == "till":
                reply = send_signed(scene.shop, "POST", path, body, key=key)
            else:
                reply = scene.send(door, path, body, {"Idempotency-Key": key})
            refused(reply, 400, code)


def test_addresses_and_methods_that_do_not_exist_are_problem_documents_too(scene: Scene):
    """404 `not_found`, 405 `method_not_allowed`."""
    refused(scene.citizen.door.get("/api/v1/nothing-here"), 404, "not_found")
    refused(scene.here.zhao.door.get("/organizer/v2/campaigns"), 404, "not_found")
    refused(scene.citizen.door.send("DELETE", "/api/v1/vouchers", None), 405, "method_not_allowed")
    refused(scene.here.zhao.door.send("PUT", "/organizer/v1/campaigns", {}), 405, "method_not_allowed")


def test_a_page_beyond_the_limits_is_refused(scene: Scene):
    """A cursor of one's own making, a page of a thousand."""
    for query in ("limit=0", "limit=101", "limit=ten", "cursor=%00", "cursor=" + "x" * 50):
        refused(scene.citizen.door.get(f"/api/v1/ankang-code/scans?{query}"), 400, "request_invalid")
        refused(scene.here.zhao.door.get(f"/organizer/v1/audit-log?{query}"), 400, "request_invalid")
