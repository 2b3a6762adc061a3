"""The feed: everything that was told, numbered without gaps, never changed."""

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Event(Base):
    """`no` is given when it is published, under the lock of the event clock: whoever has read `n` misses none below.

    `merchant_id` is whom it concerns beside the organizer, `citizen_id` who gets a notice; `body` is JSON without
    anything about a person.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("ref", "kind"),
        Index(
            "ix_event_merchant_id_no",
            "merchant_id",
            "no",
            sqlite_where=text("merchant_id IS NOT NULL"),
            postgresql_where=text("merchant_id IS NOT NULL"),
        ),
    )

    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    ref: Mapped[str] = mapped_column(String(96))
    at: Mapped[int] = mapped_column(BigInteger)
    is_test: Mapped[bool] = mapped_column()
    merchant_id: Mapped[str | None] = mapped_column(String(40))
    citizen_id: Mapped[str | None] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
