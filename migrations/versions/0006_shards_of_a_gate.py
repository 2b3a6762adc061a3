"""How many shards the gate of a batch has: settled when the batch is created (ADR 0016)."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    # Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
    op.execute(
        "ALTER TABLE batch ADD COLUMN gate_shards INTEGER DEFAULT 1 NOT NULL"
        " CONSTRAINT ck_batch_gate_shards CHECK (gate_shards BETWEEN 1 AND 64)"
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
