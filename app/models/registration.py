"""One person in one lottery, under a number that says nothing about the person."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Registration(Base):
    """`rank` is given by the draw to winners only; a winner ends with a voucher or with the code of a refusal."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("batch_id", "citizen_id"),
        UniqueConstraint("batch_id", "rank"),
        UniqueConstraint("voucher_id"),
        CheckConstraint("number BETWEEN 100000000000 AND 999999999999", name="number"),
        CheckConstraint(
            "rank IS NOT NULL OR (voucher_id IS NULL AND refusal IS NULL)", name="only_winners_are_issued"
        ),
        CheckConstraint("voucher_id IS NULL OR refusal IS NULL", name="one_end"),
    )

    batch_id: Mapped[str] = mapped_column(ForeignKey("lottery.batch_id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    registered_at: Mapped[int] = mapped_column(BigInteger)
    rank: Mapped[int | None] = mapped_column(Integer)
    voucher_id: Mapped[str | None] = mapped_column(ForeignKey("voucher.id"))
    refusal: Mapped[str | None] = mapped_column(String(32))
