"""One order to the bank to pay one payout."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PayoutAttempt(Base):
    """The bank knows it by `bank_key`. Only the bank's word `refused` makes room for the next attempt.

    `expected_on` is the Shanghai day by which the money should be there; `reference` the bank's own name of it.
    """

    __tablename__ = "payout_attempt"
    __table_args__ = (
        UniqueConstraint("bank_key"),
        Index(
            "uq_payout_attempt_live",
            "payout_id",
            unique=True,
            sqlite_where=text("state <> 'refused'"),
            postgresql_where=text("state <> 'refused'"),
        ),
        Index(None, "payout_id", "number"),
        Index(None, "file_id"),
        CheckConstraint("state IN ('sent', 'unknown', 'refused', 'paid')", name="state"),
        CheckConstraint("(state IN ('refused', 'paid')) = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("amount_fen > 0", name="amount"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    payout_id: Mapped[str] = mapped_column(ForeignKey("payout.id"))
    number: Mapped[int] = mapped_column(Integer)
    file_id: Mapped[str] = mapped_column(ForeignKey("payout_file.id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("bank_account.id"))
    bank_key: Mapped[str] = mapped_column(String(40))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    sent_at: Mapped[int] = mapped_column(BigInteger)
    expected_on: Mapped[str] = mapped_column(String(10))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    reference: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(200))
