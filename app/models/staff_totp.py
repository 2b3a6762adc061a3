"""The second factor of a member of staff: a secret shared with an authenticator app (RFC 6238)."""

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class StaffTotp(Base):
    """Pending until a first code was seen (`confirmed_at`, epoch ms); from then on asked for at every sign-in.

    `secret` is sealed. `last_step` is the newest step a code was taken of: no step is taken twice.
    """

    __tablename__ = "staff_totp"

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    confirmed_at: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
