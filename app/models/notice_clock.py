"""How far notices have come: one row, locked by whoever writes some, leased to whoever sends them."""

from sqlalchemy import BigInteger, CheckConstraint, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class NoticeClock(Base):
    """Every event up to `after_no` has its notices, and of a lottery behind it the registrations up to `within`.

    Who holds a voucher that ends up to `reminded_to` (epoch ms) was reminded; notices of events up to `forgotten_no`
    are deleted, or going to be.
    """

    __tablename__ = "notice_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    after_no: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    within: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reminded_to: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    forgotten_no: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease_until: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease_epoch: Mapped[int] = mapped_column(Integer, server_default=text("0"))
