"""Vouchers on paper and the desk that prints them (ADR 0037)."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLES = "role IN ('organizer', 'author', 'approver', 'finance', 'auditor', 'support')"
WIDER = "role IN ('organizer', 'author', 'approver', 'finance', 'auditor', 'support', 'agent')"


def _text(name, length=40, nullable=False):
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _instant(name, nullable=False):
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _refers(table, *columns):
    return [
        sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, of in columns
    ]


def upgrade():
    _sheets()
    op.create_table(
        "desk_visit",
        *(_text(name) for name in ("id", "citizen_id", "agent_id")),
        *(_text(name, 16) for name in ("consent", "consent_text")),
        _instant("at"),
        sa.CheckConstraint("consent IN ('signed', 'spoken')", name=op.f("ck_desk_visit_consent")),
        *_refers("desk_visit", ("citizen_id", "citizen"), ("agent_id", "staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_visit")),
    )
    op.create_index(
        op.f("ix_desk_visit_citizen_id_agent_id_at"), "desk_visit", ["citizen_id", "agent_id", "at"]
    )
    op.create_table(
        "desk_claim",
        _text("citizen_id"),
        _text("claim_key", 64),
        *(_text(name) for name in ("batch_id", "agent_id")),
        _instant("at"),
        *_refers("desk_claim", ("citizen_id", "citizen"), ("batch_id", "batch"), ("agent_id", "staff")),
        sa.PrimaryKeyConstraint("citizen_id", "claim_key", name=op.f("pk_desk_claim")),
    )
    op.execute("ALTER TABLE scan ADD COLUMN sheet_id VARCHAR(40)")
    _widen_roles()


def _sheets():
    op.create_table(
        "paper_sheet",
        _text("id"),
        *(_text(name, 64) for name in ("qr_mark", "typed_mark")),
        *(_text(name) for name in ("voucher_id", "citizen_id", "agent_id")),
        _text("state", 16),
        _instant("printed_at"),
        _instant("ended_at", nullable=True),
        _text("replaced_by", nullable=True),
        sa.CheckConstraint("state IN ('valid', 'used', 'revoked')", name=op.f("ck_paper_sheet_state")),
        *_refers("paper_sheet", ("voucher_id", "voucher"), ("citizen_id", "citizen"), ("agent_id", "staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_sheet")),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_paper_sheet_{name}"))
            for name in ("qr_mark", "typed_mark")
        ),
    )
    op.create_index(
        "uq_paper_sheet_valid",
        "paper_sheet",
        ["voucher_id"],
        unique=True,
        sqlite_where=sa.text("state = 'valid'"),
        postgresql_where=sa.text("state = 'valid'"),
    )
    op.create_index(op.f("ix_paper_sheet_citizen_id_printed_at"), "paper_sheet", ["citizen_id", "printed_at"])


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
            narrow=f"CONSTRAINT ck_staff_role CHECK ({ROLES})",
            wider=f"CONSTRAINT ck_staff_role CHECK ({WIDER})",
        )
    )
    op.execute("PRAGMA writable_schema = RESET")


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
