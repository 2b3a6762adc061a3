"""One event on its way to one webhook: the work list, and afterwards the log."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class WebhookDelivery(Base):
    """Written with the event; `attempts`, `status` and `error` tell of the last one. Sent at least once."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        CheckConstraint("(state = 'delivered') <= (delivered_at IS NOT NULL)", name="delivered"),
        Index(
            "ix_webhook_delivery_pending",
            "webhook_id",
            "next_at",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhook.id"), primary_key=True)
    event_no: Mapped[int] = mapped_column(ForeignKey("event.no"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(32))
    delivered_at: Mapped[int | None] = mapped_column(BigInteger)
