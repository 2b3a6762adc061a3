"""One event as one citizen is told of it: the line in the citizen's list, and the message on its way."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Notice(Base):
    """Event and citizen name it: there is one. `facts` is JSON, what the sentence is made of, nothing about the person.

    `person_no` tells the persons of one event apart. It is sent in `language`; `sent_at` is null while it waits.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("citizen_id", "event_no"),
        CheckConstraint(
            "kind IN ('claimed', 'won', 'lost', 'redeemed', 'refunded', 'expiring', 'expired')", name="kind"
        ),
        CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        Index(
            "ix_notice_pending",
            "next_at",
            "event_no",
            "person_no",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    event_no: Mapped[int] = mapped_column(ForeignKey("event.no"), primary_key=True)
    person_no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    kind: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    facts: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
