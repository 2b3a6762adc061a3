"""A resident at the desk of an agent, who has agreed to be served."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class DeskVisit(Base):
    """The consent: who, before whom, when, to which text, how. Nothing is done for a resident without a recent one."""

    __tablename__ = "desk_visit"
    __table_args__ = (
        CheckConstraint("consent IN ('signed', 'spoken')", name="consent"),
        Index(None, "citizen_id", "agent_id", "at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    consent: Mapped[str] = mapped_column(String(16))
    consent_text: Mapped[str] = mapped_column(String(16))
    at: Mapped[int] = mapped_column(BigInteger)
