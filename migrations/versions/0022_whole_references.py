"""A till is named with its store and merchant, a batch with its campaign, in one reference (ADR 0038)."""

import re

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TILL = ("terminal", ("terminal_id", "store_id", "merchant_id"), ("id", "store_id", "merchant_id"))
BATCH = ("batch", ("batch_id", "campaign_id"), ("id", "campaign_id"))
WHOLE = {"scan": TILL, "redemption": TILL, "redemption_line": BATCH, "voucher": BATCH}


def upgrade():
    for parent, _, columns in (TILL, BATCH):
        op.create_index(f"ix_{parent}_{'_'.join(columns)}", parent, list(columns), unique=True)
    for table, (parent, columns, named) in WHOLE.items():
        if op.get_bind().dialect.name == "sqlite":
            _rewrite(table, parent, columns, named)
            continue
        for column in columns:
            op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
        op.create_foreign_key(f"fk_{table}_{columns[0]}", table, parent, list(columns), list(named))
    if op.get_bind().dialect.name == "sqlite":
        _reread()


def _rewrite(table, parent, columns, named):
    # What a table may refer to is not in its rows: SQLite lets its text be changed, where a copy of the table would
    # break whoever refers to it (https://www.sqlite.org/lang_altertable.html, 7).
    bind = op.get_bind()
    text = bind.exec_driver_sql(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)
    ).scalar_one()
    for column in columns[1:]:
        alone = rf",\s*CONSTRAINT fk_{table}_{column} FOREIGN KEY\s*\({column}\) REFERENCES \w+ \(id\)"
        text, found = re.subn(alone, "", text)
        assert found == 1, f"{table}.{column}"
    first = rf"FOREIGN KEY\s*\({columns[0]}\) REFERENCES {parent} \(id\)"
    whole = f"FOREIGN KEY({', '.join(columns)}) REFERENCES {parent} ({', '.join(named)})"
    text, found = re.subn(first, whole, text)
    assert found == 1, f"{table}.{columns[0]}"
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (text, table))


def _reread():
    # Every connection reads a schema again whose version is another one.
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = RESET")
    broken = bind.exec_driver_sql("PRAGMA foreign_key_check").all()
    assert not broken, (
        f"{len(broken)} rows name a till or a batch that is not there so, the first: {broken[0]}"
    )


def downgrade():
    raise RuntimeError("money is not downgraded: restore a backup instead")
