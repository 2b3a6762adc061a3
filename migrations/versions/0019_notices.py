"""Notices to citizens: one a person and event, in the person's language (ADR 0033)."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "citizen",
        sa.Column("language", sa.String(length=8), server_default=sa.text("'zh-CN'"), nullable=False),
    )
    op.add_column(
        "citizen", sa.Column("notices_read_no", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "notice",
        sa.Column("event_no", sa.BigInteger(), nullable=False),
        sa.Column("person_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("citizen_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('claimed', 'won', 'lost', 'redeemed', 'refunded', 'expiring', 'expired')",
            name=op.f("ck_notice_kind"),
        ),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_notice_state")),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_notice_sent")),
        sa.ForeignKeyConstraint(["event_no"], ["event.no"], name=op.f("fk_notice_event_no")),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_notice_citizen_id")),
        sa.PrimaryKeyConstraint("event_no", "person_no", name=op.f("pk_notice")),
        sa.UniqueConstraint("citizen_id", "event_no", name=op.f("uq_notice_citizen_id_event_no")),
    )
    op.create_index(
        "ix_notice_pending",
        "notice",
        ["next_at", "event_no", "person_no"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "notice_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *[
            sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            for name in ("after_no", "within", "reminded_to", "forgotten_no", "lease_until")
        ],
        sa.Column("lease_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_notice_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_clock")),
    )
    # Nobody is told of what happened before there were notices.
    op.execute(
        "INSERT INTO notice_clock (id, after_no, forgotten_no) SELECT 1, last_no, last_no FROM event_clock"
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
