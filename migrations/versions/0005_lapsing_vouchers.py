"""Only unused vouchers can lapse: the index of their ends holds no others, and no plan can take it for a key.

SQLite took the index of (status, valid_to) for the way to one voucher, and read all that were unused.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index(op.f("ix_voucher_status_valid_to"), table_name="voucher")
    op.create_index(
        "ix_voucher_issued_valid_to",
        "voucher",
        ["valid_to"],
        sqlite_where=sa.text("status = 'issued'"),
        postgresql_where=sa.text("status = 'issued'"),
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
