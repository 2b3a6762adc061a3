"""How much of a limit is used up: per person, per day."""

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Counter(Base):
    """`used` never passes `cap`, neither by the statement that raises it nor by the row's own CHECK."""

    __tablename__ = "counter"
    __table_args__ = (CheckConstraint("used <= cap", name="cap"),)

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    scope_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)
    cap: Mapped[int] = mapped_column(BigInteger)
