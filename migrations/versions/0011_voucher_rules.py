"""Kinds of vouchers, and for what, when, where and with which others they may be redeemed (ADR 0020)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KIND = "kind IN ('full_reduction', 'percent', 'cash')"
FACE = "face_fen > 0 AND threshold_fen >= 0 AND (kind <> 'full_reduction' OR threshold_fen > face_fen)"
WIDER = {
    "kind": ("kind IN ('full_reduction')", KIND),
    "face": ("face_fen > 0 AND threshold_fen > face_fen", FACE),
}
# Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
COLUMNS = {
    "batch": (
        "off_bp INTEGER CONSTRAINT ck_batch_off CHECK ((kind = 'percent') = (off_bp IS NOT NULL)"
        " AND off_bp BETWEEN 1 AND 9999)",
        "goods_in TEXT",
        "goods_out TEXT",
        "weekdays TEXT",
        "hours TEXT",
        "areas TEXT",
        "categories TEXT",
        "merchants INTEGER DEFAULT 0 NOT NULL",
        "exclusive_group VARCHAR(64)",
        "per_order INTEGER CONSTRAINT ck_batch_per_order CHECK (per_order > 0)",
    ),
    "merchant": ("category VARCHAR(64) DEFAULT '' NOT NULL",),
    "redemption_line": (
        "eligible_fen BIGINT CONSTRAINT ck_redemption_line_eligible CHECK (subsidy_fen <= eligible_fen)",
    ),
}


def upgrade():
    _widen_checks()
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    op.execute(
        "UPDATE redemption_line SET eligible_fen ="
        " (SELECT r.order_fen FROM redemption r WHERE r.id = redemption_line.redemption_id)"
    )
    op.create_table(
        "batch_merchant",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_merchant_batch_id")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_batch_merchant_merchant_id")),
        sa.PrimaryKeyConstraint("batch_id", "merchant_id", name=op.f("pk_batch_merchant")),
    )


def _widen_checks():
    """Two CHECKs become wider. SQLite keeps a table as its text, and no row has to be written for a wider one."""
    if op.get_bind().dialect.name == "postgresql":
        for name, (_, wider) in WIDER.items():
            op.drop_constraint(op.f(f"ck_batch_{name}"), "batch", type_="check")
            op.create_check_constraint(op.f(f"ck_batch_{name}"), "batch", wider)
        return
    op.execute("PRAGMA writable_schema = ON")
    change = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :narrow, :wider) WHERE type = 'table' AND name = 'batch'"
    )
    for name, checks in WIDER.items():
        narrow, wider = (f"CONSTRAINT ck_batch_{name} CHECK ({check})" for check in checks)
        op.execute(change.bindparams(narrow=narrow, wider=wider))
    op.execute("PRAGMA writable_schema = RESET")


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
