"""Lines of an uploaded list that are not checked yet."""

from sqlalchemy import ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class TargetPart(Base):
    """A run of lines from `first_no` on, sealed; it goes in the transaction that writes its rows."""

    __tablename__ = "target_part"

    list_id: Mapped[str] = mapped_column(ForeignKey("target_list.id"), primary_key=True)
    first_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    last_no: Mapped[int] = mapped_column(Integer)
    lines_ct: Mapped[bytes] = mapped_column(LargeBinary)
