"""The list."""

from loadtest.certify.cases import afterwards, buying, holding, refusals, trouble

GROUPS = (
    buying.SCAN,
    buying.REDEEM,
    refusals.REFUSED,
    trouble.KEYS,
    afterwards.REFUND,
    afterwards.CANCEL,
    afterwards.RECONCILE,
    holding.GUARDS,
    holding.RESERVE,
    holding.LIST,
)
CASES = [case for group in GROUPS for case in group.cases]

__all__ = ["CASES", "GROUPS"]
