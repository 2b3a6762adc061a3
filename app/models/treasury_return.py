"""Money of a closed campaign that goes back to the treasury."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class TreasuryReturn(Base):
    """One person asks for these amounts, a second one lets them go; a campaign has one open request at a time."""

    __tablename__ = "treasury_return"
    __table_args__ = (
        CheckConstraint("state IN ('requested', 'approved', 'refused')", name="state"),
        CheckConstraint(
            "budget_fen >= 0 AND released_fen >= 0 AND budget_fen + released_fen > 0", name="amounts"
        ),
        CheckConstraint("decider_id IS NULL OR decider_id <> requester_id", name="two_persons"),
        CheckConstraint("(state = 'requested') = (decider_id IS NULL)", name="decided"),
        Index(
            "uq_treasury_return_requested",
            "campaign_id",
            unique=True,
            sqlite_where=text("state = 'requested'"),
            postgresql_where=text("state = 'requested'"),
        ),
        Index(None, "campaign_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    state: Mapped[str] = mapped_column(String(16))
    budget_fen: Mapped[int] = mapped_column(BigInteger)
    released_fen: Mapped[int] = mapped_column(BigInteger)
    requester_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    decider_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    requested_at: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
