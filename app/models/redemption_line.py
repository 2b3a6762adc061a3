"""One voucher's part in a redemption."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class RedemptionLine(Base):
    """A voucher has at most one effective line, by index. `order_share_fen` splits the order over its vouchers."""

    __tablename__ = "redemption_line"
    __table_args__ = (
        Index(
            "uq_redemption_line_effective",
            "voucher_id",
            unique=True,
            sqlite_where=text("effective"),
            postgresql_where=text("effective"),
        ),
        CheckConstraint("subsidy_fen > 0 AND subsidy_fen <= face_fen", name="subsidy"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), index=True)
    voucher_id: Mapped[str] = mapped_column(ForeignKey("voucher.id"), index=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), index=True)
    face_fen: Mapped[int] = mapped_column(BigInteger)
    subsidy_fen: Mapped[int] = mapped_column(BigInteger)
    order_share_fen: Mapped[int] = mapped_column(BigInteger)
    effective: Mapped[bool]
