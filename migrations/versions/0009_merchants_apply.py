"""Merchants apply and are reviewed; they have staff of their own, verified bank accounts, and approvals of refunds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _append_only(table):
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _staff():
    op.create_table(
        "merchant_staff",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("suspended_by", sa.String(length=40), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'finance', 'cashier')", name=op.f("ck_merchant_staff_role")),
        sa.CheckConstraint("status IN ('active', 'suspended')", name=op.f("ck_merchant_staff_status")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_merchant_staff_merchant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_merchant_staff_login")),
    )
    op.create_index(op.f("ix_merchant_staff_merchant_id"), "merchant_staff", ["merchant_id"])
    for table in ("store", "terminal"):
        op.add_column(table, sa.Column("suspended_by", sa.String(length=40), nullable=True))


def _applications():
    op.create_table(
        "merchant_application",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("phone_bi", sa.String(length=64), nullable=False),
        sa.Column("phone_ct", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("contact_name_ct", sa.LargeBinary(), nullable=False),
        sa.Column("bank_name", sa.String(length=100), nullable=False),
        sa.Column("account_name_ct", sa.LargeBinary(), nullable=False),
        sa.Column("account_number_ct", sa.LargeBinary(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=True),
        sa.Column("owner_id", sa.String(length=40), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'returned', 'approved', 'rejected')",
            name=op.f("ck_merchant_application_state"),
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (merchant_id IS NOT NULL)", name=op.f("ck_merchant_application_approved")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchant.id"], name=op.f("fk_merchant_application_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["merchant_staff.id"], name=op.f("fk_merchant_application_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant_application")),
        sa.UniqueConstraint("merchant_id", name=op.f("uq_merchant_application_merchant_id")),
    )
    op.create_index(op.f("ix_merchant_application_phone_bi"), "merchant_application", ["phone_bi"])
    standing = sa.text("state <> 'rejected'")
    op.create_index(
        "uq_merchant_application_credit_code",
        "merchant_application",
        ["credit_code"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _their_rows():
    op.create_table(
        "application_event",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "act IN ('submit', 'return', 'approve', 'reject')", name=op.f("ck_application_event_act")
        ),
        sa.CheckConstraint("(act = 'submit') = (actor_id IS NULL)", name=op.f("ck_application_event_actor")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["merchant_application.id"], name=op.f("fk_application_event_application_id")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["staff.id"], name=op.f("fk_application_event_actor_id")),
        sa.PrimaryKeyConstraint("application_id", "number", name=op.f("pk_application_event")),
    )
    _append_only("application_event")
    op.create_table(
        "application_document",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("file_name_ct", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_application_document_size")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["merchant_application.id"],
            name=op.f("fk_application_document_application_id"),
        ),
        sa.PrimaryKeyConstraint(
            "application_id", "submission", "number", name=op.f("pk_application_document")
        ),
    )


def _bank_accounts():
    op.create_table(
        "bank_account",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("bank_name", sa.String(length=100), nullable=False),
        sa.Column("account_name_ct", sa.LargeBinary(), nullable=False),
        sa.Column("account_number_ct", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("changed_by", sa.String(length=40), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'verified', 'refused', 'replaced')", name=op.f("ck_bank_account_state")
        ),
        sa.CheckConstraint(
            "(state IN ('verified', 'refused')) = (decided_by IS NOT NULL)",
            name=op.f("ck_bank_account_decided"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_bank_account_merchant_id")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["merchant_staff.id"], name=op.f("fk_bank_account_changed_by")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_bank_account_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
        sa.UniqueConstraint("merchant_id", "version", name=op.f("uq_bank_account_merchant_id_version")),
    )
    waiting = sa.text("state = 'pending'")
    op.create_index(
        "uq_bank_account_pending",
        "bank_account",
        ["merchant_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        op.f("ix_settlement_line_merchant_id_settlement_id"),
        "settlement_line",
        ["merchant_id", "settlement_id"],
    )


def _refunds():
    # Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
    op.execute(
        "ALTER TABLE merchant ADD COLUMN refund_limit_fen BIGINT"
        " CONSTRAINT ck_merchant_refund_limit CHECK (refund_limit_fen >= 0)"
    )
    op.create_table(
        "refund_approval",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("refund_fen", sa.BigInteger(), nullable=False),
        sa.Column("approver_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("terminal_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("refund_fen > 0", name=op.f("ck_refund_approval_amount")),
        sa.CheckConstraint("(used_at IS NULL) = (terminal_id IS NULL)", name=op.f("ck_refund_approval_used")),
        sa.ForeignKeyConstraint(
            ["merchant_id"], ["merchant.id"], name=op.f("fk_refund_approval_merchant_id")
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["merchant_staff.id"], name=op.f("fk_refund_approval_approver_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_refund_approval_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_approval")),
    )


def upgrade():
    _staff()
    _applications()
    _their_rows()
    _bank_accounts()
    _refunds()


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
