"""Up to which instant the rows without a posting number are rolled up."""

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class RowFold(Base):
    """One row. Whatever was named before `up_to` (epoch ms of its id) is in `batch_hour` and `posting_sum`."""

    __tablename__ = "row_fold"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    up_to: Mapped[int] = mapped_column(BigInteger)
