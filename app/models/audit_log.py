"""Privileged acts and refused privileged attempts: who, when, what, why."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class AuditLog(Base):
    """`result` is `done` or a refusal code. Rows are only ever added (a trigger keeps it so)."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "object_id", "at"), Index(None, "actor_id", "id"))

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(48))
    object_id: Mapped[str] = mapped_column(String(40))
    result: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(200), default="")
    trace_id: Mapped[str] = mapped_column(String(40))
