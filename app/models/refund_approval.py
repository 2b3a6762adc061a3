"""A supervisor's word for one refund above the merchant's limit."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class RefundApproval(Base):
    """For one order and one amount, used at most once and not after `expires_at`."""

    __tablename__ = "refund_approval"
    __table_args__ = (
        CheckConstraint("refund_fen > 0", name="amount"),
        CheckConstraint("(used_at IS NULL) = (terminal_id IS NULL)", name="used"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    order_no: Mapped[str] = mapped_column(String(64))
    refund_fen: Mapped[int] = mapped_column(BigInteger)
    approver_id: Mapped[str] = mapped_column(ForeignKey("merchant_staff.id"))
    reason: Mapped[str] = mapped_column(String(200))
    approved_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    used_at: Mapped[int | None] = mapped_column(BigInteger)
    terminal_id: Mapped[str | None] = mapped_column(ForeignKey("terminal.id"))
