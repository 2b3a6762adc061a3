"""The pages for who builds on the doors: complete, without script, without anything from elsewhere."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.docs import calls, changes
from app.domain.refusals import Kind, Refusal
from app.errors import problem, status_of

PAGES = ("/docs", "/docs/errors", "/docs/pos")


@pytest.fixture(scope="module")
def description(scratch: Flask) -> dict[str, Any]:
    """What /openapi.json says."""
    return dict(scratch.test_client().get("/openapi.json").get_json())


def page(app: Flask, path: str) -> str:
    """The text of a page."""
    reply = app.test_client().get(path)
    assert reply.status_code == 200 and reply.mimetype == "text/html"
    return reply.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(scratch: Flask, path: str):
    """No script, no address with a host, one style of ours; the browser is told to refuse anything else."""
    text = page(scratch, path)
    assert re.search(r"<script|\son\w+=|style=|<iframe|<img", text) is None
    assert [
        link for link in re.findall(r'(?:href|src)="([^"]*)"', text) if not link.startswith(("/", "#"))
    ] == []
    policy = scratch.test_client().get(path).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    style = scratch.test_client().get("/docs/style.css")
    assert style.mimetype == "text/css" and "url(" not in style.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(scratch: Flask, path: str):
    """Pages and the places in them."""
    for link in set(re.findall(r'href="([^"]*)"', page(scratch, path))):
        to, _, anchor = link.partition("#")
        assert scratch.test_client().get(to or path).status_code == 200, link
        assert not anchor or f'id="{anchor}"' in page(scratch, to or path), link


def test_every_call_is_on_the_page_with_its_fields(scratch: Flask, description: dict[str, Any]):
    """Method, address, every field of what is sent and answered, every parameter."""
    text = unescape(page(scratch, "/docs"))
    for path, methods in description["paths"].items():
        for method in methods.keys() - {"parameters"}:
            assert f"{method.upper()} {path}" in text
    for field in ("voucher_ids", "lines[].forfeited_fen", "order.gross_fen", "items[].refunds[].refund_id"):
        assert f"<code>{field}</code>" in text
    assert "Idempotency-Key (header)" in text and "cursor (query)" in text and "order_no (path)" in text


def test_a_field_tells_its_type_and_its_limits(description: dict[str, Any]):
    """Required or not, of which type, how long."""
    found = {call.name: call for door in calls.doors(description) for call in door.calls}
    fields = {field.name: field for field in found["merchant.create_redemption"].body}
    assert fields["voucher_ids"].kind == "best | array of string" and fields["voucher_ids"].required
    assert "maxItems 10" in fields["voucher_ids"].limits
    assert fields["gross_fen"].kind == "integer" and "minimum 1" in fields["gross_fen"].limits
    assert not fields["scan_token"].required
    assert found["merchant.create_scan"].who == [calls.WHO["terminal"], calls.WHO["terminalAuthorization"]]


@pytest.mark.parametrize("refusal", Refusal)
def test_the_type_of_a_problem_is_a_row_of_the_catalogue(scratch: Flask, refusal: Refusal):
    """Code, status, what it says, and at the till what to do about it."""
    to, _, anchor = problem(refusal, {}, "t")["type"].partition("#")
    (row,) = re.findall(rf'<tr id="{anchor}">.*?</tr>', page(scratch, to), re.DOTALL)
    row = unescape(row)
    assert f"<td>{status_of(refusal)}" in row and refusal.zh in row and refusal.en in row
    assert (refusal.do_zh or "—") in row and (refusal.do_en or "—") in row


def test_the_guide_sorts_what_a_till_can_get_by_what_it_may_conclude(scratch: Flask):
    """Decided, turned away, a wrong request: each code in the row of its kind."""
    text = page(scratch, "/docs/pos")
    rows = re.findall(
        r"<tr>.*?</tr>", text[text.index('id="final"') : text.index('id="idempotency"')], re.DOTALL
    )
    of_kind = {Kind.DECIDED: rows[2], Kind.AWAY: rows[3], Kind.REQUEST: rows[6]}
    for refusal in Refusal:
        for kind, row in of_kind.items():
            listed = f"#{refusal.code}&" in row or f'#{refusal.code}"' in row
            assert listed == (refusal.kind is kind and refusal.do_zh is not None), refusal


def test_every_change_of_the_tills_contract_has_an_entry(description: dict[str, Any]):
    """Whoever changes /merchant/v1 in /openapi.json says so, with the date, in app/docs/changes.toml."""
    log = changes.log()
    assert log[0]["contract"] == changes.digest(description), "add an entry with this digest"
    dates = [change["date"] for change in log]
    assert dates == sorted(dates, reverse=True)
    assert all(re.search(r"[一-鿿]", change["zh"]) and change["en"] for change in log)


def test_the_digest_hears_a_change_of_what_the_calls_refer_to(description: dict[str, Any]):
    """A field of a schema that a till's call names, and nothing of the other doors."""
    before = changes.digest(description)
    schemas = dict(description["components"]["schemas"])
    other = {**description, "components": {**description["components"], "schemas": schemas}}
    schemas["CampaignOut"] = {"type": "string"}
    assert changes.digest(other) == before
    schemas["ReceiptOut"] = {**schemas["ReceiptOut"], "properties": {}}
    assert changes.digest(other) != before
