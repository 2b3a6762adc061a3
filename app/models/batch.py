"""One release of one voucher kind: stock, face value, threshold, window, validity, terms."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Batch(Base):
    """`claimed` and `gate_epoch` are the fences every claim passes (design 3.1).

    For what, when, where and with which others: `app/domain/terms.py`. Lists are JSON; NULL does not limit.
    """

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint("claimed >= 0 AND claimed <= stock", name="stock"),
        CheckConstraint(
            "face_fen > 0 AND threshold_fen >= 0 AND (kind <> 'full_reduction' OR threshold_fen > face_fen)",
            name="face",
        ),
        CheckConstraint(
            "(kind = 'percent') = (off_bp IS NOT NULL) AND off_bp BETWEEN 1 AND 9999",
            name="off",
        ),
        CheckConstraint("per_order > 0", name="per_order"),
        CheckConstraint("claim_from < claim_to", name="window"),
        Index(None, "id", "campaign_id", unique=True),  # to be named in one piece
        CheckConstraint("person_limit > 0", name="person_limit"),
        CheckConstraint("gate_shards BETWEEN 1 AND 64", name="gate_shards"),
        CheckConstraint("kind IN ('full_reduction', 'percent', 'cash')", name="kind"),
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
    off_bp: Mapped[int | None] = mapped_column(Integer)
    goods_in: Mapped[str | None] = mapped_column(Text)
    goods_out: Mapped[str | None] = mapped_column(Text)
    weekdays: Mapped[str | None] = mapped_column(Text)
    hours: Mapped[str | None] = mapped_column(Text)
    areas: Mapped[str | None] = mapped_column(Text)
    categories: Mapped[str | None] = mapped_column(Text)
    merchants: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    exclusive_group: Mapped[str | None] = mapped_column(String(64))
    per_order: Mapped[int | None] = mapped_column(Integer)
    gate_epoch: Mapped[int] = mapped_column(Integer, default=0)
    gate_shards: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    created_at: Mapped[int] = mapped_column(BigInteger)
