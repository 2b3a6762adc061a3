"""how a batch is given out, and limits of a campaign

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-24 06:30:00
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
COLUMNS = {
    "batch": (
        "mode VARCHAR(16) DEFAULT 'first_come' NOT NULL"
        " CONSTRAINT ck_batch_mode CHECK (mode IN ('first_come', 'lottery', 'targeted'))",
    ),
    "campaign": (
        "person_limit INTEGER CONSTRAINT ck_campaign_person_limit CHECK (person_limit > 0)",
        "person_day_limit INTEGER CONSTRAINT ck_campaign_person_day_limit CHECK (person_day_limit > 0)",
        "daily_budget_fen BIGINT CONSTRAINT ck_campaign_daily_budget CHECK (daily_budget_fen > 0)",
    ),
}


def upgrade():
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def downgrade():
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.drop_column(column.split()[0])
