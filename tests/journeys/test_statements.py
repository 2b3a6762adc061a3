"""Statements: four forms, the same bytes each time, one merchant's own and nobody else's."""

from __future__ import annotations

import csv
import io
import zipfile
from hashlib import sha256

import pytest

from tests.conftest import Staffed
from tests.journeys.test_payout import FACE, approved, paid_owner, sell
from tests.kit.http import Reply
from tests.kit.merchants import Member
from tests.kit.problems import refused

MAGIC = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF"}


def statement(boss: Member, path: str, **query: str) -> Reply:
    """One statement."""
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return boss.get(f"{path.replace('settlements', 'statements')}?{words}")


@pytest.mark.case(35)
def test_case_35_the_next_statement_takes_back_and_points_to_where_it_stood(here: Staffed):
    """Closed: the same bytes before and after; the negative line names the settlement of what it takes back."""
    batch, (boss, till) = here.batch(), paid_owner(here)
    order = sell(here, till, batch)
    march = approved(here, batch)
    before = {form: statement(boss, march, format=form) for form in ("json", *MAGIC)}
    assert till.reverse(order).status == 201
    april = approved(here, batch)
    for form, reply in before.items():
        again = statement(boss, march, format=form)
        assert (again.body, again.headers["etag"]) == (reply.body, reply.headers["etag"])
        if form in MAGIC:
            assert reply.body.startswith(MAGIC[form])
            assert sha256(reply.body).hexdigest() == before["json"].body["files"][form]
            assert reply.headers["etag"] == f'"{before["json"].body["files"][form]}"'
    (line,) = statement(boss, april).body["postings"]
    assert (line["kind"], line["order_no"], line["amount_fen"]) == ("reverse", order, -FACE)
    assert line["about"] == march.rpartition("/")[2]
    assert [item["total_fen"] for item in boss.get("/statements").body["items"]] == [-FACE, FACE]


def test_no_cell_is_a_formula_and_each_store_has_its_own(here: Staffed):
    """Order numbers come from tills: what begins like a formula gets an apostrophe; amounts stay numbers."""
    batch, (boss, till) = here.batch(), paid_owner(here)
    other = boss.shop()
    sell(here, till, batch, "-23")
    sell(here, other, batch)
    path = approved(here, batch)
    rows = list(csv.reader(io.StringIO(statement(boss, path, format="csv").body.decode("utf-8-sig"))))
    assert [row[3:6:2] for row in rows if len(row) > 3 and row[3].endswith("-23")] == [["'-23", "20.00"]]
    with zipfile.ZipFile(io.BytesIO(statement(boss, path, format="xlsx").body)) as book:
        words, sheet = (
            book.read("xl/sharedStrings.xml").decode(),
            book.read("xl/worksheets/sheet1.xml").decode(),
        )
    assert "&#x27;-23" in words or "'-23" in words
    assert "<f>" not in sheet
    store_id = till_store(here, boss, "-23")
    whole, part = statement(boss, path).body, statement(boss, path, store_id=store_id).body
    assert (whole["total_fen"], part["total_fen"], len(part["postings"])) == (2 * FACE, FACE, 1)


def till_store(here: Staffed, boss: Member, order_no: str) -> str:
    """Where this order was."""
    query = "SELECT store_id FROM redemption WHERE order_no = :n AND merchant_id = :m"
    return str(here.town.one(query, n=order_no, m=boss.me["merchant_id"]))


@pytest.mark.case(40)
def test_case_40_a_statement_is_its_merchants_own(here: Staffed):
    """Another merchant's, another's store, a draft: not there; a cashier: forbidden."""
    batch, (boss, till), (stranger, elsewhere) = here.batch(), paid_owner(here), paid_owner(here)
    sell(here, till, batch)
    path = approved(here, batch)
    refused(statement(stranger, path), 404, "statement_not_found")
    store_id = stranger.get("/stores").body["items"][0]["store_id"]
    refused(statement(boss, path, store_id=store_id), 404, "store_not_found")
    refused(boss.hire("cashier").get("/statements"), 403, "forbidden")
    sell(here, elsewhere, batch)
    here.town.advance(1_000)
    draft = here.zhao.settled(batch.campaign_id, here.town.now())["settlement_id"]
    refused(stranger.get(f"/statements/{draft}"), 404, "statement_not_found")
    assert stranger.get("/statements").body["items"] == []
