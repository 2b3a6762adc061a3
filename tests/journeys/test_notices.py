"""Notices over HTTP: the own list, read and unread, in the language that was chosen."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Staffed
from tests.kit.people import Citizen
from tests.kit.problems import refused
from tests.kit.servers import wait_for


def told(citizen: Citizen, count: int) -> dict[str, Any]:
    """The list once so many things are in it."""
    path = "/api/v1/notices"
    wait_for("the notices", lambda: len(citizen.door.get(path, expect=200).body["items"]) == count)
    page: dict[str, Any] = citizen.door.get(path, expect=200).body
    return page


def test_a_citizen_is_told_reads_and_changes_the_language(here: Staffed):
    """Newest first, a page goes on where the last one ended; what is read stays read; the gateway gets each once."""
    citizen, batch, shop = here.citizen(), here.batch(), here.shop()
    door = citizen.door
    voucher = citizen.holds(batch.batch_id)
    assert shop.redeem(citizen.show(), [voucher]).status == 201
    page = told(citizen, 2)
    paid, claimed = page["items"]
    assert ([paid["kind"], claimed["kind"]], page["unread"]) == (["redeemed", "claimed"], 2)
    assert "抵扣 20.00 元" in paid["text"] and not paid["is_read"]
    first = door.get("/api/v1/notices?limit=1", expect=200).body
    assert (first["items"], first["next_cursor"]) == ([paid], paid["notice_id"])
    second = door.get(f"/api/v1/notices?limit=1&cursor={first['next_cursor']}", expect=200).body
    assert second["items"] == [claimed]

    read = {"upto": claimed["notice_id"]}
    for _ in range(2):  # a look at an older one later on takes nothing back
        assert door.post("/api/v1/notices/read", read, expect=200).body == read
    page = told(citizen, 2)
    assert (page["unread"], [each["is_read"] for each in page["items"]]) == (1, [False, True])

    assert door.get("/api/v1/language", expect=200).body == {"language": "zh-CN"}
    assert door.post("/api/v1/language", {"language": "en"}, expect=200).body == {"language": "en"}
    assert told(citizen, 2)["items"][0]["text"].startswith("At ")

    folder = here.town.home / "data" / "notices"
    wait_for("the sender", lambda: any(folder.glob(f"*/{paid['notice_id']}.json")))
    sent = [json.loads(path.read_text()) for path in folder.glob("*/*.json")]
    mine = [each for each in sent if each["phone"] == citizen.phone]
    assert sorted(each["key"] for each in mine) == sorted([paid["notice_id"], claimed["notice_id"]])


def test_somebody_elses_notice_is_not_there(here: Staffed):
    """Neither in the list nor to be marked; no other language than the two."""
    citizen, other, batch = here.citizen(), here.citizen(), here.batch()
    citizen.holds(batch.batch_id)
    (notice,) = told(citizen, 1)["items"]
    assert told(other, 0) == {"items": [], "unread": 0, "next_cursor": None}
    refused(
        other.door.post("/api/v1/notices/read", {"upto": notice["notice_id"]}),
        404,
        "notice_not_found",
    )
    refused(other.door.post("/api/v1/language", {"language": "fr"}), 400, "request_invalid")
    refused(other.door.post("/api/v1/notices/read", {"upto": "ntc_1"}), 400, "request_invalid")
