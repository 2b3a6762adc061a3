"""What one merchant is paid from one settlement batch."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Payout(Base):
    """One per batch and merchant; `amount_fen` is what its last attempt asks for; `void`: nothing is left to pay.

    It covers every earlier line of the merchant in the campaign that no payout before it covers (ADR 27).
    """

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("settlement_id", "merchant_id"),
        CheckConstraint("state IN ('paying', 'refused', 'paid', 'void')", name="state"),
        CheckConstraint("amount_fen >= 0 AND (state = 'void') = (amount_fen = 0)", name="amount"),
        Index(None, "merchant_id", "settlement_id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlement_batch.id"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[int] = mapped_column(BigInteger)
