"""A refusal that a test terminal asked for, to see what its own software makes of it."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SandboxFault(Base):
    """The next `times` requests of this terminal for this operation get it; `is_after`: what they ask is done first."""

    __tablename__ = "sandbox_fault"
    __table_args__ = (
        CheckConstraint("times BETWEEN 1 AND 20", name="times"),
        CheckConstraint("taken >= 0 AND taken <= times", name="taken"),
        Index(None, "terminal_id", "operation"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"))
    operation: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(32))
    is_after: Mapped[bool]
    times: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer)
    armed_at: Mapped[int] = mapped_column(BigInteger)
