"""The terms of a batch in its row: what goes in comes out, and the table itself refuses what makes no sense."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import sql
from app.domain.terms import Kind, Terms
from app.models import Batch, Campaign, Staff
from app.vouchers import terms

EVERYTHING = {
    "kind": "percent",
    "off_bp": 1_500,
    "goods_in": None,
    "goods_out": ["tobacco", "alcohol"],
    "weekdays": [5, 6],
    "hours": [(660, 840), (1_020, 1_440)],
    "areas": ["菱湖街道"],
    "categories": ["餐饮"],
    "merchants": 3,
    "exclusive_group": "迎新",
    "per_order": 1,
}


class Undone(Exception):
    """Nothing stays."""


def batch(**columns: Any) -> dict[str, Any]:
    """A row of a 满减 batch; `columns` change it."""
    return {
        "id": "bat_terms",
        "campaign_id": "cmp_terms",
        "name": "满100减20",
        "kind": "full_reduction",
        "mode": "first_come",
        "face_fen": 2_000,
        "threshold_fen": 10_000,
        "stock": 1,
        "claimed": 0,
        "person_limit": 1,
        "claim_from": 1,
        "claim_to": 2,
        "valid_days": 1,
        "gate_epoch": 0,
        "gate_shards": 1,
        "merchants": 0,
        "created_at": 1,
        **columns,
    }


def kept(app: Flask, row: dict[str, Any]) -> Terms:
    """The terms of the row once it was written; nothing of it stays."""
    found: list[Terms] = []

    def work(session: Session) -> None:
        staff = {"id": "stf_terms", "login": "terms", "name": "赵", "role": "organizer", "password_hash": "x"}
        session.execute(insert(Staff), [{**staff, "created_at": 1}])
        campaign = {"id": "cmp_terms", "name": "活动", "is_test": False, "state": "draft", "budget_fen": 1}
        session.execute(
            insert(Campaign), [{**campaign, "allotted_fen": 0, "author_id": "stf_terms", "created_at": 1}]
        )
        session.execute(insert(Batch), [row])
        found.append(terms.of_row(session.get(Batch, "bat_terms")))
        raise Undone

    with app.app_context(), pytest.raises(Undone), sql.writing() as session:
        work(session)
    return found[0]


def test_terms_come_out_of_the_row_as_they_went_in(scratch: Flask):
    """Every term at once, and none at all."""
    wanted = Terms(
        kind=Kind.PERCENT,
        off_bp=1_500,
        goods_out=("tobacco", "alcohol"),
        weekdays=(5, 6),
        hours=((660, 840), (1_020, 1_440)),
        areas=("菱湖街道",),
        categories=("餐饮",),
        merchants=3,
        exclusive_group="迎新",
        per_order=1,
    )
    assert kept(scratch, batch(**terms.stored(EVERYTHING))) == wanted
    assert kept(scratch, batch()) == Terms()
    assert kept(scratch, batch(kind="cash", threshold_fen=0)) == Terms(kind=Kind.CASH)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"kind": "gift"}, "ck_batch_kind"),
        ({"kind": "percent"}, "ck_batch_off"),
        ({"off_bp": 1_000}, "ck_batch_off"),
        ({"kind": "percent", "off_bp": 10_000}, "ck_batch_off"),
        ({"threshold_fen": 2_000}, "ck_batch_face"),
        ({"kind": "cash", "threshold_fen": -1}, "ck_batch_face"),
        ({"per_order": 0}, "ck_batch_per_order"),
    ],
)
def test_the_table_refuses_terms_that_make_no_sense(scratch: Flask, columns: dict[str, Any], constraint: str):
    """Whoever writes them."""
    with pytest.raises(IntegrityError, match=constraint):
        kept(scratch, batch(**columns))
