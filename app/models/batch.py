"""One release of one voucher kind: stock, face value, threshold, window, validity."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Batch(Base):
    """`claimed` and `gate_epoch` are the fences every claim passes (design 3.1)."""

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint("claimed >= 0 AND claimed <= stock", name="stock"),
        CheckConstraint("face_fen > 0 AND threshold_fen > face_fen", name="face"),
        CheckConstraint("claim_from < claim_to", name="window"),
        CheckConstraint("person_limit > 0", name="person_limit"),
        CheckConstraint("gate_shards BETWEEN 1 AND 64", name="gate_shards"),
        CheckConstraint("kind IN ('full_reduction')", name="kind"),
        CheckConstraint("mode IN ('first_come', 'lottery', 'targeted')", name="mode"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16), default="first_come", server_default="first_come")
    face_fen: Mapped[int] = mapped_column(BigInteger)
    threshold_fen: Mapped[int] = mapped_column(BigInteger)
    stock: Mapped[int] = mapped_column(Integer)
    claimed: Mapped[int] = mapped_column(Integer, default=0)
    person_limit: Mapped[int] = mapped_column(Integer, default=1)
    claim_from: Mapped[int] = mapped_column(BigInteger)
    claim_to: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[int | None] = mapped_column(BigInteger)
    valid_to: Mapped[int | None] = mapped_column(BigInteger)
    valid_days: Mapped[int | None] = mapped_column(Integer)
    gate_epoch: Mapped[int] = mapped_column(Integer, default=0)
    gate_shards: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    created_at: Mapped[int] = mapped_column(BigInteger)
