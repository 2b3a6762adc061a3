"""A part of an exported file."""

from sqlalchemy import ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class ExportPart(Base):
    """The file is its parts in the order of `number`, from 1."""

    __tablename__ = "export_part"

    export_id: Mapped[str] = mapped_column(ForeignKey("export_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
