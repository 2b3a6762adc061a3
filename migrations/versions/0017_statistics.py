"""Roll-ups of statistics and of closed postings (ADR 0028)."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COUNTS = ("expired", "revoked", "redeemed", "reversed")


def upgrade():
    op.create_table(
        "posting_fold",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("up_to_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_posting_fold_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_posting_fold")),
    )
    op.create_table(
        "posting_span",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("first_no", sa.Integer(), nullable=False),
        sa.Column("last_no", sa.Integer(), nullable=False),
        sa.CheckConstraint("hours IN (1, 24)", name=op.f("ck_posting_span_hours")),
        sa.CheckConstraint("first_no <= last_no", name=op.f("ck_posting_span_numbers")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_posting_span_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "hours", "start", name=op.f("pk_posting_span")),
    )
    op.create_table(
        "posting_sum",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("direct_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("hours IN (1, 24)", name=op.f("ck_posting_sum_hours")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_posting_sum_campaign_id")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_posting_sum_merchant_id")),
        sa.PrimaryKeyConstraint(
            "campaign_id", "hours", "start", "merchant_id", "store_id", "kind", name=op.f("pk_posting_sum")
        ),
    )
    op.create_table(
        "batch_hour",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("last_claim_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("subsidy_fen", "direct_fen", "use_ms")
        ),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("used_in_day", "new_holders", "returning_holders")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_hour_batch_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_batch_hour_campaign_id")),
        sa.PrimaryKeyConstraint("batch_id", "hour", name=op.f("pk_batch_hour")),
    )
    op.create_index(op.f("ix_batch_hour_campaign_id"), "batch_hour", ["campaign_id"])
    row_fold = op.create_table(
        "row_fold",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_row_fold_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_fold")),
    )
    op.create_table(
        "indirect_estimate",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("factor_bp", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("stated_by", sa.String(length=40), nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("factor_bp > 0", name=op.f("ck_indirect_estimate_factor")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_indirect_estimate_campaign_id")
        ),
        sa.ForeignKeyConstraint(["stated_by"], ["staff.id"], name=op.f("fk_indirect_estimate_stated_by")),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_indirect_estimate")),
    )
    op.create_table(
        "export_job",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asker_id", sa.String(length=40), nullable=False),
        sa.Column("to_no", sa.Integer(), nullable=False),
        sa.Column("after_no", sa.Integer(), nullable=False),
        sa.Column("after_id", sa.String(length=40), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("byte_count", "subsidy_fen", "direct_fen")
        ),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('redemptions', 'hours')", name=op.f("ck_export_job_kind")),
        sa.CheckConstraint("state IN ('asked', 'done')", name=op.f("ck_export_job_state")),
        sa.CheckConstraint("(state = 'done') = (sha256 IS NOT NULL)", name=op.f("ck_export_job_whole")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_export_job_campaign_id")),
        sa.ForeignKeyConstraint(["asker_id"], ["staff.id"], name=op.f("fk_export_job_asker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_job")),
    )
    op.create_table(
        "export_part",
        sa.Column("export_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["export_job.id"], name=op.f("fk_export_part_export_id")),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_part")),
    )
    op.bulk_insert(row_fold, [{"id": 1, "up_to": 0}])
    with op.batch_alter_table("merchant") as table:
        table.add_column(sa.Column("is_small", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
