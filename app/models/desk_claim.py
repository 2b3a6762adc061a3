"""A claim that an agent made for a resident: what marks a voucher as claimed at the desk."""

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class DeskClaim(Base):
    """Written before the claim: a voucher of its key was claimed by this agent, whatever happened to the reply."""

    __tablename__ = "desk_claim"

    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"), primary_key=True)
    claim_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[int] = mapped_column(BigInteger)
