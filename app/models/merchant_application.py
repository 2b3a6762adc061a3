"""Somebody wants to accept vouchers: what was applied for, and where the review stands."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base


class MerchantApplication(Base):
    """The applicant is who proved the phone. `submission` counts how often it was handed in; a review names one."""

    __tablename__ = "merchant_application"
    __table_args__ = (
        CheckConstraint("state IN ('submitted', 'returned', 'approved', 'rejected')", name="state"),
        CheckConstraint("(state = 'approved') = (merchant_id IS NOT NULL)", name="approved"),
        Index(
            "uq_merchant_application_credit_code",
            "credit_code",
            unique=True,
            sqlite_where=text("state <> 'rejected'"),
            postgresql_where=text("state <> 'rejected'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    phone_bi: Mapped[str] = mapped_column(String(64), index=True)
    phone_ct: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    submission: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(100))
    credit_code: Mapped[str] = mapped_column(String(18))
    contact_name_ct: Mapped[bytes] = mapped_column(LargeBinary)
    bank_name: Mapped[str] = mapped_column(String(100))
    account_name_ct: Mapped[bytes] = mapped_column(LargeBinary)
    account_number_ct: Mapped[bytes] = mapped_column(LargeBinary)
    merchant_id: Mapped[str | None] = mapped_column(ForeignKey("merchant.id"), unique=True)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("merchant_staff.id"))
    changed_at: Mapped[int] = mapped_column(BigInteger)
