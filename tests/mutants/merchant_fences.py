"""The fences of merchants: applications, owners, bank accounts, approvals of refunds, what terminals are given."""

from __future__ import annotations

from tests.mutants import merchant_swaps as swaps
from tests.mutants.kinds import Breach, Cut, Fence, Swap

ALLOWANCES, FAULTS = "app.vouchers.allowances", "merchant_api.sandbox.faults"
APPLICATIONS, BANK = "app.merchants.applications", "app.merchants.bank"

BREACHES = (
    Breach(
        "approved once, refunded twice",
        frozenset(),
        "SELECT a.id FROM refund_approval a"
        " JOIN redemption r ON r.merchant_id = a.merchant_id AND r.order_no = a.order_no"
        " JOIN refund f ON f.redemption_id = r.id GROUP BY a.id HAVING COUNT(f.id) > 1",
        (
            Fence(
                "one refund an approval",
                (Cut("app.vouchers.approvals", "USE", " AND used_at IS NULL"),),
            ),
        ),
    ),
    Breach(
        "one application, two merchants",
        frozenset(),
        "SELECT name FROM merchant WHERE name = '独一家' GROUP BY name HAVING COUNT(*) > 1",
        (
            Fence(
                "the application's state",
                (
                    Swap("app.domain.application", "move", swaps.stateless),
                    Cut(APPLICATIONS, "MOVE", " AND state = :before"),
                ),
            ),
        ),
    ),
    Breach(
        "two applications of one credit code",
        frozenset(),
        "SELECT credit_code FROM merchant_application WHERE state <> 'rejected'"
        " GROUP BY credit_code HAVING COUNT(*) > 1",
        (
            Fence(
                "one standing application",
                (Swap(APPLICATIONS, "_refuse_taken", swaps.nothing_taken),),
                constraint="uq_merchant_application_credit_code",
            ),
        ),
    ),
    Breach(
        "two owners by one application",
        frozenset(),
        "SELECT merchant_id FROM merchant_staff WHERE role = 'owner' GROUP BY merchant_id HAVING COUNT(*) > 1",
        (
            Fence(
                "one owner an application",
                (Cut("app.merchants.office", "MAKE_OWNER", " AND owner_id IS NULL"),),
            ),
        ),
    ),
    Breach(
        "two bank accounts that wait",
        frozenset(),
        "SELECT merchant_id FROM bank_account WHERE state = 'pending' GROUP BY merchant_id HAVING COUNT(*) > 1",
        (
            Fence(
                "one version that waits",
                (Cut(BANK, "REPLACE", " AND state = 'pending'", " AND state = 'never'"),),
                constraint="uq_bank_account_pending",
            ),
        ),
    ),
    Breach(
        "a bank account decided twice",
        frozenset(),
        "SELECT object_id FROM audit_log WHERE action IN ('bank_account.verify', 'bank_account.refuse')"
        " AND result = 'done' GROUP BY object_id HAVING COUNT(*) > 1",
        (Fence("the account's state", (Cut(BANK, "DECIDE", " AND state = 'pending'"),)),),
    ),
    Breach(
        "more intents than allowed",
        frozenset(),
        "SELECT id FROM offline_allowance WHERE used_count > most_count",
        (
            Fence(
                "the number in the statement",
                (Cut(ALLOWANCES, "TAKE", " AND used_count + 1 <= most_count"),),
            ),
            Fence("the number in the row's CHECK", constraint="ck_offline_allowance_count"),
        ),
    ),
    Breach(
        "intents worth more than allowed",
        frozenset(),
        "SELECT id FROM offline_allowance WHERE used_fen > most_fen",
        (
            Fence(
                "the sum in the statement",
                (Cut(ALLOWANCES, "TAKE", " AND used_fen + :face_fen <= most_fen"),),
            ),
            Fence("the sum in the row's CHECK", constraint="ck_offline_allowance_sum"),
        ),
    ),
    Breach(
        "fault given too often",
        frozenset(),
        "SELECT id FROM sandbox_fault WHERE taken > times",
        (
            Fence(
                "what is left of a fault",
                (Cut(FAULTS, "ARMED", " AND taken < times"), Cut(FAULTS, "TAKE", " AND taken < times")),
                constraint="ck_sandbox_fault_taken",
            ),
        ),
    ),
)
