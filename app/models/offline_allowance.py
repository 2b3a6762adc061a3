"""What one terminal may take without a network: so many intents, worth so much, in these hours."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class OfflineAllowance(Base):
    """One a terminal and Shanghai day, signed by the issuer in `epoch`. Intents count when they arrive, by face."""

    __tablename__ = "offline_allowance"
    __table_args__ = (
        UniqueConstraint("terminal_id", "day"),
        CheckConstraint("used_count <= most_count", name="count"),
        CheckConstraint("used_fen <= most_fen", name="sum"),
        CheckConstraint("valid_from < valid_to AND valid_to <= upload_until", name="hours"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"))
    day: Mapped[str] = mapped_column(String(10))
    epoch: Mapped[int] = mapped_column(Integer)
    most_count: Mapped[int] = mapped_column(Integer)
    most_fen: Mapped[int] = mapped_column(BigInteger)
    used_count: Mapped[int] = mapped_column(Integer)
    used_fen: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[int] = mapped_column(BigInteger)
    valid_to: Mapped[int] = mapped_column(BigInteger)
    upload_until: Mapped[int] = mapped_column(BigInteger)
