"""Made-up customers and faults for tills under test (ADR 0024)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sandbox_citizen",
        sa.Column("citizen_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_sandbox_citizen_citizen_id")),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchant.id"], name=op.f("fk_sandbox_citizen_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_sandbox_citizen_terminal_id")
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk_sandbox_citizen")),
    )
    op.create_table(
        "sandbox_fault",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("is_after", sa.Boolean(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("armed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("times BETWEEN 1 AND 20", name=op.f("ck_sandbox_fault_times")),
        sa.CheckConstraint("taken >= 0 AND taken <= times", name=op.f("ck_sandbox_fault_taken")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_sandbox_fault_terminal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_fault")),
    )
    op.create_index(
        op.f("ix_sandbox_fault_terminal_id_operation"), "sandbox_fault", ["terminal_id", "operation"]
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
