"""The place of an audit entry in the chain."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class AuditLink(Base):
    """One per entry, without gaps; `sha256` holds the link before it and the entry. Rows are only ever added.

    No foreign key: a link outlives its entry, and so tells which one was removed.
    """

    __tablename__ = "audit_link"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(String(40), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
