"""Each claim enters every index of four tables: those that serve nobody go, two keep only what is looked for.

Only unused vouchers can lapse, and only a redemption's answer is looked for by what it made. SQLite took the index of
(status, valid_to) for the way to one voucher, and read all that were unused.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERVE_NOBODY = [
    ("voucher", "ix_voucher_campaign_id"),
    ("voucher", "ix_voucher_status_valid_to"),
    ("transfer", "ix_transfer_campaign_id_credit_merchant_id"),
    ("idempotency", "ix_idempotency_created_at"),
    ("idempotency", "ix_idempotency_object_id"),
]
IN_PART = [
    ("voucher", "ix_voucher_issued_valid_to", "valid_to", "status = 'issued'"),
    ("idempotency", "ix_idempotency_redeemed_object_id", "object_id", "operation = 'redeem'"),
]


def upgrade():
    for table, name in SERVE_NOBODY:
        op.drop_index(op.f(name), table_name=table)
    for table, name, column, where in IN_PART:
        only = sa.text(where)
        op.create_index(name, table, [column], sqlite_where=only, postgresql_where=only)


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
