"""Which vouchers a reservation holds or held; who holds one now, its own row says."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class ReservationVoucher(Base):
    """Only ever added to: what was held by whom, and when, remains to be audited."""

    __tablename__ = "reservation_voucher"

    reservation_id: Mapped[str] = mapped_column(ForeignKey("reservation.id"), primary_key=True)
    voucher_id: Mapped[str] = mapped_column(ForeignKey("voucher.id"), primary_key=True)
