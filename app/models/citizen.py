"""Who holds an Ankang code: encrypted at rest, found by keyed blind indexes only."""

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Citizen(Base):
    """One natural person once (`id_number_bi`); `_ct` columns are AES-GCM boxes, `_bi` keyed hashes.

    `language` is that of notices; of these, what is up to the event `notices_read_no` has been read.
    """

    __tablename__ = "citizen"
    __table_args__ = (CheckConstraint("status IN ('active', 'suspended')", name="status"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name_ct: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_ct: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_bi: Mapped[str] = mapped_column(String(64), unique=True)
    phone_ct: Mapped[bytes] = mapped_column(LargeBinary)
    phone_bi: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16), default="active")
    applied_at: Mapped[int] = mapped_column(BigInteger)
    language: Mapped[str] = mapped_column(String(8), default="zh-CN", server_default=text("'zh-CN'"))
    notices_read_no: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
