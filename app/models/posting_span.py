"""Which posting numbers of a campaign belong to an hour or a day."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class PostingSpan(Base):
    """Numbers and instants have one order, so the postings of an hour are `first_no` to `last_no`, all of them.

    `start` counts Shanghai hours since 1970; a span is `hours` long: 1 or 24.
    """

    __tablename__ = "posting_span"
    __table_args__ = (
        CheckConstraint("hours IN (1, 24)", name="hours"),
        CheckConstraint("first_no <= last_no", name="numbers"),
    )

    campaign_id: Mapped[str] = mapped_column(String(40), ForeignKey("campaign.id"), primary_key=True)
    hours: Mapped[int] = mapped_column(Integer, primary_key=True)
    start: Mapped[int] = mapped_column(Integer, primary_key=True)
    first_no: Mapped[int] = mapped_column(Integer)
    last_no: Mapped[int] = mapped_column(Integer)
