"""Vouchers held for one order number of one merchant until an instant, or until they are given back."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Reservation(Base):
    """The hold ends at `hold_until` or at `released_at`; whether it was captured, the order's row says."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("merchant_id", "order_no", "number"),
        CheckConstraint("hold_until > reserved_at", name="hold"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    order_no: Mapped[str] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(Integer)
    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"))
    scan_id: Mapped[str] = mapped_column(ForeignKey("scan.id"))
    reserved_at: Mapped[int] = mapped_column(BigInteger)
    hold_until: Mapped[int] = mapped_column(BigInteger)
    released_at: Mapped[int | None] = mapped_column(BigInteger)
