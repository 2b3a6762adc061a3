"""What one merchant gets from one settlement batch."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SettlementLine(Base):
    """Sums of the merchant's postings in the interval; `net_fen` may be negative and is then carried on.

    `held_fen` went on hold in it, `freed_fen` came back from one; `adjusted_fen` is gestures less claw-backs.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        CheckConstraint(
            "net_fen = redeemed_fen - reversed_fen - held_fen + freed_fen + adjusted_fen", name="net"
        ),
        Index(None, "merchant_id", "settlement_id"),
    )

    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlement_batch.id"), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), primary_key=True)
    redeemed_count: Mapped[int] = mapped_column(Integer)
    reversed_count: Mapped[int] = mapped_column(Integer)
    redeemed_fen: Mapped[int] = mapped_column(BigInteger)
    reversed_fen: Mapped[int] = mapped_column(BigInteger)
    net_fen: Mapped[int] = mapped_column(BigInteger)
    held_fen: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    freed_fen: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    adjusted_fen: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
