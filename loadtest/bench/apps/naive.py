"""B3: the claim that everybody writes first. Flask-SQLAlchemy, a row lock on the batch, an insert, a commit.

It promises less than ours: no idempotency key, no ledger, no session; the citizen is whoever the header says.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

application = Flask(__name__)
application.config["SQLALCHEMY_DATABASE_URI"] = os.environ["NAIVE_DATABASE_URL"]
application.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 20, "max_overflow": 0, "pool_timeout": 30}
db = SQLAlchemy(application)


class Batch(db.Model):  # type: ignore[name-defined]  # the extension makes its base at run time
    """Stock that is counted down under a row lock."""

    __tablename__ = "naive_batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


class Voucher(db.Model):  # type: ignore[name-defined]
    """One voucher a citizen and batch."""

    __tablename__ = "naive_voucher"
    __table_args__ = (UniqueConstraint("batch_id", "citizen"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("naive_batch.id"))
    citizen: Mapped[str]


with application.app_context():
    if os.environ.get("NAIVE_CREATE"):
        db.create_all()


@application.post("/batches/<int:batch_id>/claims")
def claim(batch_id: int) -> Any:
    """Lock, look, take, insert, commit."""
    batch = db.session.get(Batch, batch_id, with_for_update=True)
    if batch is None or batch.stock < 1:
        db.session.rollback()
        return {"code": "sold_out"}, 409
    batch.stock -= 1
    voucher = Voucher(batch_id=batch_id, citizen=request.headers["Idempotency-Key"])
    db.session.add(voucher)
    db.session.commit()
    return {"voucher_id": voucher.id}, 201
