"""What an organizer runs, with a budget."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Campaign(Base):
    """The budget is allotted to batches (stock × face), so a claim touches its batch row alone.

    Limits that are not set do not limit: vouchers per person in the whole campaign, per person and Shanghai day, and
    face value given out per Shanghai day; what its vouchers pay per Shanghai day, in all and per citizen, terminal and
    merchant.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','in_review','approved','paused','closed','settled')", name="state"
        ),
        CheckConstraint("budget_fen > 0", name="budget"),
        CheckConstraint("person_limit > 0", name="person_limit"),
        CheckConstraint("person_day_limit > 0", name="person_day_limit"),
        CheckConstraint("daily_budget_fen > 0", name="daily_budget"),
        CheckConstraint("day_subsidy_fen > 0", name="day_subsidy"),
        CheckConstraint("citizen_day_fen > 0", name="citizen_day"),
        CheckConstraint("terminal_day_fen > 0", name="terminal_day"),
        CheckConstraint("merchant_day_fen > 0", name="merchant_day"),
        CheckConstraint("allotted_fen <= budget_fen", name="allotted"),
        CheckConstraint("approver_id IS NULL OR approver_id <> author_id", name="two_persons"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    is_test: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16), default="draft")
    budget_fen: Mapped[int] = mapped_column(BigInteger)
    allotted_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    person_limit: Mapped[int | None] = mapped_column(Integer)
    person_day_limit: Mapped[int | None] = mapped_column(Integer)
    daily_budget_fen: Mapped[int | None] = mapped_column(BigInteger)
    day_subsidy_fen: Mapped[int | None] = mapped_column(BigInteger)
    citizen_day_fen: Mapped[int | None] = mapped_column(BigInteger)
    terminal_day_fen: Mapped[int | None] = mapped_column(BigInteger)
    merchant_day_fen: Mapped[int | None] = mapped_column(BigInteger)
    author_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    approver_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[int] = mapped_column(BigInteger)
    approved_at: Mapped[int | None] = mapped_column(BigInteger)
