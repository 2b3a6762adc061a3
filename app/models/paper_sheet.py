"""A voucher on paper, for who has no phone."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PaperSheet(Base):
    """It pays once, also if its voucher comes back (ADR 0037). `_mark` columns are keyed hashes of printed digits.

    A voucher has one valid sheet at the most, by index.
    """

    __tablename__ = "paper_sheet"
    __table_args__ = (
        CheckConstraint("state IN ('valid', 'used', 'revoked')", name="state"),
        Index(
            "uq_paper_sheet_valid",
            "voucher_id",
            unique=True,
            sqlite_where=text("state = 'valid'"),
            postgresql_where=text("state = 'valid'"),
        ),
        Index(None, "citizen_id", "printed_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    qr_mark: Mapped[str] = mapped_column(String(64), unique=True)
    typed_mark: Mapped[str] = mapped_column(String(64), unique=True)
    voucher_id: Mapped[str] = mapped_column(ForeignKey("voucher.id"))
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(String(16), default="valid")
    printed_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    replaced_by: Mapped[str | None] = mapped_column(String(40))
