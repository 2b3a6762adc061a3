"""One voucher's part in a refund."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class RefundLine(Base):
    """What a refund takes off one line: of the order amount, and of the subsidy, which is posted under this id."""

    __tablename__ = "refund_line"
    __table_args__ = (
        UniqueConstraint("refund_id", "line_id"),
        CheckConstraint("refund_fen >= 0 AND subsidy_fen >= 0", name="amounts"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    refund_id: Mapped[str] = mapped_column(ForeignKey("refund.id"))
    line_id: Mapped[str] = mapped_column(ForeignKey("redemption_line.id"), index=True)
    refund_fen: Mapped[int] = mapped_column(BigInteger)
    subsidy_fen: Mapped[int] = mapped_column(BigInteger)
