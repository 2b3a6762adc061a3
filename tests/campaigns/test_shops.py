"""What the console reads of merchants, of roles, of the trail and of the chain."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import audit_trail, sql
from app.domain.refusals import Refusal, Refused
from app.ids import new_id
from app.merchants import places
from app.models import Merchant
from campaigns import naming, seals, shops, trail
from campaigns.console import people as pages


def made(session: Session, name: str) -> str:
    """A merchant with a store and two terminals, one of them with a key; the id."""
    merchant_id = places.register(session, {"name": name}).object_id or ""
    session.flush()
    store_id = (
        places.add_store(session, merchant_id, {"name": f"{name}店", "area": "菱湖街道"}).object_id or ""
    )
    session.flush()
    first, _ = (
        places.add_terminal(session, store_id, {"name": words, "is_test": False})
        for words in ("一号", "二号")
    )
    session.flush()
    places.hand_out_key(session, first.object_id or "")
    return merchant_id


def test_merchants_are_found_by_their_words_page_by_page(scratch: Flask):
    """Newest first; a percent sign is a word like another; what belongs to each is counted."""
    mark = new_id("x")[-8:]
    with scratch.app_context():
        ids = [sql.write(lambda session: made(session, f"{mark}100%")) for _ in range(3)]
        with sql.reading() as session:
            first = shops.listed(session, f"{mark}100%", limit=2)
            rest = shops.listed(session, f"{mark}100%", cursor=first["next_cursor"], limit=2)
            assert [one["merchant_id"] for one in first["items"] + rest["items"]] == sorted(ids, reverse=True)
            assert rest["next_cursor"] is None
            assert (first["items"][0]["stores"], first["items"][0]["terminals"]) == (1, 2)
            assert shops.listed(session, f"{mark}_", limit=2)["items"] == []
            assert shops.listed(session, mark, "suspended")["items"] == []


def test_a_merchant_is_shown_with_all_that_is_its_own(scratch: Flask):
    """Stores hold terminals, terminals hold keys; nobody else's are among them."""
    with scratch.app_context():
        merchant_id = sql.write(lambda session: made(session, "大观楼"))
        sql.write(lambda session: made(session, "另一家"))
        with sql.reading() as session:
            shown = shops.shown(session, merchant_id)
            (store,) = shown["stores"]
            assert sorted(len(one["keys"]) for one in store["terminals"]) == [0, 1]
            assert (shown["staff"], shown["bank"]["hold_reason"]) == ({}, "bank_missing")
            assert shops.store(session, store["id"])[1].id == merchant_id
            assert naming.names(session, Merchant, {merchant_id}) == {merchant_id: "大观楼"}
            for missing, look in (
                (Refusal.MERCHANT_NOT_FOUND, shops.shown),
                (Refusal.STORE_NOT_FOUND, shops.store),
            ):
                with pytest.raises(Refused) as refused:
                    look(session, "nobody")
                assert refused.value.refusal is missing


def test_the_table_of_roles_is_what_the_doors_say(scratch: Flask):
    """An auditor only reads, but for the own second factor; support helps and does not see money."""
    with scratch.app_context():
        found = pages.rights()
    assert {may.get("auditor") for subject, may in found.items() if subject != "totp"} <= {pages.READ, None}
    assert found["staff"] == {"organizer": pages.PROVED, "auditor": pages.READ}
    assert found["citizens"] == {"organizer": pages.PROVED, "support": pages.READ}
    assert "support" not in found["settlements"]


def test_what_was_done_can_be_chosen_and_the_chain_says_how_far_it_is(scratch: Flask):
    """Every act and result once; an entry waits until the next run."""
    action = f"test.{new_id('x')[-8:]}"
    with scratch.app_context():
        for _ in range(2):
            sql.write(lambda session: audit_trail.done(session, "somebody", action, "something"))
        with sql.reading() as session:
            actions, results = trail.words(session)
        assert actions.count(action) == 1 and "done" in results
        seals.seal_due()
        with sql.reading() as session:
            state = seals.state(session)
        assert state["chained"] >= 2 and state["seals"] >= 1 and state["is_complete"]
