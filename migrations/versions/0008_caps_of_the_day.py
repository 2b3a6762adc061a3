"""Daily caps of a campaign's subsidy, and redemptions that were confirmed to be no repetition."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CAPS = ("day_subsidy", "citizen_day", "terminal_day", "merchant_day")


def upgrade():
    # Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
    for name in CAPS:
        op.execute(
            f"ALTER TABLE campaign ADD COLUMN {name}_fen BIGINT"
            f" CONSTRAINT ck_campaign_{name} CHECK ({name}_fen > 0)"
        )
    op.add_column(
        "redemption", sa.Column("is_repeat", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
