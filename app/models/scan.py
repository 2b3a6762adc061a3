"""A terminal read a code: accepted or refused, both are rows."""

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Scan(Base):
    """`result` is `accepted` or a refusal code. A (handle, step) is accepted once, by index.

    A sheet of paper (`sheet_id`) has no handle: it may be scanned again until it has paid.
    """

    __tablename__ = "scan"
    __table_args__ = (
        ForeignKeyConstraint(
            ["terminal_id", "store_id", "merchant_id"],
            ["terminal.id", "terminal.store_id", "terminal.merchant_id"],
        ),
        Index(
            "uq_scan_accepted",
            "epoch",
            "handle",
            "code_step",
            unique=True,
            sqlite_where=text("result = 'accepted'"),
            postgresql_where=text("result = 'accepted'"),
        ),
        Index(None, "citizen_id", "scanned_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    epoch: Mapped[int | None] = mapped_column(Integer)
    handle: Mapped[str | None] = mapped_column(String(9))
    code_step: Mapped[int | None] = mapped_column(BigInteger)
    citizen_id: Mapped[str | None] = mapped_column(ForeignKey("citizen.id"))
    terminal_id: Mapped[str] = mapped_column(String(40))
    merchant_id: Mapped[str] = mapped_column(String(40))
    store_id: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(16))
    result: Mapped[str] = mapped_column(String(32))
    order_no: Mapped[str | None] = mapped_column(String(64))
    scanned_at: Mapped[int] = mapped_column(BigInteger)
    sheet_id: Mapped[str | None] = mapped_column(String(40))
