"""Refunds of parts of an order, and why an order was reversed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "refund",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("redemption_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.String(length=40), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("customer_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("refunded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "refund_fen > 0 AND customer_fen >= 0 AND subsidy_fen >= 0 AND customer_fen + subsidy_fen = refund_fen",
            name=op.f("ck_refund_amounts"),
        ),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_refund_redemption_id")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_refund_terminal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("redemption_id", "number", name=op.f("uq_refund_redemption_id_number")),
    )
    op.create_table(
        "refund_line",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("refund_id", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.String(length=40), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("refund_fen >= 0 AND subsidy_fen >= 0", name=op.f("ck_refund_line_amounts")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_line_refund_id")),
        sa.ForeignKeyConstraint(["line_id"], ["redemption_line.id"], name=op.f("fk_refund_line_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_line")),
        sa.UniqueConstraint("refund_id", "line_id", name=op.f("uq_refund_line_refund_id_line_id")),
    )
    op.create_index(op.f("ix_refund_line_line_id"), "refund_line", ["line_id"])
    # Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
    op.execute(
        "ALTER TABLE redemption_line ADD COLUMN refunded_fen BIGINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_redemption_line_refunded CHECK (refunded_fen >= 0 AND refunded_fen <= order_share_fen)"
    )
    op.execute(
        "ALTER TABLE redemption_line ADD COLUMN returned_fen BIGINT DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_redemption_line_returned CHECK (returned_fen >= 0 AND returned_fen <= subsidy_fen)"
    )
    op.add_column("orders", sa.Column("reason", sa.String(length=200), nullable=True))


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
