"""What a document of an application is, and how it is recognised; the file itself is kept elsewhere."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class ApplicationDocument(Base):
    """One file of one submission. File names are sealed: people write names and ID numbers into them."""

    __tablename__ = "application_document"
    __table_args__ = (CheckConstraint("size_bytes > 0", name="size"),)

    application_id: Mapped[str] = mapped_column(ForeignKey("merchant_application.id"), primary_key=True)
    submission: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    file_name_ct: Mapped[bytes] = mapped_column(LargeBinary)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
