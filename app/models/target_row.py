"""One row of a list, and what became of it."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class TargetRow(Base):
    """`result` is `good`, `issued`, or the reason why not. `row_no` is the line in the file, the header being 1.

    Only the first row of a person carries `id_number_bi`, so a person is on a list once; a voucher is of one row.
    """

    __tablename__ = "target_row"
    __table_args__ = (
        UniqueConstraint("list_id", "id_number_bi"),
        UniqueConstraint("voucher_id"),
        CheckConstraint("(result = 'issued') = (voucher_id IS NOT NULL)", name="issued"),
        CheckConstraint(
            "result NOT IN ('good', 'issued') OR (citizen_id IS NOT NULL AND id_number_bi IS NOT NULL)",
            name="known",
        ),
    )

    list_id: Mapped[str] = mapped_column(ForeignKey("target_list.id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    masked: Mapped[str] = mapped_column(String(32))
    id_number_bi: Mapped[str | None] = mapped_column(String(64))
    citizen_id: Mapped[str | None] = mapped_column(ForeignKey("citizen.id"))
    result: Mapped[str] = mapped_column(String(32))
    voucher_id: Mapped[str | None] = mapped_column(ForeignKey("voucher.id"))
