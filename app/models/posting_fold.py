"""Up to which posting number a campaign's postings are rolled up."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PostingFold(Base):
    """`up_to_no` is in `posting_sum`, `posting_span` and `batch_hour`; who reads or moves their sums holds this row."""

    __tablename__ = "posting_fold"

    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.id"), primary_key=True)
    up_to_no: Mapped[int] = mapped_column(Integer)
