"""Postings that move `payable`, summed by store and kind over an hour or a day."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PostingSum(Base):
    """`fen` is what `payable` gained; `direct_fen` the order amounts, net of refunds. `store_id` may be empty.

    Spans as in `posting_span`.
    """

    __tablename__ = "posting_sum"
    __table_args__ = (CheckConstraint("hours IN (1, 24)", name="hours"),)

    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.id"), primary_key=True)
    hours: Mapped[int] = mapped_column(Integer, primary_key=True)
    start: Mapped[int] = mapped_column(Integer, primary_key=True)
    merchant_id: Mapped[str] = mapped_column(String(40), ForeignKey("merchant.id"), primary_key=True)
    store_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
    fen: Mapped[int] = mapped_column(BigInteger)
    direct_fen: Mapped[int] = mapped_column(BigInteger)
