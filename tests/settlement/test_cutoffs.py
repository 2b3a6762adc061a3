"""Up to which posting a cutoff reaches: found by halves, the same as by looking at every posting."""

from __future__ import annotations

import random
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text

from app import clock, sql
from campaigns import settlement
from tests.settlement.ledger_town import Town, staff

BEFORE = text(
    "SELECT COALESCE(MAX(posting_no), 0) FROM transfer WHERE campaign_id = :c AND posted_at < :cutoff"
)


@pytest.mark.parametrize("postings", [0, 1, 2, 3, 40])
def test_a_cutoff_takes_what_was_posted_before_it(scratch: Flask, postings: int):
    """Also where many have one instant, and where a cutoff falls on it: that one is of the next interval."""
    with scratch.test_request_context():
        town, began = Town(people := staff(), 1, random.Random(postings)), clock.now() - 100_000
        at = began
        for _ in range(postings):
            at += town.chance.choice((0, 0, 1, 2))
            town.post_at(at)
        for cutoff in range(began, at + 3):
            opened = partial(
                settlement.open_batch, campaign_id=town.campaign_id, cutoff=cutoff, opener_id=people[0]
            )
            batch = sql.write(opened).body
            asked = {"c": town.campaign_id, "cutoff": cutoff}
            with sql.reading() as session:
                assert batch["to_no"] == session.scalar(BEFORE, asked), cutoff - began
