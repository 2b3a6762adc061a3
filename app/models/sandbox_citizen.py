"""A customer who is made up for the sandbox: a row of `citizen` behind which nobody is."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class SandboxCitizen(Base):
    """Only test terminals of the merchant that asked for it get codes of it."""

    __tablename__ = "sandbox_citizen"

    citizen_id: Mapped[str] = mapped_column(ForeignKey("citizen.id"), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"))
    terminal_id: Mapped[str] = mapped_column(ForeignKey("terminal.id"))
    made_at: Mapped[int] = mapped_column(BigInteger)
