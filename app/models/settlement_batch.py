"""A closed interval of postings, `(from_no, to_no]`, that is paid together."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SettlementBatch(Base):
    """One per (campaign, cutoff). Lines are computed once, under a lease, and frozen by their hash.

    A draft is `opened` until its lines are there and then `computed`; `paid` when nothing of it is left to pay.
    """

    __tablename__ = "settlement_batch"
    __table_args__ = (
        UniqueConstraint("campaign_id", "cutoff"),
        UniqueConstraint("campaign_id", "number"),
        CheckConstraint("state IN ('opened', 'computed', 'approved', 'paying', 'paid')", name="state"),
        CheckConstraint("from_no <= to_no", name="interval"),
        CheckConstraint("approver_id IS NULL OR approver_id <> opener_id", name="two_persons"),
        CheckConstraint("(state = 'opened') = (lines_sha256 IS NULL)", name="frozen"),
        CheckConstraint("review_percent BETWEEN 0 AND 100", name="review_percent"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    number: Mapped[int] = mapped_column(Integer)
    cutoff: Mapped[int] = mapped_column(BigInteger)
    from_no: Mapped[int] = mapped_column(Integer)
    to_no: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), default="opened")
    total_fen: Mapped[int | None] = mapped_column(BigInteger)
    lines_sha256: Mapped[str | None] = mapped_column(String(64))
    opener_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    approver_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
    opened_at: Mapped[int] = mapped_column(BigInteger)
    computed_at: Mapped[int | None] = mapped_column(BigInteger)
    approved_at: Mapped[int | None] = mapped_column(BigInteger)
    review_percent: Mapped[int] = mapped_column(Integer, server_default=text("0"), default=0)
