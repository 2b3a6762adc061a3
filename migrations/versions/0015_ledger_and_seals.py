"""Seals of postings and of the audit trail, money back to the treasury, roles of staff (ADR 0026)."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NARROW = "role IN ('organizer', 'finance', 'auditor')"
WIDER = "role IN ('organizer', 'author', 'approver', 'finance', 'auditor', 'support')"


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


def _widen_roles():
    """SQLite keeps a table as its text, and no row has to be written for a wider CHECK."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_staff_role"), "staff", type_="check")
        op.create_check_constraint(op.f("ck_staff_role"), "staff", WIDER)
        return
    op.execute("PRAGMA writable_schema = ON")
    change = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :narrow, :wider) WHERE type = 'table' AND name = 'staff'"
    )
    op.execute(
        change.bindparams(
            narrow=f"CONSTRAINT ck_staff_role CHECK ({NARROW})",
            wider=f"CONSTRAINT ck_staff_role CHECK ({WIDER})",
        )
    )
    op.execute("PRAGMA writable_schema = RESET")


def _seals():
    op.create_table(
        "sealing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sealing_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing")),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(length=40), nullable=False),
        sa.Column("from_no", sa.Integer(), nullable=False),
        sa.Column("to_no", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.CheckConstraint("from_no < to_no", name=op.f("ck_seal_interval")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
        sa.UniqueConstraint("scope", "from_no", name=op.f("uq_seal_scope_from_no")),
        sa.UniqueConstraint("scope", "to_no", name=op.f("uq_seal_scope_to_no")),
    )
    op.create_index(op.f("ix_seal_day_number"), "seal", ["day", "number"])
    op.create_table(
        "audit_link",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_link_entry_id")),
    )
    op.create_index(op.f("ix_audit_log_actor_id_id"), "audit_log", ["actor_id", "id"])


def _returns():
    op.create_table(
        "treasury_return",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("released_fen", sa.BigInteger(), nullable=False),
        sa.Column("requester_id", sa.String(length=40), nullable=False),
        sa.Column("decider_id", sa.String(length=40), nullable=True),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'refused')", name=op.f("ck_treasury_return_state")
        ),
        sa.CheckConstraint(
            "budget_fen >= 0 AND released_fen >= 0 AND budget_fen + released_fen > 0",
            name=op.f("ck_treasury_return_amounts"),
        ),
        sa.CheckConstraint(
            "decider_id IS NULL OR decider_id <> requester_id", name=op.f("ck_treasury_return_two_persons")
        ),
        sa.CheckConstraint(
            "(state = 'requested') = (decider_id IS NULL)", name=op.f("ck_treasury_return_decided")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_treasury_return_campaign_id")
        ),
        sa.ForeignKeyConstraint(["requester_id"], ["staff.id"], name=op.f("fk_treasury_return_requester_id")),
        sa.ForeignKeyConstraint(["decider_id"], ["staff.id"], name=op.f("fk_treasury_return_decider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treasury_return")),
    )
    op.create_index(
        "uq_treasury_return_requested",
        "treasury_return",
        ["campaign_id"],
        unique=True,
        sqlite_where=sa.text("state = 'requested'"),
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index(op.f("ix_treasury_return_campaign_id_id"), "treasury_return", ["campaign_id", "id"])


def upgrade():
    _widen_roles()
    _seals()
    _returns()
    for table in ("seal", "audit_link"):
        _append_only(table)


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
