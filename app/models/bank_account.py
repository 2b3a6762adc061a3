"""Where a merchant's money goes: every version that was ever handed in."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class BankAccount(Base):
    """One version; version 1 came with the application (`changed_by` is null). `_ct` columns are sealed."""

    __tablename__ = "bank_account"
    __table_args__ = (
        UniqueConstraint("merchant_id", "version"),
        Index(
            "uq_bank_account_pending",
            "merchant_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        CheckConstraint("state IN ('pending', 'verified', 'refused', 'replaced')", name="state"),
        CheckConstraint("(state IN ('verified', 'refused')) = (decided_by IS NOT NULL)", name="decided"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    version: Mapped[int] = mapped_column(Integer)
    bank_name: Mapped[str] = mapped_column(String(100))
    account_name_ct: Mapped[bytes] = mapped_column(LargeBinary)
    account_number_ct: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("merchant_staff.id"))
    changed_at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200), default="")
