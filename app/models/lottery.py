"""The lottery of a batch: what was promised before it, what was frozen at its close, what came out."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Lottery(Base):
    """One row per batch of mode `lottery`; the registration window is the batch's claim window.

    States: `open` (until the close) → `closed` (nobody can be added) → `frozen` (the list's hash is published) →
    `asked` (the draw) → `drawn` (winners are known) → `issued` (each winner has a voucher or a recorded refusal).
    """

    __tablename__ = "lottery"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed', 'frozen', 'asked', 'drawn', 'issued')", name="state"),
        CheckConstraint("(state IN ('open', 'closed')) = (list_sha256 IS NULL)", name="frozen"),
        CheckConstraint("state IN ('open', 'closed', 'frozen') OR public_value IS NOT NULL", name="value"),
        CheckConstraint("list_sha256 IS NOT NULL OR public_value IS NULL", name="value_after_close"),
        CheckConstraint("drawer_id IS NULL OR drawer_id <> value_by", name="two_persons"),
    )

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="open")
    public_value_name: Mapped[str] = mapped_column(String(200))
    seed_box: Mapped[bytes] = mapped_column(LargeBinary)
    commitment: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    places: Mapped[int | None] = mapped_column(Integer)
    registrants: Mapped[int | None] = mapped_column(Integer)
    list_sha256: Mapped[str | None] = mapped_column(String(64))
    public_value: Mapped[str | None] = mapped_column(String(200))
    value_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    value_at: Mapped[int | None] = mapped_column(BigInteger)
    drawer_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    drawn_at: Mapped[int | None] = mapped_column(BigInteger)
    winners: Mapped[int | None] = mapped_column(Integer)
    issued_at: Mapped[int | None] = mapped_column(BigInteger)
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
