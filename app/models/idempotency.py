"""The answer to a write, stored in the transaction that holds its effect."""

from sqlalchemy import BigInteger, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Idempotency(Base):
    """`caller` is a citizen, terminal or staff id, never a key id, so keys may rotate and nobody sees another's."""

    __tablename__ = "idempotency"
    __table_args__ = (
        Index(
            "ix_idempotency_redeemed_object_id",
            "object_id",
            sqlite_where=text("operation = 'redeem'"),
            postgresql_where=text("operation = 'redeem'"),
        ),
    )

    caller: Mapped[str] = mapped_column(String(64), primary_key=True)
    operation: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[int] = mapped_column(BigInteger)
