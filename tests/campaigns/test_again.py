"""A write whose first COMMIT failed runs again with what the organizer sent, all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import clock, once, sql
from app.merchants import places
from campaigns import manage, people
from tests.kit import inside

DAY_MS = 86_400_000


def test_a_batch_that_is_made_at_the_second_try_still_names_its_merchants(tmp_path: Path):
    """Else vouchers for one shop would be good everywhere, and a lottery would have no public value."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path}/again.db"))
    with app.app_context():
        author = people.create("zhao", "赵组织", "organizer", "a-long-password")
        merchant_id = sql.write(lambda session: places.register(session, {"name": "大观楼小吃"})).object_id
        store = {"name": "菱湖店", "area": "菱湖街道", "address": ""}
        sql.write(lambda session: places.add_store(session, merchant_id or "", store))
        draft = {"name": "活动", "budget_fen": 1_000_000, "is_test": False}
        campaign_id = sql.write(lambda session: manage.create_campaign(session, draft, author)).object_id
        now = clock.now()
        terms: dict[str, Any] = {
            "name": "代金券",
            "kind": "cash",
            "mode": "lottery",
            "public_value_name": "次日收盘价",
            "merchant_ids": [merchant_id],
            "face_fen": 2_000,
            "threshold_fen": 0,
            "stock": 10,
            "person_limit": 1,
            "claim_from": now + DAY_MS,
            "claim_to": now + 2 * DAY_MS,
            "valid_days": 7,
        }
        tries = []

        def create(session: Session) -> once.Answer:
            tries.append(manage.create_batch(session, campaign_id or "", terms))
            if len(tries) == 1:
                raise sql.LostRace("batch")
            return tries[-1]

        made = sql.write(create).body
    inside.close(app)
    assert len(tries) == 2 and made["merchant_ids"] == [merchant_id] and made["mode"] == "lottery"
