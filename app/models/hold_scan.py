"""How far the rules of cash-out have looked through a campaign, and who is at it."""

from sqlalchemy import BigInteger, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class HoldScan(Base):
    """Made by the first run. `scanned_no` is the posting number up to which purchases were judged.

    Every case of a run is opened in a transaction that still finds the run's epoch.
    """

    __tablename__ = "hold_scan"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    scanned_no: Mapped[int] = mapped_column(Integer, default=0)
    scanned_at: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_until: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_epoch: Mapped[int] = mapped_column(Integer, default=0)
