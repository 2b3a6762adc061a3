"""Who seals: one row, one lease."""

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Sealing(Base):
    """The only row (id 1), made by the first run. Every seal is written in a transaction that still finds its epoch."""

    __tablename__ = "sealing"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
