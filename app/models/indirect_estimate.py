"""By which factor an organizer estimates indirect consumption, and where it is from."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class IndirectEstimate(Base):
    """`factor_bp`: indirect ÷ direct in hundredths of a per cent; the last word of a campaign holds."""

    __tablename__ = "indirect_estimate"
    __table_args__ = (CheckConstraint("factor_bp > 0", name="factor"),)

    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.id"), primary_key=True)
    factor_bp: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(200))
    stated_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    stated_at: Mapped[int] = mapped_column(BigInteger)
