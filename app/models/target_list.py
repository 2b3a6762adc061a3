"""A list of people who are to get a voucher (定向发放): uploaded by one person, released by another."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class TargetList(Base):
    """One per batch and content: `content_bi` is a keyed hash, because a plain one of a short list could be guessed.

    `done_no` is the last line of the file that the present pass (checking, then issuing) has worked through.
    """

    __tablename__ = "target_list"
    __table_args__ = (
        UniqueConstraint("batch_id", "content_bi"),
        CheckConstraint("state IN ('checking', 'checked', 'released', 'issued')", name="state"),
        CheckConstraint("approver_id IS NULL OR approver_id <> uploader_id", name="two_persons"),
        CheckConstraint("(state IN ('released', 'issued')) = (approver_id IS NOT NULL)", name="released"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"))
    content_bi: Mapped[str] = mapped_column(String(64))
    named_columns: Mapped[str] = mapped_column(String(64))
    row_count: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), default="checking")
    done_no: Mapped[int] = mapped_column(Integer, default=0)
    uploader_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    approver_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
    uploaded_at: Mapped[int] = mapped_column(BigInteger)
    checked_at: Mapped[int | None] = mapped_column(BigInteger)
    released_at: Mapped[int | None] = mapped_column(BigInteger)
    issued_at: Mapped[int | None] = mapped_column(BigInteger)
