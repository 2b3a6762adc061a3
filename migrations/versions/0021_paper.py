"""Vouchers on paper, and stores on the map (ADR 0037)."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    # Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
    op.execute("ALTER TABLE store ADD COLUMN lat_e6 BIGINT")
    op.execute(
        "ALTER TABLE store ADD COLUMN lon_e6 BIGINT CONSTRAINT ck_store_place CHECK ((lat_e6 IS NULL) = (lon_e6 IS NULL)"
        " AND lat_e6 BETWEEN -90000000 AND 90000000 AND lon_e6 BETWEEN -180000000 AND 180000000)"
    )


def downgrade():
    for column in ("lon_e6", "lat_e6"):
        op.execute(f"ALTER TABLE store DROP COLUMN {column}")
