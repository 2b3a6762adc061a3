"""What one merchant gets from one settlement batch."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SettlementLine(Base):
    """Sums of the merchant's postings in the interval; `net_fen` may be negative and is then carried on."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        CheckConstraint("net_fen = redeemed_fen - reversed_fen", name="net"),
        Index(None, "merchant_id", "settlement_id"),
    )

    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlement_batch.id"), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), primary_key=True)
    redeemed_count: Mapped[int] = mapped_column(Integer)
    reversed_count: Mapped[int] = mapped_column(Integer)
    redeemed_fen: Mapped[int] = mapped_column(BigInteger)
    reversed_fen: Mapped[int] = mapped_column(BigInteger)
    net_fen: Mapped[int] = mapped_column(BigInteger)
