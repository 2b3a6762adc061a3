"""lottery

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-24 06:30:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "lottery",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("public_value_name", sa.String(length=200), nullable=False),
        sa.Column("seed_box", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("registrants", sa.Integer(), nullable=True),
        sa.Column("list_sha256", sa.String(length=64), nullable=True),
        sa.Column("public_value", sa.String(length=200), nullable=True),
        sa.Column("value_by", sa.String(length=40), nullable=True),
        sa.Column("value_at", sa.BigInteger(), nullable=True),
        sa.Column("drawer_id", sa.String(length=40), nullable=True),
        sa.Column("drawn_at", sa.BigInteger(), nullable=True),
        sa.Column("winners", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'closed', 'frozen', 'asked', 'drawn', 'issued')", name=op.f("ck_lottery_state")
        ),
        sa.CheckConstraint(
            "(state IN ('open', 'closed')) = (list_sha256 IS NULL)", name=op.f("ck_lottery_frozen")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'closed', 'frozen') OR public_value IS NOT NULL", name=op.f("ck_lottery_value")
        ),
        sa.CheckConstraint(
            "list_sha256 IS NOT NULL OR public_value IS NULL", name=op.f("ck_lottery_value_after_close")
        ),
        sa.CheckConstraint("drawer_id IS NULL OR drawer_id <> value_by", name=op.f("ck_lottery_two_persons")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_lottery_batch_id")),
        sa.ForeignKeyConstraint(["drawer_id"], ["staff.id"], name=op.f("fk_lottery_drawer_id")),
        sa.ForeignKeyConstraint(["value_by"], ["staff.id"], name=op.f("fk_lottery_value_by")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_lottery")),
    )
    op.create_table(
        "registration",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", sa.String(length=40), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("voucher_id", sa.String(length=40), nullable=True),
        sa.Column("refusal", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "number BETWEEN 100000000000 AND 999999999999", name=op.f("ck_registration_number")
        ),
        sa.CheckConstraint(
            "rank IS NOT NULL OR (voucher_id IS NULL AND refusal IS NULL)",
            name=op.f("ck_registration_only_winners_are_issued"),
        ),
        sa.CheckConstraint("voucher_id IS NULL OR refusal IS NULL", name=op.f("ck_registration_one_end")),
        sa.ForeignKeyConstraint(["batch_id"], ["lottery.batch_id"], name=op.f("fk_registration_batch_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_registration_citizen_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_registration_voucher_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_registration")),
        sa.UniqueConstraint("batch_id", "citizen_id", name=op.f("uq_registration_batch_id_citizen_id")),
        sa.UniqueConstraint("batch_id", "rank", name=op.f("uq_registration_batch_id_rank")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_registration_voucher_id")),
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
