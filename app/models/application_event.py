"""The history of a merchant's application."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class ApplicationEvent(Base):
    """One act on one submission. `actor_id` is null for the applicant. Rows are only ever added (a trigger)."""

    __tablename__ = "application_event"
    __table_args__ = (
        CheckConstraint("act IN ('submit', 'return', 'approve', 'reject')", name="act"),
        CheckConstraint("(act = 'submit') = (actor_id IS NULL)", name="actor"),
    )

    application_id: Mapped[str] = mapped_column(ForeignKey("merchant_application.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    submission: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[int] = mapped_column(BigInteger)
