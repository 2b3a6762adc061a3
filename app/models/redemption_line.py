"""One voucher's part in a redemption."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class RedemptionLine(Base):
    """A voucher has at most one effective line, by index. `order_share_fen` splits the order over its vouchers.

    The voucher pays at most `eligible_fen`, what its goods cost. Refunds of parts took `refunded_fen` off the share,
    and `returned_fen` off the subsidy.
    """

    __tablename__ = "redemption_line"
    __table_args__ = (
        ForeignKeyConstraint(["batch_id", "campaign_id"], ["batch.id", "batch.campaign_id"]),
        Index(
            "uq_redemption_line_effective",
            "voucher_id",
            unique=True,
            sqlite_where=text("effective"),
            postgresql_where=text("effective"),
        ),
        CheckConstraint("subsidy_fen > 0 AND subsidy_fen <= face_fen", name="subsidy"),
        CheckConstraint("subsidy_fen <= eligible_fen", name="eligible"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= order_share_fen", name="refunded"),
        CheckConstraint("returned_fen >= 0 AND returned_fen <= subsidy_fen", name="returned"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    redemption_id: Mapped[str] = mapped_column(ForeignKey("redemption.id"), index=True)
    voucher_id: Mapped[str] = mapped_column(ForeignKey("voucher.id"), index=True)
    campaign_id: Mapped[str] = mapped_column(String(40))
    batch_id: Mapped[str] = mapped_column(String(40))
    face_fen: Mapped[int] = mapped_column(BigInteger)
    subsidy_fen: Mapped[int] = mapped_column(BigInteger)
    order_share_fen: Mapped[int] = mapped_column(BigInteger)
    eligible_fen: Mapped[int | None] = mapped_column(BigInteger)
    refunded_fen: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    returned_fen: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    effective: Mapped[bool]
