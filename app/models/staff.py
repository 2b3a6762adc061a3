"""People who run campaigns, pay for them, watch over them, help citizens and serve residents at a desk."""

from sqlalchemy import BigInteger, CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Staff(Base):
    """One login; the password is an argon2 hash; five failures lock it for a while."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint(
            "role IN ('organizer', 'author', 'approver', 'finance', 'auditor', 'support', 'agent')",
            name="role",
        ),
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(256))
    status: Mapped[str] = mapped_column(String(16), default="active")
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[int] = mapped_column(BigInteger)
