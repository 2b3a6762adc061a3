"""A redemption that somebody must look at before its settlement batch is approved."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SettlementSample(Base):
    """Drawn when the lines are frozen, by their hash, so that nobody can choose what is looked at."""

    __tablename__ = "settlement_sample"
    __table_args__ = (
        CheckConstraint("verdict IN ('good', 'suspicious')", name="verdict"),
        CheckConstraint("(verdict IS NULL) = (reviewer_id IS NULL)", name="reviewed"),
    )

    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlement_batch.id"), primary_key=True)
    line_id: Mapped[str] = mapped_column(ForeignKey("redemption_line.id"), primary_key=True)
    verdict: Mapped[str | None] = mapped_column(String(16))
    reviewer_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    reviewed_at: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(200))
