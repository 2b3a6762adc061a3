"""A till that may scan codes and redeem vouchers."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Terminal(Base):
    """A test terminal sees vouchers of test campaigns only, a live one only real ones."""

    __tablename__ = "terminal"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
        Index(None, "id", "store_id", "merchant_id", unique=True),  # to be named in one piece
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"), index=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    is_test: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16), default="active")
    suspended_by: Mapped[str | None] = mapped_column(String(40))  # whoever may take it back
    created_at: Mapped[int] = mapped_column(BigInteger)
