"""B3 of redemptions: what everybody writes first. Flask-SQLAlchemy, a row lock on the voucher, an insert, a commit.

It promises less than ours: no signature, no code, no idempotency key, no rules, no ledger; who asks is believed.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

application = Flask(__name__)
application.config["SQLALCHEMY_DATABASE_URI"] = os.environ["NAIVE_DATABASE_URL"]
application.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 20, "max_overflow": 0, "pool_timeout": 30}
db = SQLAlchemy(application)


class Voucher(db.Model):  # type: ignore[name-defined]  # the extension makes its base at run time
    """Somebody's, and used once."""

    __tablename__ = "naive_voucher"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(server_default="issued")


class Redemption(db.Model):  # type: ignore[name-defined]
    """One order, paid in part by a voucher."""

    __tablename__ = "naive_redemption"
    id: Mapped[int] = mapped_column(primary_key=True)
    voucher_id: Mapped[int] = mapped_column(ForeignKey("naive_voucher.id"), unique=True)
    order_no: Mapped[str] = mapped_column(unique=True)
    gross_fen: Mapped[int]


with application.app_context():
    if os.environ.get("NAIVE_CREATE"):
        db.create_all()


@application.post("/vouchers/<int:voucher_id>/redemptions")
def redeem(voucher_id: int) -> Any:
    """Lock, look, use, insert, commit."""
    asked = request.get_json()
    voucher = db.session.get(Voucher, voucher_id, with_for_update=True)
    if voucher is None or voucher.status != "issued":
        db.session.rollback()
        return {"code": "voucher_used"}, 409
    voucher.status = "redeemed"
    redemption = Redemption(voucher_id=voucher_id, order_no=asked["order_no"], gross_fen=asked["gross_fen"])
    db.session.add(redemption)
    db.session.commit()
    return {"redemption_id": redemption.id}, 201
