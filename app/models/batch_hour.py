"""What happened to the vouchers of a batch in one hour."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class BatchHour(Base):
    """Flows, each in the hour in which it happened: what is reversed stays redeemed in its own hour.

    `hour` counts Shanghai hours since 1970. `use_ms`: from claim to redemption, summed over the redeemed;
    `used_in_day`: how many of them within 24 hours. A holder is counted once a campaign, with the first redemption:
    `new` if it is the first on the platform, else `returning`.
    """

    __tablename__ = "batch_hour"

    batch_id: Mapped[str] = mapped_column(String(40), ForeignKey("batch.id"), primary_key=True)
    hour: Mapped[int] = mapped_column(Integer, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.id"), index=True)
    claimed: Mapped[int] = mapped_column(Integer)
    last_claim_at: Mapped[int] = mapped_column(BigInteger)
    expired: Mapped[int] = mapped_column(Integer)
    revoked: Mapped[int] = mapped_column(Integer)
    redeemed: Mapped[int] = mapped_column(Integer)
    reversed: Mapped[int] = mapped_column(Integer)
    subsidy_fen: Mapped[int] = mapped_column(BigInteger)
    direct_fen: Mapped[int] = mapped_column(BigInteger)
    use_ms: Mapped[int] = mapped_column(BigInteger)
    used_in_day: Mapped[int] = mapped_column(Integer)
    new_holders: Mapped[int] = mapped_column(Integer)
    returning_holders: Mapped[int] = mapped_column(Integer)
