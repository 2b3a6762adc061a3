"""What the bank said about an attempt, every different word of it."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PayoutAnswer(Base):
    """Kept also when it contradicts what the bank had said before; `digest` tells the same word said again."""

    __tablename__ = "payout_answer"
    __table_args__ = (
        CheckConstraint("outcome IN ('paid', 'refused', 'unknown')", name="outcome"),
        CheckConstraint("verdict IN ('applied', 'repeated', 'contradicts')", name="verdict"),
    )

    attempt_id: Mapped[str] = mapped_column(ForeignKey("payout_attempt.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(16))
    heard_at: Mapped[int] = mapped_column(BigInteger)
