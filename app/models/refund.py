"""A part of an order was refunded; a reversal of the whole order is no refund, it undoes the redemption."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Refund(Base):
    """`refund_fen` of the order amount: the customer gets a part of it, the budget the rest."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("redemption_id", "number"),
        CheckConstraint(
            "refund_fen > 0 AND customer_fen >= 0 AND subsidy_fen >= 0 AND customer_fen + subsidy_fen = refund_fen",
            name="amounts",
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"))
    number: Mapped[int] = mapped_column(Integer)
    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"))
    refund_fen: Mapped[int] = mapped_column(BigInteger)
    customer_fen: Mapped[int] = mapped_column(BigInteger)
    subsidy_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    refunded_at: Mapped[int] = mapped_column(BigInteger)
