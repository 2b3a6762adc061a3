"""One chain of seals over closed intervals: postings of campaigns, entries of the audit trail, events."""

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Seal(Base):
    """`(from_no, to_no]` of a scope (a campaign's id, `audit_log` or `event`). `sha256` holds the seal before it, too.

    The last seal of a Shanghai day is the day's anchor. Rows are only ever added.
    """

    __tablename__ = "seal"
    __table_args__ = (
        UniqueConstraint("scope", "from_no"),
        UniqueConstraint("scope", "to_no"),
        CheckConstraint("from_no < to_no", name="interval"),
        Index(None, "day", "number"),
    )

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    scope: Mapped[str] = mapped_column(String(40))
    from_no: Mapped[int] = mapped_column(BigInteger)
    to_no: Mapped[int] = mapped_column(BigInteger)
    content_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[int] = mapped_column(BigInteger)
    day: Mapped[str] = mapped_column(String(10))
