"""Which merchants a batch names."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class BatchMerchant(Base):
    """Vouchers of the batch are redeemed at these merchants only; `batch.merchants` counts them, 0 for all."""

    __tablename__ = "batch_merchant"

    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), primary_key=True)
