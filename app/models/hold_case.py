"""A suspicion about redemptions of one merchant: what raised it, what the merchant says, what was decided."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class HoldCase(Base):
    """`rule` names what raised it; `opened_by` is null where no person did. Who opened it does not decide it."""

    __tablename__ = "hold_case"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'appealed', 'released', 'upheld')", name="state"),
        CheckConstraint("(state IN ('released', 'upheld')) = (decided_by IS NOT NULL)", name="decided"),
        CheckConstraint(
            "opened_by IS NULL OR decided_by IS NULL OR opened_by <> decided_by", name="two_persons"
        ),
        Index(None, "campaign_id"),
        Index(None, "merchant_id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    rule: Mapped[str] = mapped_column(String(32))
    figures: Mapped[str] = mapped_column(String(500))
    reason: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default="open")
    opened_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    opened_at: Mapped[int] = mapped_column(BigInteger)
    appeal: Mapped[str | None] = mapped_column(String(500))
    appealed_by: Mapped[str | None] = mapped_column(ForeignKey("merchant_staff.id"))
    appealed_at: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    decision: Mapped[str | None] = mapped_column(String(200))
