"""What was handed to the bank at one moment: lines of one settlement batch."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PayoutFile(Base):
    """The file itself is written from its attempts, the same bytes each time; `sha256` is what they were at first."""

    __tablename__ = "payout_file"
    __table_args__ = (UniqueConstraint("settlement_id", "number"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlement_batch.id"))
    number: Mapped[int] = mapped_column(Integer)
    line_count: Mapped[int] = mapped_column(Integer)
    total_fen: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[int] = mapped_column(BigInteger)
