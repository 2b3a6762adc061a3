"""The random pseudonym behind one displayed Ankang code."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class CodeHandle(Base):
    """One display (亮码) draws one handle. `last_step` only rises; -1 means: not accepted yet."""

    __tablename__ = "code_handle"
    __table_args__ = (
        CheckConstraint("status IN ('live', 'consumed', 'dead')", name="status"),
        Index(None, "citizen_id", "displayed_at"),
    )

    epoch: Mapped[int] = mapped_column(Integer, primary_key=True)
    handle: Mapped[str] = mapped_column(String(9), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    displayed_at: Mapped[int] = mapped_column(BigInteger)
    issued_step: Mapped[int] = mapped_column(BigInteger)
    last_step: Mapped[int] = mapped_column(BigInteger, default=-1)
    bad_tries: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[str] = mapped_column(String(16), default="live")
