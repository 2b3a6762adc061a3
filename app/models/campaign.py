"""What an organizer runs, with a budget."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Campaign(Base):
    """The budget is allotted to batches (stock × face), so a claim touches its batch row alone."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','in_review','approved','paused','closed','settled')", name="state"
        ),
        CheckConstraint("budget_fen > 0", name="budget"),
        CheckConstraint("allotted_fen <= budget_fen", name="allotted"),
        CheckConstraint("approver_id IS NULL OR approver_id <> author_id", name="two_persons"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    is_test: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16), default="draft")
    budget_fen: Mapped[int] = mapped_column(BigInteger)
    allotted_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    author_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    approver_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[int] = mapped_column(BigInteger)
    approved_at: Mapped[int | None] = mapped_column(BigInteger)
