"""One order number of one merchant: where redemption and reversal meet."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Order(Base):
    """`refused` may become `redeemed` or `reversed`; `redeemed` only `reversed`; `reversed` is the end."""

    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("state IN ('refused', 'redeemed', 'reversed')", name="state"),)

    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), primary_key=True)
    order_no: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    refusal: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(String(200))  # of its reversal
    redemption_id: Mapped[str | None] = mapped_column(String(40))
    changed_at: Mapped[int] = mapped_column(BigInteger)
