"""targeted issue: lists, their unread parts, their rows

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "target_list",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("content_bi", sa.String(length=64), nullable=False),
        sa.Column("named_columns", sa.String(length=64), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("done_no", sa.Integer(), nullable=False),
        sa.Column("uploader_id", sa.String(length=40), nullable=False),
        sa.Column("approver_id", sa.String(length=40), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'released', 'issued')", name=op.f("ck_target_list_state")
        ),
        sa.CheckConstraint(
            "approver_id IS NULL OR approver_id <> uploader_id", name=op.f("ck_target_list_two_persons")
        ),
        sa.CheckConstraint(
            "(state IN ('released', 'issued')) = (approver_id IS NOT NULL)",
            name=op.f("ck_target_list_released"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_target_list_batch_id")),
        sa.ForeignKeyConstraint(["uploader_id"], ["staff.id"], name=op.f("fk_target_list_uploader_id")),
        sa.ForeignKeyConstraint(["approver_id"], ["staff.id"], name=op.f("fk_target_list_approver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_list")),
        sa.UniqueConstraint("batch_id", "content_bi", name=op.f("uq_target_list_batch_id_content_bi")),
    )
    op.create_table(
        "target_part",
        sa.Column("list_id", sa.String(length=40), nullable=False),
        sa.Column("first_no", sa.Integer(), nullable=False),
        sa.Column("last_no", sa.Integer(), nullable=False),
        sa.Column("lines_ct", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["target_list.id"], name=op.f("fk_target_part_list_id")),
        sa.PrimaryKeyConstraint("list_id", "first_no", name=op.f("pk_target_part")),
    )
    op.create_table(
        "target_row",
        sa.Column("list_id", sa.String(length=40), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("masked", sa.String(length=32), nullable=False),
        sa.Column("id_number_bi", sa.String(length=64), nullable=True),
        sa.Column("citizen_id", sa.String(length=40), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.Column("voucher_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(result = 'issued') = (voucher_id IS NOT NULL)", name=op.f("ck_target_row_issued")
        ),
        sa.CheckConstraint(
            "result NOT IN ('good', 'issued') OR (citizen_id IS NOT NULL AND id_number_bi IS NOT NULL)",
            name=op.f("ck_target_row_known"),
        ),
        sa.ForeignKeyConstraint(["list_id"], ["target_list.id"], name=op.f("fk_target_row_list_id")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_target_row_citizen_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_target_row_voucher_id")),
        sa.PrimaryKeyConstraint("list_id", "row_no", name=op.f("pk_target_row")),
        sa.UniqueConstraint("list_id", "id_number_bi", name=op.f("uq_target_row_list_id_id_number_bi")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_target_row_voucher_id")),
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
