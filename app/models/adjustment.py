"""Money given to or taken from a merchant beside its redemptions, by two persons and with a reason."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Adjustment(Base):
    """A `gesture` is a positive line of the next settlement batch, a `clawback` a negative one."""

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint("kind IN ('gesture', 'clawback')", name="kind"),
        CheckConstraint("state IN ('proposed', 'approved', 'refused')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(state <> 'proposed') = (decided_by IS NOT NULL)", name="decided"),
        CheckConstraint("decided_by IS NULL OR decided_by <> author_id", name="two_persons"),
        Index(None, "campaign_id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    redemption_id: Mapped[str | None] = mapped_column(ForeignKey("redemption.id"))
    kind: Mapped[str] = mapped_column(String(16))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    author_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
