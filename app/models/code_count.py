"""The three counters of the Ankang code: applied, displayed, verified."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class CodeCount(Base):
    """How often per Shanghai day; `reason` is `accepted` or a refusal code for verifications, else empty.

    `purpose` is that of a verification; `test` for all that test terminals and the sandbox do, else empty.
    """

    __tablename__ = "code_count"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    event: Mapped[str] = mapped_column(String(16), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
