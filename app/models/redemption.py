"""Vouchers paid part of one order at one terminal."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Redemption(Base):
    """Amounts in fen; `order_fen` is the base of direct consumption, once per order and net of refunds.

    `is_repeat`: the same citizen, store and amount as within the minute before, confirmed by the cashier.
    """

    __tablename__ = "redemption"
    __table_args__ = (
        ForeignKeyConstraint(
            ["terminal_id", "store_id", "merchant_id"],
            ["terminal.id", "terminal.store_id", "terminal.merchant_id"],
        ),
        UniqueConstraint("merchant_id", "order_no"),
        Index(None, "merchant_id", "redeemed_at", "id"),
        CheckConstraint("state IN ('effective', 'reversed')", name="state"),
        CheckConstraint("used_fen + customer_pays_fen = order_fen", name="amounts"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= order_fen", name="refunded"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(String(40))
    store_id: Mapped[str] = mapped_column(String(40))
    terminal_id: Mapped[str] = mapped_column(String(40))
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    scan_id: Mapped[str] = mapped_column(ForeignKey("scan.id"))
    order_no: Mapped[str] = mapped_column(String(64))
    gross_fen: Mapped[int] = mapped_column(BigInteger)
    merchant_discount_fen: Mapped[int] = mapped_column(BigInteger)
    order_fen: Mapped[int] = mapped_column(BigInteger)
    face_fen: Mapped[int] = mapped_column(BigInteger)
    used_fen: Mapped[int] = mapped_column(BigInteger)
    customer_pays_fen: Mapped[int] = mapped_column(BigInteger)
    refunded_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    is_repeat: Mapped[bool] = mapped_column(default=False, server_default=false())
    state: Mapped[str] = mapped_column(String(16), default="effective")
    redeemed_at: Mapped[int] = mapped_column(BigInteger)
    reversed_at: Mapped[int | None] = mapped_column(BigInteger)
