"""Somebody's address that wants to hear of events."""

from sqlalchemy import BigInteger, CheckConstraint, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Webhook(Base):
    """`owner` is a merchant's id, or `organizer`. `kinds` is a JSON list, NULL for all.

    Secrets are derived from the id and `secret_no` and stored nowhere; the one before is good until `old_until`.
    `failing_since` is the first failure since the last success: `disabled` is who failed for days.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("owner", "number"),
        CheckConstraint("number BETWEEN 1 AND 20", name="number"),
        CheckConstraint("status IN ('active', 'suspended', 'disabled')", name="status"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(Integer)
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="active")
    secret_no: Mapped[int] = mapped_column(Integer, default=1)
    old_until: Mapped[int] = mapped_column(BigInteger, default=0)
    failing_since: Mapped[int | None] = mapped_column(BigInteger)
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
