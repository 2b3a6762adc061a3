"""A merchant that accepts vouchers."""

from sqlalchemy import BigInteger, CheckConstraint, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Merchant(Base):
    """Who is paid. `refund_limit_fen` is null where the platform's limit holds; `is_small` is for statistics."""

    __tablename__ = "merchant"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
        CheckConstraint("refund_limit_fen >= 0", name="refund_limit"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    category: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    is_small: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[str] = mapped_column(String(16), default="active")
    refund_limit_fen: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
