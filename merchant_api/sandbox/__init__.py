"""The sandbox: made-up customers with test vouchers, and faults, for who tries a till out (ADR 0024)."""
