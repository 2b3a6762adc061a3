"""The last number of the feed: one row, locked by whoever publishes."""

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class EventClock(Base):
    """Its lock is held until COMMIT, so numbers become visible in their order."""

    __tablename__ = "event_clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last_no: Mapped[int] = mapped_column(BigInteger)
