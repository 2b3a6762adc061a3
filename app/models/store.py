"""A place where a merchant sells."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Store(Base):
    """One address of a merchant. Its area is what batches may be limited to: a store that moves is another store."""

    __tablename__ = "store"
    __table_args__ = (CheckConstraint("status IN ('active', 'suspended')", name="status"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    area: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(16), default="active")
    suspended_by: Mapped[str | None] = mapped_column(String(40))  # whoever may take it back
    created_at: Mapped[int] = mapped_column(BigInteger)
