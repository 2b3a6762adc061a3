"""The last posting number and instant of a campaign: one order for numbers, times and visibility."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PostingClock(Base):
    """Raised as the last lock of every transaction that moves `payable`; held until COMMIT."""

    __tablename__ = "posting_clock"

    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.id"), primary_key=True)
    last_no: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[int] = mapped_column(BigInteger, default=0)
