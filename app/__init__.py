"""The Ankang voucher platform: rules, state, gate, use cases and the citizen's door."""
