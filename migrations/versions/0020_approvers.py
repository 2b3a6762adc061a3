"""The second factor of staff, scans for holds under a lease, seals of events (ADR 0034)."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "staff_totp",
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_totp_staff_id")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_totp")),
    )
    op.create_table(
        "hold_scan",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("scanned_no", sa.Integer(), nullable=False),
        sa.Column("scanned_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_hold_scan_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_hold_scan")),
    )
    _widen_seals()


def _widen_seals():
    """Events have more numbers than postings. SQLite keeps a table as its text; its integers are wide already."""
    if op.get_bind().dialect.name == "postgresql":
        for column in ("from_no", "to_no"):
            op.alter_column("seal", column, type_=sa.BigInteger())
        return
    op.execute("PRAGMA writable_schema = ON")
    for column in ("from_no", "to_no"):
        op.execute(
            f"UPDATE sqlite_master SET sql = replace(sql, '{column} INTEGER NOT NULL', '{column} BIGINT NOT NULL')"
            " WHERE type = 'table' AND name = 'seal'"
        )
    op.execute("PRAGMA writable_schema = RESET")


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
