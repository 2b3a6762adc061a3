"""What an auditor takes away each day, and can compute again without us."""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.people import Organizer
from tests.kit.problems import refused

DAY_MS = 86_400_000
FACTS = ("number", "scope", "from_no", "to_no", "content_sha256", "sealed_at")
NUMBERS = ("number", "from_no", "to_no", "sealed_at")


@pytest.fixture
def auditor(here: Staffed) -> Organizer:
    """Reads everything, writes nothing."""
    return Organizer(here.town, "auditor", "李审计")


def sealed_day(here: Staffed) -> None:
    """A day on which something was redeemed and sealed; then it is over."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    assert shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)]).status == 201
    done = here.town.flask("seals", "now")
    assert done.returncode == 0, done.stderr
    here.town.advance(DAY_MS)


def followed(seal: dict[str, Any], previous: str) -> str:
    """The hash of a seal, as docs/ledger.md says it is made."""
    facts = [int(seal[name]) if name in NUMBERS else seal[name] for name in FACTS]
    line = json.dumps([previous, *facts], ensure_ascii=False, separators=(",", ":")) + "\n"
    return sha256(line.encode()).hexdigest()


def test_an_auditor_computes_a_days_seals_from_the_anchor_of_the_day_before(
    here: Staffed, auditor: Organizer
):
    """With nothing but the two answers; an altered line would end in another anchor."""
    sealed_day(here)
    sealed_day(here)
    today, *earlier = auditor.get("/anchors?limit=3")["items"]
    last, before = [each for each in (today, *earlier) if each["is_final"]][:2]
    reply = auditor.door.get(f"/organizer/v1/anchors/{last['day']}/file", expect=200)
    assert reply.headers["etag"] == f'"{last["sha256"]}"'
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    seals = list(csv.DictReader(io.StringIO(reply.body.decode())))
    previous = before["sha256"]
    for seal in seals:
        previous = followed(seal, previous)
        assert previous == seal["sha256"]
    assert (previous, int(seals[-1]["number"])) == (last["sha256"], last["number"])
    assert followed({**seals[0], "to_no": 0}, before["sha256"]) != seals[0]["sha256"]
    printed = here.town.flask("seals", "anchor", last["day"], "--expect", last["sha256"])
    assert printed.returncode == 0, printed.stderr


def test_anchors_are_read_page_by_page_the_latest_day_first(here: Staffed, auditor: Organizer):
    """Days without a seal have none; a day without one is nowhere."""
    sealed_day(here)
    sealed_day(here)
    page = auditor.get("/anchors?limit=1")
    days = [each["day"] for each in page["items"]]
    while page["next_cursor"]:
        page = auditor.get(f"/anchors?limit=1&cursor={page['next_cursor']}")
        days += [each["day"] for each in page["items"]]
    assert days == sorted(set(days), reverse=True) and len(days) >= 2
    assert days == [row["day"] for row in here.town.rows("SELECT DISTINCT day FROM seal ORDER BY day DESC")]
    refused(auditor.door.get("/organizer/v1/anchors/2001-01-01/file"), 404, "anchor_not_found")
    refused(auditor.door.get("/organizer/v1/anchors?cursor=yesterday"), 400, "request_invalid")
    assert auditor.get("/anchors?cursor=2001-01-01") == {"items": [], "next_cursor": None}
