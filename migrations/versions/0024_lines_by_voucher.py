"""A batch's lines are found by its vouchers: one index less to write for each redemption."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index(op.f("ix_redemption_line_batch_id"), table_name="redemption_line")


def downgrade():
    op.create_index(op.f("ix_redemption_line_batch_id"), "redemption_line", ["batch_id"])
