"""What a terminal may take without a network (ADR 0023)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "offline_allowance",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("most_count", sa.Integer(), nullable=False),
        sa.Column("most_fen", sa.BigInteger(), nullable=False),
        sa.Column("used_count", sa.Integer(), nullable=False),
        sa.Column("used_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        sa.Column("upload_until", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used_count <= most_count", name=op.f("ck_offline_allowance_count")),
        sa.CheckConstraint("used_fen <= most_fen", name=op.f("ck_offline_allowance_sum")),
        sa.CheckConstraint(
            "valid_from < valid_to AND valid_to <= upload_until", name=op.f("ck_offline_allowance_hours")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_offline_allowance_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_allowance")),
        sa.UniqueConstraint("terminal_id", "day", name=op.f("uq_offline_allowance_terminal_id_day")),
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
