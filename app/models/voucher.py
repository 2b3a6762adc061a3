"""One right, held by one citizen."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Voucher(Base):
    """States and their changes: `app/domain/voucher_state.py`. Validity is half-open `[valid_from, valid_to)`.

    Before `hold_until` an unused voucher pays no order but the one of its reservation (ADR 0022).
    """

    __tablename__ = "voucher"
    __table_args__ = (
        ForeignKeyConstraint(["batch_id", "campaign_id"], ["batch.id", "batch.campaign_id"]),
        UniqueConstraint("batch_id", "citizen_id", "ordinal"),
        CheckConstraint("status IN ('issued', 'redeemed', 'expired', 'revoked')", name="status"),
        Index(None, "citizen_id", "id"),
        Index(
            "ix_voucher_issued_valid_to",
            "valid_to",
            sqlite_where=text("status = 'issued'"),
            postgresql_where=text("status = 'issued'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(40))
    batch_id: Mapped[str] = mapped_column(String(40))
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    ordinal: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16), default="issued")
    version: Mapped[int] = mapped_column(Integer, default=1)
    face_fen: Mapped[int] = mapped_column(BigInteger)
    claimed_at: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[int] = mapped_column(BigInteger)
    valid_to: Mapped[int] = mapped_column(BigInteger)
    hold_until: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    reservation_id: Mapped[str | None] = mapped_column(String(40))
