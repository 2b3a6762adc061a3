"""Vouchers are held for an order until an instant (ADR 0022)."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    # Both databases add such columns without writing the rows that are there.
    op.execute("ALTER TABLE voucher ADD COLUMN hold_until BIGINT DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE voucher ADD COLUMN reservation_id VARCHAR(40)")
    op.create_table(
        "reservation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("scan_id", sa.String(length=40), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("hold_until", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("hold_until > reserved_at", name=op.f("ck_reservation_hold")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_reservation_merchant_id")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_reservation_terminal_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_reservation_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint(
            "merchant_id", "order_no", "number", name=op.f("uq_reservation_merchant_id_order_no_number")
        ),
    )
    op.create_table(
        "reservation_voucher",
        sa.Column("reservation_id", sa.String(length=40), nullable=False),
        sa.Column("voucher_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservation.id"], name=op.f("fk_reservation_voucher_reservation_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher.id"], name=op.f("fk_reservation_voucher_voucher_id")
        ),
        sa.PrimaryKeyConstraint("reservation_id", "voucher_id", name=op.f("pk_reservation_voucher")),
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
