"""One redemption line that a case holds, with what speaks against it."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class HoldItem(Base):
    """`amount_fen` of the line's subsidy is held. A line is held by one case at a time; `id` names its postings.

    `upheld_fen` is what the merchant does not get: less than was held where a part had been refunded meanwhile.
    """

    __tablename__ = "hold_item"
    __table_args__ = (
        Index(
            "uq_hold_item_live",
            "line_id",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        Index(None, "line_id"),
        Index(None, "case_id"),
        CheckConstraint("state IN ('held', 'released', 'upheld')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("upheld_fen >= 0 AND upheld_fen <= amount_fen", name="upheld"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("hold_case.id"))
    line_id: Mapped[str] = mapped_column(ForeignKey("redemption_line.id"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    evidence: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default="held")
    upheld_fen: Mapped[int] = mapped_column(BigInteger, default=0)
