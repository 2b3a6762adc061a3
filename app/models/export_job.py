"""A file that somebody asked for, written by a job in parts."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class ExportJob(Base):
    """What it holds is fixed when it is asked for: postings up to `to_no`. `after_no` and `after_id` are done.

    `row_count`, `subsidy_fen` and `direct_fen` are the sums of the rows written so far.
    """

    __tablename__ = "export_job"
    __table_args__ = (
        CheckConstraint("kind IN ('redemptions', 'hours')", name="kind"),
        CheckConstraint("state IN ('asked', 'done')", name="state"),
        CheckConstraint("(state = 'done') = (sha256 IS NOT NULL)", name="whole"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default="asked")
    asker_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    to_no: Mapped[int] = mapped_column(Integer)
    after_no: Mapped[int] = mapped_column(Integer, default=0)
    after_id: Mapped[str] = mapped_column(String(40), default="")
    parts: Mapped[int] = mapped_column(Integer, default=0)
    row_count: Mapped[int] = mapped_column(Integer, default=0)
    byte_count: Mapped[int] = mapped_column(BigInteger, default=0)
    subsidy_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    direct_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[int] = mapped_column(BigInteger)
    done_at: Mapped[int | None] = mapped_column(BigInteger)
