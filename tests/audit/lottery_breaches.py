"""Ways to break the promises of a lottery."""

from __future__ import annotations

from tests.audit.breaches import Breach

NOBODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # the hash of an empty list
LOTTERY = (
    "INSERT INTO lottery (batch_id, state, public_value_name, seed_box, commitment, places, registrants,"
    " list_sha256, winners,"
    " lease_until, lease_epoch)"
    " SELECT id, '{state}', '', '', '', 1, {registrants}, '{sha256}', {winners}, 0, 0"
    " FROM batch WHERE id = :batch"
)

LOTTERIES = (
    Breach(
        "a winner is counted who never registered",
        LOTTERY.format(state="issued", registrants=0, sha256=NOBODY, winners=1),
        {"I21 a lottery": "batch"},
    ),
    Breach(
        "a registrant disappeared from a frozen list",
        LOTTERY.format(state="frozen", registrants=1, sha256=NOBODY, winners="NULL"),
        {"I21 a lottery": "batch"},
    ),
    Breach(
        "a frozen list is not the one that was published",
        LOTTERY.format(state="frozen", registrants=0, sha256="0" * 64, winners="NULL"),
        {"I21 a frozen": "batch"},
    ),
    Breach(
        "a voucher of a lottery that nobody won",
        "UPDATE batch SET mode = 'lottery' WHERE id = :batch",
        {"I21 a voucher": "voucher_li"},
    ),
)
