"""What happened in a transaction, written in that transaction and published afterwards (ADR 0029)."""

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Outbox(Base):
    """One row a transaction and kind: `refs` is a JSON list of what it happened to. The relay deletes what it has told.

    `id` is the database's: who saw an effect gets a higher one than who made it, whatever their clocks say.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    refs: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
