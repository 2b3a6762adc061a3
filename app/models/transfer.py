"""Double-entry postings: money moves from one account to another, and nothing is ever changed or removed."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.accounts import NAMES
from app.extensions import Base

_KNOWN = ", ".join(f"'{account}'" for account in NAMES)


class Transfer(Base):
    """`amount_fen` moves from `debit` to `credit`. `payable` is kept per merchant; (kind, ref) happens once.

    Postings that move `payable` carry a gapless number per campaign, taken as the last lock (design 9).
    """

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("kind", "ref"),
        UniqueConstraint("campaign_id", "posting_no"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint(f"debit IN ({_KNOWN}) AND credit IN ({_KNOWN}) AND debit <> credit", name="accounts"),
        CheckConstraint(
            "(posting_no IS NOT NULL) = (debit = 'payable' OR credit = 'payable')"
            " AND (merchant_id IS NOT NULL OR posting_no IS NULL)",
            name="payable_is_numbered",
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id"))
    posting_no: Mapped[int | None] = mapped_column(Integer)
    posted_at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    ref: Mapped[str] = mapped_column(String(40))
    debit: Mapped[str] = mapped_column(String(16))
    credit: Mapped[str] = mapped_column(String(16))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    merchant_id: Mapped[str | None] = mapped_column(ForeignKey("merchant.id"))
    store_id: Mapped[str | None] = mapped_column(ForeignKey("store.id"))
