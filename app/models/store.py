"""A place where a merchant sells."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class Store(Base):
    """One address of a merchant. Its area is what batches may be limited to: a store that moves is another store.

    `lat_e6`, `lon_e6`: where it is on the map, in micro-degrees (WGS 84); null where nobody has said so.
    """

    __tablename__ = "store"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
        CheckConstraint(
            "(lat_e6 IS NULL) = (lon_e6 IS NULL) AND lat_e6 BETWEEN -90000000 AND 90000000"
            " AND lon_e6 BETWEEN -180000000 AND 180000000",
            name="place",
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    merchant_id: Mapped[str] = mapped_column(ForeignKey("merchant.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    area: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(200), default="")
    lat_e6: Mapped[int | None] = mapped_column(BigInteger)
    lon_e6: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(16), default="active")
    suspended_by: Mapped[str | None] = mapped_column(String(40))  # whoever may take it back
    created_at: Mapped[int] = mapped_column(BigInteger)
