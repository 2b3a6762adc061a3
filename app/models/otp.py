"""The one-time SMS code a phone is waiting for."""

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Otp(Base):
    """At most one live code a phone; only a keyed hash of it is stored; five wrong tries kill it."""

    __tablename__ = "otp"

    phone_bi: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_bi: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    tries: Mapped[int] = mapped_column(Integer, default=0)
