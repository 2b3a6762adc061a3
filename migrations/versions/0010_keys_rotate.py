"""A terminal key may run out, so that keys rotate with overlap; a merchant's redemptions are found by time."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("terminal_key", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_redemption_merchant_id_redeemed_at_id"), "redemption", ["merchant_id", "redeemed_at", "id"]
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
