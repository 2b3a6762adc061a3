"""Payouts with their attempts and answers, holds with their cases, adjustments, samples (ADR 0027)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NET = "net_fen = redeemed_fen - reversed_fen"
STATES = "state IN ('opened', 'computed', 'approved'"
WIDER = {
    ("settlement_line", "net"): (NET, f"{NET} - held_fen + freed_fen + adjusted_fen"),
    ("settlement_batch", "state"): (f"{STATES})", f"{STATES}, 'paying', 'paid')"),
}


def upgrade():
    # Both databases take a CHECK with a new column; SQLite would otherwise copy the table.
    op.execute(
        "ALTER TABLE settlement_batch ADD COLUMN review_percent INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_settlement_batch_review_percent CHECK (review_percent BETWEEN 0 AND 100)"
    )
    for column in ("held_fen", "freed_fen", "adjusted_fen"):
        op.execute(f"ALTER TABLE settlement_line ADD COLUMN {column} BIGINT DEFAULT 0 NOT NULL")
    _widen_checks()
    _tables()
    _append_only("payout_answer")


def _widen_checks():
    """SQLite keeps a table as its text, and no row has to be written for a wider CHECK."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if not on_postgresql:
        op.execute("PRAGMA writable_schema = ON")
    for (table, name), (narrow, wider) in WIDER.items():
        if on_postgresql:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, wider)
        else:
            change = sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :narrow, :wider) WHERE type = 'table' AND name = :table"
            )
            op.execute(change.bindparams(narrow=f"CHECK ({narrow})", wider=f"CHECK ({wider})", table=table))
    if not on_postgresql:
        op.execute("PRAGMA writable_schema = RESET")


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


def _tables():
    op.create_table(
        "hold_case",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("figures", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("appeal", sa.String(length=500), nullable=True),
        sa.Column("appealed_by", sa.String(length=40), nullable=True),
        sa.Column("appealed_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(state IN ('released', 'upheld')) = (decided_by IS NOT NULL)", name=op.f("ck_hold_case_decided")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'appealed', 'released', 'upheld')", name=op.f("ck_hold_case_state")
        ),
        sa.CheckConstraint(
            "opened_by IS NULL OR decided_by IS NULL OR opened_by <> decided_by",
            name=op.f("ck_hold_case_two_persons"),
        ),
        sa.ForeignKeyConstraint(
            ["appealed_by"], ["merchant_staff.id"], name=op.f("fk_hold_case_appealed_by")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_hold_case_campaign_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_hold_case_decided_by")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_hold_case_merchant_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_hold_case_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_case")),
    )
    op.create_index(op.f("ix_hold_case_campaign_id"), "hold_case", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_hold_case_merchant_id"), "hold_case", ["merchant_id"], unique=False)
    op.create_table(
        "payout",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("settlement_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount_fen >= 0 AND (state = 'void') = (amount_fen = 0)", name=op.f("ck_payout_amount")
        ),
        sa.CheckConstraint("state IN ('paying', 'refused', 'paid', 'void')", name=op.f("ck_payout_state")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_payout_merchant_id")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement_batch.id"], name=op.f("fk_payout_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("settlement_id", "merchant_id", name=op.f("uq_payout_settlement_id_merchant_id")),
    )
    op.create_index(
        op.f("ix_payout_merchant_id_settlement_id"), "payout", ["merchant_id", "settlement_id"], unique=False
    )
    op.create_table(
        "payout_file",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("settlement_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_payout_file_made_by")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement_batch.id"], name=op.f("fk_payout_file_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_file")),
        sa.UniqueConstraint("settlement_id", "number", name=op.f("uq_payout_file_settlement_id_number")),
    )
    op.create_table(
        "payout_attempt",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payout_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("bank_key", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("expected_on", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(state IN ('refused', 'paid')) = (decided_at IS NOT NULL)",
            name=op.f("ck_payout_attempt_decided"),
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'unknown', 'refused', 'paid')", name=op.f("ck_payout_attempt_state")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payout_attempt_amount")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["bank_account.id"], name=op.f("fk_payout_attempt_account_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["payout_file.id"], name=op.f("fk_payout_attempt_file_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_attempt_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_attempt")),
        sa.UniqueConstraint("bank_key", name=op.f("uq_payout_attempt_bank_key")),
    )
    op.create_index(op.f("ix_payout_attempt_payout_id_number"), "payout_attempt", ["payout_id", "number"])
    op.create_index(op.f("ix_payout_attempt_file_id"), "payout_attempt", ["file_id"], unique=False)
    op.create_index(
        "uq_payout_attempt_live",
        "payout_attempt",
        ["payout_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'refused'"),
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_table(
        "adjustment",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("redemption_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state <> 'proposed') = (decided_by IS NOT NULL)", name=op.f("ck_adjustment_decided")
        ),
        sa.CheckConstraint("kind IN ('gesture', 'clawback')", name=op.f("ck_adjustment_kind")),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'refused')", name=op.f("ck_adjustment_state")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_adjustment_amount")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> author_id", name=op.f("ck_adjustment_two_persons")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_adjustment_author_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_adjustment_campaign_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_adjustment_decided_by")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_adjustment_merchant_id")),
        sa.ForeignKeyConstraint(
            ["redemption_id"], ["redemption.id"], name=op.f("fk_adjustment_redemption_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment")),
    )
    op.create_index(op.f("ix_adjustment_campaign_id"), "adjustment", ["campaign_id"], unique=False)
    op.create_table(
        "payout_answer",
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('paid', 'refused', 'unknown')", name=op.f("ck_payout_answer_outcome")
        ),
        sa.CheckConstraint(
            "verdict IN ('applied', 'repeated', 'contradicts')", name=op.f("ck_payout_answer_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["payout_attempt.id"], name=op.f("fk_payout_answer_attempt_id")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "digest", name=op.f("pk_payout_answer")),
    )
    op.create_table(
        "hold_item",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.String(length=40), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("upheld_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('held', 'released', 'upheld')", name=op.f("ck_hold_item_state")),
        sa.CheckConstraint("upheld_fen >= 0 AND upheld_fen <= amount_fen", name=op.f("ck_hold_item_upheld")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_hold_item_amount")),
        sa.ForeignKeyConstraint(["case_id"], ["hold_case.id"], name=op.f("fk_hold_item_case_id")),
        sa.ForeignKeyConstraint(["line_id"], ["redemption_line.id"], name=op.f("fk_hold_item_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold_item")),
    )
    op.create_index(op.f("ix_hold_item_case_id"), "hold_item", ["case_id"], unique=False)
    op.create_index(op.f("ix_hold_item_line_id"), "hold_item", ["line_id"], unique=False)
    op.create_index(
        "uq_hold_item_live",
        "hold_item",
        ["line_id"],
        unique=True,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_table(
        "settlement_sample",
        sa.Column("settlement_id", sa.String(length=40), nullable=False),
        sa.Column("line_id", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("reviewer_id", sa.String(length=40), nullable=True),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("verdict IN ('good', 'suspicious')", name=op.f("ck_settlement_sample_verdict")),
        sa.CheckConstraint(
            "(verdict IS NULL) = (reviewer_id IS NULL)", name=op.f("ck_settlement_sample_reviewed")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["redemption_line.id"], name=op.f("fk_settlement_sample_line_id")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["staff.id"], name=op.f("fk_settlement_sample_reviewer_id")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement_batch.id"], name=op.f("fk_settlement_sample_settlement_id")
        ),
        sa.PrimaryKeyConstraint("settlement_id", "line_id", name=op.f("pk_settlement_sample")),
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
